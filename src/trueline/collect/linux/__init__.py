"""Collects the facts of a node's operating system, one module per subject."""
