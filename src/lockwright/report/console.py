"""The terminal: lines in their styles, signs that its encoding lacks written otherwise."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

WIDTH = 100
STAND_INS = {"→": "->", "←": "<-", "×": "x", "·": ".", "…": "...", "–": "-", "±": "~", "▇": "#", "µ": "u"}
"""What to write where the encoding has no such sign; what stands in tables is as wide as the sign."""

_STYLES = {
    "fault": "bold red",
    "proved": "bold green",
    "not exhausted": "bold yellow",
    "not covered": "bold yellow",
    "help": "bold cyan",
    "warning": "yellow",
    "title": "bold",
    "dim": "dim",
    "": "",
}


def terminal() -> Console:
    """Return the terminal, without colour when it is none; a reader that goes away changes no exit status."""
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:  # rich would exit with 1, which says `a finding`
            self.quiet = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    return Terminal(highlight=False)


def print_lines(lines: Iterable[tuple[str, str]], console: Console) -> None:
    """Print lines, each in the style that it names."""
    from rich.text import Text

    for text, style in lines:
        console.print(Text(spelled(text, console.encoding), style=_STYLES[style]), soft_wrap=True)


def spelled(text: str, encoding: str) -> str:
    """Return a text with stand-ins for signs that an encoding lacks."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        for sign, instead in STAND_INS.items():
            text = text.replace(sign, instead)
        return text.encode("ascii", "replace").decode()
    return text
