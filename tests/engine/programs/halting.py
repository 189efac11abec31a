"""A CPU that halts with interrupts off or on, and one that kicks it, or another that is not there."""

from __future__ import annotations

from lockwright.language import Atomic, Param, Workload, halt, interrupt, interrupts_off, kick, relaxed, u32, workers


class Halts(Workload):
    target: Param[u32] = 0
    seen: Atomic[u32]

    @workers(1)
    def sleeper(self) -> None:
        interrupts_off()
        halt()

    @workers(1)
    def kicker(self) -> None:
        kick(self.target)

    @interrupt(cpu=0)
    def tick(self) -> None:
        self.seen.fetch_add(1, relaxed)


class Unlatched(Workload):
    @workers(1)
    def sleeper(self) -> None:
        interrupts_off()
        halt()

    @workers(1)
    def kicker(self) -> None:
        kick(0, latched=False)
