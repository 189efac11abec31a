"""The instructions of the hottest functions of a recording, from `perf annotate`, which wants the program's file."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.hot_loops import LOOKED_AT, as_facts
from lockwright.profiles.machine_code.listing import listings
from lockwright.profiles.machine_code.loops import loop_of

if TYPE_CHECKING:
    from lockwright.profiles.model import Frame, Profile

_LEAST_PERCENT = 10.0  # of busy time: less cannot be the matter
_MOST = 3  # functions
_LIMIT_S = 15.0  # for one of them
_ALL = 100.0  # percent


def with_loops(profile: Profile, recording: str, perf: str) -> Profile:
    """Return a profile with what the instructions of its hottest functions show, as far as `perf annotate` tells.

    Args:
        profile: What was read of the recording.
        recording: The file that `perf record` wrote.
        perf: Where perf is.
    """
    if profile.facts.get("threads") == "1":
        return profile  # nobody else changes what it waits for
    frames = _hottest(profile)
    if not frames:
        return profile
    found, seen = [], []
    for frame in frames:
        lines = _annotated(frame, recording, perf)
        if lines is None:
            break  # the next function would take as long
        listing = max(listings(lines), key=lambda one: one.samples, default=None)
        if listing is None:
            continue
        seen.append(folding.plain(frame.symbol))
        loop = loop_of(listing)
        if loop is not None:
            found.append(replace(loop, symbol=seen[-1], module=frame.module))
    facts = {**profile.facts, **({LOOKED_AT: ", ".join(seen)} if seen else {})}
    profile = replace(profile, loops=tuple(found), facts=facts)
    return replace(profile, facts={**facts, **as_facts(profile)})


def _hottest(profile: Profile) -> list[Frame]:
    """Return the functions of programs that are hot by themselves, and of no role that is known."""
    samples = folding.without_idle(next(iter(folding.by_event(profile.samples).values()), ()))
    whole = sum(one.weight for one in samples)
    frames = {folding.plain(one.stack[0].symbol): one.stack[0] for one in samples}
    hot = [
        frames[symbol]
        for symbol, weight in folding.by_symbol(samples).items()
        if weight * _ALL >= _LEAST_PERCENT * whole and not folding.role(symbol) and _is_of_program(frames[symbol])
    ]
    return hot[:_MOST]


def _is_of_program(frame: Frame) -> bool:
    return frame.module.startswith("/") and not frame.module.endswith((".ko", "vmlinux", ".map"))


def _annotated(frame: Frame, recording: str, perf: str) -> list[str] | None:
    """Return what `perf annotate` prints of a function; None if it cannot be run, or takes too long."""
    given = (perf, "annotate", "--stdio", "--no-source", "-i", recording, "-s", frame.symbol)
    silent = {**os.environ, "DEBUGINFOD_URLS": ""}  # nothing is fetched for it
    try:
        done = subprocess.run(  # noqa: S603
            given, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT_S, check=False, env=silent
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace").splitlines()
