from lockwright.language import Table, Workload, table


class Calls(Table):
    def lock(self) -> None: ...
    def unlock(self) -> None: ...


class Native(Calls):
    def lock(self) -> None: ...


core: Calls = table(Native)


class Load(Workload):
    def each_thread(self) -> None:
        core.lock()
