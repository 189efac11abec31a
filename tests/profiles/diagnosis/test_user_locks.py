"""Locks of programs, libraries and runtimes: by their names, by the atomic operations in them, inlined."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.profiles.diagnosis.made import sampled

from lockwright.profiles.diagnosis import CONTENDED, LINE, NO_LOCK, UNDECIDED, diagnose


def test_a_lock_of_the_program_s_own_is_known_by_its_name() -> None:
    found = diagnose(sampled(("tkt_lock < deposit < teller", 95), ("work < teller", 5)))
    assert found.verdict == CONTENDED
    assert found.headline == (
        "likely a contended lock: 95.0 % of busy time in tkt_lock, called by deposit, "
        "a lock of the program's own by its name"
    )
    assert found.cures[0].name in {"split", "lock type"}
    some = diagnose(sampled(("ck_spinlock_ticket_lock < deposit", 20), ("work", 80)))
    assert some.verdict == UNDECIDED
    assert diagnose(sampled(("decode_block_lock < deposit", 90), ("work", 10))).verdict == UNDECIDED


@pytest.mark.parametrize(
    "name",
    [
        "my_spin_lock",
        "mcs_lock_acquire",
        "SpinLock::lock",
        "TicketLock::Acquire",
        "boost::detail::spinlock::lock()",
        "rte_spinlock_lock",
        "uv_mutex_lock",
        "g_mutex_lock_slowpath",
        "rb_mutex_lock",
        "JIT_MonEnter_Portable",
        "WalInsertLockAcquire",
        "tokio::sync::mutex::Mutex<T>::lock",
        "bucket_lock_spin",
    ],
)
def test_locks_of_libraries_are_known_by_their_names(name: str) -> None:
    assert (
        diagnose(sampled((f"{name.replace('<', '[').replace('>', ']')} < f < main", 90), ("work < main", 10))).verdict
        == CONTENDED
    )


@pytest.mark.parametrize(
    "name",
    [
        "block_read",
        "clock_gettime",
        "my_unlock",
        "tkt_unlock",
        "flock",
        "__do_block",
        "locked_by",
        "lock_init",
        "Spin::unlock()",
    ],
)
def test_other_words_with_lock_in_them_are_none(name: str) -> None:
    assert diagnose(sampled((f"{name} < f", 95), ("work", 5))).verdict == NO_LOCK


def test_a_lock_made_of_a_condition_is_a_lock() -> None:
    text = "futex_wait < __pthread_cond_wait < Unsafe.park < LockSupport.park < pthread_mutex_lock < place < run"
    found = diagnose(sampled((text, 70), ("work < run", 30)))
    assert found.lock is not None
    assert found.lock.caller == "place"


def test_an_atomic_instruction_in_a_lock_is_the_lock_s() -> None:
    rows = (("sync/atomic.AddInt32 < sync.(*RWMutex).RLock < main.(*Store).Get", 48), ("work", 52))
    assert "main.(*Store).Get" in diagnose(sampled(*rows)).headline


def test_inlined_spinning_is_told_from_user_waiting() -> None:
    found = diagnose(sampled(("do_raw_spin_lock", 74), ("__lll_lock_wait", 1), ("rest", 25)))
    assert found.headline.startswith("undecided: 75.0 % of busy time waits for a spinlock")


def test_a_class_that_wraps_a_lock_did_not_want_it() -> None:
    text = "__lll_lock_wait < pthread_mutex_lock < rocksdb::port::Mutex::Lock() < rocksdb::DBImpl::Get < run"
    found = diagnose(sampled((text, 60), ("work", 40)))
    assert found.lock is not None
    assert found.lock.caller == "rocksdb::DBImpl::Get"


def test_one_hot_function_of_several_threads_may_be_an_inlined_lock() -> None:
    profile = replace(sampled(("update < main", 95), ("work < main", 5)), facts={"threads": "4"})
    assert "perf annotate update" in diagnose(profile).record[0]
    assert not diagnose(replace(profile, facts={"threads": "1"})).record


def test_an_atomic_operation_is_its_lock_s() -> None:
    read = "sync/atomic.(*Int32).Add < sync.(*RWMutex).RLock < main.(*Store).Get < app"
    put = "runtime.procyield < runtime.lock2 < runtime.semacquire1 < sync.(*Mutex).lockSlow < main.(*Store).Put < app"
    found = diagnose(sampled((read, 41), (put, 24), ("runtime.mapaccess2_faststr < main.(*Store).Get < app", 21)))
    assert found.verdict == LINE
    assert found.lock is not None
    assert (found.lock.kind, found.lock.caller) == ("rwmutex of Go", "main.(*Store).Get")
    assert found.cures[0].name == "split"
    assert found.chain[0].caller == "main.(*Store).Put"


def test_an_atomic_operation_of_no_lock_is_likely_a_shared_line() -> None:
    inner = "internal/runtime/atomic.Xadd64 < sync/atomic.(*Int64).Add"
    profile = sampled((f"{inner} < Stats::add < main", 90), ("work < main", 10))
    found = diagnose(profile)
    assert found.verdict == LINE
    assert found.headline.startswith(
        "likely a shared cache line: 90.0 % of busy time in internal/runtime/atomic.Xadd64"
    )
    assert ", called by Stats::add, an atomic operation of no known lock" in found.headline
    assert any("perf c2c" in one for one in found.record)
    alone = diagnose(replace(profile, facts={"threads": "1"}))
    assert alone.verdict == NO_LOCK


@pytest.mark.parametrize(
    ("taken", "kind"),
    [
        ("Unsafe.park < LockSupport.park < AbstractQueuedSynchronizer.acquire < ReentrantLock.lock", "lock of java"),
        (
            "LockSupport.park < AbstractQueuedSynchronizer.acquire < ReentrantReadWriteLock$WriteLock.lock",
            "lock of java",
        ),
        ("LockSupport.park < StampedLock.acquireRead < StampedLock.readLock", "lock of java"),
        ("os::PlatformEvent::park < ObjectMonitor::enter", "monitor of Java"),
    ],
)
@pytest.mark.parametrize("inner", ["futex_wait < __pthread_cond_wait", "futex_wait"])
def test_a_parked_thread_wants_the_lock_of_java_further_out(taken: str, kind: str, inner: str) -> None:
    found = diagnose(sampled((f"{inner} < {taken} < OrderService.place < Thread.run", 78), ("work < Thread.run", 22)))
    assert found.verdict == CONTENDED
    assert found.lock is not None
    assert found.lock.kind.startswith(kind)
    assert found.lock.caller == "OrderService.place"


def test_a_thread_that_is_parked_for_work_wants_no_lock() -> None:
    taken = "Unsafe.park < LockSupport.park < AbstractQueuedSynchronizer$ConditionObject.await"
    found = diagnose(sampled((f"futex_wait < __pthread_cond_wait < {taken} < LinkedBlockingQueue.take", 90)))
    assert found.verdict == NO_LOCK


def test_an_atomic_operation_in_a_lock_by_its_name_is_that_lock_s() -> None:
    found = diagnose(sampled(("__aarch64_cas4_acq < my_spin_lock < update_table < main", 90), ("work < main", 10)))
    assert found.lock is not None
    assert (found.lock.function, found.lock.caller) == ("my_spin_lock", "update_table")
    assert "a lock of the program's own by its name" in found.headline
