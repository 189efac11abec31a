from lockwright.language import Array, Atomic, Param, Struct, Workload, field, u32


class Table(Struct):
    bits: Param[u32] = 2
    chains: Array[Atomic[u32]] = field(length=1 << bits)


class Traffic(Workload):
    table: Table = field(bit=3)
    tables: Array[Table] = field(length=2, chains=4)
    count: Atomic[u32] = field(bits=3)

    def each_thread(self) -> None:
        self.table.chains[0].fetch_add(1)
