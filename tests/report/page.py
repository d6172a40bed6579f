"""A page of HTML as its parser sees it."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Tags, names of attributes and addresses; a tag that closes none is an error."""

    VOID = frozenset({"meta", "input", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.addresses: list[str | None] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value for name, value in attrs if name in ("href", "src")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    @classmethod
    def of(cls, content: str) -> "Page":
        page = cls()
        page.feed(content)
        page.close()
        return page
