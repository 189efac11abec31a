"""What CPUs and the operating system do: sleep and wake, interrupts, events.

1. `halt`, `park`, `futex_wait` and `event_poll` put the thread to sleep, unless what ends the sleep has come already.
2. A kick wakes whoever halts on that CPU; if nobody does, a latched one lets the next halt go on.  An offline CPU loses
   it.
3. A futex wakes sleepers whose bits match, any of them if there are more than it may wake; nobody wakes for no reason.
4. A handler runs on top of the thread that it interrupts, even of one that sleeps, and ends a halt.  A maskable one
   needs interrupts on and runs with interrupts off; a softirq needs softirqs on and no handler below it.
5. While a thread cannot be preempted, the others on its CPU stand still; what they stored goes on to memory.
   Under `tso` they stand still too until what it stored has drained, since the buffer is the CPU's.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from lockwright.check.plain.memory import ones
from lockwright.check.plain.state import THREAD, Event, Sleep
from lockwright.check.plain.values import Fault, value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockwright.check.plain.state import State, Thread
    from lockwright.check.plain.step import Step
    from lockwright.ir.program import Instruction

QUIET = frozenset({"cpu", "numa_node", "interrupts_off", "interrupts_restore", "preemption", "softirqs", "in_nmi"})
"""What concerns nobody else: it neither waits for the store buffer nor orders anything."""

_LEAVES_ITS_CPU = frozenset({"park", "futex", "rcu"})
"""Sleeps in which another thread may have the CPU, whatever the sleeper has turned off."""


def do(step: Step, instruction: Instruction, choice: int) -> int | None:
    """Do an instruction of the CPU."""
    if instruction.op not in QUIET:
        step.memory = step.memory.meet(step.thread)
    step.tell("cpu", value=next(iter(step.values()), None))
    return _OPERATIONS[instruction.op](step, instruction, choice)


def _existing(step: Step, cpu: int) -> int:
    if not 0 <= cpu < len(step.machine.shape.cpu_nodes):
        raise Fault("no_such_cpu", str(cpu))
    return cpu


def _sleep(step: Step, sleep: Sleep) -> None:
    step.frame = step.frame._replace(sleep=sleep)
    step.tell("sleep", text=sleep.reason, address=sleep.address)


def _with(flags: tuple[bool, ...], index: int, *, value: bool) -> tuple[bool, ...]:
    return (*flags[:index], value, *flags[index + 1 :])


def sleepers(state: State | Step, reason: str) -> list[tuple[int, Sleep]]:
    """Return the threads that sleep for a reason, with their sleep."""
    found = [(number, frame.sleep) for number, one in enumerate(state.threads) for frame in one.frames]
    return [(number, sleep) for number, sleep in found if sleep is not None and sleep.reason == reason]


# Halts and kicks.


def _halt(step: Step, *, interrupts_on: bool) -> None:
    step.own = step.own._replace(interrupts_on=step.own.interrupts_on or interrupts_on)
    if step.world.latched[step.cpu]:
        step.remark("goes on at once: it was kicked before")
        step.world = step.world._replace(latched=_with(step.world.latched, step.cpu, value=False))
    else:
        _sleep(step, Sleep("halt"))


def _halt_keep_or_on(step: Step, instruction: Instruction, choice: int) -> None:
    del choice
    _halt(step, interrupts_on=instruction.attributes[0] == "on")


def _halt_if(step: Step, instruction: Instruction, choice: int) -> None:
    del instruction, choice
    _halt(step, interrupts_on=bool(step.values()[0]))


def _kick(step: Step, instruction: Instruction, choice: int) -> None:
    del choice
    cpu = _existing(step, step.values()[0])
    halted = [number for number, _ in sleepers(step, "halt") if step.threads[number].cpu == cpu]
    if not step.world.online[cpu]:
        step.remark(f"lost: CPU {cpu} is offline")
        return
    if not halted and instruction.attributes[0] != "latched":
        step.remark("lost: nobody halts there")
    if not halted and instruction.attributes[0] == "latched":
        step.world = step.world._replace(latched=_with(step.world.latched, cpu, value=True))
    _wake(step, halted, "halt")


def _wake(step: Step, threads: Sequence[int], reason: str) -> None:
    for thread in threads:
        step.memory = step.memory.meet(thread)
        step.wake(thread, reason)


# Parking and futexes.


def _park(step: Step, instruction: Instruction, choice: int) -> None:
    del instruction, choice
    if step.own.has_token:
        step.own = step.own._replace(has_token=False)
    else:
        _sleep(step, Sleep("park"))


def _unpark(step: Step, instruction: Instruction, choice: int) -> None:
    del instruction, choice
    thread = step.values()[0]
    if not 0 <= thread < len(step.threads):
        raise Fault("no_such_thread", str(thread))
    if thread in [number for number, _ in sleepers(step, "park")]:
        _wake(step, [thread], "park")
    else:
        step.threads[thread] = step.threads[thread]._replace(has_token=True)


def _futex_wait(step: Step, instruction: Instruction, choice: int) -> None:
    del choice
    address, expected, bits = step.values()
    cell, shift, _ = step.machine.located(address)
    step.check_alive(cell)
    width = ones(getattr(value_at(step.type_of(instruction.operands[0])), "bits", 64))
    if step.memory.newest(cell) >> shift & width == expected & width:
        _sleep(step, Sleep("futex", address, bits))


def _matching(state: State | Step, address: int, bits: int) -> list[int]:
    return [number for number, sleep in sleepers(state, "futex") if sleep.address == address and sleep.bits & bits]


def wakeable(state: State | Step, values: Sequence[int]) -> list[tuple[int, ...]]:
    """Return the sets of sleepers that a `futex_wake` with these operands may wake."""
    address, count, bits = values
    matching = _matching(state, address, bits)
    return list(combinations(matching, min(count, len(matching))))


def _futex_wake(step: Step, instruction: Instruction, choice: int) -> None:
    del instruction
    _wake(step, wakeable(step, step.values())[choice], "futex")


# Interrupts.


def _interrupts_off(step: Step, instruction: Instruction, choice: int) -> int:
    del instruction, choice
    were_on = step.own.interrupts_on
    step.own = step.own._replace(interrupts_on=False)
    return int(were_on)


def _interrupts_restore(step: Step, instruction: Instruction, choice: int) -> None:
    del instruction, choice
    step.own = step.own._replace(interrupts_on=bool(step.values()[0]))


def _preemption(step: Step, instruction: Instruction, choice: int) -> None:
    del choice
    count = step.own.preemption_off + (1 if instruction.attributes[0] == "off" else -1)
    if count < 0:
        raise Fault("preemption_unbalanced")
    step.own = step.own._replace(preemption_off=count)


def _softirqs(step: Step, instruction: Instruction, choice: int) -> None:
    del choice
    count = step.own.softirqs_off + (1 if instruction.attributes[0] == "off" else -1)
    step.own = step.own._replace(softirqs_off=max(0, count))


def _in_nmi(step: Step, instruction: Instruction, choice: int) -> int:
    del instruction, choice
    handlers = step.machine.program.handlers
    return int(any(one.handler != THREAD and not handlers[one.handler].maskable for one in step.own.frames))


def _raise_interrupt(step: Step, instruction: Instruction, choice: int) -> None:
    del choice
    cpu = _existing(step, step.values()[0])
    names = [one.function for one in step.machine.program.handlers]
    raised = {*step.world.raised, (names.index(str(instruction.attributes[0])), cpu)}
    step.world = step.world._replace(raised=tuple(sorted(raised)))


def keeps_its_cpu(thread: Thread) -> bool:
    """Return whether a thread cannot be preempted: preemption, interrupts or softirqs are off, or a handler runs."""
    if thread.is_finished or (thread.sleep is not None and thread.sleep.reason in _LEAVES_ITS_CPU):
        return False
    masks = thread.preemption_off or thread.softirqs_off or not thread.interrupts_on
    return bool(masks) or len(thread.frames) > 1


def is_kept_out(step: Step) -> bool:
    """Return whether another thread keeps the CPU of this one."""
    return _is_kept(step, step.cpu)


def _is_kept(step: Step, cpu: int) -> bool:
    """Return whether another thread keeps a CPU, or what it stored has not drained yet: a switch drains."""
    others = ((number, one) for number, one in enumerate(step.threads) if number != step.thread and one.cpu == cpu)
    drains = step.machine.model == "tso"
    return any(keeps_its_cpu(one) or (drains and not step.memory.is_settled(number)) for number, one in others)


def may_migrate(step: Step, cpu: int) -> bool:
    """Return whether the thread may come to another CPU now: what it stored has drained, and nobody keeps that CPU."""
    own = step.own
    if not step.machine.shape.migrates or own.is_finished or own.sleep is not None or keeps_its_cpu(own):
        return False
    if cpu == own.cpu or not step.world.online[cpu] or _is_kept(step, cpu):
        return False
    return step.memory.is_settled(step.thread)


def migrate(step: Step, cpu: int) -> None:
    """Come to another CPU."""
    step.events.append(Event("migrate", step.thread, old=step.cpu, value=cpu))
    step.memory = step.memory.meet(step.thread)
    step.own = step.own._replace(cpu=cpu)


def may_arrive(step: Step, number: int) -> bool:
    """Return whether a handler may begin on top of the thread now."""
    handler, own = step.machine.program.handlers[number], step.own
    running = [one.handler for one in own.frames if one.handler != THREAD]
    if own.is_finished or is_kept_out(step) or handler.cpu not in (None, step.cpu) or number in running:
        return False
    if step.world.arrivals[number] == 0 and (number, step.cpu) not in step.world.raised:
        return False
    if not handler.maskable:
        return True
    if handler.softirq:
        return not running and own.softirqs_off == 0 and own.interrupts_on
    return own.interrupts_on


def interrupt(step: Step, number: int) -> None:
    """Let a handler begin."""
    handler = step.machine.program.handlers[number]
    raised = tuple(one for one in step.world.raised if one != (number, step.cpu))
    arrivals = list(step.world.arrivals)
    if raised == step.world.raised:
        arrivals[number] -= 1
    step.world = step.world._replace(raised=raised, arrivals=tuple(arrivals))
    step.events.append(Event("interrupt", step.thread, handler.function, name=handler.function, value=step.cpu))
    if step.own.sleep is not None and step.own.sleep.reason == "halt":
        step.memory = step.memory.meet(step.thread)
        step.events.append(Event("wake", step.thread, text="halt"))
        step.frame = step.frame._replace(sleep=None)  # it goes on when the handler has returned
    if handler.maskable and not handler.softirq:
        step.own = step.own._replace(interrupts_on=False)
    step.begin(handler.function, number)


def leave_handler(step: Step) -> None:
    """Put back what the beginning of a handler changed."""
    number = step.frame.handler
    if number == THREAD:
        return
    handler = step.machine.program.handlers[number]
    step.events.append(Event("return", step.thread, handler.function, name=handler.function))
    if handler.maskable and not handler.softirq:
        step.own = step.own._replace(interrupts_on=True)


# CPUs and their events.


def _cpu(step: Step, instruction: Instruction, choice: int) -> int:
    del instruction, choice
    return step.cpu


def _numa_node(step: Step, instruction: Instruction, choice: int) -> int:
    del instruction, choice
    return step.machine.shape.cpu_nodes[step.cpu]


def _cpu_online(step: Step, instruction: Instruction, choice: int) -> int:
    del instruction, choice
    return int(step.world.online[_existing(step, step.values()[0])])


def _cpu_set_online(step: Step, instruction: Instruction, choice: int) -> None:
    del instruction, choice
    cpu, online = step.values()
    flags = _with(step.world.online, _existing(step, cpu), value=bool(online))
    step.world = step.world._replace(online=flags)


def _set_event(step: Step, cpu: int, *, value: bool) -> None:
    step.world = step.world._replace(events=_with(step.world.events, _existing(step, cpu), value=value))
    if value:
        on_cpu = [number for number, _ in sleepers(step, "event") if step.threads[number].cpu == cpu]
        _wake(step, on_cpu, "event")


def _event_poll(step: Step, instruction: Instruction, choice: int) -> None:
    del instruction, choice
    if not step.world.events[step.cpu]:
        _sleep(step, Sleep("event"))


_OPERATIONS: dict[str, Callable[[Step, Instruction, int], int | None]] = {
    "cpu": _cpu,
    "numa_node": _numa_node,
    "halt": _halt_keep_or_on,
    "halt_if": _halt_if,
    "kick": _kick,
    "cpu_online": _cpu_online,
    "cpu_set_online": _cpu_set_online,
    "park": _park,
    "unpark": _unpark,
    "futex_wait": _futex_wait,
    "futex_wake": _futex_wake,
    "interrupts_off": _interrupts_off,
    "interrupts_restore": _interrupts_restore,
    "preemption": _preemption,
    "softirqs": _softirqs,
    "in_nmi": _in_nmi,
    "raise_interrupt": _raise_interrupt,
    "event_clear": lambda step, *_: _set_event(step, step.cpu, value=False),
    "event_set": lambda step, *_: _set_event(step, step.cpu, value=True),
    "event_pending": lambda step, *_: int(step.world.events[step.cpu]),
    "event_poll": _event_poll,
    "event_send": lambda step, *_: _set_event(step, step.values()[0], value=True),
}
