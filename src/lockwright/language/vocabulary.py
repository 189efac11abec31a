"""Which words there are, by what they are for."""

from __future__ import annotations

from lockwright.ir.table import Order
from lockwright.ir.types import INTEGERS

INTEGER_NAMES = tuple(name for name in INTEGERS if name != "bool")
STRUCT_BASES = ("Struct", "Union", "Lock", "RwLock", "Workload")
CLASS_BASES = (*STRUCT_BASES, "Word", "Table", "RcuHead")
ORDERS = {order.value: order for order in Order}
REFUSED_ORDERS = {
    "load": (Order.RELEASE, Order.ACQ_REL),
    "store": (Order.ACQUIRE, Order.ACQ_REL),
    "failure": (Order.RELEASE, Order.ACQ_REL),
}
"""The orders that C11 refuses, by use."""
ATOMICS = ("Atomic", "AtomicWord")
ARRAYS = ("Array", "PerCpu", "PerNode", "PerThread")
DECORATORS = ("noinline", "symbol", "interrupt", "softirq", "workers")
CONTEXTS = ("rcu_read", "interrupts_disabled", "softirqs_disabled", "preemption_disabled")
CALLS = (
    *("fence", "pause", "compute", "cpu", "cpus", "numa_node", "numa_nodes", "numa_node_ids", "numa_node_exists"),
    *("thread", "threads", "now", "random", "halt", "kick", "cpu_online", "cpu_set_online", "park", "unpark"),
    *("futex_wait", "futex_wake", "interrupts_off", "interrupts_restore", "preemption_off", "preemption_on"),
    *("in_nmi", "doorway", "rcu_synchronize", "rcu_free", "alloc", "free", "running", "raise_interrupt", "patch"),
    *("event_clear", "event_set", "event_pending", "event_poll", "event_send"),
)
MARKERS = ("Ptr", "Param", "Order", "Pointer", "Parameter")
DECLARERS = ("field", "shared", "table")
WORDS = frozenset(
    (*INTEGER_NAMES, *CLASS_BASES, *ORDERS, *ATOMICS, *ARRAYS, *DECORATORS, *CONTEXTS, *CALLS, *MARKERS, *DECLARERS)
)
"""Every name that `lockwright.language` has."""

BUILTINS = frozenset(("range", "min", "max", "len", "bool", "int"))
"""The builtins of Python that the language has."""

PROMISES = ("fifo", "overcommit", "numa")
LOCK_METHODS = ("lock", "trylock", "unlock")
RWLOCK_METHODS = ("read_lock", "read_unlock", "write_lock", "write_unlock")
