"""Random small programs with the words for CPUs, interrupts, sleep, storage and read sections, as texts of threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from lockwright.ir.program import Worker
from tests.plain.threads import program

if TYPE_CHECKING:
    from lockwright.ir.program import Program

ACCESSES = (
    "atomic_store @release {word} {value}:u8",
    "atomic_store @seq_cst {word} {value}:u8",
    "atomic_store @release {word} {value}:u8\nseen = atomic_load @acquire {other}\nstore {plain} seen",
    "seen = atomic_load @acquire {word}\nstore {plain} seen",
    "old = fetch_add @acq_rel {word} 1:u8\nstore {plain} old",
    "got = load {plain}\nmore = add got 1:u8\nstore {plain} more",
    """
    jump @wait{n}
wait{n}:
    held = atomic_load @acquire {word}
    is_free = ne held 1:u8
    branch @out{n} @wait{n} is_free
out{n}:
""",
)
MASKS = (
    "were_on = interrupts_off\n{inner}\ninterrupts_restore were_on",
    "softirqs @off\n{inner}\nsoftirqs @on",
    "preemption @off\n{inner}\npreemption @on",
)
SLEEPS = (
    "halt @keep", "halt @on", "kick @latched {cpu}:u32", "kick @unlatched {cpu}:u32", "park", "unpark {thread}:u32",
    "event_clear", "event_poll", "event_send {cpu}:u32", "cpu_set_online {cpu}:u32 {flag}:bool",
    "here = cpu\nnumber:u8 = convert here\nstore {plain} number",
)  # fmt: skip
FUTEXES = (
    "futex_wait futex {value}:u32 {bits}:u32", "futex_wake futex {count}:u32 {bits}:u32", "event_set",
    "atomic_store @release futex {value}:u32\nfutex_wake futex 1:u32 3:u32", "atomic_store @relaxed futex {value}:u32",
    "atomic_store @relaxed {word} {value}:u8", "seen = atomic_load @relaxed {word}\nstore {plain} seen",
)  # fmt: skip
RAISES = ("raise_interrupt @handler0 {cpu}:u32",)
IN_HANDLERS = (
    """
    inside = in_nmi
    branch @nmi{n} @not{n} inside
nmi{n}:
    store {plain} 2:u8
    jump @not{n}
not{n}:
""",
    *SLEEPS[2:6],
)
STORAGE = (
    """
    node = alloc @Node @1 -1:i64
    none = eq node null:Node*
    branch @out{n} @got{n} none
got{n}:
    item = field @item node
    store item {value}:u8
    atomic_store @release head node
    jump @out{n}
out{n}:
""",
    """
    node = exchange @acq_rel head null:Node*
    none = eq node null:Node*
    branch @out{n} @got{n} none
got{n}:
    {retire}
    jump @out{n}
out{n}:
""",
    """
    rcu_read @enter
    node = atomic_load @acquire head
    none = eq node null:Node*
    branch @out{n} @got{n} none
got{n}:
    item = field @item node
    got = load item
    store {plain} got
    jump @out{n}
out{n}:
    rcu_read @leave
""",
    "rcu_synchronize",
)
RETIRES = ("free node", "rcu_free node null:Node*", "rcu_synchronize\nfree node")


@dataclass
class _Author:
    """Draws texts; `n` numbers the labels."""

    draw: st.DrawFn
    threads: int
    cpus: int
    n: int = 0

    def pick(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def snippet(self, kinds: tuple[tuple[str, ...], ...]) -> str:
        text = self.pick(*self.draw(st.sampled_from(kinds)))
        self.n += 1
        inner = self.snippet((ACCESSES,)) if "{inner}" in text else ""
        word, other = self.pick("x", "y"), self.pick("x", "y", "z")
        return text.format(
            word=word, other=other, plain=self.pick("p", "q"), value=self.pick("0", "1"), inner=inner, n=self.n,
            cpu=self.draw(st.integers(0, self.cpus - 1)), thread=self.draw(st.integers(0, self.threads - 1)),
            flag=self.pick("0", "1"), bits=self.pick("1", "2", "3"), count=self.pick("1", "2"),
            retire=self.pick(*RETIRES),
        )  # fmt: skip

    def text(self, kinds: tuple[tuple[str, ...], ...], most: int) -> str:
        return "\n".join(self.snippet(kinds) for _ in range(self.draw(st.integers(1, most))))


@st.composite
def machine_programs(
    draw: st.DrawFn,
    *,
    handlers: int = 1,
    storage: bool = False,
    with_masks: bool = False,
    threads: int = 2,
    cpus: int = 2,
    symmetric: bool = False,
    futexes: bool = False,
) -> Program:
    """Draw a program of a few threads and handlers; symmetric: all threads run the same."""
    author = _Author(draw, threads, cpus)
    kinds: tuple[tuple[str, ...], ...] = (ACCESSES, MASKS, SLEEPS) if handlers or with_masks else (ACCESSES, SLEEPS)
    if storage:
        kinds = (ACCESSES, STORAGE, STORAGE)
    kinds += (FUTEXES,) * futexes
    inside = (ACCESSES, STORAGE) if storage else (ACCESSES, MASKS, IN_HANDLERS)
    outside = (*kinds, RAISES) if handlers else kinds
    texts = [author.text(outside, 3) for _ in range(threads)]
    made = program(*texts, handlers=tuple(author.text(inside, 2) for _ in range(handlers)))
    made.handlers = [
        one.__class__(
            one.function,
            cpu=draw(st.sampled_from((None, 0))),
            maskable=draw(st.booleans()) if number else True,
            softirq=draw(st.booleans()) if not number else False,
        )
        for number, one in enumerate(made.handlers)
    ]
    if symmetric:
        made.workers = [Worker("thread0", threads)]
    return made
