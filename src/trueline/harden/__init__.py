"""Hardens an operating system: plans changes, applies the reviewed plan with a journal, undoes them."""
