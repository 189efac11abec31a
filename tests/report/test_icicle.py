"""Boxes of stacks: where they lie, what they weigh, and how many are drawn."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockwright.profiles import Frame, Sample, Wait
from lockwright.profiles.writers.series import COMMAND, LOCK, WAITING_TIME, of_samples, of_waits
from lockwright.report.icicle import LEAST_SHARE, Box, Layout, layout, shares_along

if TYPE_CHECKING:
    from lockwright.profiles.writers.series import Series

Stacks = dict[tuple[str, ...], int]
STACKS = st.dictionaries(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=6).map(tuple), st.integers(1, 1000), min_size=1, max_size=20
)


def series(stacks: Stacks) -> Series:
    """Return what stacks weigh that begin with the outermost function."""
    return of_samples("", [Sample(tuple(map(Frame, one[::-1])), stacks[one]) for one in stacks], "samples")


@given(STACKS)
def test_a_box_weighs_what_stacks_through_it_weigh(stacks: Stacks) -> None:
    path: list[str] = []
    found = layout("all", series(stacks))
    for box in found.boxes:
        del path[max(box.level - 1, 0) :]
        path += [box.node.name] * (box.level > 0)
        through = {one: weight for one, weight in stacks.items() if list(one[: box.level]) == path}
        assert box.node.weight == sum(through.values())
        assert box.node.own == sum(weight for one, weight in through.items() if len(one) == box.level)
        assert box.node.calls == len({one[: box.level + 1] for one in through if len(one) > box.level})
        assert box.width == pytest.approx(box.node.weight / sum(stacks.values()))


@given(STACKS)
def test_boxes_lie_within_their_callers_and_beside_each_other(stacks: Stacks) -> None:
    found = layout("all", series(stacks))
    callers: list[Box] = []
    taken = dict.fromkeys(range(8), 0.0)  # how far each row is filled
    for box in found.boxes:
        del callers[box.level :]
        assert box.level == len(callers)
        if callers:
            assert callers[-1].left - 1e-12 <= box.left
            assert box.left + box.width <= callers[-1].left + callers[-1].width + 1e-12
        assert box.left >= taken[box.level] - 1e-12
        taken[box.level] = box.left + box.width
        callers.append(box)
    prefixes = {one[:size] for one in stacks for size in range(len(one) + 1)}
    if not found.left_out:
        assert len(found.boxes) == len(prefixes)


def test_names_are_plain_and_no_command_is_a_function() -> None:
    stacks = [(Frame("do_exit.part.0", "[kernel]"),), (Frame("do_exit", "[kernel]", 4, 4096),)]
    names = ["do_exit.part.0", ""]
    waits = [
        Wait(name, "", stack, 1, 1, at + 1.0, 1.0, "do_exit")
        for at, (name, stack) in enumerate(zip(names, stacks, strict=True))
    ]
    boxes = layout("all", of_waits(waits, WAITING_TIME)).boxes
    assert [(one.level, one.node.name, one.node.module, one.node.weight) for one in boxes[1:]] == [
        (1, "do_exit", COMMAND, 3.0),
        (2, "do_exit", "[kernel]", 3.0),
        (3, "a lock", LOCK, 2.0),
        (3, "do_exit.part.0", LOCK, 1.0),
    ]


def test_the_other_way_round_callers_are_below() -> None:
    boxes = layout("locks", series({("main", "f", "lock"): 3, ("lock",): 1, ("g", "lock"): 2}), is_inverted=True).boxes
    assert [(one.level, one.node.name, one.node.weight, one.node.own) for one in boxes] == [
        (0, "locks", 6.0, 0.0),
        (1, "lock", 6.0, 1.0),
        (2, "f", 3.0, 0.0),
        (3, "main", 3.0, 3.0),
        (2, "g", 2.0, 2.0),
    ]


@pytest.mark.parametrize("depth", [1_000, 20_000])
def test_recursion_is_a_tower_and_no_error(depth: int) -> None:
    found = layout("all", series({("f",) * depth: 3}), most_characters=10**9)
    assert [box.level for box in found.boxes] == list(range(depth + 1))
    assert all(box.width == 1.0 for box in found.boxes)


def test_a_tower_that_is_too_high_for_a_page_keeps_its_upper_part() -> None:
    found = layout("all", series({tuple(f"f{at}" for at in range(5000)): 1}), most_characters=100_000)
    assert [box.level for box in found.boxes] == list(range(len(found.boxes)))
    assert 500 < len(found.boxes) < 1000
    assert (found.left_out, found.heaviest_left_out) == (1, 1.0)


def test_the_heaviest_are_drawn() -> None:
    chance = random.Random(1)
    stacks: Stacks = {
        tuple(f"f{chance.randrange(30)}" for _ in range(8)): chance.randrange(1, 99) for _ in range(5_000)
    }
    weights: Stacks = {}
    for stack, weight in stacks.items():
        for size in range(9):
            weights[stack[:size]] = weights.get(stack[:size], 0) + weight
    found = layout("all", series(stacks))
    lightest = min(box.node.weight for box in found.boxes)
    assert 500 < len(found.boxes) < len(weights)
    assert lightest >= found.heaviest_left_out > 0
    assert lightest >= LEAST_SHARE * sum(stacks.values())
    assert {box.node.weight for box in found.boxes} >= {one for one in weights.values() if one > lightest}
    assert sum(1 for one in weights.values() if one > lightest) <= len(found.boxes)


def test_nothing_is_drawn_of_nothing() -> None:
    assert layout("all", series({})) == Layout((), 0, 0.0)
    assert layout("all", series({("f",): 0})).boxes == ()


@given(STACKS, STACKS, st.booleans())
def test_shares_of_another_series_along_the_same_calls(stacks: Stacks, others: Stacks, is_inverted: bool) -> None:
    found = layout("all", series(stacks), is_inverted=is_inverted)
    shares = shares_along(found, series(others), is_inverted=is_inverted)
    path: list[str] = []
    for box, share in zip(found.boxes, shares, strict=True):
        del path[max(box.level - 1, 0) :]
        path += [box.node.name] * (box.level > 0)
        turned = {one[::-1] if is_inverted else one: weight for one, weight in others.items()}
        along = sum(weight for one, weight in turned.items() if list(one[: box.level]) == path)
        assert share == pytest.approx(along / sum(others.values()))


def test_nothing_lies_along_nothing() -> None:
    found = layout("all", series({("f",): 1}))
    assert shares_along(found, series({})) == [0.0, 0.0]
    assert shares_along(layout("all", series({})), series({("f",): 1})) == []
