"""Pure functions over samples."""

from __future__ import annotations

import pytest
from tests.profiles.captured import of

from lockwright.profiles import Frame, Sample, folding
from lockwright.profiles.symbols import ROLES, table


def sample(stack: str, weight: float = 1.0, command: str = "") -> Sample:
    return Sample(tuple(map(Frame, stack.split(" < "))), weight, 1, command)


@pytest.mark.parametrize(
    ("symbol", "plain"),
    [
        ("__mutex_lock.constprop.0", "__mutex_lock"),
        ("do_execveat_common.isra.0", "do_execveat_common"),
        ("page_cache_release.part.0.isra.12", "page_cache_release"),
        ("timer_gettime@@GLIBC_2.34", "timer_gettime"),
        ("llseek@GLIBC_2.2.5", "llseek"),
        ("free_unref.cold", "free_unref"),
        ("runtime.lock2", "runtime.lock2"),
        (".part.0", ".part.0"),
        ("std::mutex::lock()", "std::mutex::lock()"),
    ],
)
def test_plain_names(symbol: str, plain: str) -> None:
    assert folding.plain(symbol) == plain


def test_every_symbol_has_a_role_and_a_source() -> None:
    for symbol, family in table().items():
        assert family.role in ROLES, symbol
        assert len(family.source) > 10, symbol
        assert folding.plain(symbol) == symbol


@pytest.mark.parametrize(
    ("symbol", "role"),
    [
        ("__ticket_spin_lock", "spin"),
        ("native_queued_spin_lock_slowpath", "spin"),
        ("__pv_queued_spin_lock_slowpath", "spin"),
        ("osq_lock", "spin"),
        ("rwsem_spin_on_owner", "spin"),
        ("mutex_spin_on_owner.isra.4", "spin"),
        ("_raw_spin_lock", "acquire"),
        ("_raw_spin_unlock_irqrestore", "unlock"),
        ("__lll_lock_wait", "sleep"),
        ("intel_idle", "idle"),
        ("ip_vs_conn_in_get", ""),
    ],
)
def test_roles(symbol: str, role: str) -> None:
    assert folding.role(symbol) == role


def test_a_lock_is_its_callers() -> None:
    samples = [
        sample("native_queued_spin_lock_slowpath < _raw_spin_lock_irqsave < lock_timer < sys_timer", 3),
        sample("native_queued_spin_lock_slowpath.part.0 < _raw_spin_lock < expire", 2),
        sample("osq_lock < __mutex_lock.constprop.0 < mutex_lock"),
        sample("work < lock_timer", 9),
    ]
    assert folding.by_caller(samples) == {
        ("native_queued_spin_lock_slowpath", "lock_timer"): 3,
        ("native_queued_spin_lock_slowpath", "expire"): 2,
        ("osq_lock", folding.UNKNOWN): 1,
    }


def test_idle_is_no_work_but_a_lock_in_the_idle_task_is() -> None:
    idle, lock = sample("intel_idle", 90, "swapper"), sample("__ticket_spin_lock", 10, "swapper")
    assert folding.without_idle([idle, lock]) == (lock,)


def test_commands_and_suffixes_merge() -> None:
    samples = [sample("f.part.0 < g", 1, "a"), sample("f < g", 2, "b"), sample("f < h", 4, "b")]
    found = folding.merge_commands(folding.strip_suffixes(samples))
    assert {tuple(frame.symbol for frame in one.stack): (one.weight, one.count) for one in found} == {
        ("f", "g"): (3, 2),
        ("f", "h"): (4, 1),
    }


def test_folding_and_reading_folded_stacks_are_inverse() -> None:
    samples = [sample("f < g < h", 3), sample("f", 2), sample("k < h", 7)]
    folded = folding.fold(samples)
    text = "".join(f"{';'.join(stack)} {weight:.0f}\n" for stack, weight in folded.items())
    assert folding.fold(of(text).samples) == folded


@pytest.mark.parametrize(
    ("stack", "who"),
    [
        ("_raw_spin_lock < futex_wake < do_futex < __x64_sys_futex < do_syscall_64 < entry_SYSCALL_64", "futex_wake"),
        ("_raw_spin_lock < __schedule < schedule < exit_to_user_mode_loop < do_syscall_64", "__schedule"),
        ("_raw_spin_lock < __schedule < schedule < pipe_read < vfs_read", "__schedule"),
        ("native_queued_spin_lock_slowpath < _raw_spin_lock < irqentry_exit_to_user_mode", "schedule"),
        ("exit_to_user_mode_loop", "schedule"),
        ("rwsem_down_write_slowpath < down_write < x64_sys_call < do_syscall_64", "down_write"),
        ("__mutex_lock < pipe_write < vfs_write < x64_sys_call", "pipe_write"),
    ],
)
def test_entries_and_exits_of_the_kernel_want_no_lock(stack: str, who: str) -> None:
    found = folding.caller(sample(stack).stack)
    assert found is not None
    assert found.symbol == who


def test_a_system_call_alone_tells_no_caller() -> None:
    assert folding.outermost(sample("do_syscall_64").stack) is None
