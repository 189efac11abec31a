from lockwright.language import Workload, u32


class Going(Workload):
    count: u32

    def each_thread(self) -> None:
        assert False, "never here"
        self.count = 1
