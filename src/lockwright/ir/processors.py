"""What CPUs and threads are doing besides computing, as one running thread sees it: latches, tokens, events, masks.

Nobody else runs, so whoever goes to sleep without a reason to wake at once sleeps for ever: the fault `lost_wakeup`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.arithmetic import Fault

if TYPE_CHECKING:
    from lockwright.ir.program import Handler, Shape


class Processors:
    """The state of all CPUs and threads while `thread` alone runs."""

    def __init__(self, shape: Shape, thread: int) -> None:
        self._shape = shape
        self.cpu = shape.thread_cpus[thread] if thread < len(shape.thread_cpus) else 0
        cpus = len(shape.cpu_nodes)
        self.is_online = [cpu not in shape.offline for cpu in range(cpus)]
        self._is_kicked = [False] * cpus
        self._has_event = [False] * cpus
        self._has_token = [False] * len(shape.thread_cpus)
        self._thread = thread
        self.interrupts_on = True
        self.in_nmi = False
        self._preemption_depth = 0
        self._softirq_depth = 0
        self.pending: list[Handler] = []

    @property
    def node(self) -> int:
        """The NUMA node of this CPU."""
        return self._shape.cpu_nodes[self.cpu]

    def known_cpu(self, cpu: int) -> int:
        """Return `cpu` if the run has it."""
        if not 0 <= cpu < len(self.is_online):
            raise Fault("no_such_cpu")
        return cpu

    def take_kick(self) -> bool:
        """Return whether a kick was latched, which it is no more."""
        was, self._is_kicked[self.cpu] = self._is_kicked[self.cpu], False
        return was

    def kick(self, cpu: int, *, is_latched: bool) -> None:
        """Kick a CPU: none sleeps, so the latch is all that is left of it; a CPU that is offline loses it."""
        if self.is_online[self.known_cpu(cpu)] and is_latched:
            self._is_kicked[cpu] = True

    def park(self) -> None:
        """Use up the token of this thread."""
        if not self._has_token[self._thread]:
            raise Fault("lost_wakeup")
        self._has_token[self._thread] = False

    def unpark(self, thread: int) -> None:
        """Give a thread its token."""
        if not 0 <= thread < len(self._has_token):
            raise Fault("no_such_thread")
        self._has_token[thread] = True

    def set_event(self, cpu: int, *, is_set: bool) -> None:
        """Set or clear the event of a CPU."""
        self._has_event[self.known_cpu(cpu)] = is_set

    def has_event(self) -> bool:
        """Return whether this CPU's event is set."""
        return self._has_event[self.cpu]

    def poll_event(self) -> None:
        """Sleep until this CPU's event is set."""
        if not self.has_event():
            raise Fault("lost_wakeup")

    def change_preemption(self, change: str) -> None:
        """Nest `off`, or undo one."""
        self._preemption_depth += 1 if change == "off" else -1
        if self._preemption_depth < 0:
            raise Fault("preemption_unbalanced")

    def change_softirqs(self, change: str) -> None:
        """Nest `off`, or undo one."""
        self._softirq_depth = max(0, self._softirq_depth + (1 if change == "off" else -1))

    def next_interrupt(self) -> Handler | None:
        """Return a pending handler that may run now, which is pending no more."""
        for handler in self.pending:
            if self._may_run(handler):
                self.pending.remove(handler)
                return handler
        return None

    def _may_run(self, handler: Handler) -> bool:
        if handler.softirq and self._softirq_depth:
            return False
        return not self.in_nmi and (not handler.maskable or self.interrupts_on)
