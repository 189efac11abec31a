"""The instruction set, in one table.  Every executor implements each entry or refuses it with a listed code.

Operand kinds (`verify` checks them):

    int       an Integer that is not `bool`          bool      a `bool`
    value     any value                              same      any value, of the type of the operand before it
    address   a Pointer that is not null             pointer   a Pointer, perhaps null
    T, A      the value that lies at the address before it: plain (T), or inside an `Atomic` (A)

Attributes are static: an order, a name, a type, a block.  `result` is a kind too, or None.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Order(Enum):
    """Memory orders of C11 (no consume), weakest first."""

    RELAXED = "relaxed"
    ACQUIRE = "acquire"
    RELEASE = "release"
    ACQ_REL = "acq_rel"
    SEQ_CST = "seq_cst"

    @property
    def acquires(self) -> bool:
        """Whether a load with this order synchronizes with the release that it reads from."""
        return self in (Order.ACQUIRE, Order.ACQ_REL, Order.SEQ_CST)

    @property
    def releases(self) -> bool:
        """Whether a store with this order publishes what its thread knows."""
        return self in (Order.RELEASE, Order.ACQ_REL, Order.SEQ_CST)


class Effect(Enum):
    """What an instruction touches; anything but LOCAL, JUMP and CALL is visible to other threads or chooses."""

    LOCAL = "local"  # registers only
    JUMP = "jump"  # ends a block
    CALL = "call"  # gone after `inline`
    READ = "read"  # memory, atomically or plainly
    WRITE = "write"
    UPDATE = "update"  # reads and writes in one step
    FENCE = "fence"
    CHOICE = "choice"  # any of several results
    MARK = "mark"  # a boundary of lock or unlock
    DELAY = "delay"  # takes time and nothing else
    CPU = "cpu"  # interrupts, preemption, halt, kick, park, futexes, events
    STORAGE = "storage"  # alloc, free, RCU
    CHECK = "check"  # a property


@dataclass(frozen=True, slots=True)
class Entry:
    """One instruction: how it is written, what it touches, what it means, and which faults it may raise."""

    mnemonic: str
    operands: tuple[str, ...]
    result: str | None
    attributes: tuple[str, ...]
    effect: Effect
    meaning: str
    faults: tuple[str, ...] = ()


def _entry(
    mnemonic: str, operands: str, result: str | None, attributes: str, effect: Effect, meaning: str, faults: str = ""
) -> Entry:
    return Entry(
        mnemonic, tuple(operands.split()), result, tuple(attributes.split()), effect, meaning, tuple(faults.split())
    )


_LOCAL, _READ, _WRITE, _UPDATE = Effect.LOCAL, Effect.READ, Effect.WRITE, Effect.UPDATE
_CPU, _STORAGE, _JUMP, _DELAY = Effect.CPU, Effect.STORAGE, Effect.JUMP, Effect.DELAY

_ENTRIES = (
    # Arithmetic: computed at the width of the operands, wrapped into the type of the result.
    _entry("copy", "value", "same", "", _LOCAL, "the operand"),
    _entry("convert", "value", "int", "", _LOCAL, "the operand, wrapped into the type of the result"),
    _entry("add", "value same", "same", "", _LOCAL, "sum; of words: one addition that carries across the parts"),
    _entry("sub", "value same", "same", "", _LOCAL, "difference, likewise"),
    _entry("mul", "int same", "same", "", _LOCAL, "product"),
    _entry("div", "int same", "same", "", _LOCAL, "quotient, rounded down", "division_by_zero"),
    _entry("mod", "int same", "same", "", _LOCAL, "remainder, of the sign of the divisor", "division_by_zero"),
    _entry("and", "value same", "same", "", _LOCAL, "bitwise and"),
    _entry("or", "value same", "same", "", _LOCAL, "bitwise or"),
    _entry("xor", "value same", "same", "", _LOCAL, "bitwise exclusive or"),
    _entry("shl", "int int", "first", "", _LOCAL, "shift left", "shift_out_of_range"),
    _entry("shr", "int int", "first", "", _LOCAL, "shift right; arithmetic if signed", "shift_out_of_range"),
    _entry("min", "int same", "same", "", _LOCAL, "the smaller"),
    _entry("max", "int same", "same", "", _LOCAL, "the larger"),
    _entry("invert", "value", "same", "", _LOCAL, "bitwise complement"),
    _entry("negate", "int", "same", "", _LOCAL, "two's complement"),
    _entry("not", "bool", "bool", "", _LOCAL, "the other truth value"),
    _entry("eq", "value same", "bool", "", _LOCAL, "equal (of pointers: the same place)"),
    _entry("ne", "value same", "bool", "", _LOCAL, "not equal"),
    _entry("lt", "int same", "bool", "", _LOCAL, "less"),
    _entry("le", "int same", "bool", "", _LOCAL, "less or equal"),
    _entry("gt", "int same", "bool", "", _LOCAL, "greater"),
    _entry("ge", "int same", "bool", "", _LOCAL, "greater or equal"),
    _entry("part", "value", "int", "part", _LOCAL, "one part of a word"),
    _entry("pack", "value*", "value", "", _LOCAL, "a word of its parts, first lowest"),
    # Addresses.
    _entry("root", "", "address", "global", _LOCAL, "the address of a global"),
    _entry("field", "address", "address", "field", _LOCAL, "the address of a field of the struct there", "null"),
    _entry(
        "element",
        "address int",
        "address",
        "",
        _LOCAL,
        "the address of an element of the array there",
        "null index_out_of_range",
    ),
    _entry(
        "part_address",
        "address",
        "address",
        "part",
        _LOCAL,
        "the address of one part of the atomic word there: an atomic of the part's type that overlaps the whole",
        "null",
    ),
    # Memory.
    _entry("load", "address", "T", "", _READ, "plain read", "null use_after_free data_race"),
    _entry("store", "address T", None, "", _WRITE, "plain write", "null use_after_free data_race"),
    _entry("atomic_load", "address", "A", "order", _READ, "atomic read", "null use_after_free"),
    _entry("atomic_store", "address A", None, "order", _WRITE, "atomic write", "null use_after_free"),
    _entry("exchange", "address A", "A", "order", _UPDATE, "write, return what was there", "null use_after_free"),
    _entry(
        "compare_exchange",
        "address A same",
        "A",
        "order failure",
        _UPDATE,
        "write the second value if the first is there; return what was there",
        "null use_after_free",
    ),
    _entry("fetch_add", "address A", "A", "order", _UPDATE, "add, return what was there", "null use_after_free"),
    _entry("fetch_sub", "address A", "A", "order", _UPDATE, "subtract, return what was there", "null use_after_free"),
    _entry("fetch_or", "address A", "A", "order", _UPDATE, "bitwise or, return what was there", "null use_after_free"),
    _entry(
        "fetch_and", "address A", "A", "order", _UPDATE, "bitwise and, return what was there", "null use_after_free"
    ),
    _entry("fence", "", None, "order", Effect.FENCE, "C11 fence; seq_cst drains the store buffer on x86"),
    # Time.
    _entry("pause", "", None, "", _DELAY, "a hint that this is a spin loop"),
    _entry("compute", "int", None, "", _DELAY, "work of so many cycles that touches no memory"),
    _entry("now", "", "int", "", Effect.LOCAL, "nanoseconds since the run began, u64; `check` reads 0"),
    # The run.
    _entry("thread", "", "int", "", _LOCAL, "the number of this thread, u32"),
    _entry("extent", "", "int", "extent", _LOCAL, "how many threads, CPUs, NUMA nodes or node ids the run has, u32"),
    _entry("cpu", "", "int", "", _CPU, "the CPU that this thread is on, u32"),
    _entry("numa_node", "", "int", "", _CPU, "the NUMA node of that CPU, u32"),
    _entry("numa_node_exists", "int", "bool", "", _LOCAL, "whether the run has a NUMA node with this id"),
    _entry("running", "", "bool", "", Effect.CHOICE, "whether to go on: in `check` true K times per thread, or always"),
    _entry("random", "int", "int", "", Effect.CHOICE, "any value below the operand, u32", "random_of_zero"),
    _entry("give_up", "", "bool", "", Effect.CHOICE, "made by `waiting`: whether a bounded wait gives up now"),
    # Control.
    _entry("jump", "", None, "block", _JUMP, "go on there"),
    _entry("branch", "bool", None, "block block", _JUMP, "go on at the first block if true, else at the second"),
    _entry("return", "value?", None, "", _JUMP, "leave the function"),
    _entry("call", "value*", "value?", "function", Effect.CALL, "run a function"),
    _entry("call_table", "value*", "value?", "table operation", Effect.CALL, "an indirect call through a table"),
    _entry("patch", "", None, "table implementation", Effect.WRITE, "make the table call that implementation"),
    _entry("assert", "bool", None, "message", Effect.CHECK, "a property that the author states", "assertion"),
    # Boundaries of locks: made by `inline` from calls of functions with a role.
    _entry(
        "mark", "address", None, "event", Effect.MARK, "`lock_begin`, `lock_end`, `unlock_begin`, ... of the lock there"
    ),
    _entry("doorway", "", None, "", Effect.MARK, "the doorway of the lock ends here, not at its first await"),
    # CPUs and threads.
    _entry(
        "halt",
        "",
        None,
        "interrupts",
        _CPU,
        "`on`: enable interrupts and halt in one step; `keep`: leave them as they are",
    ),
    _entry("halt_if", "bool", None, "", _CPU, "halt, with interrupts on if the operand is true, else as they are"),
    _entry(
        "kick", "int", None, "latch", _CPU, "end the halt of that CPU; with `latched`, also its next one", "no_such_cpu"
    ),
    _entry("cpu_online", "int", "bool", "", _CPU, "whether that CPU is online", "no_such_cpu"),
    _entry("cpu_set_online", "int bool", None, "", _CPU, "bring that CPU online or take it offline", "no_such_cpu"),
    _entry("park", "", None, "", _CPU, "sleep until unparked; an earlier `unpark` counts once"),
    _entry(
        "unpark", "int", None, "", _CPU, "wake that thread, or make its next `park` return at once", "no_such_thread"
    ),
    _entry(
        "futex_wait",
        "address A int",
        None,
        "",
        _CPU,
        "sleep if the value is still there (bits of the wake-up that match)",
    ),
    _entry("futex_wake", "address int int", None, "", _CPU, "wake at most so many sleepers whose bits match"),
    _entry("interrupts_off", "", "bool", "", _CPU, "disable interrupts; whether they were on"),
    _entry("interrupts_restore", "bool", None, "", _CPU, "enable interrupts if the operand is true, else disable them"),
    _entry("preemption", "", None, "change", _CPU, "`off` or `on`; they nest", "preemption_unbalanced"),
    _entry("softirqs", "", None, "change", _CPU, "`off` or `on`; they nest"),
    _entry("in_nmi", "", "bool", "", _CPU, "whether this runs in a handler that cannot be masked"),
    _entry("raise_interrupt", "int", None, "handler", _CPU, "make the handler pending on that CPU", "no_such_cpu"),
    _entry("event_clear", "", None, "", _CPU, "clear this CPU's event"),
    _entry("event_set", "", None, "", _CPU, "set this CPU's event"),
    _entry("event_pending", "", "bool", "", _CPU, "whether this CPU's event is set"),
    _entry("event_poll", "", None, "", _CPU, "sleep until this CPU's event is set"),
    _entry("event_send", "int", None, "", _CPU, "set the event of that CPU", "no_such_cpu"),
    # Storage.
    _entry("alloc", "int", "pointer", "struct zero", _STORAGE, "a record on that NUMA node (-1: here), or null"),
    _entry("free", "pointer", None, "", _STORAGE, "give a record back", "null double_free"),
    _entry("rcu_read", "", None, "change", _STORAGE, "`enter` or `leave` a read section; they nest"),
    _entry("rcu_synchronize", "", None, "", _STORAGE, "wait for every read section that has begun"),
    _entry(
        "rcu_free",
        "pointer pointer",
        None,
        "",
        _STORAGE,
        "free after every read section that has begun",
        "null double_free",
    ),
)

TABLE: dict[str, Entry] = {entry.mnemonic: entry for entry in _ENTRIES}
"""Every instruction by its mnemonic."""
