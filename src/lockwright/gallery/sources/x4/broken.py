"""One lock, taken and released by the core before, and by a module after the table is changed at boot."""

from lockwright.language import AtomicWord, Param, Workload, patch, table, workers
from lockwright.locks.pv_ops import Native, Slock, SpinCalls, Xen

core: SpinCalls = table(Native)
module: SpinCalls = table(Native)


class Boot(Workload):
    slock: AtomicWord[Slock]
    is_hvm: Param[bool] = True  # a guest with devices and tables of its own, whose core has been patched by now

    @workers(1)
    def boot(self) -> None:
        core.lock(self.slock)
        core.unlock(self.slock)
        patch(module, Xen)
        module.lock(self.slock)
        module.unlock(self.slock)
