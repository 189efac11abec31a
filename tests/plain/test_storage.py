"""Records that come and go."""

import pytest
from tests.plain.threads import faults, program, verdict

MODELS = ("sc", "tso", "c11")

ALLOC = """
    node = alloc @Node @1 -1:i64
    none = eq node null:Node*
    branch @out @got none
got:
"""


def own(body: str) -> str:
    return f"{ALLOC}\n{body}\njump @out\nout:"


@pytest.mark.parametrize("model", MODELS)
def test_alloc_use_free(model: str) -> None:
    assert faults(own("item = field @item node\nstore item 1:u8\nfree node"), model=model) == set()


@pytest.mark.parametrize("model", MODELS)
def test_use_after_free(model: str) -> None:
    assert faults(own("item = field @item node\nfree node\nstore item 1:u8"), model=model) == {"use_after_free"}


def test_double_free_and_null() -> None:
    assert faults(own("free node\nfree node")) == {"double_free"}
    assert faults("free null:Node*") == {"null"}
    assert faults("node = atomic_load @relaxed head\nitem = field @item node") == {"null"}


def test_what_nothing_reaches_is_leaked() -> None:
    assert faults(own("item = field @item node\nstore item 1:u8")) == {"leak"}
    assert faults(own("atomic_store @release head node")) == set()


def test_what_a_reachable_record_points_to_is_reached() -> None:
    second = "again = alloc @Node @1 -1:i64\nafter = field @after node\nstore after again"
    assert faults(own(f"atomic_store @release head node\n{second}")) == set()
    assert faults(own(second)) == {"leak"}


def test_alloc_may_fail() -> None:
    found = verdict(program(own("store p 1:u8\nfree node")))
    assert {dict(one)["p"] for one in found.outcomes} == {0, 1}


READER = """
    rcu_read @enter
    node = atomic_load @acquire head
    none = eq node null:Node*
    branch @leave @use none
use:
    item = field @item node
    got = load item
    jump @leave
leave:
    rcu_read @leave
"""

WRITER = f"""
    {ALLOC}
    atomic_store @release head node
    atomic_store @release head null:Node*
    {{retire}}
    jump @out
out:
"""


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("retire", "found"),
    [
        ("free node", {"use_after_free"}),
        ("rcu_free node null:Node*", set()),
        ("rcu_synchronize\nfree node", set()),
    ],
)
def test_readers_are_waited_for(model: str, retire: str, found: set[str]) -> None:
    assert faults(READER, WRITER.format(retire=retire), model=model) == found


def test_synchronize_in_a_read_section_of_another_waits_for_it() -> None:
    assert faults("rcu_read @enter\npark\nrcu_read @leave", "rcu_synchronize\nunpark 0:u32") == {"lost_wakeup"}


FREE_HEAD = """
    node = atomic_load @relaxed head
    none = eq node null:Node*
    branch @out @use none
use:
    free node
    atomic_store @relaxed head null:Node*
    jump @out
out:
"""


def test_what_is_freed_at_rest_is_no_leak() -> None:
    assert faults(own("atomic_store @release head node"), rest=FREE_HEAD) == set()
    assert faults(own("store p 1:u8"), rest=FREE_HEAD) == {"leak"}
