"""Data as words of shell commands that people copy."""


def quoted(path: str) -> str:
    """A path as one word of a shell command, as shlex.quote would, but control characters are shown."""
    plain = path.replace("/", "").replace(".", "").replace("-", "").replace("_", "")
    if plain.isalnum() and plain.isascii():
        return path
    visible = "".join(letter if letter.isprintable() else "?" for letter in path)
    return "'" + visible.replace("'", "'\\''") + "'"
