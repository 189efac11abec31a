"""Three CPUs of a Xen guest; the first of two waiters is busy in a handler that needs what the other holds."""

from lockwright.language import Workload, field, interrupt, interrupts_off, interrupts_restore, workers
from lockwright.locks.xen_byte import XenByteLock


class Guest(Workload):
    process: XenByteLock = field(wakes_all=False)
    device: XenByteLock = field(wakes_all=True)  # taken by the handler too

    def work(self) -> None:
        """Take and release the lock of the process with interrupts off, but sleep with them on."""
        were_on = interrupts_off()
        self.process.take(irq_enable=were_on)
        self.process.put()
        interrupts_restore(were_on)

    @workers(1, cpu=0)
    def waiter(self) -> None:
        self.work()

    @interrupt(cpu=0)
    def handler(self) -> None:
        self.device.take(irq_enable=False)
        self.device.put()

    @workers(1, cpu=1)
    def driver(self) -> None:
        self.device.take(irq_enable=False)
        self.work()
        self.device.put()

    @workers(1, cpu=2)
    def holder(self) -> None:
        self.work()
