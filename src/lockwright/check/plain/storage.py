"""Records that are allocated and freed, and read sections that put off frees.

1. `alloc` takes the lowest free record of the pool of its struct, or finds nothing.
2. Any access to a record that is not allocated is a fault, and so is freeing it.
3. `rcu_free` frees when every read section that had begun has ended; `rcu_synchronize` sleeps until then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.check.plain.memory import Access
from lockwright.check.plain.state import Deferred, Event, Sleep
from lockwright.check.plain.values import Fault
from lockwright.ir.table import Order

if TYPE_CHECKING:
    from lockwright.check.plain.step import Step
    from lockwright.ir.program import Instruction


def do(step: Step, instruction: Instruction, choice: int) -> int | None:
    """Do an instruction on storage."""
    values = step.values()
    match instruction.op:
        case "alloc":
            return _alloc(step, instruction, failed=bool(choice))
        case "free":
            step.tell("storage", address=values[0], name=step.machine.cells.describe(values[0]))
            _check_record(step, values[0])
            _free(step, values[0])
        case "rcu_free":
            step.tell("storage", address=values[0], name=step.machine.cells.describe(values[0]))
            _check_record(step, values[0])
            _link(step, values)
            _defer(step, values[0])
        case "rcu_read":
            _read_section(step, enter=instruction.attributes[0] == "enter")
        case "rcu_synchronize":
            _synchronize(step)
    return None


def _alloc(step: Step, instruction: Instruction, *, failed: bool) -> int:
    struct, zero = str(instruction.attributes[0]), bool(instruction.attributes[1])
    record = 0 if failed else min(step.machine.free_records(step.world, struct))
    if record:
        step.world = step.world._replace(live=step.world.live | {record})
        cells = range(record, record + step.machine.cells.heap[struct].stride)
        step.memory = step.memory.renew(step.thread, cells, zero=zero)
    step.tell("storage", value=record, name=step.machine.cells.describe(record))
    return record


def _check_record(step: Step, address: int) -> None:
    if address == 0:
        raise Fault("null")
    is_deferred = address in [one.address for one in step.world.deferred]
    if address not in step.world.live or is_deferred:
        raise Fault("double_free", step.machine.cells.describe(address))


def _free(step: Step, address: int) -> None:
    step.world = step.world._replace(live=step.world.live - {address})


def _link(step: Step, values: list[int]) -> None:
    """Write the record into its head, as a list of waiting records does; a union may suffer from that."""
    record, head = values
    if head:
        step.check_alive(head)
        order = Order.SEQ_CST if step.machine.model == "tso" else None  # what it stored before has drained
        access = Access(head, 0, 64, order, change=lambda _: record)
        step.memory, _ = step.memory.perform(step.thread, access, 0)


def _readers(step: Step) -> tuple[int, ...]:
    return tuple(number for number, one in enumerate(step.threads) if one.reading)


def _defer(step: Step, address: int) -> None:
    step.memory = step.memory.meet(step.thread)
    deferred = Deferred(address, _readers(step))
    step.remark(",".join(map(str, deferred.readers)))
    step.world = step.world._replace(deferred=tuple(sorted((*step.world.deferred, deferred))))
    _settle(step)


def _read_section(step: Step, *, enter: bool) -> None:
    step.memory = step.memory.meet(step.thread)
    step.tell("storage", value=int(enter))
    step.own = step.own._replace(reading=step.own.reading + (1 if enter else -1))
    if step.own.reading == 0:
        _leave(step)


def _leave(step: Step) -> None:
    deferred = tuple(one._replace(readers=_without(one.readers, step.thread)) for one in step.world.deferred)
    step.world = step.world._replace(deferred=deferred)
    _settle(step)
    for number, one in enumerate(step.threads):
        for depth, frame in enumerate(one.frames):
            if frame.sleep is not None and frame.sleep.reason == "rcu":
                _leave_synchronize(step, number, depth, frame.sleep)


def _leave_synchronize(step: Step, thread: int, depth: int, sleep: Sleep) -> None:
    """Note that one reader less is waited for, even if a handler runs on top of whoever waits."""
    left = sleep._replace(readers=_without(sleep.readers, step.thread))
    frames = list(step.threads[thread].frames)
    frames[depth] = frames[depth]._replace(sleep=left)
    step.threads[thread] = step.threads[thread]._replace(frames=tuple(frames))
    if not left.readers:
        step.memory = step.memory.meet(thread)
        step.wake(thread, "rcu")


def _without(readers: tuple[int, ...], thread: int) -> tuple[int, ...]:
    return tuple(one for one in readers if one != thread)


def _settle(step: Step) -> None:
    for one in step.world.deferred:
        if not one.readers:
            name = step.machine.cells.describe(one.address)
            step.events.append(Event("free", step.thread, address=one.address, name=name))
            _free(step, one.address)
    left = tuple(one for one in step.world.deferred if one.readers)
    step.world = step.world._replace(deferred=left)


def _synchronize(step: Step) -> None:
    step.memory = step.memory.meet(step.thread)
    readers = _without(_readers(step), step.thread)
    step.tell("storage", text="" if readers else "nobody reads")
    if readers:
        step.frame = step.frame._replace(sleep=Sleep("rcu", readers=readers))
        step.tell("sleep", text="rcu")
