"""The sentences: what changed, what is next, what stayed, and what deceives."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.profiles.captured import of
from tests.profiles.comparing.made import SLOW, compared, recording, side, together, waiting

from lockwright.profiles import Frame, Profile, Provenance, Wait
from lockwright.profiles.comparing import compare
from lockwright.profiles.model import Holding
from lockwright.report.diff_block import Given, block

WORK = "work < handle < main"
LOOKUP = f"{SLOW} < find < handle < main"
OTHER = f"{SLOW} < account < handle < main"
AWAY = f"{SLOW} < flush < writer < kthread"


def without_intervals(text: str) -> str:
    return re.sub(r" \[[^]]* to [^]]*\]", "", text)


def test_a_lock_is_named_through_its_caller() -> None:
    found = compared({LOOKUP: 600, WORK: 400}, {LOOKUP: 30, WORK: 970})
    assert without_intervals(found.headline) == "less waiting: the spinlock wanted by find fell from 60.0 % to 3.0 %"
    row = found.locks[0]
    assert (row.before.low, row.before.high) == pytest.approx((56.9, 63.0), abs=0.2)  # Jeffreys, 600 of 1000


def test_the_next_limit_is_looked_for_on_the_same_path() -> None:
    found = compared({LOOKUP: 600, OTHER: 20, AWAY: 30, WORK: 350}, {LOOKUP: 30, OTHER: 150, AWAY: 300, WORK: 520})
    assert (
        found.next_limit
        == "on the same path, through handle: work with 52.0 %, then the spinlock wanted by account with 15.0 %"
    )
    found = compared({LOOKUP: 600, OTHER: 20, AWAY: 30, WORK: 350}, {LOOKUP: 30, OTHER: 400, AWAY: 500, WORK: 70})
    assert found.next_limit == (
        "on the same path, through handle: the spinlock wanted by account with 40.0 %, then work with 7.0 %"
    )


def test_the_wait_may_move_to_another_lock() -> None:
    found = compared({LOOKUP: 600, OTHER: 20, WORK: 380}, {LOOKUP: 30, OTHER: 590, WORK: 380})
    assert found.headline.startswith("the wait moved: the spinlock wanted by find fell from 60.0 %")
    assert "; the spinlock wanted by account rose from 2.0 %" in found.headline
    assert not any("also changed" in one for one in found.findings)


def test_a_share_that_the_base_has_raised_is_no_lock_that_got_worse() -> None:
    before = {"chain < find < main": 500, LOOKUP: 50, WORK: 450}
    found = compared(before, {"chain < find < main": 100, LOOKUP: 90, WORK: 810})
    assert found.headline.startswith("not a lock: chain fell from 50.0 %")
    assert found.headline.endswith("mostly because the base shrank")
    assert any("every other share is 1.8 times what it was" in one for one in found.findings)
    assert any(one.startswith("work (45.0 % → 81.0 %, 81.0 % expected)") for one in found.unchanged)


def test_more_waiting_behind_what_fell() -> None:
    found = compared({"chain < f": 500, LOOKUP: 100, WORK: 400}, {"chain < f": 150, LOOKUP: 400, WORK: 450})
    assert found.headline.startswith("the wait grew behind it: chain fell from 50.0 %")
    assert "; the spinlock wanted by find rose from 10.0 %" in found.headline
    assert any("the rest of its rise is its own" in one for one in found.findings)


def test_nothing_changed() -> None:
    found = compared({LOOKUP: 600, WORK: 400}, {LOOKUP: 610, WORK: 390})
    assert without_intervals(found.headline) == (
        "no change beyond chance in 4 rows; waiting for locks is 61.0 %, 60.0 % before"
    )


def work_done(*, before: float, after: float, shares: tuple[int, int]) -> list[str]:
    """Return the warnings where a lock has so many of 1000 samples, and so much was done in 10 s."""
    runs = [recording({LOOKUP: share, WORK: 1000 - share}) for share in shares]
    found = compare(side(runs[0], seconds=(10.0,), work=(before,)), side(runs[1], seconds=(10.0,), work=(after,)))
    return [*found.warnings, *found.findings]


def test_a_share_that_rises_while_more_is_done() -> None:
    said = work_done(before=1e6, after=4e6, shares=(200, 400))
    assert any(one.endswith("rose while more was done: not worse; a share says nothing of speed") for one in said)
    assert "operations a second: 100,000 before, 400,000 after, 4 times" in said
    assert (
        "the spinlock wanted by find costs 0.0002 samples for each operation before, 0.0001 after, 0.5 times"
        in without_intervals(" ".join(said))
    )
    assert not any("base shrank" in one for one in said)


def test_a_share_that_falls_while_throughput_stays() -> None:
    said = work_done(before=1e6, after=1.01e6, shares=(400, 100))
    assert any("fell and throughput stayed: something behind it limits now" in one for one in said)
    assert any("1.01 times: as good as the same" in one for one in said)


def test_a_share_that_falls_while_less_is_done() -> None:
    said = work_done(before=1e6, after=0.7e6, shares=(400, 100))
    assert any("fell and less was done: look at what the CPUs wait for" in one for one in said)


def test_without_work_shares_do_not_say_whether_it_is_faster() -> None:
    found = compared({LOOKUP: 600, WORK: 400}, {LOOKUP: 30, WORK: 970})
    assert any("shares alone do not say whether it became faster" in one for one in found.warnings)


@pytest.mark.parametrize(
    ("changed", "warning"),
    [
        ({"event": "instructions"}, "different events: cycles before, instructions after"),
        ({"event": "cycles:u"}, "different modifiers of an event: cycles before, cycles:u after"),
        ({"command": "other"}, "different commands: bench ran before only, other ran after only"),
        ({"facts": {"os release": "6.1"}}, "different kernels: 5.10 before, 6.1 after"),
        ({"facts": {"hostname": "b"}}, "different hosts: a before, b after"),
    ],
)
def test_different_things_are_compared(changed: dict[str, str], warning: str) -> None:
    facts = {"os release": "5.10", "hostname": "a"}
    before = recording({WORK: 1000}, facts=facts)
    after = recording({WORK: 1000}, **({"facts": facts} | changed))  # type: ignore[arg-type]
    assert any(one.startswith(warning) for one in compare(side(before), side(after)).warnings)


def test_idle_time_that_grew() -> None:
    found = compared({"intel_idle": 100, WORK: 900}, {"intel_idle": 600, WORK: 400})
    assert any(
        one.startswith("idle time grew from 10.0 % to 60.0 %, and is in no share below") for one in found.warnings
    )
    assert found.symbols[0].before.value == found.symbols[0].after.value == 100


def test_recordings_of_very_different_length() -> None:
    found = compared({WORK: 1000}, {WORK: 9000})
    assert any(one.startswith("9 times as many samples after, of runs whose lengths are not") for one in found.warnings)
    told = compare(side(recording({WORK: 1000}), seconds=(1,)), side(recording({WORK: 9000}), seconds=(9,)))
    assert not any("times as many samples" in one for one in told.warnings)


def test_rates_of_runs_that_say_how_long_they_were() -> None:
    runs = [
        recording({LOOKUP: lock, WORK: 1000}, unit="period", per_sample=1e6, facts={"seconds": seconds})
        for lock, seconds in ((1000, "10.0"), (100, "5.5"))
    ]
    found = compare(side(runs[0]), side(runs[1]))
    assert (found.cost_unit, found.before.seconds, found.after.seconds) == ("cycles", (10.0,), (5.5,))
    row = next(one for one in found.symbols if one.symbol == "work")
    assert row.per_second is not None
    assert [one.value for one in row.per_second] == pytest.approx([1e8, 1e9 / 5.5])


def test_costs_of_several_runs_have_the_spread_of_runs() -> None:
    runs = [recording({LOOKUP: 100, WORK: 900 + more}, unit="period", per_sample=1e6) for more in (0, 50, 100)]
    found = compare(side(*runs, work=(1000,) * 3), side(*runs, work=(2000,) * 3))
    row = next(one for one in found.symbols if one.symbol == "work")
    assert row.per_operation is not None
    before, after = row.per_operation
    assert before.value == pytest.approx(950e6 / 1000)
    assert after.value == pytest.approx(950e6 / 2000)
    assert before.high is not None
    assert before.high - before.value == pytest.approx(4.303 * 50e6 / 3**0.5 / 1000, rel=0.1)  # Student's t


def test_waits_alone() -> None:
    before = waiting(("spinlock", "find", 1000, 5e9), ("mutex", "open", 10, 1e6))
    found = compare(side(before), side(waiting(("spinlock", "find", 900, 1e8), ("mutex", "open", 10, 1e6))))
    assert found.headline == (
        "less waiting: for spinlock wanted by find 5 s in 1,000 waits, 5 ms each before, 100 ms in 900 waits, "
        "111 us each after; for all locks 5 s in 1,010 waits, 4.95 ms each before, "
        "101 ms in 910 waits, 111 us each after"
    )
    every, first = found.waits[:2]
    assert every.is_all
    assert every.before.contended == 1010
    assert first.before.mean_ns == 5e6
    assert first.after.mean_ns == pytest.approx(111_111, rel=1e-3)
    assert first.is_significant is None
    assert any("totals of waits grow with them" in one for one in found.warnings)


def test_waits_of_several_runs_are_means_of_a_run_with_their_spread() -> None:
    before = [waiting(("mutex", "f", 100, total), ("mutex", "g", 10, 1e6)) for total in (4e9, 5e9, 6e9)]
    after = [
        waiting(("mutex", "f", 100, total), ("mutex", "g", 10, other)) for total, other in ((1e9, 1e6), (2e9, 9e6))
    ]
    found = compare(side(*before), side(*after))
    mine = {one.caller: one for one in found.waits}
    assert mine["f"].before.total_ns == 5e9
    assert mine["f"].after.total_ns == 1.5e9
    assert mine["f"].total_before is not None
    assert mine["f"].total_before.high == pytest.approx(5e9 + 4.303 * 1e9 / 3**0.5, rel=0.05)  # Student's t
    assert mine["f"].is_significant
    assert not mine["g"].is_significant
    assert found.headline.startswith("less waiting: for mutex wanted by f 5 s in 100 waits")


def test_waits_that_samples_do_not_show() -> None:
    """Who sleeps for a lock has no samples."""

    def both(total: float) -> Profile:
        return replace(recording({WORK: 1000}), waits=waiting(("rwsem:W", "rename", 100, total)).waits)

    found = compare(side(both(4e9)), side(both(1e6)))
    assert found.headline == (
        "less waiting: for rwsem:W wanted by rename 4 s in 100 waits, 40 ms each before, "
        "1 ms in 100 waits, 10 us each after"
    )
    assert "no change beyond chance" in compare(side(both(4e9)), side(both(4.2e9))).headline


def test_waits_of_runs_of_different_length_are_compared_by_the_second() -> None:
    runs = [waiting(("mutex", "f", 100 * longer, 1e9 * longer)) for longer in (1, 10)]
    found = compare(side(runs[0], seconds=(2,)), side(runs[1], seconds=(20,)))
    assert found.headline.startswith("no change of the waits that matters")
    assert any("(0.50 and 0.50 tasks wait at any moment)" in one for one in found.findings)


def test_locks_without_a_caller_are_told_by_name() -> None:
    before, after = (
        Profile(Provenance("lock_stat", "made", 1), (), (Wait("&rq->__lock", "spinlock", (), 10, 10, total, total),))
        for total in (1e9, 1e6)
    )
    assert compare(side(before), side(after)).headline.startswith("less waiting: for spinlock &rq->__lock 1 s in 10")


def test_two_events_are_not_added_up() -> None:
    """The main event of before is compared, where after has it, too."""
    before = together(recording({WORK: 900}), recording({"other": 100}, event="cache-misses"))
    after = together(recording({WORK: 100}), recording({"other": 900}, event="cache-misses"))
    found = compare(side(before), side(after))
    assert (found.before.event, found.after.event) == ("cycles", "cycles")
    assert [one.symbol for one in found.symbols] == ["work"]


def test_a_user_lock_is_named_where_its_waiters_spin_in_the_kernel() -> None:
    stack = (
        "native_queued_spin_lock_slowpath < _raw_spin_lock < futex_q_lock < futex_wait < do_futex < __x64_sys_futex"
        " < do_syscall_64 < entry_SYSCALL_64_after_hwframe < __lll_lock_wait < pthread_mutex_lock < enqueue < main"
    )
    found = compared({stack: 500, "work < main": 500}, {stack: 20, "work < main": 980})
    assert found.headline.startswith("less waiting: the pthread lock wanted by enqueue fell from 50.0 %")


def test_a_simulated_side_is_called_so() -> None:
    before = recording({WORK: 1000}, facts={"simulated on": "opteron48"})
    found = compare(side(before), side(recording({WORK: 1000})))
    assert found.warnings[0] == (
        "before is simulated on opteron48, after was recorded: the model's shares are no measurement"
    )
    shares = [recording({"f": one, "g": 100 - one}, unit="percent", facts=before.facts) for one in (20, 60)]
    assert not compare(side(shares[0]), side(shares[1])).headline.endswith("may be chance)")
    both = compare(side(before), side(before))
    assert both.warnings[0] == "both sides are simulated, on opteron48: no such machine was run"


def test_what_moved_is_not_called_unchanged() -> None:
    found = compared({LOOKUP: 91_000, WORK: 9000}, {LOOKUP: 85_000, WORK: 15_000})
    assert found.unchanged == ()


def test_each_side_is_diagnosed_alone() -> None:
    found = compared({LOOKUP: 700, WORK: 300}, {WORK: 1000})
    assert (found.before.verdict, found.after.verdict) == ("contended lock", "no lock")


def test_stacks_that_slept_are_told_by_who_sleeps() -> None:
    sleeper = "finish_task_switch < schedule < rwsem_down_write_slowpath < down_write < rename < main"
    reader = "schedule < io_schedule < read_page < main"
    before = recording({sleeper: 900, reader: 100}, event="off-cpu")
    found = compare(side(before), side(recording({sleeper: 100, reader: 100}, event="off-cpu")))
    assert found.headline.startswith("less waiting: the rwsem wanted by rename fell from 90.0 %")
    assert {one.symbol for one in found.symbols} == {"rwsem_down_write_slowpath", "read_page"}
    assert found.method[0].startswith("shares are of time off the CPU: by who sleeps")


def test_functions_have_their_callers() -> None:
    found = compared(
        {"memcpy < send < main": 60, "memcpy < read < main": 40, LOOKUP: 50}, {"memcpy < read < main": 100}
    )
    rows = {one.symbol: one.called_by for one in found.symbols}
    assert rows["memcpy"] == ("send", "read")
    assert rows["native_queued_spin_lock_slowpath"] == ("find", "")
    assert "memcpy <- send, then read" in block(found, Given())


def test_waits_that_hardly_matter_are_no_headline() -> None:
    one, other = (
        replace(recording({WORK: 1000}), waits=waits)
        for waits in (waiting(("spinlock", "f", 2, 1e3)).waits, waiting(("spinlock", "f", 50, 1e7)).waits)
    )
    assert "no change beyond chance" in compare(side(one, seconds=(2,)), side(other, seconds=(2,))).headline
    assert "more waiting: for spinlock" in compare(side(one, seconds=(0.1,)), side(other, seconds=(0.1,))).headline


def test_one_run_a_side_says_what_it_cannot_know() -> None:
    run, other = recording({WORK: 900, LOOKUP: 100}), recording({WORK: 500, LOOKUP: 500})
    assert any(one.startswith("one run a side") for one in compare(side(run), side(other)).warnings)
    assert not any(one.startswith("one run a side") for one in compare(side(run, run), side(other)).warnings)


def test_as_much_as_is_offered_with_less_is_no_limit_behind() -> None:
    """A load that arrives by itself: throughput stays, and what an operation costs falls."""
    before, after = recording({LOOKUP: 400, WORK: 600}), recording({LOOKUP: 20, WORK: 600, "intel_idle": 380})
    found = compare(side(before, seconds=(10,), work=(1e4,)), side(after, seconds=(10,), work=(1e4,)))
    assert "all that was busy: 0.1 samples for each operation before, 0.062 after, 0.62 times" in found.findings
    assert not any("something behind it" in one for one in found.warnings)


def test_busy_cpus() -> None:
    runs = [recording({WORK: 1000}, unit="period", per_sample=ns, event="cpu-clock") for ns in (2e6, 4e6)]
    found = compare(side(runs[0], seconds=(1,)), side(runs[1], seconds=(1,)))
    assert "CPUs busy: 2.00 before, 4.00 after" in found.findings


def test_what_is_faster_without_any_share_that_changed_is_told_first() -> None:
    """False sharing: all functions stay what they are, and each operation costs less."""
    run = recording({WORK: 900, "other < main": 100})
    found = compare(side(run, seconds=(10,), work=(1e6,)), side(run, seconds=(10,), work=(5e6,)))
    assert found.headline == "5 times the operations a second; no change beyond chance in 2 rows"
    found = compare(side(run, work=(1e6,)), side(run, work=(5e6,)))
    assert found.headline.startswith("0.2 times the busy time for each operation; no change beyond chance")
    found = compare(side(run, seconds=(10,), work=(1e6,)), side(run, seconds=(10,), work=(1.001e6,)))
    assert found.headline.startswith("as fast as before; no change beyond chance")
    several = [run] * 3
    found = compare(
        side(*several, seconds=(10,), work=(1e6, 1.1e6, 1.2e6)),
        side(*several, seconds=(10,), work=(1.1e6, 1.2e6, 1.4e6)),
    )
    assert found.headline.startswith("1.12 times the operations a second, which may be chance; no change")


def test_two_functions_that_changed_places_are_both_in_the_first_line() -> None:
    found = compared(
        {"f < main": 160, "g < main": 780, "h < main": 60}, {"f < main": 850, "g < main": 110, "h < main": 40}
    )
    assert without_intervals(found.headline) == "not a lock: f rose from 16.0 % to 85.0 %; g fell from 78.0 % to 11.0 %"
    assert not any(one.startswith("also changed: g") for one in found.findings)


def test_how_long_a_lock_is_held() -> None:
    """/proc/lock_stat says it, and a shorter hold is a cure of its own."""
    before, after = (
        replace(
            waiting(("mutex", "f", 100, waited)),
            holdings=(Holding("", "mutex", (Frame("f"),), taken, held, held), Holding("x", "mutex", (), 5, 5.0, 5.0)),
        )
        for waited, taken, held in ((1e9, 1000, 2e6), (1e6, 5000, 1e6))
    )
    found = compare(side(before), side(after))
    assert any(
        one == "mutex wanted by f itself: taken 1,000 times, held for 2 us each time before; "
        "taken 5,000 times, held for 200 ns each time after"
        for one in found.findings
    )
    assert len(found.waits) == 2


def test_signs_of_the_block_are_explained_and_its_rows_fit_a_mail() -> None:
    long = "native_queued_spin_lock_slowpath < _raw_spin_lock < a_function_with_a_name_as_long_as_they_come < main"
    found = compared({long: 500, WORK: 480, "rare < main": 20}, {long: 100, WORK: 870, "rare < main": 30})
    text = block(found, Given("m", "c"))
    assert "~ may be chance; f <- g: f, called by g" in text
    assert all(len(line) <= 78 for line in text.splitlines())
    assert "  <- a_function_with_a_name_as_long_as_they_come" in text
    assert "Method: shares of busy time; 95 % intervals by bootstrap over samples, false discovery rate 5 %" in (
        " ".join(text.split())
    )


def test_what_only_one_side_has_is_left_out_and_said() -> None:
    both = replace(recording({LOOKUP: 300, WORK: 700}), waits=waiting(("mutex", "f", 100, 1e9)).waits)
    found = compare(side(both), side(waiting(("mutex", "f", 100, 1e7))))
    assert found.headline.startswith("less waiting: for mutex wanted by f 1 s in 100 waits")
    assert found.symbols == ()
    assert found.warnings[0] == "after has no samples: those of the other side are left out"
    found = compare(side(recording({WORK: 1000})), side(both))
    assert found.waits == ()
    assert found.warnings[0] == "before has no waits for locks: those of the other side are left out"


SPINS = "native_queued_spin_lock_slowpath._raw_spin_lock_irqsave.folio_lruvec_lock_irqsave.folio_batch_move_lru"
SLEEPS = "osq_lock.rwsem_optimistic_spin.rwsem_down_write_slowpath.down_write_killable.__do_sys_brk"
ROBOT = f"""\
   1234567           -20.0%     987654        will-it-scale.workload
      0.00           +23.5       23.51        perf-profile.calltrace.cycles-pp.{SPINS}
     12.30            -8.1        4.20        perf-profile.calltrace.cycles-pp.{SLEEPS}
      9.85            -6.2        3.60        perf-profile.self.cycles-pp.osq_lock
