from lockwright.language import Array, Atomic, Workload, field, u32


class Traffic(Workload):
    many: Array[Atomic[u32]] = field(length=1 << 40)
    none: Array[Atomic[u32]] = field(length=0)

    def each_thread(self) -> None:
        self.many[0].fetch_add(1)
