"""The buffer look-ups of XFS: one buffer a block, nobody sees another's buffer or half of one, nothing is lost.

Allocation may fail at any point; a thread gets a buffer, writes to it, perhaps makes it stale, and lets it go.
"""

import pytest
from tests.structures.proving import Mutant, prove

from lockwright.api import check
from lockwright.errors import LockwrightError
from lockwright.language.compile import compile_target

SMALL = (
    "xfs_buffer_tree[tas]:blocks=1",
    "xfs_buffer_tree[tas]:blocks=1,allocate_always=true",
    "xfs_buffer_tree[tas]:blocks=1,only_try=true",
    "xfs_buffer_hash[tas]:bits=1",
    "xfs_buffer_hash[tas]:bits=1,managed=false",
)


@pytest.mark.parametrize("target", SMALL)
def test_proved_with_two_threads(target):
    result = prove(target, threads=2)
    assert (result.verdict, len(result.runs)) == ("proved", 3), result.faults


def test_a_buffer_is_found_again_and_moved_to_the_front():
    """With two look-ups each, threads also find what others have put behind their own."""
    for promote in ("true", "false"):
        result = check(f"xfs_buffer_hash[tas]:bits=1,promote={promote}", threads=2, acquire=2, memory="sc")
        assert result.verdict == "proved"


@pytest.mark.slow
@pytest.mark.parametrize("target", ["xfs_buffer_tree[tas]", "xfs_buffer_tree[tas]:groups=2"])
def test_two_blocks_in_one_tree_or_two(target):
    assert prove(target, threads=2, models=("sc", "tso")).verdict == "proved"


@pytest.mark.slow
@pytest.mark.parametrize("target", SMALL)
def test_two_threads_with_two_look_ups_each(target):
    assert check(target, threads=2, acquire=2, memory="sc").verdict == "proved"


@pytest.mark.slow
@pytest.mark.parametrize("target", [SMALL[0], SMALL[2]])
def test_proved_with_three_threads(target):
    assert prove(target, threads=3, models=("sc",)).verdict == "proved"


def test_pages_that_come_after_the_insertion_are_missed():
    """The code before fe2429b0966a."""
    result = prove("xfs_buffer_tree[tas]:blocks=1,pages_first=false", threads=2, models=("sc",))
    assert [one.kind for one in result.faults] == ["assertion"]


RACES = {
    "no reference is taken": (
        "            buffer.holds.fetch_add(1, relaxed)\n        if not",
        "            buffer.holds.fetch_add(0, relaxed)\n        if not",
    ),
    "the last reference is dropped without the lock": (
        "        if not drop_and_lock(buffer.holds, group.lock):\n            return\n",
        "        if buffer.holds.fetch_sub(1, acq_rel) != 1:\n            return\n        group.lock.lock()\n",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RACES)
def test_a_buffer_that_another_thread_still_uses_is_a_race(name, tmp_path):
    source = "workloads/xfs_buffer_tree"
    mutant = Mutant(source, name, "XfsBuffers[tas]:blocks=1", *RACES[name], kind="data_race", program=source)
    result = prove(mutant.written_to(tmp_path), threads=2, models=("sc",))
    assert [(one.kind, one.confirmed) for one in result.faults] == [(mutant.kind, True)]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("xfs_buffer_hash:bits=0", "`bits` is 0"),
        ("xfs_buffer_hash:bits=40", "`bits` is 40"),
        ("xfs_buffer_tree:groups=0", "`groups` is 0"),
        ("xfs_buffer_tree:blocks=0", "`blocks` is 0"),
        ("posix_timers:bits=40", "`bits` is 40"),
        ("posix_timers:processes=0", "`processes` is 0"),
    ],
)
def test_a_size_that_makes_no_sense_is_one_clear_error(target, told):
    with pytest.raises(LockwrightError) as raised:
        compile_target(target)
    assert [one.code for one in raised.value.diagnostics] == ["L027"]
    assert told in str(raised.value)


def test_for_ever_nobody_waits_for_ever():
    result = check("xfs_buffer_hash[tas]:bits=1,blocks=1", threads=2, acquire="forever", memory="sc")
    assert (result.verdict, result.runs[0].states) == ("proved", 12_975)
