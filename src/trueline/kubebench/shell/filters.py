"""Programs that turn lines into other lines: grep, sed, awk, tr, cut, head, tail, uniq, wc."""

import re
from collections.abc import Sequence

from trueline.kubebench.shell.patterns import Expression, expression
from trueline.kubebench.shell.rows import Done, Row, ended, lines_of, printed, silenced, split, sure_text
from trueline.kubebench.shell.syntax import Unsure
from trueline.model.base import Model

Rows = tuple[Row, ...]
_SHORTEST = 4
_SED = re.compile(
    r"s(?P<mark>[%/|#,])(?P<old>(?:(?!(?P=mark)).)+)(?P=mark)(?P<new>(?:(?!(?P=mark)).)*)(?P=mark)"
)
_SED_LINE = re.compile(r"([1-9]\d{0,4})p")
_COLUMN = re.compile(r"\{ *print +\$([1-9]\d?) *\}")
_LINES = re.compile(r"-n?([1-9]\d{0,4})")
_ESCAPES = {r"\0": "\0", r"\n": "\n", r"\t": "\t", r"\\": "\\"}


class Search(Model, frozen=True, kw_only=True):
    """A call of grep: its letters, how many lines are shown behind a match, what is sought, and where."""

    options: str
    following: int
    pattern: str
    file: str | None


def grep(call: Search, source: Done, user: str) -> Done:
    """`grep [-E] [-i] [-v|-o|-A N] [-q|-c] [--] PATTERN [FILE]`; `user` runs programs that `ps` may show."""
    options = call.options
    sought = expression(call.pattern, extended="E" in options, any_case="i" in options)
    if source.status:
        return source
    rows = lines_of(source.rows)
    inverted = "v" in options
    if "o" in options:
        chosen = _only(rows, sought)
        if not chosen and any(sought.search(row.text.rstrip("\n")) for row in rows):
            return Done()  # an empty match is one, though nothing of it is shown
    elif call.following:
        chosen = _with_following(rows, sought, call.following)
    else:
        chosen = tuple(ended(row) for row in rows if _matches(row, sought, user, inverted) is not inverted)
    status = 0 if chosen else 1
    if "c" in options:
        sure_text(chosen)
        return printed(str(len(chosen)), status=status)
    return Done(rows=silenced(chosen) if "q" in options else chosen, status=status)


def grep_words(words: Sequence[str]) -> Search:
    """Reads the words of a call of grep. Raises Unsure."""
    options, following = "", 0
    left = list(words)
    while left and left[0].startswith("-"):
        word = left.pop(0)
        if word == "--":
            break
        if word == "-A" and left and left[0].isdigit():
            word += left.pop(0)
        if found := re.fullmatch(r"-A([1-9]\d{0,3})", word):
            following = int(found[1])
        elif re.fullmatch(r"-[Eivoqc]+", word):
            options += word[1:]
        else:
            raise Unsure
    if not 1 <= len(left) <= 2 or any(word.startswith("-") for word in left[1:]):
        raise Unsure
    exclusive = [letter for letter in "voqc" if letter in options] + ["A"] * bool(following)
    if len(exclusive) > 1 and exclusive not in (["v", "q"], ["v", "c"]):
        raise Unsure
    file = left[1] if len(left) == 2 else None
    return Search(options=options, following=following, pattern=left[0], file=file)


def _matches(row: Row, sought: Expression, user: str, inverted: bool) -> bool:
    """Whether the row as `ps` would print it matches. Raises Unsure where that can't be known."""
    if not row.moving:
        return sought.search(row.text.rstrip("\n")) is not None
    text = sought.literal or ""
    # Numbers, times and blanks are columns' matter, and a question mark stands for what can't be printed.
    if len(text) < _SHORTEST or re.search(r"[\d\s:?]", text) or (row.ghost and text in user):
        raise Unsure
    found = text in row.text
    if inverted and found and not row.sure and text not in row.text.split(None, 7)[-1]:
        raise Unsure
    return found


def _only(rows: Rows, sought: Expression) -> Rows:
    if any(row.ghost or not row.sure for row in rows):
        raise Unsure
    return tuple(Row(text=f"{part}\n") for row in rows for part in sought.all(row.text.rstrip("\n")))


def _with_following(rows: Rows, sought: Expression, count: int) -> Rows:
    if any(row.ghost or not row.sure for row in rows):
        raise Unsure
    chosen: list[Row] = []
    until = last = -1
    for number, row in enumerate(rows):
        if sought.search(row.text.rstrip("\n")):
            until = number + count
        if number <= until:
            if chosen and last != number - 1:
                chosen.append(Row(text="--\n"))
            chosen.append(ended(row))
            last = number
    return tuple(chosen)


