"""IPVS makes its table at boot, of the size that a module parameter gives."""

from lockwright.language import Param, Struct, Workload, u32, u64, workers


class Table(Struct):
    bits: u32
    size: u32
    mask: u32

    def make(self, conn_tab_bits: u32) -> None:
        self.bits = conn_tab_bits
        self.size = u32(1) << self.bits
        self.mask = self.size - 1

    def chain(self, flow: u64) -> u32:
        return u32(flow * 0x9E37_79B9_7F4A_7C15 >> 32) & self.mask


class Boot(Workload):
    conn_tab_bits: Param[u32] = 40  # as an administrator may write
    table: Table

    @workers(1)
    def boot(self) -> None:
        self.table.make(self.conn_tab_bits)
        assert self.table.chain(1) < self.table.size
