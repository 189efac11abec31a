"""A litmus test as an IR program: one worker per thread; every observed value ends in a plain global of its name.

Locations are atomic words of 32 bits; every access but locked instructions and `MFENCE` is relaxed: under `tso` that is
what x86 does (`SFENCE` and `LFENCE` order nothing there that is not ordered).  Final values of locations are
copied by `at_rest`, when every store has arrived.

Source: Owens, Sarkar and Sewell, "A better x86 memory model: x86-TSO", TPHOLs 2009.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.build import FunctionBuilder
from lockwright.ir.program import Constant, Global, Operand, Program, Reg, Worker
from lockwright.ir.table import Order
from lockwright.ir.types import BOOL, U32, Atomic
from lockwright.litmus.syntax import Immediate, Label, Memory, Register

if TYPE_CHECKING:
    from lockwright.litmus.syntax import LitmusTest, Step
    from lockwright.litmus.syntax import Operand as Written

_RELAXED = (Order.RELAXED,)
_LOCKED = (Order.SEQ_CST,)
_ARITHMETIC = {"ADD": "add", "SUB": "sub", "AND": "and", "OR": "or", "XOR": "xor", "INC": "add", "DEC": "sub"}


def lower(test: LitmusTest) -> Program:
    """Return the program of a test; the outcome of a run is the values of the globals that `test.observed` names."""
    program = Program(test.name, sources={test.file: test.text})
    for name in test.locations:
        program.globals[_place(name)] = Global(_place(name), Atomic(U32))
    for name in test.observed:
        program.globals[name] = Global(name, U32)
    _lower_setup(program, test)
    for number, steps in enumerate(test.threads):
        _Thread(program, test, number).lower(steps)
        program.workers.append(Worker(f"P{number}", count=1))
    _lower_at_rest(program, test)
    return program


def _place(location: str) -> str:
    """Return the global of a location; the bare name is the one that is observed."""
    return f"[{location}]"


def _lower_setup(program: Program, test: LitmusTest) -> None:
    build = FunctionBuilder(program, "setup")
    for name, value in test.initial.items():
        if ":" not in name:
            place = build.emit("root", attributes=(_place(name),))
            build.do("atomic_store", place, Constant(value, U32), attributes=_RELAXED)
    build.give_back()
    build.finish()
    program.setup = "setup"


def _lower_at_rest(program: Program, test: LitmusTest) -> None:
    build = FunctionBuilder(program, "at_rest")
    for name in test.observed:
        if ":" not in name:
            place = build.emit("root", attributes=(_place(name),))
            value = build.emit("atomic_load", place, attributes=_RELAXED)
            build.do("store", build.emit("root", attributes=(name,)), value)
    build.give_back()
    build.finish()
    program.at_rest = ["at_rest"]


class _Thread:
    """One thread while it is lowered: its registers, and whether the last result was zero."""

    def __init__(self, program: Program, test: LitmusTest, number: int) -> None:
        self._test = test
        self._number = number
        self._build = FunctionBuilder(program, f"P{number}")
        self._registers: dict[str, Reg] = {}
        self._zero = self._build.register(BOOL, "ZF")

    def lower(self, steps: tuple[Step, ...]) -> None:
        """Emit the steps, then the stores of what is observed."""
        build = self._build
        build.emit("copy", Constant(0, BOOL), into=self._zero)
        mine = f"{self._number}:"
        used = [one.name for step in steps for one in step.operands if isinstance(one, Register)]
        used += [name.removeprefix(mine) for name in self._test.observed if name.startswith(mine)]
        if any(step.mnemonic == "CMPXCHG" for step in steps):
            used.append("EAX")
        for name in dict.fromkeys(used):
            self._registers[name] = build.register(U32, name)
            build.emit("copy", Constant(self._test.initial.get(mine + name, 0), U32), into=self._registers[name])
        for step in steps:
            self._step(step)
        for name in self._test.observed:
            if name.startswith(mine):
                place = build.emit("root", attributes=(name,))
                build.do("store", place, self._registers[name.removeprefix(mine)])
        build.give_back()
        build.finish()

    def _step(self, step: Step) -> None:
        build = self._build
        build.span = step.span
        for label in step.labels:
            build.jump(f"at {label}")
            build.enter(f"at {label}")
        match step.mnemonic, step.operands:
            case ("" | "NOP" | "SFENCE" | "LFENCE", _):
                pass
            case "MFENCE", _:
                build.do("fence", attributes=_LOCKED)
            case "MOV", (to, what):
                self._write(to, self._read(what))
            case "XCHG", (left, right):
                self._exchange(left, right)
            case ("JMP" | "JE" | "JNE") as jump, (Label(name),):
                self._jump(jump, f"at {name}")
            case "CMP", (left, right):
                build.emit("eq", self._read(left), self._read(right), into=self._zero)
            case "TEST", (left, right):
                self._set_zero(build.emit("and", self._read(left), self._read(right)))
            case "XADD", (to, Register(name)):
                self._exchange_add(to, self._registers[name], locked=step.locked)
            case "CMPXCHG", (to, Register(name)):
                self._compare_exchange(to, self._registers[name])
            case mnemonic, (to, *rest):
                self._arithmetic(mnemonic, to, self._read(rest[0]) if rest else Constant(1, U32), locked=step.locked)

    def _root(self, place: Memory) -> Reg:
        return self._build.emit("root", attributes=(_place(place.name),))

    def _read(self, operand: Written) -> Operand:
        match operand:
            case Register(name):
                return self._registers[name]
            case Immediate(value):
                return Constant(value, U32)
            case Memory():
                return self._build.emit("atomic_load", self._root(operand), attributes=_RELAXED)
        raise TypeError(operand)

    def _write(self, to: Written, value: Operand) -> None:
        if isinstance(to, Register):
            self._build.emit("copy", value, into=self._registers[to.name])
        elif isinstance(to, Memory):
            self._build.do("atomic_store", self._root(to), value, attributes=_RELAXED)

    def _set_zero(self, value: Operand) -> None:
        self._build.emit("eq", value, Constant(0, U32), into=self._zero)

    def _jump(self, jump: str, label: str) -> None:
        build = self._build
        behind = build.label("behind")
        if jump == "JMP":
            build.jump(label)
        else:
            build.branch(self._zero, *((label, behind) if jump == "JE" else (behind, label)))
        build.enter(behind)

    def _exchange(self, left: Written, right: Written) -> None:
        """Swap two registers, or a register and a location: then it is locked, with or without `LOCK`."""
        place, other = (right, left) if isinstance(right, Memory) else (left, right)
        build = self._build
        if isinstance(place, Memory):
            old: Operand = build.emit("exchange", self._root(place), self._read(other), attributes=_LOCKED)
        else:
            old = build.emit("copy", self._read(place))
            self._write(place, self._read(other))
        self._write(other, old)

    def _exchange_add(self, to: Written, register: Reg, *, locked: bool) -> None:
        build = self._build
        if locked and isinstance(to, Memory):
            old = build.emit("fetch_add", self._root(to), register, attributes=_LOCKED)
            total = build.emit("add", old, register)
        else:
            old = build.emit("copy", self._read(to))
            total = build.emit("add", old, register)
        build.emit("copy", old, into=register)
        if not locked:
            self._write(to, total)
        self._set_zero(total)

    def _compare_exchange(self, to: Written, desired: Reg) -> None:
        """Compare with EAX: equal: write; else EAX becomes what was there."""
        build, expected = self._build, self._registers["EAX"]
        if isinstance(to, Memory):
            orders = (Order.SEQ_CST, Order.SEQ_CST)
            found = build.emit("compare_exchange", self._root(to), expected, desired, attributes=orders)
            build.emit("eq", found, expected, into=self._zero)
            build.emit("copy", found, into=expected)
            return
        found = build.emit("copy", self._read(to))
        build.emit("eq", found, expected, into=self._zero)
        equal, behind = build.label("equal"), build.label("behind")
        build.branch(self._zero, equal, behind)
        build.enter(equal)
        self._write(to, desired)
        build.jump(behind)
        build.enter(behind)
        build.emit("copy", found, into=expected)

    def _arithmetic(self, mnemonic: str, to: Written, by: Operand, *, locked: bool) -> None:
        build, op = self._build, _ARITHMETIC[mnemonic]
        if locked and isinstance(to, Memory):
            old = build.emit(f"fetch_{op}", self._root(to), by, attributes=_LOCKED)
            self._set_zero(build.emit(op, old, by))
            return
        value = build.emit(op, self._read(to), by)
        self._write(to, value)
        self._set_zero(value)