def sed(words: Sequence[str], rows: Rows) -> Done:
    """`sed s/OLD/NEW/` and `sed -n NUMBERp`."""
    rows = lines_of(rows)
    sure_text(rows)
    match list(words):
        case ["-n", numbered] if found := _SED_LINE.fullmatch(numbered):
            number = int(found[1])
            return Done(rows=rows[number - 1 : number])
        case [script] if found := _SED.fullmatch(script):
            return Done(rows=_substituted(rows, expression(found["old"]), found["new"]))
    raise Unsure


def _substituted(rows: Rows, sought: Expression, new: str) -> Rows:
    pieces = new.split(r"\1")
    if any(set(piece) & set("\\&") for piece in pieces) or (len(pieces) > 1 and sought.groups != 1):
        raise Unsure
    changed = []
    for row in rows:
        line = row.text.rstrip("\n")
        if found := sought.search(line):
            value = (found[1] if sought.groups else "").join(pieces)
            line = line[: found.start()] + value + line[found.end() :]
        changed.append(Row(text=line + row.text[len(row.text.rstrip("\n")) :], moving=False))
    return tuple(changed)


def awk(words: Sequence[str], rows: Rows) -> Done:
    """`awk [-F TEXT] '{print $N}'`."""
    rows = lines_of(rows)
    sure_text(rows)
    match list(words):
        case [program]:
            separator = None
        case ["-F", separator, program] if separator != " " and re.fullmatch(
            r"[A-Za-z0-9=:,_ /-]+", separator
        ):
            if separator == "t":
                raise Unsure
        case _:
            raise Unsure
    found = _COLUMN.fullmatch(program)
    if not found:
        raise Unsure
    lines = [row.text.rstrip("\n") for row in rows]
    fields = [
        line.split(separator) if separator else re.split(r"[ \t]+", line.strip(" \t")) for line in lines
    ]
    column = int(found[1]) - 1
    return printed(*(each[column] if column < len(each) else "" for each in fields))


def tr(words: Sequence[str], rows: Rows) -> Done:
    """`tr -d C` and `tr C C`, of one character each."""
    text = sure_text(rows)
    if not text.isascii():
        raise Unsure
    match list(words):
        case ["-d", one]:
            changed = text.replace(_character(one), "")
        case [one, other] if one != "-d":
            changed = text.replace(_character(one), _character(other))
        case _:
            raise Unsure
    return Done(rows=tuple(Row(text=line) for line in split(changed)))


def _character(word: str) -> str:
    letter = _ESCAPES.get(word, word)
    if len(letter) != 1 or letter in "-[" or word == "\\":
        raise Unsure
    return letter


def cut(words: Sequence[str], rows: Rows) -> Done:
    """`cut -d C -f N`, in one word each or two."""
    rows = lines_of(rows)
    sure_text(rows)
    found = re.fullmatch(r"-d ?(.) -f ?([1-9]\d?)", " ".join(words))
    if not found or found[1] == " ":
        raise Unsure
    mark, column = found[1], int(found[2]) - 1
    lines = (row.text.rstrip("\n") for row in rows)
    parts = [line.split(mark) for line in lines]
    return printed(*(p[0] if len(p) == 1 else p[column] if column < len(p) else "" for p in parts))


def head(words: Sequence[str], rows: Rows) -> Done:
    """`head -N` and `head -n N`."""
    rows = lines_of(rows)
    sure_text(rows)
    return Done(rows=rows[: _count(words)])


def tail(words: Sequence[str], rows: Rows) -> Done:
    """`tail -N` and `tail -n N`."""
    rows = lines_of(rows)
    sure_text(rows)
    return Done(rows=rows[-_count(words) :])


def _count(words: Sequence[str]) -> int:
    found = _LINES.fullmatch("".join(words))
    if not found or len(words) > 2 or (len(words) == 2 and words[0] != "-n"):
        raise Unsure
    return int(found[1])


def uniq(words: Sequence[str], rows: Rows) -> Done:
    """`uniq` without options."""
    if words:
        raise Unsure
    rows = lines_of(rows)
    sure_text(rows)
    lines = [ended(row).text for row in rows]
    kept = [line for before, line in zip(("", *lines), lines, strict=False) if before != line]
    return Done(rows=tuple(Row(text=line) for line in kept))


def sort(words: Sequence[str], rows: Rows) -> Done:
    """`sort` and `sort -u`, by bytes."""
    rows = lines_of(rows)
    sure_text(rows)
    if list(words) not in ([], ["-u"]):
        raise Unsure
    lines = sorted(ended(row).text[:-1] for row in rows)
    return printed(*(dict.fromkeys(lines) if words else lines))


def wc(words: Sequence[str], rows: Rows) -> Done:
    """`wc -l`."""
    if list(words) != ["-l"]:
        raise Unsure
    return printed(str(sure_text(rows).count("\n")))
