"""One line of a text that describes a program, as tokens taken from the left."""

from __future__ import annotations

import json
import re

from lockwright.ir.text import NAME

TOKEN = re.compile(rf'\s*("(?:\\.|[^"\\])*"|%\w+|->|-?\d+|{NAME}|[(),:;=@<>])')


class NotUnderstood(Exception):  # noqa: N818 - becomes a TextError as soon as the line is known
    """What is wrong with a line of a text."""


class TextLine:
    """The tokens of one line, taken from the left."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        at = 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if match is None:
                raise NotUnderstood(f"`{text[at:].strip()}` is not understood")
            self._tokens.append(match.group(1))
            at = match.end()
        self._next = 0

    @property
    def is_done(self) -> bool:
        """Whether no token is left."""
        return self._next == len(self._tokens)

    def peek(self) -> str:
        """Return the next token, empty if there is none."""
        return "" if self.is_done else self._tokens[self._next]

    def take(self, what: str = "more") -> str:
        """Return the next token; `what` tells a person what should stand there."""
        if self.is_done:
            raise NotUnderstood(f"the line ends where {what} should stand")
        self._next += 1
        return self._tokens[self._next - 1]

    def maybe(self, token: str) -> bool:
        """Take the next token if it is this one; return whether it was."""
        if self.peek() != token:
            return False
        self._next += 1
        return True

    def expect(self, token: str) -> None:
        """Take this token."""
        found = self.take(f"`{token}`")
        if found != token:
            raise NotUnderstood(f"`{found}` stands where `{token}` should")

    def name(self) -> str:
        """Take a name, in quotes or bare."""
        token = self.take("a name")
        if token.startswith('"'):
            return str(json.loads(token))
        if not re.fullmatch(NAME, token):
            raise NotUnderstood(f"`{token}` stands where a name should")
        return token

    def number(self) -> int:
        """Take a number."""
        token = self.take("a number")
        if not re.fullmatch(r"-?\d+", token):
            raise NotUnderstood(f"`{token}` stands where a number should")
        return int(token)

    def finish(self) -> None:
        """Find nothing left."""
        if not self.is_done:
            raise NotUnderstood(f"`{self.peek()}` is too much")
