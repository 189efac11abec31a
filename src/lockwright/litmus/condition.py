r"""The condition: `exists`, `~exists` or `forall`, then atoms with `/\`, `\/`, `~` and parentheses."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lockwright.litmus.instructions import REGISTERS
from lockwright.litmus.syntax import All, Condition, Equals, Not, Some

if TYPE_CHECKING:
    from lockwright.litmus.syntax import Proposition, Quantifier
    from lockwright.litmus.tokens import Tokens


def parse_condition(tokens: Tokens) -> Condition:
    """Return the condition that begins here; it goes up to the end of the file."""
    negated = tokens.accept("~") or tokens.accept("not")
    word = tokens.expect("`exists`, `~exists` or `forall`", kind="name")
    text = ("~" if negated else "") + word.text.lower()
    if text not in ("exists", "~exists", "forall"):
        tokens.source.fail(f"`{text}` is not a condition", word.span, help="write `exists`, `~exists` or `forall`")
    proposition = _either(tokens)
    if not tokens.at_end:
        tokens.source.fail(f"the condition ends before `{tokens.next.text}`", tokens.next.span)
    return Condition(cast("Quantifier", text), proposition)


def parse_name(tokens: Tokens) -> str:
    """Return `0:EAX`, `x` or `[x]` as outcomes name it."""
    if tokens.next.kind == "number":
        thread = tokens.take()
        tokens.expect(":")
        register = tokens.expect("a register", kind="name")
        if register.text.upper() not in REGISTERS:
            tokens.source.fail(f"`{register.text}` is not a 32-bit register", register.span)
        return f"{thread.value}:{register.text.upper()}"
    if tokens.accept("["):
        name = tokens.expect("a location", kind="name").text
        tokens.expect("]")
        return name
    return tokens.expect("a location or a register like `0:EAX`", kind="name").text


def names_of(proposition: Proposition) -> list[str]:
    """Return the names in a proposition, in order, each once."""
    match proposition:
        case Equals(name, _):
            return [name]
        case Not(of):
            return names_of(of)
    return list(dict.fromkeys(name for part in proposition.parts for name in names_of(part)))


def _either(tokens: Tokens) -> Proposition:
    parts = [_both(tokens)]
    while tokens.accept("\\/"):
        parts.append(_both(tokens))
    return parts[0] if len(parts) == 1 else Some(tuple(parts))


def _both(tokens: Tokens) -> Proposition:
    parts = [_single(tokens)]
    while tokens.accept("/\\"):
        parts.append(_single(tokens))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _single(tokens: Tokens) -> Proposition:
    if tokens.accept("~") or tokens.accept("not"):
        return Not(_single(tokens))
    if tokens.accept("("):
        inside = _either(tokens)
        tokens.expect(")")
        return inside
    if tokens.accept("true"):
        return All(())
    if tokens.accept("false"):
        return Some(())
    name = parse_name(tokens)
    tokens.expect("=")
    return Equals(name, tokens.expect("a number", kind="number").value)
