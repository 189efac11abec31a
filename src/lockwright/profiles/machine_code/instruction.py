"""What an instruction does to registers and memory, as far as it decides whether a loop can end by itself.

x86-64 in the syntax of AT&T (that of `objdump`), and arm64.  What is not known counts as reading and writing all that
it names: a loop is called waiting only if each of its instructions is known to be harmless.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMMENT = re.compile(r"\s*(?:#|//).*$|\s*<[^>]*>\s*$")
_PREFIX = re.compile(r"(?:lock|repz?|repe|repnz|repne|bnd|notrack|data16|addr32|xacquire|xrelease|[cdefgs]s)\s+")
_TARGET = re.compile(r"(?:.*[\s,])?(?:0x)?(?P<address>[0-9a-f]+)(?:\s+<.*)?")
_NUMBERED = re.compile(r"r(\d+)[bwd]?")
_LEGACY = re.compile(r"[re]?(?P<letter>[abcd])[xlh]|[re]?(?P<name>si|di|bp|sp)l?")
_ARM = re.compile(r"[wx](\d{1,2}|zr)")
_SUFFIX = "bwlq"


@dataclass(frozen=True, slots=True)
class Effect:
    """What an instruction does.

    Args:
        reads: Registers.
        writes: Registers.
        loads: Whether it reads memory.
        stores: Whether it writes memory otherwise than by an atomic operation.
        is_atomic: Whether it reads and writes memory in one.
        is_pause: Whether it tells the processor that this is a loop that waits.
        leaves: Whether control may go where it is not seen: a call, or an indirect jump.
        target: Where it jumps to; empty if it does not jump.
        is_conditional: Whether the jump may not be taken.
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    loads: bool = False
    stores: bool = False
    is_atomic: bool = False
    is_pause: bool = False
    leaves: bool = False
    target: str = ""
    is_conditional: bool = False


_NOTHING = Effect()
_PAUSE = Effect(is_pause=True)


def effect(text: str) -> Effect:
    """Return what an instruction does, given its text as `objdump` prints it."""
    text = _COMMENT.sub("", text) if "#" in text or "//" in text else text
    if "%" in text or not _is_arm(text):
        return _x86(text)
    return _arm(text)


# x86-64.

_READ_ONLY = re.compile(r"(?:cmp|test|bt|ucomis[sd]|comis[sd])[bwlq]?")
_MOVES = re.compile(r"mov(?:[bwlq]|abs[bwlq]?|z[bwl][wlq]|s[bwl][wlq]|slq|sxd|zx|sx|nti)?|lea[wlq]?|set\w+|cmov\w+")
_NOPS = re.compile(r"nop[wlq]?|endbr(?:32|64)|lfence|xchg %ax,%ax")
_ARITHMETIC = re.compile(r"(?:add|sub|and|or|xor|shl|shr|sar|sal|rol|ror|imul|adc|sbb|shlx|shrx|sarx|bzhi|andn)[bwlq]?")
_ONE_OPERAND = re.compile(r"(?:inc|dec|neg|not|bswap)[bwlq]?")
_EXTENDS = {"cltq": "a", "cltd": "d", "cqto": "d", "cwtl": "a"}
_JUMP = re.compile(r"j[a-z]{1,4}|loop(?:n?[ez])?")


def _x86(text: str) -> Effect:
    is_locked = text.startswith("lock ")
    if re.fullmatch(r"(?:repz?|repe|rep)\s+nop|pause|tpause.*|umwait.*", text.strip()):
        return _PAUSE
    while got := _PREFIX.match(text):
        text = text[got.end() :]
    mnemonic, _, rest = text.partition(" ")
    if _NOPS.fullmatch(mnemonic) or text == "xchg %ax,%ax":
        return _NOTHING
    if _JUMP.fullmatch(mnemonic):
        return _jump(rest, is_conditional=mnemonic != "jmp", leaves="*" in rest)
    operands = _operands(rest)
    if mnemonic.startswith(("call", "ret", "sys", "int", "leave", "hlt")):
        return Effect(leaves=True)
    if mnemonic in _EXTENDS:
        return Effect(reads=frozenset("a"), writes=frozenset(_EXTENDS[mnemonic]))
    memory = [one for one in operands if not one.startswith(("%", "$"))]
    if (mnemonic.startswith("xchg") and memory) or is_locked:
        return _x86_atomic(mnemonic, operands)
    named = [_names(one) for one in operands]
    last = named[-1] if named else frozenset[str]()
    is_memory = bool(operands) and operands[-1] in memory
    if _READ_ONLY.fullmatch(mnemonic):
        return Effect(reads=_union(named), loads=bool(memory))
    if _MOVES.fullmatch(mnemonic) and operands:
        keeps = mnemonic.startswith(("cmov", "set"))  # a part, or all, of what was there
        reads = _union(named[:-1]) | (last if is_memory or keeps else frozenset())
        loads = bool(memory) and not is_memory and not mnemonic.startswith("lea")
        return Effect(reads=reads, writes=frozenset() if is_memory else last, loads=loads, stores=is_memory)
    if _ARITHMETIC.fullmatch(mnemonic) and operands:
        is_zero = mnemonic.startswith(("xor", "sub")) and len(operands) > 1 and operands[0] == operands[1]
        reads = frozenset[str]() if is_zero else _union(named)
        return Effect(reads, frozenset() if is_memory else last, loads=bool(memory), stores=is_memory)
    if _ONE_OPERAND.fullmatch(mnemonic):
        return Effect(last, frozenset() if is_memory else last, loads=is_memory, stores=is_memory)
    return Effect(reads=_union(named), writes=_union(named), loads=bool(memory), stores=True)  # not known


