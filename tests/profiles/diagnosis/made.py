"""Small profiles made by hand."""

from __future__ import annotations

from lockwright.profiles.model import Frame, Profile, Provenance, Sample, Wait

ORIGIN = Provenance("made.txt", "made", 1)


def stack(text: str) -> tuple[Frame, ...]:
    """Return a stack from `inner < outer`; functions of the kernel and of programs are not told apart."""
    return tuple(Frame(one.strip()) for one in text.split("<")) if text else ()


def sampled(*rows: tuple[str, float], event: str = "cycles", command: str = "work", module: str = "") -> Profile:
    """Return a profile of samples, given stacks and weights."""
    samples = []
    for text, weight in rows:
        frames = tuple(Frame(one.symbol, module) for one in stack(text))
        samples.append(Sample(frames, weight, int(weight), command, None, event))
    return Profile(ORIGIN, tuple(samples), has_stacks=any(len(one.stack) > 1 for one in samples))


def waited(*rows: tuple[str, str, int, float], seconds: float = 0.0, lock: str = "") -> Profile:
    """Return a profile of waits, given kind, stack, how many and their total time in ns."""
    waits = tuple(
        Wait(lock, kind, stack(text), count, count, total_ns, total_ns / max(count, 1))
        for kind, text, count, total_ns in rows
    )
    facts = {"seconds": f"{seconds}"} if seconds else {}
    return Profile(ORIGIN, waits=waits, has_stacks=any(len(one.stack) > 1 for one in waits), facts=facts)
