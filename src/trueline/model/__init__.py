"""What trueline talks about: frozen structs without I/O, one module per subject."""
