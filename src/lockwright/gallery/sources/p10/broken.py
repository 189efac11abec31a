"""Five threads and a counter behind the ticket lock of Linux 3.2, with tickets of a width to choose."""

from lockwright.language import Workload, u2, u32, workers
from lockwright.locks.linux_ticket import LinuxTicketLock


class Five(Workload):
    spin: LinuxTicketLock[u2]
    counter: u32

    @workers(5)
    def count(self) -> None:
        with self.spin:
            self.counter += 1

    def at_rest(self) -> None:
        assert self.counter == 5
