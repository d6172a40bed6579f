"""Parses the small language strictly: whatever it does not know is left to the shell."""

import re

from trueline.kubebench.shell.syntax import (
    AndOr,
    Command,
    For,
    If,
    Items,
    Line,
    Part,
    Pipeline,
    Simple,
    Substitution,
    Text,
    Unsure,
    Variable,
    While,
    Word,
)

LONGEST = 20_000
_DEEPEST = 12
_ENDS_WORD = " \t\n;&|<>()"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_REDIRECTION = re.compile(r"([12]?)>[ \t]*/dev/null(?=[ \t\n;|)]|\Z)")
_JOINED = re.compile(r"2>&1(?=[ \t\n;|)]|\Z)")
_RESERVED = frozenset(
    [
        "if",
        "then",
        "elif",
        "else",
        "fi",
        "for",
        "do",
        "done",
        "while",
        "until",
        "case",
        "esac",
        "in",
        "function",
        "select",
        "time",
        "{",
        "}",
        "[[",
        "]]",
        "!",
    ]
)


def parse(script: str) -> tuple[Line, ...]:
    """The lines of a script. Raises Unsure."""
    if len(script) > LONGEST or not script.isascii() or "\0" in script or "\r" in script:
        raise Unsure
    return _Parser(script).lines()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def lines(self) -> tuple[Line, ...]:
        lines = []
        self.skip_lines()
        while self.at < len(self.text):
            items = self.one_line()
            lines.append(Line(items=items, last=self.at >= len(self.text)))
            self.skip_lines()
        return tuple(lines)

    def one_line(self) -> Items:
        """Commands up to the end of the line on which the last of them ends."""
        items = [self.and_or()]
        while not self.ends_line():
            if not self.takes(";"):
                raise Unsure
            if self.ends_line():
                break
            items.append(self.and_or())
        self.at += 1
        return tuple(items)

    def ends_line(self) -> bool:
        self.skip_blanks()
        return self.at >= len(self.text) or self.text[self.at] == "\n"

    def items(self, *ends: str) -> Items:
        """Commands up to one of these reserved words, or up to ")"."""
        items = []
        self.skip_lines()
        while not self.stands(*ends):
            items.append(self.and_or())
            self.skip_blanks()
            closed = self.peek() == ")" and ")" in ends
            if not closed and not self.takes(";") and not self.takes("\n"):
                raise Unsure
            self.skip_lines()
        if not items:
            raise Unsure
        return tuple(items)

    def and_or(self) -> AndOr:
        first, rest = self.pipeline(), []
        while (operator := self.text[self.at : self.at + 2]) in ("&&", "||"):
            self.at += 2
            self.skip_lines()
            rest.append((operator, self.pipeline()))
        return AndOr(first=first, rest=tuple(rest))

    def pipeline(self) -> Pipeline:
        negated = self.stands("!")
        if negated:
            self.at += 1
        stages = [self.command()]
        while self.peek() == "|" and self.text[self.at : self.at + 2] != "||":
            self.at += 1
            self.skip_lines()
            stages.append(self.command())
        return Pipeline(stages=tuple(stages), negated=negated)

    def command(self) -> Command:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unsure
        self.skip_blanks()
        if self.stands("if"):
            found: Command = self.conditional()
        elif self.stands("for"):
            found = self.loop()
        elif self.stands("while"):
            found = self.reading()
        else:
            found = self.simple()
        self.depth -= 1
        self.skip_blanks()
        return found

    def conditional(self) -> If:
        branches = []
        otherwise: Items = ()
        word = self.reserved("if")
        while word in ("if", "elif"):
            condition = self.items("then")
            self.reserved("then")
            branches.append((condition, self.items("elif", "else", "fi")))
            word = self.reserved("elif", "else", "fi")
        if word == "else":
            otherwise = self.items("fi")
            self.reserved("fi")
        return If(branches=tuple(branches), otherwise=otherwise)

    def loop(self) -> For:
        self.reserved("for")
        self.skip_blanks()
        name = _NAME.match(self.text, self.at)
        if not name:
            raise Unsure
        self.at = name.end()
        self.reserved("in")
        words = []
        while not self.ends_line() and self.peek() != ";":
            words.append(self.word())
        self.at += 1
        self.skip_lines()
        self.reserved("do")
        body = self.items("done")
        self.reserved("done")
        return For(name=name[0], words=tuple(words), body=body)

    def reading(self) -> While:
        """A loop with the condition `read`, the only one that is known to end."""
        self.reserved("while")
        self.reserved("read")
        words = [_bare(word) for word in self.simple().words]
        raw = words[0] == "-r"
        names = tuple(words[raw:])
        if not names or not all(_NAME.fullmatch(name) for name in names):
            raise Unsure
        if not self.takes(";") and not self.takes("\n"):
            raise Unsure
        self.skip_lines()
        self.reserved("do")
        body = self.items("done")
        self.reserved("done")
        return While(names=names, raw=raw, body=body)

    def simple(self) -> Simple:
        words: list[Word] = []
        assignments: list[tuple[str, Word]] = []
        silent = silent_errors = False
        start = self.at
        while True:
            self.skip_blanks()
            if found := _REDIRECTION.match(self.text, self.at):
                self.at = found.end()
                silent, silent_errors = silent or found[1] != "2", silent_errors or found[1] == "2"
            elif silent and (found := _JOINED.match(self.text, self.at)):
                self.at, silent_errors = found.end(), True
            elif self.at >= len(self.text) or self.text[self.at] in ";\n&|)":
                break
            else:
                word = self.word()
                assigned = None if words else _assignment(word)
                if assigned:
                    assignments.append(assigned)
                elif not words and _bare(word) in _RESERVED:
                    raise Unsure
                else:
                    words.append(word)
        if bool(words) is bool(assignments) or (assignments and (silent or silent_errors)):
            raise Unsure
        return Simple(
            assignments=tuple(assignments),
            words=tuple(words),
            silent=silent,
            silent_errors=silent_errors,
            at=start,
        )

    def word(self) -> Word:
        parts: list[Part] = []
        while self.at < len(self.text) and self.text[self.at] not in _ENDS_WORD:
            parts += self.part(self.text[self.at])
        if not parts or (self.peek() in ("<", ">") and _bare(tuple(parts)).isdigit()):
            raise Unsure
        return _checked(_merged(parts))

    def part(self, letter: str) -> list[Part]:
        match letter:
            case "'":
                end = self.text.find("'", self.at + 1)
                if end < 0:
                    raise Unsure
                value, self.at = self.text[self.at + 1 : end], end + 1
                return [Text(value, True)]
            case '"':
                return self.quoted()
            case "$":
                return [self.expansion(quoted=False)]
            case "`":
                raise Unsure
            case "\\":
                return self.escaped()
        self.at += 1
        return [Text(letter, False)]

    def escaped(self) -> list[Part]:
        letter = self.text[self.at + 1 : self.at + 2]
        if not letter:
            raise Unsure
        self.at += 2
        return [] if letter == "\n" else [Text(letter, True)]

    def quoted(self) -> list[Part]:
        self.at += 1
        parts: list[Part] = [Text("", True)]
        while (letter := self.peek()) != '"':
            following = self.text[self.at + 1 : self.at + 2]
            if not letter or letter == "`":
                raise Unsure
            if letter == "$":
                parts.append(self.expansion(quoted=True))
            elif letter == "\\" and following in ("$", "`", '"', "\\", "\n"):
                parts.append(Text("" if following == "\n" else following, True))
                self.at += 2
            else:
                parts.append(Text(letter, True))
                self.at += 1
        self.at += 1
        return parts

    def expansion(self, *, quoted: bool) -> Part:
        self.at += 1
        if self.peek() == "(" and self.text[self.at : self.at + 2] != "((":
            return self.substitution(quoted=quoted)
        braces = self.takes("{")
        name = _NAME.match(self.text, self.at)
        if not name:
            raise Unsure
        self.at = name.end()
        if braces and not self.takes("}"):
            raise Unsure
        return Variable(name[0], quoted)

    def substitution(self, *, quoted: bool) -> Substitution:
        self.at += 1
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unsure
        items = self.items(")")
        self.at += 1
        self.depth -= 1
        return Substitution(items, quoted)

    def reserved(self, *words: str) -> str:
        self.skip_blanks()
        word = next((word for word in words if self.stands(word)), "")
        if not word:
            raise Unsure
        self.at += len(word)
        return word

    def stands(self, *words: str) -> bool:
        """Whether one of these words is next, and ends there."""
        for word in words:
            end = self.at + len(word)
            ended = word == ")" or end >= len(self.text) or self.text[end] in _ENDS_WORD
            if self.text.startswith(word, self.at) and ended:
                return True
        return False

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def takes(self, letter: str) -> bool:
        found = self.peek() == letter
        self.at += found
        return found

    def skip_blanks(self) -> None:
        while True:
            if self.peek() in (" ", "\t"):
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self.at += 2
            elif self.peek() == "#" and (self.at == 0 or self.text[self.at - 1] in _ENDS_WORD):
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def skip_lines(self) -> None:
        self.skip_blanks()
        while self.takes("\n"):
            self.skip_blanks()


def _bare(word: Word) -> str:
    """The word where nothing of it is quoted or expanded, else ""."""
    (first, *others) = word
    return first.value if isinstance(first, Text) and not first.quoted and not others else ""


def _assignment(word: Word) -> tuple[str, Word] | None:
    first = word[0]
    found = _ASSIGNED.match(first.value) if isinstance(first, Text) and not first.quoted else None
    if not found or not isinstance(first, Text):
        return None
    rest = first.value[found.end() :]
    return found[1], ((Text(rest, False),) if rest else ()) + word[1:]


def _merged(parts: list[Part]) -> Word:
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, Text) and isinstance(last, Text) and part.quoted == last.quoted:
            merged[-1] = Text(last.value + part.value, part.quoted)
        else:
            merged.append(part)
    return tuple(merged)


def _checked(word: Word) -> Word:
    """The word, unless some shells expand braces or tildes in it."""
    for part in word:
        plain = part.value if isinstance(part, Text) and not part.quoted else ""
        if "~" in plain or re.search(r"[{}]", plain.replace("{}", "")):
            raise Unsure
    return word
