"""Tokens of a litmus file, each with its place; comments are gone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from lockwright.diagnostics.span import Span
from lockwright.litmus.errors import LitmusError

WORD_BITS = 32
_TOKEN = re.compile(
    r"""(?P<number>-?(?:0[xX][0-9a-fA-F]+|\d+))
      | (?P<name>[A-Za-z_][\w.]*)
      | (?P<mark>/\\|\\/|=>|[][(){};:=|,$~*])""",
    re.VERBOSE,
)


class Source:
    """A litmus file: its text with comments blanked out, so that every column is still the author's."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.text = text
        self.bare = _without_comments(text)

    def span(self, start: int, end: int) -> Span:
        """Return the span of the characters from `start` up to `end`, which are on one line."""
        line = self.text.count("\n", 0, start) + 1
        column = start - (self.text.rfind("\n", 0, start) + 1) + 1
        return Span(self.file, line, column, line, column + end - start)

    def fail(self, message: str, span: Span, *, label: str = "", help: str = "") -> NoReturn:  # noqa: A002 - as in the message
        """Raise the error."""
        raise LitmusError(message, span, self.text, label=label, help=help)


def _without_comments(text: str) -> str:
    """Blank out `(* ... *)`, which may nest."""
    kept: list[str] = []
    depth = 0
    position = 0
    while position < len(text):
        pair = text[position : position + 2]
        if pair == "(*" or (pair == "*)" and depth):
            depth += 1 if pair == "(*" else -1
            kept.append("  ")
            position += 2
            continue
        character = text[position]
        kept.append(character if not depth or character == "\n" else " ")
        position += 1
    return "".join(kept)


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a name or a mark; `end` of the text is the empty mark."""

    kind: str
    text: str
    span: Span

    @property
    def value(self) -> int:
        """The number, modulo 2**32."""
        return int(self.text, 0) % (1 << WORD_BITS)


class Tokens:
    """The tokens of a stretch of a file, one after the other."""

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source = source
        self._tokens = list(_tokenize(source, start, end))
        self._next = 0

    @property
    def next(self) -> Token:
        """The next token, which stays."""
        return self._tokens[self._next]

    def take(self) -> Token:
        """Return the next token, and go on."""
        token = self.next
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def accept(self, text: str) -> bool:
        """Go on if the next token is `text` (upper or lower case)."""
        if self.next.kind != "end" and self.next.text.lower() == text.lower():
            self.take()
            return True
        return False

    def expect(self, wanted: str, *, kind: str = "mark") -> Token:
        """Return the next token, which must be the mark `wanted`, or of another `kind` that `wanted` describes."""
        token = self.next
        if token.kind != kind or (kind == "mark" and token.text != wanted):
            found = f"`{token.text}`" if token.text else "nothing more"
            described = f"`{wanted}`" if kind == "mark" else wanted
            self.source.fail(f"expected {described}, found {found}", token.span, label=f"{described} belongs here")
        return self.take()

    @property
    def at_end(self) -> bool:
        """Whether no token is left."""
        return self.next.kind == "end"


def _tokenize(source: Source, start: int, end: int) -> list[Token]:
    tokens: list[Token] = []
    position = start
    while position < end:
        if source.bare[position].isspace():
            position += 1
            continue
        match = _TOKEN.match(source.bare, position, end)
        if match is None:
            character = source.bare[position]
            source.fail(f"`{character}` has no meaning in a litmus file", source.span(position, position + 1))
        tokens.append(Token(match.lastgroup or "", match.group(), source.span(position, match.end())))
        position = match.end()
    last = len(source.bare[:end].rstrip())
    tokens.append(Token("end", "", source.span(max(start, last), max(start, last) + 1)))
    return tokens
