"""The history: runs with the documents they rest on, kept in a database and never changed."""
