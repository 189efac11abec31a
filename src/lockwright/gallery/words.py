"""The words of the machine in a piece of code, each with what it means."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.language.meanings import MEANINGS
from lockwright.language.vocabulary import ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GROUPS = (
    *("operations", "order and time", "where am I", "sleep", "interrupts and preemption", "storage"),
    "declarations",
)
_PLAIN = frozenset({"load", "store", "symbol", "noinline", "field", "shared", "table", "pause", "compute"})
"""Words that say it themselves, or that a page does not show."""

_NO_ORDERS = {
    "sc": "no part of this bug; here every read sees the last write",
    "tso": "on x86 any store may lie in its CPU's store buffer for a while; `seq_cst` stores and fences and all "
    "read-modify-writes (`fetch_add`, `exchange`, ...) empty it",
}


def words_in(code: Iterable[ast.AST], model: str) -> Iterator[tuple[str, str]]:
    """Yield the words of the language in some code, in the order of the reference page.

    Args:
        code: The code.
        model: The memory model, which decides what there is to say of orders.
    """
    used = {name for one in code for name in _names(one)}
    for group in _GROUPS:
        yield from ((word, text) for word, text in MEANINGS[group].items() if word in used - _PLAIN)
    orders = [name for name in ORDERS if name in used]
    if model in _NO_ORDERS and orders:
        yield "orders", f"{_listed(orders)}: {_NO_ORDERS[model]}"
    else:
        yield from ((name, MEANINGS["orders"][name]) for name in orders)


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _names(code: ast.AST) -> Iterator[str]:
    """Yield names and the names of methods that are called."""
    for one in ast.walk(code):
        if isinstance(one, ast.Name):
            yield one.id
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
            yield one.func.attr
