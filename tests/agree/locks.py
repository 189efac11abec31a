"""Shipped locks in a workload whose every word stays small, so that the plain explorer can run it for ever."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lockwright.language.compile import compile_target

if TYPE_CHECKING:
    from lockwright.ir.program import Program

LOCKS = Path(__file__).parents[2] / "src" / "lockwright" / "locks"
CLASSES = {
    "tas": "TasLock",
    "ttas": "TtasLock",
    "ttas_backoff": "TtasBackoffLock",
    "ticket": "TicketLock",
    "ticket_backoff": "TicketBackoffLock",
    "linux_ticket": "LinuxTicketLock",
    "anderson": "AndersonLock",
    "clh": "ClhLock",
    "mcs": "McsLock",
    "futex2": "Futex2Lock",
    "futex3": "Futex3Lock",
}
SMALL = {
    "ticket": ("u16, u8, u32", "u2, u16, u8, u32"),
    "ticket_backoff": ("Atomic[u16]", "Atomic[u2]"),
    "linux_ticket": ("u16, u8)", "u2, u16, u8)"),
    "ttas_backoff": ("16\n    longest: Param[u32] = 1024", "2\n    longest: Param[u32] = 4"),
}
"""Tickets of two bits, so that they wrap; short back-offs."""

WORKLOAD = """

from lockwright.language import Workload, running, u2


class Toggling(Workload):
    lock: {lock}
    word: u8

    def each_thread(self) -> None:
        while running():
            with self.lock:
                self.word = 1 - self.word
"""


@cache
def program(name: str) -> Program:
    """Return a lock with threads that take it and toggle a plain word."""
    text = (LOCKS / f"{name}.py").read_text(encoding="utf-8")
    old, new = SMALL.get(name, ("", ""))
    text = text.replace(old, new) if old else text
    begin = text.index("from lockwright.language import")
    text = f"{text[:begin]}from lockwright.language import u2, u8  # noqa: F811\n{text[begin:]}"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}_toggling.py"
        file.write_text(text + WORKLOAD.format(lock=CLASSES[name]), encoding="utf-8")
        return compile_target(f"{file}:Toggling")
