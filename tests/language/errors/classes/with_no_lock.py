from lockwright.language import Workload, u8


class Load(Workload):
    value: u8

    def each_thread(self) -> None:
        with self.value:
            pass
