"""Which loops wait for another CPU, by their instructions: of a program with eight functions, and made ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockwright.profiles.machine_code.instruction import effect
from lockwright.profiles.machine_code.listing import Listing, Row, listings
from lockwright.profiles.machine_code.loops import loop_of
from lockwright.profiles.model import ATOMIC, QUEUES, RETRIES, TAKES, WAITS

LISTINGS = Path(__file__).parent / "listings"


def captured(name: str) -> Listing:
    (found,) = listings((LISTINGS / f"{name}.txt").read_text(encoding="utf-8").splitlines())
    return found


def made(text: str) -> Listing:
    """Return a function of `share address: instruction`."""
    rows = []
    for line in text.strip().splitlines():
        share, address, instruction = line.split(maxsplit=2)
        rows.append(Row(float(share), address.rstrip(":"), instruction))
    return Listing("made", "", 100, rows)


@pytest.mark.parametrize(
    ("name", "kind", "share_percent"),
    [
        ("ticket", QUEUES, 98.6),
        ("compare_exchange", TAKES, 67.8),
        ("exchange", TAKES, 65.0),
        ("bounded", TAKES, 69.8),
        ("count", ATOMIC, 100.0),
        ("compare_exchange_add", RETRIES, 91.8),
    ],
)
def test_spins_and_atomic_operations_are_told(name: str, kind: str, share_percent: float) -> None:
    found = loop_of(captured(name))
    assert found is not None
    assert found.kind == kind
    assert found.share_percent == pytest.approx(share_percent, abs=0.1)


@pytest.mark.parametrize("name", ["walk", "sum"])
def test_a_walk_along_a_list_and_a_sum_are_work(name: str) -> None:
    assert loop_of(captured(name)) is None


@pytest.mark.parametrize(("name", "other"), [("exchange", "exchange.stdio2"), ("bounded", "bounded.source")])
def test_all_forms_of_the_text_are_read_alike(name: str, other: str) -> None:
    one, two = loop_of(captured(name)), loop_of(captured(other))
    assert one is not None
    assert two is not None
    assert (one.kind, one.symbol) == (two.kind, two.symbol)
    assert one.share_percent == pytest.approx(two.share_percent, abs=0.1)


def test_a_flag_that_another_cpu_sets_is_waited_for_without_a_try() -> None:
    found = loop_of(made("1 10: mov 0x0(%rdi),%eax\n60 13: test %eax,%eax\n30 15: je 10\n9 17: ret"))
    assert found is not None
    assert (found.kind, found.share_percent) == (WAITS, 91)


@pytest.mark.parametrize(
    "body",
    [
        "40 10: mov (%rax),%rax\n40 13: test %rax,%rax\n20 15: jne 10",  # along a list
        "40 10: mov (%rdi,%rcx,8),%eax\n40 13: add $0x1,%rcx\n20 15: test %eax,%eax\n0 17: jne 10",  # an array
        "40 10: mov (%rdi),%eax\n40 13: mov %eax,(%rsi)\n20 15: test %eax,%eax\n0 17: jne 10",  # it stores
        "40 10: mov (%rdi),%eax\n40 13: call 400 <poll>\n20 15: test %eax,%eax\n0 17: jne 10",  # it calls
        "40 10: mov (%rdi),%eax\n40 13: vpaddq %ymm0,%ymm1,%ymm2\n20 15: test %eax,%eax\n0 17: jne 10",  # not known
        "40 10: add $0x1,%eax\n40 13: cmp %eax,%ecx\n20 15: jne 10",  # it loads nothing
        "40 10: mov (%rdi),%eax\n60 13: jmp 10",  # it has no way out
        "40 10: mov (%rdi),%eax\n40 13: test %eax,%eax\n20 15: je 40",  # no loop
    ],
)
def test_what_can_end_by_itself_is_no_wait(body: str) -> None:
    assert loop_of(made(body)) is None


def test_arm_waits_with_and_without_a_yield() -> None:
    ticket = (
        "0 0: mov w1, #0x1\n0 4: ldadda w1, w2, [x0]\n0 8: and w2, w2, #0xffff\n10 c: ldarh w3, [x4]\n"
        "70 10: cmp w2, w3\n0 14: b.eq 20 <f+0x20>\n20 18: yield\n0 1c: b c <f+0xc>\n0 20: ret"
    )
    test_and_set = (
        "30 0: ldaxr w1, [x0]\n20 4: cbnz w1, 0 <f>\n30 8: stxr w2, w3, [x0]\n20 c: cbnz w2, 0 <f>\n0 10: ret"
    )
    add = "30 0: ldxr x1, [x0]\n20 4: add x1, x1, #0x1\n30 8: stxr w2, x1, [x0]\n20 c: cbnz w2, 0 <f>\n0 10: ret"
    walk = "60 0: ldr x0, [x0, #8]\n40 4: cbnz x0, 0 <f>\n0 8: ret"
    assert [one and one.kind for one in map(loop_of, map(made, (ticket, test_and_set, walk)))] == [QUEUES, TAKES, None]
    found = loop_of(made(add))
    assert found is not None  # exclusive pairs retry, whatever they do


def test_parts_of_a_register_are_one() -> None:
    for text in ("mov (%rdi),%al", "movzbl (%rdi),%eax", "mov (%rdi),%rax", "movzwl (%rdi),%eax"):
        assert effect(text).writes == {"a"}
        assert effect(text).reads == {"di"}
    assert effect("mov %r8d,(%rsp)").reads == {"r8", "sp"}
    assert effect("xor %eax,%eax").reads == frozenset()
    assert effect("lock cmpxchg %edx,l").is_atomic
    assert effect("rep nop").is_pause


def test_what_is_left_of_no_listing_is_none() -> None:
    assert listings([]) == []
    assert listings(["nothing of it", "12.34 is no row"]) == []
