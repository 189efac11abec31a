"""Each verdict, and each way to it, on profiles made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.profiles.diagnosis.made import ORIGIN, sampled, stack, waited

from lockwright.profiles import Profile, Sample
from lockwright.profiles.diagnosis import CONTENDED, LINE, MINOR, NO_LOCK, UNDECIDED, diagnose
from lockwright.profiles.model import Holding, LineAccess, SharedLine, Wait

SPIN = "native_queued_spin_lock_slowpath < _raw_spin_lock < {} < do_syscall_64 < main"
FUTEX = (
    "native_queued_spin_lock_slowpath < _raw_spin_lock < futex_q_lock < futex_wait < do_futex < __x64_sys_futex < "
    "do_syscall_64 < entry_SYSCALL_64_after_hwframe < __lll_lock_wait < pthread_mutex_lock < {} < main"
)


def test_a_spin_lock_by_its_caller() -> None:
    found = diagnose(sampled((SPIN.format("alloc_vmap_area < vmalloc"), 930), ("work < main", 70)))
    assert found.verdict == CONTENDED
    assert found.headline == "contended lock: 93.0 % of busy time for a spinlock wanted by alloc_vmap_area"
    assert found.lock is not None
    assert found.lock.sites[0].within == "vmalloc"
    assert found.promise is not None
    assert found.promise.alone.high == pytest.approx(3.5)
    assert any("K50" in one for one in found.promise.above)


def test_a_spin_lock_without_a_caller_is_undecided() -> None:
    found = diagnose(sampled(("native_queued_spin_lock_slowpath", 30), ("work", 70)))
    assert found.verdict == UNDECIDED
    assert "perf record -g" in found.record[0]


def test_what_is_slow_without_any_lock() -> None:
    found = diagnose(sampled(("work < main", 99), ("rest < main", 1)))
    assert (found.verdict, found.lock, found.promise, found.cures) == (NO_LOCK, None, None, ())


def test_a_lock_that_can_be_seen_and_no_more() -> None:
    found = diagnose(sampled((SPIN.format("enqueue"), 4), ("work < main", 96)))
    assert found.verdict == MINOR
    assert found.promise is not None
    assert found.promise.bound == pytest.approx(1 / 0.96)


def test_a_look_up_that_walks_is_no_lock() -> None:
    found = diagnose(sampled(("table_find", 42), ("__ticket_spin_lock", 4), ("rest", 54)))
    assert found.verdict == NO_LOCK
    assert found.headline.startswith("not a lock: 42.0 % of busy time in table_find, a look-up by its name; 4.0 %")
    assert [one.name for one in found.cures] == ["structure"]
    assert any(one.name == "look-up under a lock" for one in found.cautions)


def test_a_look_up_does_not_hide_a_contended_lock() -> None:
    found = diagnose(sampled((SPIN.format("insert"), 20), ("table_find < insert < main", 60), ("rest < main", 20)))
    assert found.verdict == CONTENDED


def test_counts_of_shared_objects_are_a_line() -> None:
    found = diagnose(sampled(("lockref_get_not_dead < walk", 12), ("work < main", 88)))
    assert found.verdict == LINE
    assert [one.name for one in found.cures] == ["refcount", "split"]
    assert "perf c2c" in found.record[0]


def test_a_reader_count_is_a_line() -> None:
    found = diagnose(sampled(("down_read < open", 9), ("up_read < open", 8), ("work < main", 83)))
    assert found.verdict == LINE
    assert "17.0 % of busy time takes and releases an rwsem" in found.headline
    assert found.cures[0].name == "split"


def test_two_offsets_of_a_line_are_false_sharing() -> None:
    line = SharedLine(
        "0x1000",
        hitm_remote=100,
        accesses=(
            LineAccess(0, "count_up", stores=90.0),
            LineAccess(8, "is_stopped", hitm_remote=100.0),
        ),
    )
    found = diagnose(Profile(ORIGIN, shared_lines=(line,)))
    assert found.verdict == LINE
    assert "is_stopped" in found.headline
    assert [one.name for one in found.cures] == ["fields apart"]
    together = replace(line, accesses=tuple(replace(one, offset=0) for one in line.accesses))
    assert [one.name for one in diagnose(Profile(ORIGIN, shared_lines=(together,))).cures] == ["split"]


def test_a_line_of_a_lock_is_called_so() -> None:
    line = SharedLine("0x1000", hitm_remote=100, accesses=(LineAccess(0, "osq_lock", hitm_remote=100.0),))
    found = diagnose(Profile(ORIGIN, shared_lines=(line,)))
    assert found.headline == "shared cache line of a lock: 0x1000, touched by osq_lock"
    assert found.cures == ()


def test_a_futex_below_is_a_lock_of_user_space() -> None:
    found = diagnose(sampled((FUTEX.format("std::mutex::lock < Cache::write"), 76), ("work < main", 24)))
    assert found.lock is not None
    assert (found.lock.kind, found.lock.caller) == ("pthread lock", "Cache::write")
    assert found.lock.through_futex
    assert any(one.name == "futex" for one in found.cautions)
    assert [one.id for one in found.cures[0].examples] or found.cures[0].name == "split"


def test_a_futex_without_user_frames_is_undecided() -> None:
    text = "native_queued_spin_lock_slowpath < _raw_spin_lock < futex_wake < do_futex < __x64_sys_futex"
    found = diagnose(sampled((text, 50), ("work", 50)))
    assert found.verdict == UNDECIDED
    assert any("dwarf" in one for one in found.record)


def test_waking_and_sleeping_count_for_the_lock() -> None:
    wakes = (
        "_raw_spin_unlock_irqrestore < try_to_wake_up < wake_up_q < futex_wake < do_futex < __lll_lock_wake < f < main"
    )
    sleeps = "finish_task_switch < __schedule < schedule < futex_do_wait < futex_wait < __lll_lock_wait < f < main"
    found = diagnose(sampled((wakes, 20), (sleeps, 10), ("work < f < main", 70)))
    assert (found.verdict, found.headline) == (
        CONTENDED,
        "contended lock: 30.0 % of busy time for a pthread lock wanted by f",
    )


def test_an_interrupt_on_the_way_is_not_the_lock_s() -> None:
    text = "irq_work < asm_sysvec_apic_timer_interrupt < __lll_lock_wait < f < main"
    assert diagnose(sampled((text, 50), ("work < main", 50))).verdict == NO_LOCK


def test_the_queue_of_a_mutex_is_told_from_that_of_an_rwsem() -> None:
    for inner, kind in (("mutex_lock", "mutex"), ("rwsem_down_write_slowpath", "rwsem")):
        found = diagnose(sampled((f"osq_lock < {inner} < open < main", 40), ("work < main", 60)))
        assert found.lock is not None
        assert found.lock.kind == kind


def test_a_long_holder_is_looked_at() -> None:
    rows = ((f"{one} < mutex_lock < reserve < main", 36) for one in ("osq_lock", "mutex_spin_on_owner"))
    found = diagnose(sampled(*rows, ("search_slots < reserve < main", 24), ("work < main", 4)))
    assert found.lock is not None
    assert found.lock.inside_percent == pytest.approx(24)
    assert found.lock.inside[0].caller == "search_slots"
    assert found.cures[0].name == "structure"


def test_without_stacks_the_owner_may_be_in_what_the_waiters_run_in_the_kernel() -> None:
    kernel = sampled(("mutex_spin_on_owner", 12), ("area_alloc", 5), module="[kernel.kallsyms]")
    user = sampled(("hash_words", 83), module="prog")
    found = diagnose(replace(kernel, samples=kernel.samples + user.samples))
    assert found.verdict == CONTENDED
    assert found.headline.endswith("; its owner may be in area_alloc")
    assert found.cures[0].name == "move work out"


def test_idle_is_out_of_the_base_and_a_lock_in_the_idle_task_is_not() -> None:
    spinning = "native_queued_spin_lock_slowpath < _raw_spin_lock < tick < cpu_startup_entry"
    found = diagnose(sampled(("intel_idle < cpu_startup_entry", 50), (spinning, 10), ("work < main", 40)))
    assert found.lock is not None
    assert found.lock.share_busy_percent == pytest.approx(20)
    assert found.lock.share_all_percent == pytest.approx(10)


def test_a_guest_that_halts_in_the_slow_path_waits() -> None:
    text = "pv_native_safe_halt < kvm_wait < __pv_queued_spin_lock_slowpath < _raw_spin_lock < insert < main"
    found = diagnose(sampled((text, 30), ("work < main", 70)))
    assert found.headline == "contended lock: 30.0 % of busy time for a spinlock wanted by insert"


def test_locks_of_the_scheduler_are_no_verdict() -> None:
    text = "native_queued_spin_lock_slowpath < _raw_spin_lock < __schedule < schedule < exit_to_user_mode_loop"
    found = diagnose(sampled((text, 30), ("work < main", 70)))
    assert found.verdict == UNDECIDED
    assert found.headline.startswith("undecided: 30.0 % of busy time waits for locks of the scheduler")
    assert found.promise is None


def test_a_release_with_interrupts_off_is_undecided() -> None:
    text = "_raw_spin_unlock_irq < do_timer_gettime < main"
    found = diagnose(sampled((text, 38), ("work < main", 62), event="cpu-clock:ppp"))
    assert found.verdict == UNDECIDED
    assert found.lock is not None
    assert found.lock.caller == "do_timer_gettime"
    assert found.promise is None
    assert any(one.name == "unlock" and "is an interrupt itself" in one.sentence for one in found.cautions)


def test_a_profile_of_objects_has_no_functions() -> None:
    assert diagnose(sampled(("[kernel.kallsyms]", 60), ("libc.so.6", 40))).verdict == UNDECIDED


def test_nothing_at_all() -> None:
    assert diagnose(Profile(ORIGIN)).verdict == NO_LOCK
    assert diagnose(Profile(ORIGIN, samples=(Sample((), 5.0, 5),))).verdict == NO_LOCK


MUTEX = "__mutex_lock < pipe_write < vfs_write < main"


@pytest.mark.parametrize(
    ("total_ns", "seconds", "verdict"),
    [
        (5e8, 1.0, CONTENDED),  # half a task waits at any moment
        (5e7, 1.0, MINOR),
        (5e6, 1.0, NO_LOCK),
        (5e6, 0.0, CONTENDED),  # the run time is unknown
        (5e5, 0.0, MINOR),
    ],
)
def test_waits(total_ns: float, seconds: float, verdict: str) -> None:
    found = diagnose(waited(("mutex", MUTEX, 100, total_ns), seconds=seconds))
    assert found.verdict == verdict
    assert found.promise is None
    assert found.lock is not None
    assert found.lock.waits is not None
    assert found.lock.waits.mean_ns == total_ns / 100
    assert found.lock.waits.waiting_at_once == (pytest.approx(total_ns / 1e9) if seconds else None)


def test_waits_are_put_together_by_address() -> None:
    rows = (
        ("rwsem:W", "rwsem_down_write_slowpath < down_write < unlink", 10, 6e6),
        ("rwsem:R", "rwsem_down_read_slowpath < down_read < open", 10, 4e6),
    )
    found = diagnose(waited(*rows, lock="0xffff8881003c4cec"))
    assert found.lock is not None
    assert [(one.caller, one.share_percent) for one in found.lock.sites] == [("unlink", 60.0), ("open", 40.0)]
    assert found.lock.name == "0xffff8881003c4cec"
    assert any(one.name == "reader/writer lock" for one in found.cautions)


def test_holdings_tell_how_long_it_is_held() -> None:
    profile = waited(("mutex", MUTEX, 10, 2e6), lock="&pipe->mutex")
    found = diagnose(replace(profile, holdings=(Holding("&pipe->mutex", "mutex", (), 1000, 5e6, 1e5),)))
    assert found.lock is not None
    assert found.lock.waits is not None
    assert (found.lock.waits.held_ns, found.lock.waits.acquired) == (5e6, 1000)
    assert not any("held" in one for one in found.not_covered)


def test_who_holds_it_is_told() -> None:
    wait = Wait("", "mutex", stack("pipe_read"), 5, 5, 2e6, 1e6, owner="writer")
    found = diagnose(Profile(ORIGIN, waits=(wait,)))
    assert found.lock is not None
    assert [(one.caller, one.share_percent) for one in found.lock.held_by] == [("writer", 100.0)]


def test_the_next_lock_on_the_path() -> None:
    rows = (
        (SPIN.format("first < open_file"), 40),
        (SPIN.format("second < open_file"), 15),
        (SPIN.format("third < other"), 20),
    )
    found = diagnose(sampled(*rows, ("work < main", 25)))
    assert [(one.caller, one.same_path) for one in found.chain] == [("second", True), ("third", False)]
    assert found.chain[0].through == "open_file"
    assert found.promise is not None
    assert found.promise.with_next is not None
    assert found.promise.share_percent == pytest.approx(40)


def test_allocating_and_freeing_beside_a_look_up() -> None:
    found = diagnose(
        sampled(("tree_find", 10), ("slab_alloc", 6), ("slab_free", 4), ("_raw_spin_lock", 5), ("rest", 75))
    )
    assert found.cures[0].name == "avoid"
    assert found.cures[0].examples[0].id == "C04"


def test_time_off_the_cpu() -> None:
    sleeping = "schedule < rwsem_down_write_slowpath < down_write < unlink < main"
    asleep = sampled((sleeping, 40e9), ("schedule < do_nanosleep < main", 8e9), event="off-cpu")
    waits = (Wait("", "rwsem:W", stack(sleeping)[1:], 0, 0, 40e9, 0.0),)
    found = diagnose(replace(asleep, waits=waits))
    assert found.headline == "contended lock: 40 s asleep for an rwsem wanted by unlink, 83 % of 48 s off the CPU"
    assert diagnose(asleep).headline == "no lock in sight: 48 s off the CPU, none of it asleep for a lock"


def test_waits_that_are_only_counted() -> None:
    calls = Wait(
        "", "spinlock", stack("native_queued_spin_lock_slowpath < _raw_spin_lock < alloc_pid"), 500, 0, 0.0, 0.0
    )
    few = replace(calls, stack=stack("native_queued_spin_lock_slowpath < _raw_spin_lock < free_pid"), contended=3)
    found = diagnose(Profile(ORIGIN, waits=(few, calls), has_stacks=True))
    assert found.verdict == UNDECIDED
    assert "500 calls on the way to wait for a spinlock wanted by alloc_pid" in found.headline


@pytest.mark.parametrize(
    ("reads", "read_ns", "words"),
    [
        (700, 800.0, "7 reads for each write, held 800 ns by a reader"),
        (70_000, 3000.0, "sharing paid with as many reads"),
        (70_000, 20.0, "faster under a plain lock"),
    ],
)
def test_sharing_is_judged_by_both_numbers(reads: int, read_ns: float, words: str) -> None:
    wait = Wait("&table", "rwsem:W", stack("insert"), 10, 10, 5e6, 1e6)
    holdings = (
        Holding("&table", "rwsem:R", (), reads, reads * read_ns, read_ns),
        Holding("&table", "rwsem:W", (), 100, 1e6, 1e5),
    )
    found = diagnose(Profile(ORIGIN, waits=(wait,), holdings=holdings))
    assert found.lock is not None
    assert found.lock.sharing is not None
    sentence = next(one.sentence for one in found.cautions if one.name == "reader/writer lock")
    assert words in sentence
    assert not any("lock_stat" in one for one in found.record)


def test_a_table_by_task_names_the_task() -> None:
    found = diagnose(Profile(ORIGIN, waits=(Wait("", "lock", (), 12, 12, 2e6, 1e6, "renamer"),)))
    assert found.verdict == UNDECIDED
    assert (
        "2 ms of waiting in 12 waits, most of it by renamer; the table does not tell for which locks" in found.headline
    )


def test_who_waits_names_the_lock_before_who_wakes() -> None:
    waits = "__schedule < schedule < futex_wait < __lll_lock_wait < pthread_mutex_lock < deposit < teller"
    wakes = "try_to_wake_up < wake_up_q < futex_wake < __lll_lock_wake < pthread_mutex_unlock < teller"
    found = diagnose(sampled((f"{waits} < main", 13), (f"{wakes} < main", 21), ("work < deposit < teller < main", 66)))
    assert found.headline == "contended lock: 34.0 % of busy time for a pthread lock wanted by deposit"
    assert found.chain == ()


COND = "{} < __schedule < schedule < futex_wait < {} < pthread_cond_wait < dequeue < main"


def test_waiting_for_a_condition_is_waiting_for_work() -> None:
    sleeps = COND.format("finish_task_switch", "__futex_abstimed_wait_common")
    found = diagnose(sampled((sleeps, 60), ("work < main", 40)))
    assert (found.verdict, found.lock) == (NO_LOCK, None)
    assert any(one.name == "condition" and "in dequeue" in one.sentence for one in found.cautions)


def test_the_mutex_of_a_condition_is_wanted_by_who_waits_for_it() -> None:
    again = COND.format("finish_task_switch", "__lll_lock_wait < __pthread_mutex_cond_lock")
    found = diagnose(sampled((again, 40), ("work < main", 60)))
    assert found.headline == "contended lock: 40.0 % of busy time for a pthread lock wanted by dequeue"


def test_idle_cpus_make_no_promise() -> None:
    sleeps = (
        "finish_task_switch < __schedule < schedule < futex_wait < __lll_lock_wait < pthread_mutex_lock < log < main"
    )
    profile = sampled((sleeps, 50), ("clock_nanosleep < usleep < log < main", 40), ("work < main", 10))
    run = {"user_s": "0.02", "system_s": "0.16", "elapsed_s": "4.0", "cpus": "2"}
    found = diagnose(replace(profile, facts=run))
    assert found.verdict == CONTENDED
    assert found.promise is None
    assert any(one.name == "idle" and one.sentence.startswith("98 % of the CPUs' time") for one in found.cautions)
    assert diagnose(profile).promise is not None


def test_a_lock_of_user_space_is_released_with_interrupts_on() -> None:
    rows = (("pthread_rwlock_unlock < get_config", 55), ("pthread_rwlock_rdlock < get_config", 34))
    found = diagnose(sampled(*((f"{text} < main", weight) for text, weight in rows), ("work < main", 11)))
    assert found.verdict == LINE
    assert "89.0 % of busy time takes and releases a pthread lock wanted by get_config" in found.headline
    assert not any(one.name == "unlock" for one in found.cautions)


def test_few_samples_say_how_few() -> None:
    found = diagnose(sampled((SPIN.format("insert"), 8), ("work < main", 19)))
    assert any(one.sentence == "27 samples: 30 % may be 16 to 48 %" for one in found.cautions)


def test_waits_of_the_profiler_s_own_are_left_out() -> None:
    own = ("mutex", "__mutex_lock < perf_trace_init < perf_event_alloc", 100, 8e7)
    found = diagnose(waited(own, ("mutex", MUTEX, 10, 5e6)))
    assert found.lock is not None
    assert found.lock.caller == "pipe_write"
    assert any("80 ms of waiting is for locks that the profiler itself takes" in one.sentence for one in found.cautions)


def test_one_thread_shares_no_line() -> None:
    rows = (("pthread_mutex_lock < count_hit < main", 40), ("pthread_mutex_unlock < count_hit < main", 30))
    profile = sampled(*rows, ("work < main", 30))
    assert diagnose(profile).verdict == LINE
    alone = diagnose(replace(profile, facts={"threads": "1"}))
    assert alone.verdict == NO_LOCK
    assert alone.headline.startswith("no contention: one thread takes and releases a pthread lock wanted by count_hit")
    assert (alone.promise, alone.cures) == (None, ())


def test_few_rows_of_a_table_are_no_verdict() -> None:
    rows = sampled(("native_queued_spin_lock_slowpath", 1), ("work", 2))
    cut = diagnose(replace(rows, unit="percent"))
    assert cut.verdict == UNDECIDED
    assert cut.headline == "undecided: the rows here are 3.0 % of busy time; 1.0 % take locks or wait for them"
    assert cut.promise is None
    many = sampled(("native_queued_spin_lock_slowpath < _raw_spin_lock < insert", 15))
    assert diagnose(replace(many, unit="percent")).verdict == CONTENDED


def test_acquisitions_that_take_no_longer_than_their_probe_are_minor() -> None:
    profile = waited(("mutex", "pipe_write", 47_490, 7.4e6))
    assert diagnose(profile).verdict == CONTENDED
    counted = replace(profile, facts={"waits": "every acquisition, also those that did not wait"})
    assert diagnose(counted).verdict == MINOR


def test_a_lock_that_is_seldom_waited_for_while_it_is_held_is_minor() -> None:
    profile = waited(("rwsem:R", "fault", 100, 3e8), lock="&mm->mmap_sem")
    held = replace(profile, holdings=(Holding("&mm->mmap_sem", "rwsem:R", (), 34_000_000, 1.7e13, 1e9),))
    assert diagnose(held).verdict == MINOR


def test_tasks_asleep_count_where_the_cpus_look_something_up() -> None:
    samples = sampled(("block_find < main", 30), ("work < main", 70))
    waits = waited(("rwsem:W", "rwsem_down_write_slowpath < down_write < unlink < main", 30, 3e8), seconds=1.0)
    found = diagnose(replace(samples, waits=waits.waits, facts=waits.facts))
    assert found.headline.startswith("contended lock: an rwsem wanted by unlink, 300 ms of waiting in 30 waits")


def test_tracepoints_of_the_recorder_are_no_work_of_the_holder() -> None:
    rows = (
        (SPIN.format("alloc_fd"), 30),
        ("perf_trace_contention_begin < alloc_fd < main", 10),
        ("bits < alloc_fd < main", 4),
    )
    found = diagnose(sampled(*rows, ("work < main", 56)))
    assert found.lock is not None
    assert [one.caller for one in found.lock.inside] == ["bits"]


def test_callers_of_one_address_want_one_lock() -> None:
    samples = sampled((SPIN.format("alloc_fd"), 12), (SPIN.format("close_fd"), 11), ("work < main", 77))
    both = [("spinlock", SPIN.format(name), 50, 1e6) for name in ("alloc_fd", "close_fd")]
    one = diagnose(replace(samples, waits=waited(*both, lock="0xffff8881").waits))
    assert one.chain == ()
    assert one.headline == "contended lock: 23.0 % of busy time for a spinlock wanted by alloc_fd and close_fd"
    apart = [waited(row, lock=f"0xffff{at}").waits[0] for at, row in enumerate(both)]
    assert len(diagnose(replace(samples, waits=tuple(apart))).chain) == 1


def test_stopped_threads_are_no_busy_time() -> None:
    found = diagnose(sampled(("__lll_lock_wait < pthread_mutex_lock < put", 60), ("read < run", 40), event="threads"))
    assert found.headline == "contended lock: 60.0 % of the threads for a pthread lock wanted by put"


def test_a_stopped_thread_that_sleeps_in_a_lock_waits_for_it() -> None:
    found = diagnose(
        sampled(
            ("nanosleep < usleep < spin_lock < spin_lock_slow < servers_wrlock < run", 98), ("work", 2), event="threads"
        )
    )
    assert found.headline.startswith(
        "likely a contended lock: 98.0 % of the threads in spin_lock, called by servers_wrlock"
    )


def test_a_holder_that_sleeps_is_called_so() -> None:
    waits = "__schedule < schedule < futex_wait < __lll_lock_wait < pthread_mutex_lock < log < main"
    found = diagnose(sampled((waits, 50), ("clock_nanosleep < usleep < log < main", 50)))
    assert found.cures[0].because == "its holder sleeps in usleep: everybody waits for that"
