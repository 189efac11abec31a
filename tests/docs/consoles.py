"""Blocks of a page that show a command and what it prints, or a file of the examples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
PAGES = (ROOT / "README.md", *sorted(page for page in (ROOT / "docs").glob("*.md")))
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHOWN_FILE = re.compile(r"^<!-- file: (\S+) -->\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PASSING = re.compile(r"\b\d+\.\d s\b")


@dataclass(frozen=True)
class Session:
    """One command of a page; `shown` is what the page says that it prints."""

    page: Path
    command: str
    shown: str

    def __str__(self) -> str:
        return f"{self.page.name}: {self.command}"


def sessions(page: Path) -> list[Session]:
    """Return the commands of a page's `console` blocks, in order."""
    found = []
    for block in CONSOLE.findall(page.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            found.append(Session(page, command, shown))
    return found


def shown_files(page: Path) -> list[tuple[str, str]]:
    """Return the example files that a page shows, and what it shows of them."""
    return SHOWN_FILE.findall(page.read_text(encoding="utf-8"))


def lasting(text: str) -> str:
    """Return an output without what differs from run to run: seconds, blanks at the ends."""
    lines = [PASSING.sub("0.0 s", line).rstrip() for line in text.strip("\n").splitlines()]
    return "\n".join(lines).rstrip() + "\n"


def without_total(text: str) -> str:
    """Return an output without the seconds of the whole command, which stand at the right end of its last line."""
    return re.sub(r"\s+0\.0 s\n$", "\n", text)