"""


def test_a_mail_of_the_kernel_test_robot() -> None:
    """What is new has a call trace alone there, and is the news of the mail."""
    profile = of(ROBOT)
    found = compare(side(profile), side(*profile.compared))
    assert found.headline.startswith("more waiting: the spinlock wanted by folio_lruvec_lock_irqsave rose from")
    assert any("the rwsem wanted by __do_sys_brk (9.8 % → 3.6 %" in one for one in found.findings)
    assert "will-it-scale.workload: 1.23 M before, 987,654 after (-20.0 %)" in found.findings


@pytest.mark.parametrize(("event", "is_blind"), [("cpu-clock:ppp", True), ("task-clock", True), ("cycles", False)])
def test_a_clock_that_interrupts_mask_is_told_in_the_block_too(event: str, is_blind: bool) -> None:
    unlock = "_raw_spin_unlock_irqrestore < timer < main"
    sides = [recording({unlock: some, WORK: 1000 - some}, event=event) for some in (400, 100)]
    found = compare(side(sides[0]), side(sides[1]))
    words = "is an interrupt itself: what runs or waits with interrupts off is put down to"
    for text in (" ".join(block(found, Given()).split()), " ".join(found.warnings)):
        assert (words in text) == is_blind
        assert ("to _raw_spin_unlock_irqrestore; these rows are no time of unlocking" in text) == is_blind
