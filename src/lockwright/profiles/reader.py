"""What a reader is: a name, how it knows its own files, and how it reads one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE
from lockwright.errors import LockwrightError
from lockwright.profiles.model import Frame, Holding, Profile, Provenance, Sample, SharedLine, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockwright.profiles.lines import Lines

_FACT = re.compile(r"\s*+#\s*+(?P<name>[A-Za-z][\w ]{0,40}?)\s+:\s(?P<value>\S.*)")
_NO_FACTS = frozenset({"event", "CPU", "node"})  # several, or long
_LONGEST_FACT = 4096  # characters
_MARK_WITHIN = 64  # characters of the start, where the text is indented


@dataclass(frozen=True, slots=True)
class Reader:
    """One kind of file.

    Args:
        name: What the file is called.
        looks_for: What makes a line one of this kind, for the message about a file that is none.
        claims: Which of the first lines are certainly of this kind, by index.
        words: What often stands in such files, for the nearest guess.
        read: Makes the model of the lines.
    """

    name: str
    looks_for: str
    claims: Callable[[Sequence[str]], list[int]]
    words: tuple[str, ...]
    read: Callable[[Lines], Profile]


def refusing(kind: str, instead: str) -> Callable[[Lines], Profile]:
    """Return what reads a kind of file that is known and holds no profile: it says what to give instead.

    Args:
        kind: What the file is called.
        instead: What to give.
    """

    def read(lines: Lines) -> Profile:
        title = f"`{lines.name}` is {kind}, which is not read"
        raise LockwrightError([Diagnostic("P005", title, Label(NOWHERE), helps=(f"give {instead}",))])

    return read


@dataclass(slots=True)
class Gathered:
    """What a reader has found so far: equal stacks become one sample."""

    facts: dict[str, str] = field(default_factory=dict)
    skipped: int = 0
    first_skipped: int = 0
    mixed: str = ""  # what else was met in the file
    guessed: tuple[str, ...] = ()
    weights: dict[tuple[tuple[Frame, ...], str, int | None, str], list[float]] = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        """Add a sample to those with its stack, command, CPU and event."""
        key = (sample.stack, sample.command, sample.cpu, sample.event)
        found = self.weights.get(key)
        if found is None:
            self.weights[key] = [sample.weight, sample.count]
        else:
            found[0] += sample.weight
            found[1] += sample.count

    def skip(self, number: int) -> None:
        """Note a line that said nothing."""
        self.skipped += 1
        self.first_skipped = self.first_skipped or number

    def is_fact(self, line: str) -> bool:
        """Take in a line such as `# hostname : vm` of the head that perf writes; return whether it was one."""
        got = _FACT.fullmatch(line) if "#" in line[:_MARK_WITHIN] and len(line) < _LONGEST_FACT else None
        if got and got["name"] not in _NO_FACTS:
            self.facts.setdefault(got["name"].strip(), got["value"].strip())
        return got is not None

    def profile(
        self,
        reader: str,
        lines: Lines,
        unit: str,
        waits: tuple[Wait, ...] = (),
        cut: str = "",
        holdings: tuple[Holding, ...] = (),
        shared_lines: tuple[SharedLine, ...] = (),
        compared: tuple[Profile, ...] = (),
    ) -> Profile:
        """Return all of it as a profile."""
        samples = tuple(
            Sample(stack, weight, int(count), command, cpu, event)
            for (stack, command, cpu, event), (weight, count) in self.weights.items()
        )
        stacks = any(len(one.stack) > 1 for one in samples) or any(len(one.stack) > 1 for one in waits)
        cuts = "; ".join(one for one in (lines.cut, cut) if one)
        provenance = Provenance(lines.name, reader, lines.count, self.skipped, self.first_skipped, cuts)
        provenance = replace(provenance, mixed=self.mixed, guessed=self.guessed)
        return Profile(provenance, samples, waits, unit, stacks, self.facts, holdings, shared_lines, compared)
