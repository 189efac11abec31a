"""Processes that ask for the time of their timer, again and again: the benchmark of the POSIX timers' change to RCU.

A thread stands for a process with one timer, made before the threads run.  What the model leaves out costs a stated
time: the process's own loop, entering and leaving the kernel, and the look at the timer under its lock.

Source: Linux 8af088710d1e (3.0), commit message: 16 processes that call `timer_gettime`.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import (
    Lock,
    Param,
    PerThread,
    Struct,
    Workload,
    compute,
    field,
    running,
    symbol,
    thread,
    threads,
    u32,
    u64,
)
from lockwright.structures.id_registry import NO_ID
from lockwright.workloads.posix_timers import PosixTimers

L = TypeVar("L", bound=Lock)


class Process(Struct, align=64):
    timer: u32


class TimerGettime(Workload, Generic[L]):
    uses_rcu: Param[bool] = True  # False: as before the change
    bits: Param[u32] = 6  # there are `1 << bits` numbers; a layer of Linux's registry has 6 bits
    user: Param[u32] = 0  # cycles of the process's own loop for each call
    entry: Param[u32] = 0  # cycles to enter and leave the kernel
    work: Param[u32] = 0  # cycles to look at the timer
    timers: PosixTimers[L] = field(uses_rcu=uses_rcu, bits=bits)
    processes: PerThread[Process]

    def setup(self) -> None:
        for index in range(threads()):
            number = self.timers.create(index + 1, u64(index + 1))
            assert number != NO_ID, "there are fewer numbers than processes"
            self.processes[index].timer = number

    @symbol("main")
    def each_thread(self) -> None:
        while running():
            self.call()
            if self.user > 0:
                compute(self.user)

    @symbol("system_call")
    def call(self) -> None:
        if self.entry > 0:
            compute(self.entry)
        self.get_time(self.processes[thread()].timer, thread() + 1)

    @symbol("sys_timer_gettime")
    def get_time(self, number: u32, process: u32) -> None:
        timer = self.timers.find(number, process)
        assert timer is not None, "a process finds its own timer"
        assert timer.expires == process
        if self.work > 0:
            compute(self.work)
        self.timers.unlock(timer)