def _x86_atomic(mnemonic: str, operands: list[str]) -> Effect:
    named = [_names(one) for one in operands]
    registers = _union(named[at] for at, one in enumerate(operands) if one.startswith("%"))
    reads = _union(named)
    if mnemonic.startswith("cmpxchg"):
        return Effect(reads | {"a"}, frozenset("a"), loads=True, is_atomic=True)
    writes = registers if mnemonic.startswith(("xchg", "xadd")) else frozenset[str]()
    return Effect(reads, writes, loads=True, is_atomic=True)


def _operands(rest: str) -> list[str]:
    """Return operands, those in brackets whole."""
    found, depth, current = list[str](), 0, ""
    for letter in rest.strip():
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            found.append(current.strip())
            current = ""
        else:
            current += letter
    return [*found, current.strip()] if current.strip() else found


def _names(operand: str) -> frozenset[str]:
    """Return the registers of an operand: each by one name, whatever part of it is meant."""
    return frozenset(_whole(one) for one in re.findall(r"%(\w+)", operand)) - {"rip", "fs", "gs"}


def _whole(register: str) -> str:
    if got := _NUMBERED.fullmatch(register):
        return f"r{got[1]}"
    if got := _LEGACY.fullmatch(register):
        return got["letter"] or got["name"]
    return register


# arm64.

_ARM_MNEMONICS = re.compile(
    r"ld\w+|st\w+|sw[ap]\w*|cas\w*|b(?:\.\w+|l|r|lr)?|cbn?z|tbn?z|cmp|cmn|tst|ccmp|mov[zkn]?|add|sub|subs|and|ands|orr|eor"
    r"|bic|lsl|lsr|asr|ror|u?bfx|ubfiz|uxt[bhw]|sxt[bhw]|cset|csel|csinc|nop|yield|wfe|sevl?|isb|dmb|dsb|hint|prfm\w*|ret"
    r"|bti|paci?\w+|auti?\w+"
)
_ARM_READ_ONLY = frozenset({"cmp", "cmn", "tst", "ccmp"})
_ARM_ATOMIC = re.compile(r"(?:swp|cas|ldadd|ldset|ldclr|ldeor|ld[su]m(?:ax|in)|stadd|stset|stclr|steor)[a-z]*")


def _is_arm(text: str) -> bool:
    mnemonic = text.partition(" ")[0]
    return _ARM_MNEMONICS.fullmatch(mnemonic) is not None and not _JUMP.fullmatch(mnemonic)


def _arm(text: str) -> Effect:
    mnemonic, _, rest = text.partition(" ")
    if mnemonic in {"yield", "wfe", "isb"}:
        return _PAUSE
    if mnemonic in {"nop", "sev", "sevl", "dmb", "dsb", "hint", "bti"} or mnemonic.startswith("prfm"):
        return _NOTHING
    if mnemonic in {"bl", "blr", "br", "ret"}:
        return Effect(leaves=True)
    names = [one for one in _ARM.findall(rest) if one != "zr"]
    if mnemonic == "b" or mnemonic.startswith(("b.", "cb", "tb")):
        return _jump(rest, is_conditional=mnemonic != "b", reads=frozenset(names))
    if mnemonic in _ARM_READ_ONLY:
        return Effect(reads=frozenset(names))
    first = frozenset(_ARM.findall(rest.partition(",")[0])) - {"zr"}
    others = frozenset(_ARM.findall(rest.partition(",")[2])) - {"zr"}
    if _ARM_ATOMIC.fullmatch(mnemonic):
        second = frozenset(_ARM.findall(rest.split(",")[1])) - {"zr"} if rest.count(",") > 1 else frozenset[str]()
        writes = first if mnemonic.startswith("cas") else second
        return Effect(first | others, writes, loads=True, is_atomic=True)
    if mnemonic.startswith("st"):
        if "x" in mnemonic[2:4]:  # `stxr w2, w1, [x0]`: whether it worked, in the first one
            return Effect(others, first, is_atomic=True)
        return Effect(first | others, stores=True)
    if mnemonic.startswith("ld"):
        return Effect(others, first, loads=True)
    return Effect(others | (first if mnemonic in {"movk", "bfi"} else frozenset()), first)


def _jump(rest: str, *, is_conditional: bool, leaves: bool = False, reads: frozenset[str] = frozenset()) -> Effect:
    got = _TARGET.fullmatch(rest.strip())
    target = got["address"] if got and not leaves else ""
    return Effect(reads, leaves=leaves or not target, target=target, is_conditional=is_conditional)


def _union(some: object) -> frozenset[str]:
    return frozenset().union(*some)  # type: ignore[misc]
