"""The table of states: open addressing; an entry is half a hash and the number of a state, plus one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import llvmlite.ir
from numba.core import types
from numba.extending import intrinsic

from lockwright.check.engine import places as at
from lockwright.check.engine.counters import STATES, TABLE_MASK
from lockwright.flat.jit import inlined, inner, kernel

llvm: Any = llvmlite.ir  # it has no types

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s

UPPER, LOWER = -0x100000000, 0xFFFFFFFF


def _prefetch(_context: Any, array: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        made = context.make_array(signature.args[0])(context, builder, values[0])
        pointer = builder.bitcast(builder.gep(made.data, [values[1]]), llvm.IntType(8).as_pointer())
        number = llvm.IntType(32)
        kind = llvm.FunctionType(llvm.VoidType(), [pointer.type, number, number, number])
        call = builder.module.declare_intrinsic("llvm.prefetch", [pointer.type], kind)
        builder.call(call, [pointer, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, index), generate


prefetch: Any = intrinsic(_prefetch)
"""`prefetch(array, index)` asks the processor for the line of an element that is read soon."""


@inner
def mix(value: Int64) -> Int64:
    """Return a number that looks random."""
    value = value ^ (value >> 31)
    value = value * -7046029254386353131
    value = value ^ (value >> 29)
    value = value * -4658895280553007687
    return value ^ (value >> 32)


@inlined
def hash_of(words: Int64s, base: Int64, count: Int64) -> Int64:
    """Return the hash of a state."""
    found = count
    for word in range(count):
        found = mix(found + words[base + word])
    return found


@inlined
def insert(
    cfg: Int64s, counters: Int64s, table: Int64s, store: Int64s, words: Int64s, base: Int64, hashed: Int64
) -> Int64:
    """Return the number of a state; a new one is ~number, and is stored."""
    mask = counters[TABLE_MASK]
    tag = hashed & UPPER
    place = hashed & mask
    size = cfg[at.WORDS]
    while table[place] != 0:
        entry = table[place]
        if (entry & UPPER) == tag:
            state = (entry & LOWER) - 1
            is_same = True
            for word in range(size):
                if store[state * size + word] != words[base + word]:
                    is_same = False
                    break
            if is_same:
                return state
        place = (place + 1) & mask
    state = counters[STATES]
    counters[STATES] = state + 1
    table[place] = tag | (state + 1)
    for word in range(size):
        store[state * size + word] = words[base + word]
    return ~state


@kernel
def rebuild(cfg: Int64s, counters: Int64s, table: Int64s, store: Int64s) -> None:
    """Enter all stored states into a new table."""
    mask = counters[TABLE_MASK]
    for state in range(counters[STATES]):
        ahead = min(state + 16, counters[STATES] - 1)
        prefetch(table, hash_of(store, ahead * cfg[at.WORDS], cfg[at.WORDS]) & mask)
        found = hash_of(store, state * cfg[at.WORDS], cfg[at.WORDS])
        place = found & mask
        while table[place] != 0:
            place = (place + 1) & mask
        table[place] = (found & UPPER) | (state + 1)
