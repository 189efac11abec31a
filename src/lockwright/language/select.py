"""Which lock is meant: `ticket[u8]`, `ticket_backoff:shortest=32`, `mylock.py:MyLock`, `prog.py:Counter[ticket]`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE
from lockwright.errors import LockwrightError

_SETTING = re.compile(r"\w+=[^:,]*(,\w+=[^:,]*)*")


@dataclass(frozen=True, slots=True)
class Target:
    """What a person named: a file or a built-in lock, a class in it, type arguments, values of its `Param`s."""

    name: str
    class_name: str | None = None
    arguments: tuple[str, ...] = ()
    parameters: dict[str, int] = field(default_factory=dict)

    @property
    def is_file(self) -> bool:
        """Whether `name` is the path of a file."""
        return self.name.endswith(".py") or "/" in self.name


def refuse(code: str, title: str, *helps: str) -> LockwrightError:
    """Return the error for something wrong in what was named."""
    return LockwrightError([Diagnostic(code, title, Label(NOWHERE), helps=helps)])


def parse_target(text: str) -> Target:
    """Read what a person named.

    Raises:
        LockwrightError: The text has another form.
    """
    pieces = text.split(":")
    parameters: dict[str, int] = {}
    while len(pieces) > 1 and _SETTING.fullmatch(pieces[-1]):
        for setting in pieces.pop().split(","):
            name, _, value = setting.partition("=")
            parameters[name] = _number(text, name, value)
    arguments: tuple[str, ...] = ()
    bracket = re.fullmatch(r"(.*)\[(.*)\]", pieces[-1])
    if bracket:
        pieces[-1] = bracket[1]
        arguments = tuple(one.strip() for one in bracket[2].split(","))
    if len(pieces) > 2 or not pieces[0] or (len(pieces) == 2 and not pieces[1].isidentifier()):
        raise refuse(
            "U005",
            f"`{text}` names no lock",
            "write `ticket`, `ticket[u8]`, `ticket_backoff:shortest=32`, `mylock.py` or `mylock.py:MyLock`",
        )
    return Target(pieces[0], pieces[1] if len(pieces) == 2 else None, arguments, parameters)


def _number(text: str, name: str, value: str) -> int:
    words = {"True": 1, "False": 0, "true": 1, "false": 0}
    if value in words:
        return words[value]
    try:
        return int(value, 0)
    except ValueError:
        raise refuse("U005", f"`{name}={value}` in `{text}` is no number", f"write `{name}=32`") from None
