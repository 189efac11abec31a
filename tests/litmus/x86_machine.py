"""The abstract machine of x86-TSO, run on the steps of a litmus test as they were read: no IR, no explorer of ours.

Each thread has a FIFO store buffer; a load takes the newest buffered store of its own thread, or memory; a locked
instruction and `MFENCE` wait for an empty buffer.  Under `sc` every store arrives at once.

Source: Owens, Sarkar and Sewell, "A better x86 memory model: x86-TSO", TPHOLs 2009, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockwright.litmus.syntax import Immediate, Label, LitmusTest, Memory, Register, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.litmus.syntax import Operand

MASK = (1 << 32) - 1
COMBINE = {
    "ADD": lambda a, b: a + b,
    "XADD": lambda a, b: a + b,
    "INC": lambda a, _: a + 1,
    "DEC": lambda a, _: a - 1,
    "SUB": lambda a, b: a - b,
    "AND": lambda a, b: a & b,
    "OR": lambda a, b: a | b,
    "XOR": lambda a, b: a ^ b,
}


@dataclass(frozen=True)
class Core:
    """One thread: where it is, its registers, its buffer (oldest first), and the value an unlocked update has read."""

    at: int
    registers: tuple[tuple[str, int], ...]
    zero: bool = False
    buffer: tuple[tuple[str, int], ...] = ()
    loaded: int | None = None

    def get(self, name: str) -> int:
        return dict(self.registers).get(name, 0)

    def set(self, name: str, value: int) -> Core:
        return replace(self, registers=tuple(sorted({**dict(self.registers), name: value & MASK}.items())))

    def next(self) -> Core:
        return replace(self, at=self.at + 1, loaded=None)


class X86Machine:
    """All final states of a test."""

    def __init__(self, test: LitmusTest, model: str) -> None:
        self.test = test
        self.buffered = model == "tso"

    def outcomes(self) -> set[tuple[int, ...]]:
        start = (self._cores(), tuple(sorted((name, self.test.initial.get(name, 0)) for name in self.test.locations)))
        seen, left, final = {start}, [start], set()
        while left:
            cores, memory = left.pop()
            if all(
                core.at == len(steps) and not core.buffer for core, steps in zip(cores, self.test.threads, strict=True)
            ):
                final.add(self._outcome(cores, dict(memory)))
            for number, core in enumerate(cores):
                for moved, after in self._moves(number, core, dict(memory)):
                    state = ((*cores[:number], moved, *cores[number + 1 :]), tuple(sorted(after.items())))
                    if state not in seen:
                        seen.add(state)
                        left.append(state)
        return final

    def _cores(self) -> tuple[Core, ...]:
        initial = self.test.initial.items()
        return tuple(
            Core(0, tuple(sorted((name.partition(":")[2], v) for name, v in initial if name.startswith(f"{n}:"))))
            for n in range(len(self.test.threads))
        )

    def _outcome(self, cores: tuple[Core, ...], memory: dict[str, int]) -> tuple[int, ...]:
        found = []
        for name in self.test.observed:
            thread, colon, register = name.partition(":")
            found.append(cores[int(thread)].get(register) if colon else memory[name])
        return tuple(found)

    def _moves(self, number: int, core: Core, memory: dict[str, int]) -> Iterator[tuple[Core, dict[str, int]]]:
        if core.buffer:
            (name, value), *rest = core.buffer
            yield replace(core, buffer=tuple(rest)), {**memory, name: value}
        steps = self.test.threads[number]
        if core.at == len(steps):
            return
        step = steps[core.at]
        is_locked = step.locked or (step.mnemonic == "XCHG" and any(isinstance(o, Memory) for o in step.operands))
        if (is_locked or step.mnemonic == "MFENCE") and core.buffer:
            return
        if is_locked:
            yield self._locked(step, core, dict(memory))
        else:
            yield self._plain(step, core, dict(memory), steps)

    def _locked(self, step: Step, core: Core, memory: dict[str, int]) -> tuple[Core, dict[str, int]]:
        place = next(one for one in step.operands if isinstance(one, Memory)).name
        others = [one for one in step.operands if not isinstance(one, Memory)]
        old, core = memory[place], core.next()
        other = self._value(others[0], core, memory) if others else 0
        match step.mnemonic:
            case "XCHG":
                memory[place] = other
                return self._assign(others[0], core, old), memory
            case "CMPXCHG":
                equal = old == core.get("EAX")
                if equal:
                    memory[place] = other
                return replace(core if equal else core.set("EAX", old), zero=equal), memory
        memory[place] = COMBINE[step.mnemonic](old, other) & MASK
        if step.mnemonic == "XADD":
            core = self._assign(others[0], core, old)
        return replace(core, zero=memory[place] == 0), memory

    def _plain(
        self, step: Step, core: Core, memory: dict[str, int], steps: tuple[Step, ...]
    ) -> tuple[Core, dict[str, int]]:
        """An unlocked step reads memory, or writes it; one that does both takes two moves."""
        match step.mnemonic, step.operands:
            case (("" | "NOP" | "MFENCE" | "SFENCE" | "LFENCE"), _):
                return core.next(), memory
            case ("JMP" | "JE" | "JNE") as jump, (Label(name),):
                if jump == "JMP" or core.zero == (jump == "JE"):
                    return replace(core, at=next(i for i, one in enumerate(steps) if name in one.labels)), memory
                return core.next(), memory
            case "MOV", (to, what):
                return self._store(to, core.next(), memory, self._value(what, core, memory))
            case ("CMP" | "TEST") as op, (left, right):
                a, b = self._value(left, core, memory), self._value(right, core, memory)
                return replace(core.next(), zero=a == b if op == "CMP" else a & b == 0), memory
            case op, (to, *others) if op in COMBINE:
                if isinstance(to, Memory) and core.loaded is None:
                    return replace(core, loaded=self._value(to, core, memory)), memory
                old = core.loaded if core.loaded is not None else self._value(to, core, memory)
                value = COMBINE[op](old, self._value(others[0], core, memory) if others else 0) & MASK
                core = replace(core.next(), zero=value == 0)
                if op == "XADD":
                    core = self._assign(others[0], core, old)
                return self._store(to, core, memory, value)
        raise NotImplementedError(step)

    def _value(self, operand: Operand, core: Core, memory: dict[str, int]) -> int:
        match operand:
            case Register(name):
                return core.get(name)
            case Immediate(value):
                return value
            case Memory(name):
                own = [value for place, value in core.buffer if place == name]
                return own[-1] if own else memory[name]
        raise NotImplementedError(operand)

    @staticmethod
    def _assign(to: Operand, core: Core, value: int) -> Core:
        assert isinstance(to, Register)
        return core.set(to.name, value)

    def _store(self, to: Operand, core: Core, memory: dict[str, int], value: int) -> tuple[Core, dict[str, int]]:
        if isinstance(to, Register):
            return core.set(to.name, value), memory
        assert isinstance(to, Memory)
        if self.buffered:
            return replace(core, buffer=(*core.buffer, (to.name, value))), memory
        return core, {**memory, to.name: value}
