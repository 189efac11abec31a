"""Locks that rest on seq_cst: Dekker's flags, tried once, and Peterson's lock, with fences or with accesses.

Peterson under C11 needs a fence before the store to `turn` as well as one behind it.
"""

import pytest
from tests.plain.threads import program

from lockwright.check.plain.explore import check
from lockwright.check.plain.machine import Machine
from lockwright.ir.program import Shape
from lockwright.ir.waiting import waiting

DEKKER = """
    mark @trylock_begin z
    atomic_store @{store} {mine} 1:u8
    {fence}
    other = atomic_load @{load} {theirs}
    alone = eq other 0:u8
    mark @trylock_end z alone
    branch @inside @out alone
inside:
    old = load p
    new = add old 1:u8
    store p new
    mark @unlock_begin z
    jump @out
out:
    atomic_store @{free} {mine} 0:u8
"""

PETERSON = """
    mark @lock_begin z
    atomic_store @{flag} {mine} 1:u8
    {before}
    atomic_store @{turn} z {other}:u8
    {behind}
    jump @wait
wait:
    theirs = atomic_load @{look} {theirs}
    alone = eq theirs 0:u8
    branch @inside @more alone
more:
    whose = atomic_load @{ask} z
    mine = eq whose {number}:u8
    branch @inside @wait mine
inside:
    mark @lock_end z
    old = load p
    new = add old 1:u8
    store p new
    mark @unlock_begin z
    atomic_store @release {mine} 0:u8
"""

FENCE = "fence @seq_cst"
STRONG = {"flag": "seq_cst", "turn": "seq_cst", "look": "seq_cst", "ask": "seq_cst", "before": "", "behind": ""}
FENCED = {"flag": "relaxed", "turn": "relaxed", "look": "acquire", "ask": "acquire", "before": FENCE, "behind": FENCE}


def faults(text: str, words: dict[str, str], model: str) -> set[str]:
    first = text.format(mine="x", theirs="y", number=0, other=1, **words)
    second = text.format(mine="y", theirs="x", number=1, other=0, **words)
    ready = waiting(program(first, second))
    return set(check(Machine(ready.program, ready.awaits, Shape.plain(2), model, 1)).faults)


def dekker(model: str, store: str, load: str, fence: str = "", free: str = "release") -> set[str]:
    return faults(DEKKER, {"store": store, "load": load, "fence": fence, "free": free}, model)


@pytest.mark.parametrize("model", ["sc", "tso", "c11", "c11 late"])
def test_dekker(model: str) -> None:
    assert dekker(model, "seq_cst", "seq_cst") == set()


@pytest.mark.parametrize("model", ["tso", "c11"])
def test_dekker_with_fences(model: str) -> None:
    assert dekker(model, "relaxed", "acquire", FENCE) == set()
    assert "two_holders" in dekker(model, "relaxed", "acquire", "fence @acq_rel")
    assert "two_holders" in dekker(model, "release", "acquire")


@pytest.mark.parametrize("model", ["c11", "c11 late"])
def test_weak_dekker(model: str) -> None:
    assert "two_holders" in dekker(model, "seq_cst", "acquire")
    assert "two_holders" in dekker(model, "release", "seq_cst")
    assert "data_race" in dekker(model, "seq_cst", "seq_cst", free="relaxed")


@pytest.mark.parametrize("model", ["sc", "tso", "c11"])
def test_peterson(model: str) -> None:
    assert faults(PETERSON, STRONG, model) == set()
    assert faults(PETERSON, FENCED, model) == set()
    assert faults(PETERSON, STRONG | {"ask": "acquire"}, model) == set()


@pytest.mark.parametrize(
    "weak",
    [
        FENCED | {"before": ""},
        STRONG | {"flag": "release"},
        STRONG | {"look": "acquire"},
        STRONG | {"turn": "release"},
    ],
    ids=["fence before turn", "flag", "look", "turn"],
)
def test_weak_peterson(weak: dict[str, str]) -> None:
    assert "two_holders" in faults(PETERSON, weak, "c11")


def test_peterson_needs_its_fence_on_x86() -> None:
    assert faults(PETERSON, FENCED | {"before": ""}, "tso") == set()
    assert "two_holders" in faults(PETERSON, FENCED | {"before": "", "behind": ""}, "tso")
