"""What the instructions of hot functions show, as facts of a text: a recording is read again where they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.model import Loop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockwright.profiles.model import Profile

LOOKED_AT = "instructions of"
"""The fact that names the functions whose instructions were looked at."""
HOT_LOOP = "hot loop"
"""The facts that keep what was found there, with a number behind it."""
_PARTS = 5  # of a fact
_ALL = 100.0  # percent


def as_facts(profile: Profile) -> dict[str, str]:
    """Return what was found as facts, for the head or the end of a text."""
    facts = {LOOKED_AT: profile.facts[LOOKED_AT]} if LOOKED_AT in profile.facts else {}
    for number, one in enumerate(profile.loops, 1):
        texts = " | ".join(one.instructions)
        facts[f"{HOT_LOOP} {number}"] = "; ".join(
            (one.kind, f"{one.share_percent:.1f}", texts, one.module or "?", one.symbol)
        )
    return facts


def from_facts(facts: Mapping[str, str]) -> Iterator[Loop]:
    """Yield what facts of a text tell, those that make no sense left out."""
    for key, value in facts.items():
        parts = value.split("; ", _PARTS - 1)
        if not key.startswith(HOT_LOOP) or len(parts) < _PARTS:
            continue
        kind, share, texts, module, symbol = parts
        try:
            yield Loop(symbol, module.replace("?", ""), kind, min(_ALL, float(share)), tuple(texts.split(" | ")))
        except ValueError:
            continue
