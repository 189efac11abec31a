"""Words and numbers as a diagnosis spells them."""

from __future__ import annotations

_UNITS = (("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1.0))


def listed(names: list[str]) -> str:
    """Return names with commas and `and`; empty for none."""
    return "".join(names) if len(names) < 2 else f"{', '.join(names[:-1])} and {names[-1]}"


def article(kind: str) -> str:
    """Return a kind of lock with `a` or `an`."""
    kind = kind or "lock"
    return f"{'an' if kind[0] in 'aeioAEIO' or kind.startswith('rw') else 'a'} {kind}"


def duration(time_ns: float) -> str:
    """Return a time with three digits and its unit."""
    unit, size = next(((unit, size) for unit, size in _UNITS if time_ns >= size), _UNITS[-1])
    return f"{time_ns / size:.3g} {unit}" if time_ns < 999.5 * size else f"{time_ns / size:,.0f} {unit}"
