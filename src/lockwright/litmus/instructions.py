"""One cell of the table of threads: labels, perhaps `LOCK`, a mnemonic and its operands."""

from __future__ import annotations

from lockwright.litmus.syntax import Immediate, Label, Memory, Operand, Register, Step
from lockwright.litmus.tokens import Source, Token, Tokens

REGISTERS = ("EAX", "EBX", "ECX", "EDX", "ESI", "EDI", "EBP", "ESP")
JUMPS = {"JMP": "JMP", "JE": "JE", "JZ": "JE", "JNE": "JNE", "JNZ": "JNE"}
LOCKABLE = frozenset({"INC", "DEC", "ADD", "SUB", "AND", "OR", "XADD", "CMPXCHG", "XCHG"})
_SHAPES = {  # what each operand may be: r register, m location, i number, l label
    "MOV": ("rm", "rmi"),
    "XCHG": ("rm", "rm"),
    "CMP": ("rm", "rmi"),
    "TEST": ("rm", "rmi"),
    "ADD": ("rm", "rmi"),
    "SUB": ("rm", "rmi"),
    "AND": ("rm", "rmi"),
    "OR": ("rm", "rmi"),
    "XOR": ("rm", "rmi"),
    "XADD": ("rm", "r"),
    "CMPXCHG": ("rm", "r"),
    "INC": ("rm",),
    "DEC": ("rm",),
    "MFENCE": (),
    "SFENCE": (),
    "LFENCE": (),
    "NOP": (),
} | dict.fromkeys(JUMPS, ("l",))
_WORDS = {"r": "a register", "m": "a location like `[x]`", "i": "a number like `$1`", "l": "a label"}
_KIND = {Register: "r", Memory: "m", Immediate: "i", Label: "l"}


def parse_cell(source: Source, start: int, end: int) -> Step | None:
    """Return the step in a cell, None if the cell is empty."""
    tokens = Tokens(source, start, end)
    if tokens.at_end:
        return None
    labels, name = _labels(tokens)
    if name is None:
        return Step("", (), tokens.next.span, labels=labels)
    locked = name.text.upper() == "LOCK"
    if locked:
        name = tokens.expect("the instruction that is locked", kind="name")
    mnemonic = name.text.upper()
    if mnemonic not in _SHAPES:
        _unknown(source, name)
    operands = _operands(tokens, source, mnemonic, name)
    step = Step(JUMPS.get(mnemonic, mnemonic), operands, name.span, locked, labels)
    _check(source, step, mnemonic)
    return step


def _labels(tokens: Tokens) -> tuple[tuple[str, ...], Token | None]:
    """Return the labels that begin a cell, and the name behind them if there is one."""
    labels: list[str] = []
    while not tokens.at_end:
        name = tokens.expect("an instruction", kind="name")
        if not tokens.accept(":"):
            return tuple(labels), name
        labels.append(name.text)
    return tuple(labels), None


def _unknown(source: Source, name: Token) -> None:
    source.fail(
        f"the instruction `{name.text}` is not supported",
        name.span,
        label="no meaning is known for it here",
        help="these are: " + ", ".join(one for one in _SHAPES if one not in ("JZ", "JNZ")),
    )


def _operands(tokens: Tokens, source: Source, mnemonic: str, name: Token) -> tuple[Operand, ...]:
    operands: list[Operand] = []
    for number, allowed in enumerate(_SHAPES[mnemonic]):
        if number:
            tokens.expect(",")
        place = tokens.next.span
        operand = _operand(tokens, source, jump=allowed == "l")
        if _KIND[type(operand)] not in allowed:
            wanted = " or ".join(_WORDS[one] for one in allowed)
            source.fail(f"operand {number + 1} of `{name.text}` is {wanted}", place)
        operands.append(operand)
    if not tokens.at_end:
        source.fail(f"`{name.text}` ends before `{tokens.next.text}`", tokens.next.span)
    return tuple(operands)


def _operand(tokens: Tokens, source: Source, *, jump: bool) -> Operand:
    if jump:
        return Label(tokens.expect("a label", kind="name").text)
    if tokens.accept("["):
        inner = tokens.expect("a location", kind="name")
        if inner.text.upper() in REGISTERS:
            source.fail("an address in a register is not supported", inner.span, help="name the location itself: `[x]`")
        tokens.expect("]")
        return Memory(inner.text)
    if tokens.accept("$") or tokens.next.kind == "number":
        return Immediate(tokens.expect("a number", kind="number").value)
    name = tokens.expect("a register, `[x]` or `$1`", kind="name")
    if name.text.upper() not in REGISTERS:
        source.fail(
            f"`{name.text}` is not a 32-bit register",
            name.span,
            help=f"a location is written `[{name.text}]`; registers are {', '.join(REGISTERS)}",
        )
    return Register(name.text.upper())


def _check(source: Source, step: Step, mnemonic: str) -> None:
    locations = sum(isinstance(one, Memory) for one in step.operands)
    if locations > 1:
        source.fail(f"`{mnemonic}` has at most one location", step.span)
    if step.locked and (mnemonic not in LOCKABLE or not isinstance(step.operands[0], Memory)):
        source.fail(
            f"`LOCK` does not go with this `{mnemonic}`",
            step.span,
            help="it goes before " + ", ".join(sorted(LOCKABLE)) + " with a location as its first operand",
        )
    if mnemonic == "CMPXCHG" and locations and not step.locked:
        source.fail("`CMPXCHG` of a location without `LOCK` is not supported", step.span, help="write `LOCK CMPXCHG`")
