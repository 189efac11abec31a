"""What can go wrong in a simulated program, told as messages: who waits for what, where it has no meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE
from lockwright.errors import LockwrightError
from lockwright.flat import opcodes as op
from lockwright.results import FAULTS, counted
from lockwright.simulate import places as at
from lockwright.simulate.waits import asleep, for_locks, going_round, span_of

if TYPE_CHECKING:
    from lockwright.diagnostics.span import Span
    from lockwright.ir.arithmetic import Fault
    from lockwright.ir.program import Program
    from lockwright.simulate.arrays import State
    from lockwright.simulate.program import Code


def too_large(reason: str) -> LockwrightError:
    """Return the error for a program that does not fit."""
    return _error("U003", f"the program is too large to simulate: {reason}", NOWHERE, {})


def other_threads(name: str, threads: int, cpus: int) -> LockwrightError:
    """Return the error for a program that says itself how many threads it has."""
    title = f"`{name}` has {counted(threads, 'thread')} of its own, so it does not run on {counted(cpus, 'CPU')}"
    return _error("U003", title, NOWHERE, {}, f"`--cpus {threads}`: a thread on each")


def too_many_cpus(machine: str, cpus: int, wanted: int) -> LockwrightError:
    """Return the error for more threads than a machine has CPUs."""
    return _error("U003", f"`{machine}` has {counted(cpus, 'CPU')}, so nothing can run on {wanted}", NOWHERE, {})


def handles_interrupts(program: Program) -> LockwrightError:
    """Return the error for a program with interrupt handlers."""
    name = program.handlers[0].function
    title = f"`{name}` handles an interrupt, and a simulation has none"
    return _error("U012", title, program.functions[name].span, program.sources, "`lockwright check` raises them")


def not_its_cpu(program: Program, worker: str, cpu: int, thread: int) -> LockwrightError:
    """Return the error for a worker that asks for a CPU which is not that of its thread."""
    title = f"`{worker}` is on CPU {cpu}, but a simulation has its thread on CPU {thread}"
    helps = "workers take the CPUs in turn: leave `cpu=` out, or name workers in the order of their CPUs"
    return _error("U012", title, program.functions[worker].span, program.sources, helps)


def no_such_node(program: Program, worker: str, node: int, nodes: int) -> LockwrightError:
    """Return the error for a worker on a node that the machine does not have."""
    title = f"`{worker}` is on node {node}; the machine has {counted(nodes, 'node')}, counted from 0"
    return _error("U008", title, program.functions[worker].span, program.sources, "`--machine` with more nodes")


def no_room(program: Program, worker: str, node: int) -> LockwrightError:
    """Return the error for more workers on a node than it has CPUs."""
    title = f"node {node} has no CPU left for a thread of `{worker}`"
    return _error("U008", title, program.functions[worker].span, program.sources, "`--machine` with larger nodes")


def wrong_at_rest(program: Program, function: str, fault: Fault) -> LockwrightError:
    """Return the error for an at-rest function that does something without a meaning."""
    kind, text = FAULTS[fault.kind]
    span = program.functions[function].span if fault.instruction is None else fault.instruction.span
    return _error(kind, f"{text}, in `{function}`, when all threads had ended", span, program.sources)


def over(state: State) -> LockwrightError:
    """Return the error for a program that ends before what was to be measured is over."""
    title = f"the program ends by itself after {counted(int(state.cfg[at.TOTAL_ROUNDS]), 'round')}: nothing to measure"
    return _error("U003", title, NOWHERE, {}, "let its threads go round: `while running():`")


def stuck(code: Code, state: State) -> LockwrightError:
    """Return the error for a run in which every thread that is left waits: who waits for what."""
    lines, span = asleep(code, state, [thread for thread in range(len(state.threads)) if _is_left(state, thread)])
    rounds = max(0, int(state.cfg[at.TOTAL_ROUNDS] - state.cfg[at.ALIVE]))
    when = f"after {int(state.cfg[at.NOW]) // at.TICKS_PER_CYCLE:,} cycles and {counted(rounds, 'round')}"
    title = f"deadlock: every thread that is left waits, {when}"
    helps = (*lines, *for_locks(code, state), "`lockwright check` finds the shortest way into it")
    return _error("V004", title, span or NOWHERE, code.program.sources, *helps)


def endless(code: Code, state: State) -> LockwrightError:
    """Return the error for a run in which nobody comes round any more, though some go on."""
    active = [thread for thread in range(len(state.threads)) if state.threads[thread, at.STATE] <= at.QUEUED]
    span = span_of(code, int(state.threads[active[0], at.PC])) if active else NOWHERE
    others = [one for one in range(len(state.threads)) if one not in active and _is_left(state, one)]
    run = "1 thread runs" if len(active) == 1 else f"{counted(len(active), 'thread')} run"
    lines = (*for_locks(code, state), *asleep(code, state, others)[0], *going_round(code, state, active))
    helps = (*lines, "does every path through the section release the lock?")
    title = f"{run}, but none comes round: a loop here does not end"
    return _error("V019", title, span, code.program.sources, *helps)


def out_of_time(code: Code, state: State) -> LockwrightError:
    """Return the error for a run that lasts longer than ticks can be counted."""
    active = [thread for thread in range(len(state.threads)) if state.threads[thread, at.STATE] <= at.QUEUED]
    span = span_of(code, int(state.threads[active[0], at.PC])) if active else NOWHERE
    rounds = max(0, int(state.cfg[at.TOTAL_ROUNDS] - state.cfg[at.ALIVE]))
    title = f"the run is too long: {at.NEVER // at.TICKS_PER_CYCLE:,} cycles are over after {counted(rounds, 'round')}"
    helps = "shorter sections and pauses (`--hold`, `--think`, `compute`), or a smaller `--ops`"
    return _error("U003", title, span, code.program.sources, helps)


def faulted(code: Code, state: State) -> LockwrightError:
    """Return the error for an instruction that has no meaning, or that a simulation does not know."""
    number, row = int(state.cfg[at.FAULT]), int(state.cfg[at.FAULT_ROW])
    span, thread = span_of(code, row), int(state.cfg[at.FAULT_THREAD])
    if number < 0:
        name = code.sheet.tables.instructions[int(code.rows[row, op.SOURCE])][1].op
        return _error(
            "U012", f"`{name}` cannot be simulated", span, code.program.sources, "`lockwright check` knows it"
        )
    kind, text = FAULTS[op.FAULTS[number]]
    return _error(kind, f"{text}, by thread {thread + 1}", span, code.program.sources)


def _is_left(state: State, thread: int) -> bool:
    return bool(state.threads[thread, at.STATE] != at.DONE)


def _error(code: str, title: str, span: Span, sources: dict[str, str], *helps: str) -> LockwrightError:
    return LockwrightError([Diagnostic(code, title, Label(span), helps=helps)], sources)
