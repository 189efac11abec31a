"""The words of the machine in a piece of code, each with what it means."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.language.meanings import MEANINGS
from lockwright.language.vocabulary import ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockwright.results import CheckResult

_GROUPS = (
    *("operations", "order and time", "where am I", "sleep", "interrupts and preemption", "storage"),
    *("declarations", "kinds"),
)
_PLAIN = frozenset({"load", "store", "symbol", "noinline", "field", "table", "compute", "Atomic", "Ptr"})
"""Words that say it themselves, or that a page does not show."""

_PARTNERS = {"halt": "kick", "park": "unpark", "futex_wait": "futex_wake", "event_poll": "event_send"}
"""What ends a sleep, which a page may not show."""

_NO_ORDERS = {
    "sc": "no part of this bug; here every read sees the last write",
    "tso": "on x86 any store may lie in its CPU's store buffer for a while; `seq_cst` stores and fences and all "
    "read-modify-writes (`fetch_add`, `exchange`, ...: its instructions with a LOCK prefix) empty it",
}
_MODELS = {
    "sc": "sequential consistency: every read sees the last write",
    "tso": "total store order, x86: stores pass through a buffer of their CPU, in order",
    "c11": "what the C11 standard allows a compiler or a weaker processor",
}


def words_in(code: Sequence[ast.AST], model: str) -> Iterator[tuple[str, str]]:
    """Yield the words of the language in some code, in the order of the reference page.

    Args:
        code: The code.
        model: The memory model, which decides what there is to say of orders.
    """
    yield from _spellings(code)
    used = {name for one in code for name in set(_names(one)) - _locals(one)}
    used |= {_PARTNERS[name] for name in used if name in _PARTNERS}
    for group in _GROUPS:
        yield from ((word, text) for word, text in MEANINGS[group].items() if word in used - _PLAIN)
    orders = [name for name in ORDERS if name in used]
    if model in _NO_ORDERS and orders:
        yield "orders", f"{_listed(orders)}: {_NO_ORDERS[model]}"
    else:
        yield from ((name, MEANINGS["orders"][name]) for name in orders)


def models_in(results: Iterable[CheckResult]) -> Iterator[tuple[str, str]]:
    """Yield the memory models that checks ran under, weakest last."""
    used = {run.model for result in results for run in result.runs}
    yield from ((name, text) for name, text in _MODELS.items() if name in used)


def _spellings(code: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield what Python spells otherwise than C."""
    nodes = [node for one in code for node in ast.walk(one)]
    if any(isinstance(one, ast.With) for one in nodes):
        yield "with", "hold the lock, or be in the section, for this block; a `return` in it lets go on its way out"
    if any(isinstance(op, ast.Is | ast.IsNot) for one in nodes if isinstance(one, ast.Compare) for op in one.ops):
        yield "is, is not", "compare pointers; `None` is the null pointer"
    places = {
        one.target.id: one.annotation
        for one in nodes
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    }
    inner = {id(one.value) for one in nodes if isinstance(one, ast.Attribute)}
    inner |= {id(one.func) for one in nodes if isinstance(one, ast.Call)}
    bare = (one for one in nodes if isinstance(one, ast.Attribute) and id(one) not in inner)
    for name in dict.fromkeys(ast.unparse(one) for one in bare if _is_place(places.get(one.attr))):
        yield name, "without a call behind it: the address of this field, and nothing is read"


def _is_place(kind: ast.expr | None) -> bool:
    """Return whether a field of this kind is touched by its operations alone."""
    return isinstance(kind, ast.Subscript) and isinstance(kind.value, ast.Name) and kind.value.id.startswith("Atomic")


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _locals(code: ast.AST) -> set[str]:
    """Return names that a function gives to its own variables."""
    named = (one.id for one in ast.walk(code) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
    return set(named) if isinstance(code, ast.FunctionDef) else set()


def _names(code: ast.AST) -> Iterator[str]:
    """Yield names and the names of methods that are called."""
    for one in ast.walk(code):
        if isinstance(one, ast.Name):
            yield one.id
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
            yield one.func.attr
