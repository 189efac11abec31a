"""What functions are: every name of the table is known as profilers print it, and belongs to one family."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest
from tests.profiles.diagnosis.made import sampled

from lockwright.profiles import folding
from lockwright.profiles.diagnosis import diagnose
from lockwright.profiles.diagnosis.evidence import WORDS
from lockwright.profiles.spellings import spellings
from lockwright.profiles.symbols import ATOMIC, EVENT, LINE, PAUSE, ROLES, Family, table

FAMILIES: list[dict[str, Any]] = tomllib.loads(
    files("lockwright.profiles").joinpath("symbols.toml").read_text(encoding="utf-8")
)["family"]
KINDS = sorted({(one["role"], one["lock"]) for one in FAMILIES if one["symbols"]})


def known(symbol: str) -> tuple[str, str] | None:
    found = folding.family(symbol)
    return (found.role, found.lock) if found else None


def test_a_name_is_in_one_family() -> None:
    counts = Counter(symbol for one in FAMILIES for symbol in one["symbols"])
    assert [symbol for symbol, count in counts.items() if count > 1] == []


OF_NO_LOCK = {LINE, ATOMIC, EVENT, PAUSE, "schedule", "idle"}


def test_families_have_roles_sources_and_locks() -> None:
    for one in FAMILIES:
        assert one["role"] in ROLES
        assert one["role"] in WORDS
        assert len(one["source"]) > 10
        assert bool(one["lock"]) == (one["role"] not in OF_NO_LOCK), one["symbols"][0]


def test_no_pattern_fits_a_whole_name() -> None:
    patterns = [re.compile(pattern) for one in FAMILIES for pattern in one.get("patterns", ())]
    assert len(patterns) >= 5
    assert not [symbol for symbol in table() for pattern in patterns if pattern.fullmatch(symbol)]


def printed(symbol: str) -> list[str]:
    """Return a name as profilers print it: with suffixes, arguments, versions and hashes."""
    if symbol.startswith(("sync.", "internal/sync.", "runtime.")):
        return [symbol, f"{symbol}.abi0"]
    if "$" in symbol or symbol.startswith(("Abstract", "Reentrant", "Stamped", "LockSupport", "Unsafe::")):
        of, method = symbol.split("::")
        package = "jdk/internal/misc" if of == "Unsafe" else "java/util/concurrent/locks"
        dotted = package.replace("/", ".")
        return [
            symbol,
            f"L{package}/{of};::{method}",
            f"{package}/{of}.{method}_[j]",
            f"{dotted}.{of}.{method}",
            f"{dotted}.{of}::{method}",
            f"{of}.{method}",
            f"{of}.{method}_[j]",
            f"void {dotted}.{of}.{method}(java.lang.Object)",
        ]
    if "::" in symbol:
        return [
            symbol,
            f"{symbol}(unsigned int, std::vector<int, std::allocator<int> >&)",
            f"void {symbol}<false>(Thread*) const [clone .part.0]",
            f"{symbol}[abi:cxx11]()",
            f"{symbol}::h0123456789abcdef",
            f"<{symbol.rpartition('::')[0]}>::{symbol.rpartition('::')[2]}",
        ]
    return [symbol, f"{symbol}.constprop.0", f"{symbol}.isra.0.cold", f"{symbol}.part.3", f"{symbol}@@GLIBC_2.34"]


def test_every_name_is_known_as_it_is_printed() -> None:
    for symbol, family in table().items():
        for shown in printed(symbol):
            assert known(shown) == (family.role, family.lock), shown


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("PolicyMutex<TTASEventMutex<GenericPolicy> >::enter", ("acquire", "latch of InnoDB")),
        ("absl::lts_20240722::Mutex::LockSlow(absl::lts_20240722::MuHow*, int)", ("sleep", "mutex of Abseil")),
        ("absl::(anonymous namespace)::TryAcquireWithSpinning(std::atomic<long>*)", ("spin", "mutex of Abseil")),
        ("AbslInternalSpinLockDelay_lts_20240722", ("spin", "spinlock of Abseil or TCMalloc")),
        ("std::sys::sync::mutex::futex::Mutex::lock_contended", ("sleep", "mutex of Rust")),
        ("Mutex::lock_contended(Thread*)", ("sleep", "mutex of the JVM")),
        ("<parking_lot::RawRwLock as lock_api::RawRwLock>::lock_shared_slow", ("sleep", "rwlock of parking_lot")),
        ("Ljdk/internal/misc/Unsafe;park(ZJ)V", ("event", "")),
        ("std::__1::mutex::lock()", ("acquire", "pthread lock")),
        ("_L_lock_854", ("sleep", "pthread lock")),
        ("__GI___lll_lock_wait_private", ("sleep", "pthread lock")),
        ("pthread_mutex_lock@plt", ("acquire", "pthread lock")),
        (".text.lock.namei", ("spin", "spinlock")),
        ("TicketLock[u16].lock", ("acquire", "spinlock")),
    ],
)  # fmt: skip
def test_names_that_profiles_had(symbol: str, expected: tuple[str, str]) -> None:
    assert known(symbol) == expected


@pytest.mark.parametrize(
    "symbol",
    [
        "mine::Mutex::lock",
        "server::Pool::enter",
        "foo(pthread_mutex_lock)",
        "operator new(unsigned long)",
        "std::map<int, std::less<int> >::operator[](int&&)",
        "<alloc::sync::Arc<T> as core::ops::drop::Drop>::drop",
        "main.(*Server).clone",
        "com.example.ReentrantLock.lock",
        "runtime.mallocgc",
        "mutex_lock_of_mine",
        "",
        "(",
        "a" * 5000 + "::lock",
    ],
)
def test_names_that_are_no_locks(symbol: str) -> None:
    assert known(symbol) is None


@pytest.mark.parametrize("symbol", ["sync.(*Mutex).lockSlow", "main.(*Server).clone", "strings.part", "a/b.llvm"])
def test_names_of_go_stay_whole(symbol: str) -> None:
    assert folding.plain(symbol) == symbol


def test_spellings_end() -> None:
    assert list(spellings("absl::lts_1::Mutex::Lock()")) == ["absl::Mutex::Lock", "Mutex::Lock"]
    assert list(spellings("plain_name")) == []


@pytest.mark.parametrize(("role", "lock"), KINDS)
def test_a_diagnosis_can_be_made_of_each_kind(role: str, lock: str) -> None:
    symbol = next(name for name, one in table().items() if (one.role, one.lock) == (role, lock))
    found = diagnose(sampled((f"{symbol} < wants_it < main", 60.0), ("work < main", 40.0)))
    assert found.headline
    if role in {"spin", "sleep"}:
        assert found.lock is not None
        assert (found.lock.kind, found.lock.sites[0].caller) == (lock, "wants_it")


def test_a_family_is_told_apart_by_role_and_lock() -> None:
    assert {Family(one["role"], one["lock"], one["source"]) for one in FAMILIES if one["symbols"]} == set(
        table().values()
    )


@pytest.mark.parametrize(
    "symbol",
    [
        "sync/atomic.AddInt32",
        "sync/atomic.(*Int32).Add",
        "sync/atomic.(*Pointer[go.shape.struct {}]).CompareAndSwap",
        "internal/runtime/atomic.Xadd64",
        "runtime/internal/atomic.(*Uint32).Add",
        "std::atomic<long>::fetch_add",
        "std::__atomic_base<long>::fetch_add(long, std::memory_order)",
        "std::__atomic_base<unsigned int>::operator++(int)",
        "bool std::atomic<Node*>::compare_exchange_weak(Node*&, Node*)",
        "core::sync::atomic::AtomicUsize::fetch_add::h0123456789abcdef",
        "core::sync::atomic::atomic_add",
        "__aarch64_ldadd4_acq_rel",
        "__gnu_cxx::__exchange_and_add(int volatile*, int)",
        "jdk/internal/misc/Unsafe.getAndAddInt_[j]",
        "java.util.concurrent.atomic.AtomicLong.incrementAndGet",
    ],
)
def test_atomic_operations(symbol: str) -> None:
    assert known(symbol) == ("atomic", "")


@pytest.mark.parametrize(
    "symbol", ["std::atomic<int>::load", "main.(*Atomic).Add", "mine::atomic::fetch_add", "Unsafe.park"]
)
def test_what_is_no_atomic_operation(symbol: str) -> None:
    assert known(symbol) is None or known(symbol) != ("atomic", "")
