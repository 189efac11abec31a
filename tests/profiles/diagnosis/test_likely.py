"""What only a name, or an instruction, tells is likely: in each form in which it is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.profiles.comparing.made import compared, side
from tests.profiles.diagnosis.made import sampled

from lockwright.profiles.comparing import compare
from lockwright.profiles.diagnosis import diagnose
from lockwright.profiles.diagnosis.evidence import meaning_of
from lockwright.profiles.hot_loops import as_facts
from lockwright.profiles.model import ATOMIC, TAKES, WAITS, Loop
from lockwright.report.diff import diff_text
from lockwright.report.diff_block import Given, block
from lockwright.report.diff_page import diff_page
from lockwright.report.diff_records import diff_json
from lockwright.report.profile import profile_json, profile_text
from lockwright.report.profile_page import profile_page

if TYPE_CHECKING:
    from lockwright.profiles import Profile


def named() -> Profile:
    return sampled(("my_spin_lock < update < main", 90), ("compute < main", 10))


def looped(kind: str, own: float = 90) -> Profile:
    found = sampled(("update < main", own), ("compute < main", 100 - own))
    found = replace(found, loops=(Loop("update", "/usr/bin/app", kind, 80.0, ("mov l,%eax",)),))
    return replace(found, facts={"threads": "2", **as_facts(found)})


GUESSES = [
    named(),
    looped(WAITS),
    looped(ATOMIC),
    sampled(("sync/atomic.AddInt64 < main.hit < main.main", 90), ("x", 10)),
]


@pytest.mark.parametrize("profile", GUESSES)
def test_all_forms_of_a_profile_say_likely(profile: Profile) -> None:
    found = diagnose(profile)
    assert found.is_likely
    assert found.headline.startswith("likely a")
    assert profile_text(profile).startswith("likely a")
    assert profile_json(profile)["diagnosis"]["is_likely"] is True
    page = profile_page(profile, found)
    assert f"<title>made.txt: likely a {found.verdict}</title>" in page
    assert '<h1 class="doubt">Likely a' in page
    if found.promise:
        assert "gain    if that is so, " in profile_text(profile)


def test_a_known_lock_and_a_loop_that_takes_one_are_sure() -> None:
    known = sampled(("native_queued_spin_lock_slowpath < _raw_spin_lock < find < main", 90), ("compute", 10))
    for profile in (known, looped(TAKES)):
        found = diagnose(profile)
        assert not found.is_likely
        assert found.headline.startswith("contended lock")
        assert '<h1 class="fault">' in profile_page(profile, found)


def test_a_comparison_calls_it_no_lock_no_longer() -> None:
    found = compared(
        {"my_spin_lock < f < main": 900, "compute < main": 100}, {"my_spin_lock < f < main": 300, "compute < main": 700}
    )
    assert found.headline.startswith("likely a lock, by its name: my_spin_lock fell from 90.0 %")
    assert "diagnosed alone: likely a contended lock" in " ".join(diff_text(found).split())
    assert block(found, Given()).startswith("Likely a lock, by its name: my_spin_lock")
    assert [one["is_likely"] for one in diff_json(found)["sides"]] == [True, True]


@pytest.mark.parametrize(
    ("kind", "lead"),
    [(TAKES, "a lock, by"), (WAITS, "likely a lock, by"), (ATOMIC, "likely a shared cache line, by")],
)
def test_a_comparison_knows_what_instructions_tell(kind: str, lead: str) -> None:
    sides = [looped(kind), looped(kind, 30)]
    found = compare(side(sides[0]), side(sides[1]))
    assert found.headline.startswith(f"{lead} its instructions: update fell from 90.0 %")
    assert f"{lead[:1].upper()}{lead[1:]} its instructions" in diff_page(found, sides[:1], sides[1:])


def test_no_name_of_a_function_of_the_kernel_tells_a_lock() -> None:
    """Its locks are all known: this one walks the list of a file's locks."""
    walk = sampled(("posix_lock_inode < fcntl_setlk", 90), ("llseek", 10), module="[kernel.kallsyms]")
    found = diagnose(walk)
    assert found.verdict == "no lock"
    assert not any("lock" in one.meaning for one in found.evidence)
    assert meaning_of("posix_lock_inode", is_kernel=True) == ("", "")
    assert meaning_of("my_lock_acquire")[1] == "name"
    assert meaning_of("__rcu_read_lock") == ("", "")
