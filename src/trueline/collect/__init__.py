"""Reads facts from machines and clusters: the only package that touches them."""
