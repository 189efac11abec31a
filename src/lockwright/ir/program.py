"""The container of a compiled program: structs, globals, functions of basic blocks, and who runs what.

Functions are monomorphic.  Registers are typed and may be written more than once (this is not SSA).
An instruction knows where its author wrote it, and through which calls it was inlined.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from lockwright.diagnostics.span import NOWHERE, Span
from lockwright.ir.table import TABLE, Entry, Order
from lockwright.ir.types import Extent, Place, Value


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal operand; `value` is already wrapped into `type` (null is 0 of a Pointer)."""

    value: int
    type: Value


@dataclass(frozen=True, slots=True)
class Reg:
    """An operand that is register number `index` of its function."""

    index: int


Operand: TypeAlias = Reg | Constant
Attribute: TypeAlias = Order | Extent | str | int
"""An order, an extent, a name (field, part, global, function, struct, block label, event, ...), or a flag."""


@dataclass(frozen=True, slots=True)
class CallSite:
    """One call through which an instruction was inlined: the function called and where the call stands."""

    function: str
    span: Span


@dataclass(frozen=True, slots=True)
class Instruction:
    """One row of the table applied: `result = op operands [attributes]`."""

    op: str
    result: int | None = None
    operands: tuple[Operand, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    span: Span = NOWHERE
    inlined: tuple[CallSite, ...] = ()  # outermost call first

    @property
    def entry(self) -> Entry:
        """The row of the table."""
        return TABLE[self.op]


@dataclass(slots=True)
class Register:
    """A typed register; one without a name holds an intermediate result."""

    type: Value
    name: str = ""


@dataclass(slots=True)
class Block:
    """Instructions that run one after the other; the last, and only the last, is a jump."""

    label: str
    instructions: list[Instruction] = field(default_factory=list)


class Role(StrEnum):
    """What a method of a `Lock` or `RwLock` is for.  Its first parameter is the address of the lock."""

    LOCK = "lock"
    TRYLOCK = "trylock"
    UNLOCK = "unlock"
    READ_LOCK = "read_lock"
    READ_UNLOCK = "read_unlock"
    WRITE_LOCK = "write_lock"
    WRITE_UNLOCK = "write_unlock"


@dataclass(slots=True)
class Function:
    """A function: the first `parameters` registers are its parameters; the first block is its entry."""

    name: str  # unique in the program: `TicketLock[u16].lock`
    parameters: int
    result: Value | None
    registers: list[Register]
    blocks: list[Block]
    symbol: str = ""  # its name in a profile, if not its own
    role: Role | None = None
    noinline: bool = False
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a struct.  `align` in bytes counts for native code and cache lines, never for meaning."""

    name: str
    type: Place
    align: int = 0
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct, or a union (all fields begin at the same byte)."""

    name: str
    fields: tuple[Field, ...]
    align: int = 0
    is_union: bool = False
    is_lock: bool = False  # a `Lock` or an `RwLock`

    def field(self, name: str) -> Field:
        """Return the field called `name`."""
        return next(one for one in self.fields if one.name == name)


@dataclass(frozen=True, slots=True)
class Global:
    """A place that exists once: the root of a workload, `shared()` storage, pools of queue nodes, a table's choice."""

    name: str
    type: Place
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class Worker:
    """Threads that run `function` (which has no parameters); `count` None: all threads that are left."""

    function: str
    count: int | None = None
    cpu: int | None = None
    node: int | None = None


@dataclass(frozen=True, slots=True)
class Handler:
    """A function without parameters that interrupts a CPU (`cpu` None: any)."""

    function: str
    every_cycles: int = 0
    cpu: int | None = None
    maskable: bool = True
    softirq: bool = False


@dataclass(frozen=True, slots=True)
class CallTable:
    """A table of calls: the functions of each implementation by operation, and the global (atomic u8) with its choice.

    The choice is the position in `implementations`; it starts at 0.
    """

    name: str
    choice: str
    implementations: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Promises:
    """What the class line of a lock promises."""

    fifo: bool = False
    overcommit: bool = False
    numa: bool = False


@dataclass(slots=True)
class Program:
    """Everything an executor needs."""

    name: str
    structs: dict[str, Struct] = field(default_factory=dict)
    globals: dict[str, Global] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    setup: str | None = None  # a function without parameters that runs once, alone, before the threads
    workers: list[Worker] = field(default_factory=list)
    at_rest: list[str] = field(default_factory=list)  # functions without parameters, run alone after the threads
    handlers: list[Handler] = field(default_factory=list)
    tables: dict[str, CallTable] = field(default_factory=dict)
    subject: tuple[str, ...] = ()  # path of the lock under test: global, then fields; empty for a whole program
    promises: Promises = Promises()
    sources: dict[str, str] = field(default_factory=dict)  # text of each file, by the name that spans use
    imports: dict[str, str] = field(default_factory=dict)  # digest of each source file


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a run: how many threads, on which CPUs, on which NUMA nodes.

    `thread_cpus[t]` is the CPU of thread t, `cpu_nodes[c]` the node id of CPU c, `node_ids` the ids that exist.
    `offline` are the CPUs that are offline at first; with `migrates` a thread may come to any other CPU that is online
    whenever it may be preempted.
    """

    thread_cpus: tuple[int, ...]
    cpu_nodes: tuple[int, ...]
    node_ids: tuple[int, ...] = (0,)
    offline: tuple[int, ...] = ()
    migrates: bool = False

    @classmethod
    def plain(cls, threads: int) -> Shape:
        """Return one CPU for each thread, all on node 0."""
        return cls(tuple(range(threads)), (0,) * threads)

    def length(self, extent: int | Extent) -> int:
        """Return a length as a number."""
        match extent:
            case Extent.THREADS:
                return len(self.thread_cpus)
            case Extent.CPUS:
                return len(self.cpu_nodes)
            case Extent.NODES:
                return len(self.node_ids)
            case Extent.NODE_IDS:
                return max(self.node_ids) + 1
        return extent
