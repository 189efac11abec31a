"""Arithmetic of every width, conversions, choices and loops: what the integers of the language do, asserted."""

# ruff: noqa: PT018, FURB136 - several conditions in one `assert` are part of what is compiled

from lockwright.language import Atomic, Workload, i64, relaxed, u2, u3, u4, u8, u16, u32, u64

MASK = (1 << 5) - 1
BELOW = -3


def smaller(left: i64, right: i64) -> i64:
    return left if left < right else right


def count_ones(bits: u64) -> u32:
    ones = u32(0)
    while bits:
        bits &= bits - 1
        ones += 1
    return ones


class Arithmetic(Workload):
    tiny: u2
    small: u3
    nibble: Atomic[u4]
    signed: i64 = BELOW

    def each_thread(self) -> None:
        self.tiny = u2(3)
        self.tiny += 1
        assert self.tiny == 0
        self.small = u3(9)
        assert self.small == 1
        assert u8(200) + u8(100) == 44
        assert u16(1) - u16(2) == 0xFFFF
        assert smaller(self.signed, 5) == -3
        assert count_ones(0xF0F0) == 8 and count_ones(MASK) == 5
        byte = u8(self.signed)
        assert byte == 0xFD and byte >> 4 == 15 and ~byte == 2
        low, high = byte & 15, byte >> 4
        low, high = high, low
        assert min(low, high) == 13 and max(low, 1, high) == 15
        assert 0 < low <= 15 != high
        for index in range(3):
            if index == 1:
                continue
            self.nibble.fetch_or(u4(1 << index), relaxed)
        assert self.nibble.load() == 5
        assert i64(u32(7)) - 8 == -1
        assert not bool(u32(0)) and (self.tiny == 0) ^ False
