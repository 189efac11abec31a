"""What is asked of the workload in which a lock is simulated, by its defaults where nothing is said."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lockwright.simulation.values import within
from lockwright.units import cycles, duration, wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockwright.ir.program import Program

HOLD, THINK = "100cycles", "1000cycles"
READERS = 0.9
"""Which part of the sections only read where the lock tells readers from writers."""
MOST_PARTS = 1000  # of the sections, to tell readers from writers


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the workload; None where nothing was said."""

    hold: str | None
    think: str | None
    distribution: str
    lines: int | None
    locks: int | None
    readers: float | None
    workload: str | None

    def program(self, lock: str, ghz: float) -> Program:
        """Return a lock in the workload that was asked for."""
        from lockwright.language.compile import compile_contention

        values = self.values(ghz, self.defaults(lock))
        reading = self.reading(lock)
        if reading is not None:
            part = Fraction(reading).limit_denominator(MOST_PARTS)
            values |= {"readers": part.numerator, "of": part.denominator}
        return compile_contention(lock, self.workload, **values)

    def defaults(self, lock: str) -> dict[str, str]:
        """Return the times of our own workload; other programs have theirs."""
        return {} if self.workload or self.is_program(lock) else {"hold": HOLD, "think": THINK}

    def is_program(self, lock: str) -> bool:
        """Return whether what was named is a whole program, not a lock."""
        from lockwright.language.compile import is_workload

        return is_workload(lock)

    def values(self, ghz: float, defaults: Mapping[str, str]) -> dict[str, int]:
        """Return the `Param`s of the workload: what was asked, and the defaults for what was not."""
        found: dict[str, int] = {}
        for name in ("hold", "think"):
            text = getattr(self, name) or defaults.get(name)
            if text is not None:
                found[name] = cycles(text, ghz, f"--{name}")
        if self.distribution == "exponential":
            found["is_exponential"] = 1
        for name, value, most in (("lines", self.lines, 1 << 20), ("locks", self.locks, 1 << 20)):
            if value is not None:
                found[name] = within(f"--{name}", value, 0 if name == "lines" else 1, most)
        return found

    def reading(self, lock: str) -> float | None:
        """Return which part of the sections of a lock only read; None if it tells no readers from writers."""
        from lockwright.language.compile import base_of

        if self.workload:
            return self.readers
        usual = READERS if self.readers is None else self.readers
        return usual if base_of(lock) == "RwLock" else None

    def check_readers(self, locks: Sequence[str]) -> None:
        """Refuse a part of the sections that is none, or that no lock asks for."""
        if self.readers is None:
            return
        if not isinstance(self.readers, int | float) or not 0 <= self.readers <= 1:
            shown = str(self.readers).removesuffix(".0")
            raise wrong(f"`--readers {shown}` is no part of the sections", "0 to 1: `--readers 0.9`")
        if all(self.reading(lock) is None for lock in locks):
            raise wrong(f"`--readers` is for reader-writer locks: `{locks[0]}` is none", "leave it out")

    def params(self, lock: str, ghz: float) -> dict[str, object]:
        """Return the settings of a lock as plain values."""
        values = self.values(ghz, self.defaults(lock))
        found: dict[str, object] = {f"{name}_cycles": values.get(name) for name in ("hold", "think")}
        found |= {"think_distribution": self.distribution, "lines": self.lines, "locks": self.locks or 1}
        return found | {"readers": self.reading(lock), "workload": self.workload, "ghz": ghz}

    def words(self, locks: Sequence[str], seeds: int, start: str) -> tuple[str, ...]:
        """Return the settings as a person reads them."""
        defaults = next((found for lock in locks if (found := self.defaults(lock))), {})
        told = [f"{self.locks:,} locks" if self.locks else "one lock"] if defaults else []
        if self.workload:
            told.append(f"in {self.workload}")
        for name in ("hold", "think"):
            text = getattr(self, name) or defaults.get(name)
            if text:
                mean = " on average" if name == "think" and self.distribution == "exponential" else ""
                told.append(f"{name} {duration(text)}{mean}")
        if self.lines is not None:
            told.append(f"{self.lines} shared line{'s' if self.lines != 1 else ''}")
        reading = next((share for lock in locks if (share := self.reading(lock)) is not None), None)
        if reading is not None:
            told.append(f"{reading:.0%} readers")
        if start == "together":
            told.append("all start together")
        told.append(f"{seeds} seed{'s' if seeds != 1 else ''}")
        return tuple(told)
