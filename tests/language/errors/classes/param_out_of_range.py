from lockwright.language import Array, Atomic, Param, Struct, Workload, field, u32


class Table(Struct):
    bits: Param[u32] = 12
    assert 8 <= bits <= 20, "the table has 256 to 1,048,576 chains"
    chains: Array[Atomic[u32]] = field(length=1 << bits)


class Traffic(Workload):
    bits: Param[u32] = 40
    table: Table = field(bits=bits)

    def each_thread(self) -> None:
        self.table.chains[0].fetch_add(1)
