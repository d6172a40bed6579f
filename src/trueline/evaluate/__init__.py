"""Judges facts: pure functions from a benchmark and a snapshot to results."""
