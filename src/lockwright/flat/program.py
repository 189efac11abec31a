"""What `flatten` makes: the code of all threads as arrays of integers, and what kernels must know of memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lockwright.ir.cells import Cells
    from lockwright.ir.kinds import Kinds
    from lockwright.ir.program import Instruction

Int32s: TypeAlias = NDArray[np.int32]
Int64s: TypeAlias = NDArray[np.int64]
UInt64s: TypeAlias = NDArray[np.uint64]
UInt8s: TypeAlias = NDArray[np.uint8]
Int8s: TypeAlias = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class LockObject:
    """One lock in memory: the struct that it is and the address where it begins (an inner lock may begin there too)."""

    struct: str
    address: int


@dataclass(frozen=True, slots=True)
class Flat:
    """Flat code for one shape of a run.

    `code` has one row per instruction, its columns as `opcodes` names them:

        OP, D (result slot, or -1), A, B, C (operands: a slot, or ~k for constant k), BITS (width, plus 256 if signed),
        X, Y, Z (jump targets, order, offset, stride, length, part, event, ...), SOURCE (position in `instructions`)

    Rows of memory instructions: A is the address, X the order (`compare_exchange`: order | failure << 3; plain: 5),
    Y and Z the shift and the bits of a part (Z = 0: the whole cell), BITS the value that is accessed.
    Constant 0 is 0.  Slots are coloured: each holds values of one kind only.
    """

    code: Int32s
    consts: Int64s
    visible: UInt8s  # INVISIBLE, VISIBLE or END
    restart: UInt8s  # number of the await that restarts here, plus one
    live: UInt64s  # bit s: slot s is live before this row
    kinds: Int8s  # [row, slot]: kind of what the slot holds
    slots: int
    slot_kinds: tuple[int, ...]
    slot_bits: tuple[int, ...]  # the widest value that a slot holds, plus SIGNED
    word_kinds: tuple[tuple[tuple[int, int, int], ...], ...]  # parts of a word: shift, bits, kind
    cell_kinds: Int8s
    workers: tuple[tuple[int, int], ...]  # where each worker begins, and its position in `program.workers`
    threads: tuple[int, ...]  # of each thread: its position in `workers`
    handlers: tuple[int, ...]  # where each handler begins; its slots are its own
    at_rest: tuple[int, ...]  # where each at-rest function begins
    locks: tuple[LockObject, ...]
    lock_of: Int32s  # [struct row of a mark, address]: position in `locks`, or -1
    subject: int  # position of the lock under test in `locks`, or -1
    pools: tuple[tuple[int, int, int], ...]  # base, stride and count of each heap pool
    awaits: tuple[int, ...]  # row where each await restarts
    instructions: tuple[tuple[str, Instruction], ...]  # of each source: its function and the instruction
    cells: Cells
    own_index: tuple[bool, ...]  # of each `element`: whether its index is the number of the thread itself
    address_operands: tuple[int, ...]  # of each row: bit c: the operand in column c is an address
    escaped: tuple[tuple[int, int], ...]  # known addresses that are used as values: first cell, number of cells
    kinds_known: Kinds

    def entry(self, thread: int) -> int:
        """Return the row where a thread begins."""
        return self.workers[self.threads[thread]][0]


class TooLargeError(ValueError):
    """A program that does not fit flat code; the message says what is too many."""
