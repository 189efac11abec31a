"""The next limit: what is on top now on the path of what changed, or on top at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.comparing.path import next_on_path
from lockwright.profiles.comparing.results import LOCK
from lockwright.profiles.comparing.tally import Key
from lockwright.profiles.comparing.wording import named, percent

if TYPE_CHECKING:
    from lockwright.profiles.comparing.results import Change
    from lockwright.profiles.comparing.told import Told

_LEAST = 1.0  # percent: a lock that is worth a word


def next_limit(found: Told, lock: Change | None) -> str:
    """Return what limits next, with its share before; empty if nothing weighs enough.

    Args:
        found: What was found.
        lock: The lock that changed; None if none did.
    """
    if lock is not None and lock.kind == LOCK and lock.caller and lock.difference.value < 0:
        key = Key(LOCK, lock.lock, lock.caller)
        tops = next_on_path(key, found.samples_before, found.samples_after)
        if tops:
            told = ", then ".join(f"{_name(one.key)} with {percent(one.share)}" for one in tops)
            return f"on the same path, through {tops[0].through}: {told}"
    return _heaviest(found, lock)


def _name(key: Key) -> str:
    return f"the {key.name} wanted by {key.caller or 'a caller unknown'}" if key.kind == LOCK else key.name


def _heaviest(found: Told, lock: Change | None) -> str:
    fallen = lock if lock is not None and lock.difference.value < 0 else None
    functions = [one for one in found.functions if not one.unlisted_after and one.after.value >= _LEAST]
    locks = [one for one in found.locks if one is not fallen and not one.unlisted_after and one.after.value >= _LEAST]
    tops = [max(rows, key=lambda one: (one.after.value, one.symbol)) for rows in (functions, locks) if rows]
    tops.sort(key=lambda one: -one.after.value)
    told = [f"{named(one)} with {percent(one.after.value)} ({_before(one)} before)" for one in tops]
    if not told:
        return ""
    why = "" if found.has_callers else "no call graph, so on top of all: "
    return why + ", then ".join(told)


def _before(one: Change) -> str:
    return f"below {percent(one.before.value)}" if one.unlisted_before else percent(one.before.value)
