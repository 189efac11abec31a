"""Counters of each CPU, added to with preemption off or on: who may be on the CPU of whom decides."""

from __future__ import annotations

from lockwright.language import PerCpu, Workload, cpu, preemption_disabled, running, u32


class Guarded(Workload):
    counts: PerCpu[u32]

    def each_thread(self) -> None:
        while running():
            with preemption_disabled():
                self.counts[cpu()] += 1


class Bare(Workload):
    counts: PerCpu[u32]

    def each_thread(self) -> None:
        while running():
            self.counts[cpu()] += 1
