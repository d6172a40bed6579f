"""A small part of the shell's language, carried out on what was read instead of by programs."""
