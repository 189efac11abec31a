"""Every order of five locks carries weight under C11: one step weaker, and the explorer finds what breaks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.engine.c11_locks import LOCKS, prepared, program_of

from lockwright.check.engine import c11

RACE, TWO, HANG = {"data_race"}, {"two_holders"}, {"deadlock", "endless_await"}
MUTANTS = [
    ("ticket", "wait", "relaxed", RACE), ("ticket", "serve", "relaxed", RACE),
    ("ttas", "take", "relaxed", RACE), ("ttas", "free", "relaxed", RACE),
    ("linux_ticket", "draw", "relaxed", RACE), ("linux_ticket", "wait", "relaxed", RACE),
    ("linux_ticket", "serve", "relaxed", RACE),
    ("clh", "swap", "acquire", TWO), ("clh", "swap", "release", TWO), ("clh", "swap", "relaxed", TWO),
    ("clh", "wait", "relaxed", RACE), ("clh", "free", "relaxed", RACE),
    ("mcs", "swap", "release", RACE), ("mcs", "swap", "relaxed", RACE), ("mcs", "swap", "acquire", HANG),
    ("mcs", "link", "relaxed", HANG), ("mcs", "peek", "relaxed", HANG), ("mcs", "succ", "relaxed", HANG),
    ("mcs", "wait", "relaxed", RACE), ("mcs", "hand", "relaxed", RACE), ("mcs", "cas", "relaxed", RACE),
]  # fmt: skip


@pytest.mark.parametrize(("name", "slot", "order", "kinds"), MUTANTS)
def test_weaker_orders_break_the_lock(name: str, slot: str, order: str, kinds: set[str]) -> None:
    _, flat, image, out = prepared(program_of(LOCKS[name], **{slot: order}), 2)
    reduced = c11.explore(flat, image, out, acquisitions=1)
    raw = c11.explore(flat, image, out, acquisitions=1, reductions=replace(c11.RAW, collect=True))
    assert {one.kind for one in reduced.faults} & kinds
    assert {one.kind for one in raw.faults} & kinds


@pytest.mark.parametrize("name", sorted(LOCKS))
def test_stronger_orders_keep_it(name: str) -> None:
    strong = dict.fromkeys(LOCKS[name].orders, "seq_cst")
    _, flat, image, out = prepared(program_of(LOCKS[name], **strong), 2)
    explored = c11.explore(flat, image, out, acquisitions=2)
    assert (explored.exhausted, explored.faults) == (True, [])


def test_mixed_orders_are_told() -> None:
    _, flat, image, out = prepared(program_of(LOCKS["ttas"], take="seq_cst"), 2)
    assert "seq_cst_mixed" in c11.explore(flat, image, out, acquisitions=1).notes
