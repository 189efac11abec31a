"""The words of the language, for authors to import.  `__init__.pyi` beside this file has their types.

A source in the language is parsed and compiled, never executed.  Python itself runs the class statement only in a
notebook or where a person imports the file: so every spelling is accepted here, and a call says that it is not run.
"""

from __future__ import annotations

import typing as _typing

_T = _typing.TypeVar("_T")

u2 = u3 = u4 = u8 = u16 = u32 = u64 = i64 = int


class Pointer:
    """Marks the annotation `Ptr[T]`."""


class Parameter:
    """Marks the annotation `Param[T]`."""


Ptr = _typing.Annotated[_T, Pointer()]
Param = _typing.Annotated[_T, Parameter()]


class Order:
    """A memory order of C11."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


relaxed, acquire, release, acq_rel, seq_cst = map(Order, ("relaxed", "acquire", "release", "acq_rel", "seq_cst"))


class Compiled(TypeError):  # noqa: N818 - it names what the source is
    """Raised when Python is asked to run what only lockwright compiles."""

    def __init__(self, word: str) -> None:
        super().__init__(
            f"`{word}` is compiled by lockwright, never run by Python: try `lockwright check FILE`, "
            f"or `lockwright.check(CLASS)` in a notebook"
        )


class _Written:
    """A class in the language: it may be defined, with any keywords in its class line, and not instantiated."""

    def __init_subclass__(cls, **keywords: object) -> None:
        """Accept the promises and the alignment of the class line."""
        super().__init_subclass__()
        cls.__lockwright__ = keywords

    def __init__(self, *_: object, **__: object) -> None:
        raise Compiled(type(self).__name__)


class Struct(_Written):
    """Fields at one place in memory."""


class Union(Struct):
    """Fields that overlay."""


class RcuHead(Struct):
    """What RCU needs to queue a record."""


class Word(_Written):
    """Parts packed into at most 64 bits: a value."""


class Table(_Written):
    """Operations that are called indirectly."""


class Lock(Struct):
    """A lock with one holder: `lock`, `unlock`, perhaps `trylock`."""


class RwLock(Struct):
    """A lock for readers or one writer."""


class Workload(Struct):
    """What the threads do."""


class Atomic(_typing.Generic[_T]):
    """A place that only atomic operations touch."""


class AtomicWord(Atomic[_T]):
    """An atomic `Word`; its parts are atomics too."""


class Array(_typing.Generic[_T]):
    """Elements one after the other; `field(length=N)` says how many."""


class PerCpu(Array[_T]):
    """One element for each CPU of the run."""


class PerNode(Array[_T]):
    """One element for each NUMA node id of the run."""


class PerThread(Array[_T]):
    """One element for each thread of the run."""


class _Declared:
    """What `field`, `shared` and `table` give: a place that only exists when compiled."""

    def __init__(self, word: str, options: dict[str, object]) -> None:
        self.word, self.options = word, options

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Compiled(f"{self.word}().{name}")


def field(**options: object) -> object:
    """Declare length, alignment or initial value of a field."""
    return _Declared("field", options)


def shared(**options: object) -> object:
    """Declare storage that all locks share."""
    return _Declared("shared", options)


def table(first: type) -> object:
    """Declare a table of calls that begins with the implementation `first`."""
    return _Declared("table", {"first": first})


def _decorator(name: str) -> _typing.Callable[..., object]:
    def mark(*_: object, **__: object) -> _typing.Callable[[_T], _T]:
        return lambda function: function

    mark.__name__ = name
    return mark


symbol, interrupt, softirq, workers = map(_decorator, ("symbol", "interrupt", "softirq", "workers"))


def noinline(function: _T) -> _T:
    """Keep the function as a call of its own in machine code."""
    return function


def _size(name: str) -> _typing.Callable[[], int]:
    def size() -> int:
        return 1

    size.__name__ = name
    return size


cpus, threads, numa_nodes, numa_node_ids = map(_size, ("cpus", "threads", "numa_nodes", "numa_node_ids"))


def _word(name: str) -> _typing.Callable[..., object]:
    def compiled(*_: object, **__: object) -> object:
        raise Compiled(name)

    compiled.__name__ = name
    return compiled


_CALLS = [
    "fence",
    "pause",
    "compute",
    "cpu",
    "numa_node",
    "numa_node_exists",
    "thread",
    "now",
    "random",
    "halt",
    "kick",
    "cpu_online",
    "cpu_set_online",
    "park",
    "unpark",
    "futex_wait",
    "futex_wake",
    "interrupts_off",
    "interrupts_restore",
    "interrupts_disabled",
    "preemption_off",
    "preemption_on",
    "softirqs_disabled",
    "in_nmi",
    "doorway",
    "preemption_disabled",
    "rcu_read",
    "rcu_synchronize",
    "rcu_free",
    "alloc",
    "free",
    "running",
    "raise_interrupt",
    "patch",
    "event_clear",
    "event_set",
    "event_pending",
    "event_poll",
    "event_send",
]

globals().update({name: _word(name) for name in _CALLS})
