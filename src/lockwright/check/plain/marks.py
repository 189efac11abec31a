"""The boundaries of locks: who holds what, and where each thread is with respect to the lock under test.

1. `lock_begin` (and `read_lock_begin`, ...): the doorway begins.  It ends at the first await or at `doorway`.
2. `lock_end`, `trylock_end` with true: the thread holds the lock.  Two holders are a fault, but for readers.
3. `unlock_begin`: the thread gives it up; one that doesn't hold it is at fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.check.plain.state import DOORWAY, INSIDE, LEAVING, OUTSIDE, WAITING, Holder
from lockwright.check.plain.values import Fault

if TYPE_CHECKING:
    from lockwright.check.plain.step import Step
    from lockwright.ir.program import Instruction


def mark(step: Step, instruction: Instruction) -> None:
    """Note that a boundary is passed."""
    if instruction.op == "doorway":
        step.tell("mark", text="doorway")
        if step.frame.phase == DOORWAY:
            step.frame = step.frame._replace(phase=WAITING)
        return
    event, values = str(instruction.attributes[0]), step.values()
    step.tell("mark", text=event, address=values[0], name=step.machine.cells.describe(values[0]), value=values[-1])
    if event == "trylock_end" and not values[1]:
        return
    if event.endswith("_end") and "unlock" not in event:
        _take(step, values[0], reads=event.startswith("read_"))
    if event.endswith("unlock_begin"):
        _give_up(step, values[0], reads=event.startswith("read_"))
    if values[0] == step.machine.subject:
        step.frame = step.frame._replace(phase=_phase(event, step.frame.phase))


def _phase(event: str, before: int) -> int:
    if event.startswith("trylock"):
        return INSIDE if event == "trylock_end" else before
    if event.endswith("unlock_begin"):
        return LEAVING
    if event.endswith("unlock_end"):
        return OUTSIDE
    return DOORWAY if event.endswith("lock_begin") else INSIDE


def holder_of(step: Step, lock: int) -> Holder:
    """Return who holds the lock of the mark in front; the same address may be that of a lock inside it."""
    struct = str(step.type_of(step.instruction.operands[0]))
    held = [one for one in step.world.holders if (one.lock, one.struct) == (lock, struct)]
    return held[0] if held else Holder(lock, struct)


def _take(step: Step, lock: int, *, reads: bool) -> None:
    holder = holder_of(step, lock)
    if holder.owner is not None or (holder.readers and not reads):
        raise Fault("two_holders", step.machine.cells.describe(lock))
    if reads:
        _put(step, holder._replace(readers=tuple(sorted((*holder.readers, step.thread)))))
    else:
        _put(step, holder._replace(owner=step.thread))


def _give_up(step: Step, lock: int, *, reads: bool) -> None:
    holder = holder_of(step, lock)
    if step.thread not in (holder.readers if reads else (holder.owner,)):
        raise Fault("not_holder", step.machine.cells.describe(lock))
    readers = list(holder.readers)
    if reads:
        readers.remove(step.thread)
    _put(step, holder._replace(owner=None, readers=tuple(readers)))


def _put(step: Step, holder: Holder) -> None:
    others = [one for one in step.world.holders if (one.lock, one.struct) != (holder.lock, holder.struct)]
    if holder.owner is not None or holder.readers:
        others.append(holder)
    step.world = step.world._replace(holders=tuple(sorted(others, key=lambda one: (one.lock, one.struct))))
