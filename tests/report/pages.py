"""A page as a parser sees it, which it must be able to close."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "br", "input", "wbr"}
KNOWN = VOID | {
    "html", "head", "title", "style", "body", "h1", "h2", "h3", "p", "small", "code", "ul", "li", "div", "table",
    "thead", "tbody", "tr", "th", "td", "b", "label", "button", "output", "span", "script", "section", "ol",
}  # fmt: skip


class Page(HTMLParser):
    """What is on a page: tags that close each other, the boxes, the text, what would be fetched."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.boxes: list[dict[str, str]] = []
        self.text: list[str] = []
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KNOWN, tag
        self.tags.append(tag)
        given = {name: value or "" for name, value in attrs}
        assert len(given) == len(attrs)
        assert not any(name.startswith("on") for name in given)
        self.fetched += [value for name, value in given.items() if name in {"src", "href"} and value[:1] != "#"]
        if tag == "b":
            self.boxes.append(given)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"script", "style"}:
            self.text.append(data)

    def titles(self) -> list[str]:
        return [one["title"] for one in self.boxes]
