"""Where each key and value of a TOML text stands, so that a message can point at it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lockwright.diagnostics.span import Span

Path = tuple[str, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED = re.compile(r'"((?:[^"\\\n]|\\.)*)"|' + r"'([^'\n]*)'")
_BLANK = re.compile(r"(?:\s+|#[^\n]*)*")
_PLAIN = re.compile(r"[^,\]}#\n]*")
_BRACKETS = {"[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Positions:
    """The spans of keys and of values, by the path of the key."""

    file: str
    keys: dict[Path, Span]
    values: dict[Path, Span]

    def key(self, path: Path) -> Span:
        """Return where a key stands; where it is not written, the nearest table around it; else the first line."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.keys:
                return self.keys[path[:length]]
        return Span(self.file, 1, 1, 1, 2)

    def value(self, path: Path) -> Span:
        """Return where the value of a key stands, or what is nearest."""
        return self.values.get(path) or self.key(path)


def positions(text: str, file: str) -> Positions:
    """Find every key of a text that a TOML parser has accepted."""
    scanner = _Scanner(text, file)
    scanner.run()
    return Positions(file, scanner.keys, scanner.values)


@dataclass(slots=True)
class _Scanner:
    """Walks once through the text; what is wrong in it has been refused before."""

    text: str
    file: str
    at: int = 0
    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)

    def run(self) -> None:
        """Read the whole text."""
        table: Path = ()
        self.skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip()

    def skip(self) -> None:
        """Pass blanks, line ends and comments."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def header(self) -> Path:
        """Read `[a.b]`."""
        start = self.at
        self.at += 1 + (self.text[self.at : self.at + 2] == "[[")
        self.skip()
        table = self.path()
        while self.at < len(self.text) and self.text[self.at] in " \t]":
            self.at += 1
        self.note(self.keys, table, start)
        return table

    def path(self) -> Path:
        """Read `a.b."c"`."""
        parts: list[str] = []
        while True:
            found = _BARE.match(self.text, self.at) or _QUOTED.match(self.text, self.at)
            if not found:
                self.at += 1
                return tuple(parts)
            parts.append(found[0].strip("\"'"))
            self.at = found.end()
            while self.at < len(self.text) and self.text[self.at] in " \t":
                self.at += 1
            if self.text[self.at : self.at + 1] != ".":
                return tuple(parts)
            self.at += 1
            self.skip()

    def pair(self, table: Path) -> None:
        """Read `key = value`."""
        start = self.at
        path = table + self.path()
        self.note(self.keys, path, start)
        if self.text[self.at : self.at + 1] == "=":
            self.at += 1
        self.skip()
        start = self.at
        self.value(path)
        self.note(self.values, path, start)

    def value(self, path: Path) -> None:
        """Read a value; the keys inside an inline table are noted too."""
        sign = self.text[self.at : self.at + 1]
        if self.text.startswith(('"""', "'''"), self.at):
            end = self.text.find(self.text[self.at : self.at + 3], self.at + 3)
            self.at = len(self.text) if end < 0 else end + 3
        elif sign in _BRACKETS:
            self.several(path, _BRACKETS[sign])
        else:
            found = _QUOTED.match(self.text, self.at) or _PLAIN.match(self.text, self.at)
            self.at = max(found.end() if found else self.at, self.at + 1)

    def several(self, path: Path, closing: str) -> None:
        """Read what stands between brackets."""
        self.at += 1
        self.skip()
        while self.at < len(self.text) and self.text[self.at] != closing:
            if self.text[self.at] == ",":
                self.at += 1
            elif closing == "}":
                self.pair(path)
            else:
                self.value(path)
            self.skip()
        self.at += 1

    def note(self, places: dict[Path, Span], path: Path, start: int) -> None:
        """Remember what was read from `start` on; of several lines the first, without the blanks at its end."""
        read = self.text[start : self.at].split("\n", 1)[0].rstrip()
        line = self.text.count("\n", 0, start) + 1
        column = start - (self.text.rfind("\n", 0, start) + 1) + 1
        places.setdefault(path, Span(self.file, line, column, line, column + max(1, len(read))))
