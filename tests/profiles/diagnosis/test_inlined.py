"""A lock that was inlined: told by the instructions of its function, from a recording, a text of it, or alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import of
from tests.profiles.diagnosis.made import sampled

from lockwright.errors import LockwrightError
from lockwright.profiles import read
from lockwright.profiles.diagnosis import CONTENDED, LINE, MINOR, NO_LOCK, UNDECIDED, diagnose
from lockwright.profiles.hot_loops import HOT_LOOP, LOOKED_AT, as_facts
from lockwright.profiles.model import ATOMIC, QUEUES, TAKES, WAITS, Loop
from lockwright.report.profile import profile_json, profile_text

if TYPE_CHECKING:
    from lockwright.profiles import Profile

LISTINGS = Path(__file__).parents[1] / "machine_code" / "listings"
SPIN = ("mov %edx,%eax", "xchg %eax,l", "test %eax,%eax", "jne 8")


def hot(kind: str, share_percent: float = 80.0, own: float = 90.0, threads: str = "4") -> Profile:
    """Return a profile of a function with a loop."""
    found = sampled(("update < worker < main", own), ("rest", 100 - own), module="/usr/bin/app")
    loop = Loop("update", "/usr/bin/app", kind, share_percent, SPIN)
    return replace(found, facts={"threads": threads, LOOKED_AT: "update"}, loops=(loop,))


def test_a_loop_that_takes_is_a_lock() -> None:
    found = diagnose(hot(TAKES))
    assert found.verdict == CONTENDED
    assert found.headline == "contended lock: 72.0 % of busy time spins in update, by its instructions"
    assert found.lock is not None
    assert (found.lock.kind, found.lock.caller) == ("inlined spin lock", "update")
    assert found.lock.inside_percent == pytest.approx(18.0)
    assert "80 % of the samples of `update` are in `mov, xchg, test, jne`" in found.lock.rests_on
    assert "lock type" in {one.name for one in found.cures}
    assert found.promise is not None
    assert found.promise.share_percent == pytest.approx(72.0)


@pytest.mark.parametrize("kind", [QUEUES, WAITS])
def test_a_loop_that_waits_is_likely_one(kind: str) -> None:
    found = diagnose(hot(kind))
    assert found.verdict == CONTENDED
    assert found.headline.startswith("likely a contended lock: 72.0 %")
    assert "or waits there for something else" in found.headline


def test_an_atomic_operation_is_likely_a_shared_line() -> None:
    found = diagnose(hot(ATOMIC))
    assert found.verdict == LINE
    assert found.headline.startswith("likely a shared cache line: 72.0 %")


def test_little_of_it_is_minor_and_one_thread_waits_for_nobody() -> None:
    assert diagnose(hot(TAKES, 5.0)).verdict == MINOR
    assert diagnose(hot(TAKES, threads="1")).verdict == NO_LOCK


def test_an_atomic_operation_where_a_lock_is_wanted_is_that_lock_s() -> None:
    profile = hot(ATOMIC, 30.0, own=50.0)
    waits = sampled(("__lll_lock_wait < pthread_mutex_lock < update < worker", 10), module="/usr/bin/app")
    found = diagnose(replace(profile, samples=profile.samples + waits.samples))
    assert found.lock is not None
    assert found.lock.kind == "pthread lock"


def test_a_function_without_such_a_loop_may_be_promised_something() -> None:
    walk = sampled(("main.lookup < main.worker", 80), ("work", 20), module="/usr/bin/app")
    looked = diagnose(replace(walk, facts={"threads": "8", LOOKED_AT: "main.lookup"}))
    assert looked.promise is not None
    assert diagnose(replace(walk, facts={"threads": "8"})).promise is None


def test_it_is_kept_with_the_text_of_a_recording(tmp_path: Path) -> None:
    samples = "".join(
        f"app {thread} [000] 1.{at:06}: 1 cycles:\n\tffff {name}+0x1 (/usr/bin/app)\n\n"
        for at, (thread, name) in enumerate([(1, "update"), (2, "update"), (1, "rest")] * 40)
    )
    profile = hot(TAKES)
    path = tmp_path / "recording.txt"
    path.write_text(samples + "".join(f"# {key} : {text}\n" for key, text in as_facts(profile).items()), "utf-8")
    found = read(str(path))
    assert found.loops == profile.loops
    assert diagnose(found).headline == "contended lock: 53.3 % of busy time spins in update, by its instructions"
    assert profile_json(found)["loops"][0]["kind"] == TAKES
    path.write_text(f"{samples}# {HOT_LOOP} 1 : takes; no number; a; b; c\n", "utf-8")
    assert read(str(path)).loops == ()


def test_pasted_instructions_are_evidence_of_waiting_and_not_of_how_much() -> None:
    found = of((LISTINGS / "compare_exchange.txt").read_text(encoding="utf-8"))
    told = diagnose(found)
    assert told.verdict == UNDECIDED
    assert told.headline == "undecided: casl spins for 68 % of its samples; what it has of the run is not told"
    assert told.cures == ()
    assert "68 % of the samples of casl are in mov, lock cmpxchg, jne" in " ".join(profile_text(found).split())


def test_pasted_instructions_without_a_loop_that_waits_are_refused() -> None:
    with pytest.raises(LockwrightError) as caught:
        of((LISTINGS / "sum.txt").read_text(encoding="utf-8"))
    (one,) = caught.value.diagnostics
    assert one.code == "P005"
    assert "none of whose loops waits for another CPU" in one.title


def test_functions_without_names_are_no_function(tmp_path: Path) -> None:
    nameless = sampled(("[unknown]", 80), ("rest", 20), module="/usr/lib/liblzma.so.5.4.1")
    found = diagnose(replace(nameless, facts={"threads": "2"}))
    (advice,) = found.record
    assert advice.startswith("the symbols of `liblzma.so.5.4.1` (a package with `-dbgsym`")
    assert "80 % of busy time, in functions without names" in found.not_covered
