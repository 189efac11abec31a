"""Small locks in the notation of the IR, each line its own source, and mutants of them that fail in known ways."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.ir.assembly import assemble

from lockwright.ir.program import Field, Global, Program, Promises, Struct
from lockwright.ir.types import U8, U16, Atomic, Place, StructRef

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOP = """
    lock = root @lock
    where = root @count
again:
    more = running
    branch @enter @out more
enter:
    mark @lock_begin lock
{lock}
    mark @lock_end lock
inside:
    count = load where
    count = add count 1:u8
    store where count
    mark @unlock_begin lock
{unlock}
    mark @unlock_end lock
    jump @again
out:
    return
"""


def lock(fields: Sequence[tuple[str, Place]], lock: str, unlock: str, *, fifo: bool = False) -> Program:
    """A lock with these fields around a plain counter, run by all threads."""
    program = Program("Mine", promises=Promises(fifo=fifo), subject=("lock",))
    program.structs["Mine"] = Struct("Mine", tuple(Field(name, kind) for name, kind in fields), is_lock=True)
    program.globals["lock"] = Global("lock", StructRef("Mine"))
    program.globals["count"] = Global("count", U8)
    text = LOOP.format(lock=lock.strip("\n"), unlock=unlock.strip("\n"))
    lines = [f"{line}  # {line.strip()}" if " " in line.strip() else line for line in text.splitlines()]
    assemble(program, "worker", "\n".join(lines))
    return program


def ticket(draw: str = "relaxed", wait: str = "acquire", serve: str = "release", step: int = 1) -> Program:
    return lock(
        [("owner", Atomic(U16)), ("next", Atomic(U16))],
        f"""
    next = field @next lock
    owner = field @owner lock
    ticket = fetch_add @{draw} next 1:u16
wait:
    seen = atomic_load @{wait} owner
    other = ne seen ticket
    branch @wait @in other
in:
""",
        f"""
    mine = atomic_load @relaxed owner
    mine = add mine {step}:u16
    atomic_store @{serve} owner mine
""",
        fifo=True,
    )


def check_then_set() -> Program:
    return lock(
        [("held", Atomic(U8))],
        """
    held = field @held lock
wait:
    seen = atomic_load @acquire held
    isheld = ne seen 0:u8
    branch @wait @take isheld
take:
    atomic_store @relaxed held 1:u8
""",
        "    atomic_store @release held 0:u8",
    )


def exchange_lock(*, fifo: bool = False) -> Program:
    return lock(
        [("held", Atomic(U8))],
        """
    held = field @held lock
take:
    old = exchange @acquire held 1:u8
    taken = ne old 0:u8
    branch @take @in taken
in:
""",
        "    atomic_store @release held 0:u8",
        fifo=fifo,
    )


def sleeper(*, fence: bool) -> Program:
    """A flag that says that somebody sleeps: only under `tso` is the wake-up lost, unless a fence stands between."""
    between = "    fence @seq_cst" if fence else ""
    return lock(
        [("held", Atomic(U8)), ("asleep", Atomic(U8))],
        """
    held = field @held lock
    asleep = field @asleep lock
take:
    old = exchange @acquire held 1:u8
    taken = ne old 0:u8
    branch @doze @in taken
doze:
    one = exchange @acq_rel asleep 1:u8
    seen = atomic_load @acquire held
    isheld = ne seen 0:u8
    branch @sleep @take isheld
sleep:
    park
    jump @take
in:
""",
        f"""
    atomic_store @release held 0:u8
{between}
    flag = atomic_load @acquire asleep
    wake = ne flag 0:u8
    branch @kick @done wake
kick:
    me = thread
    other = sub 1:u32 me
    unpark other
    jump @done
done:
""",
    )


def waiting_lock(*, fifo: bool) -> Program:
    """Test and test-and-set: waits by reading, then all rush."""
    return lock(
        [("held", Atomic(U8))],
        """
    held = field @held lock
wait:
    seen = atomic_load @relaxed held
    isheld = ne seen 0:u8
    branch @wait @take isheld
take:
    old = exchange @acquire held 1:u8
    taken = ne old 0:u8
    branch @wait @in taken
in:
""",
        "    atomic_store @release held 0:u8",
        fifo=fifo,
    )


def message_passing() -> Program:
    """Data, then a flag, both relaxed: a reader that sees the flag may see the old data."""
    program = Program("Message")
    program.globals["data"] = Global("data", Atomic(U8))
    program.globals["flag"] = Global("flag", Atomic(U8))
    sender = """
    data = root @data
    flag = root @flag
    atomic_store @relaxed data 1:u8
    atomic_store @relaxed flag 1:u8
    return
"""
    receiver = """
    data = root @data
    flag = root @flag
    ready = atomic_load @acquire flag
    sent = ne ready 0:u8
    branch @look @out sent
look:
    got = atomic_load @relaxed data
    right = eq got 1:u8
    assert @lost right
    jump @out
out:
    return
"""
    for name, text in (("send", sender), ("receive", receiver)):
        lines = [f"{line}  # {line.strip()}" if " " in line.strip() else line for line in text.splitlines()]
        assemble(program, name, "\n".join(lines))
    program.workers = [replace(worker, count=1) for worker in program.workers]
    return program


def counter() -> Program:
    """Two threads that count in a plain word."""
    program = Program("Counter")
    program.globals["count"] = Global("count", U8)
    text = """
    count = root @count
    old = load count
    new = add old 1:u8
    store count new
    return
"""
    lines = [f"{line}  # {line.strip()}" if " " in line.strip() else line for line in text.splitlines()]
    assemble(program, "worker", "\n".join(lines))
    return program
