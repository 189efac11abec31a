"""The generated parts of `docs/language.md`: from the stub, the meanings, the types and the explanations."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import lockwright.language
from lockwright.diagnostics.explanations import explanations
from lockwright.ir.table import Order
from lockwright.ir.types import INTEGERS
from lockwright.language.meanings import MEANINGS
from lockwright.language.vocabulary import REFUSED_ORDERS

STUB = Path(lockwright.language.__file__).with_suffix(".pyi")
PAGE = Path(__file__).parents[2] / "docs" / "language.md"
MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def stub_words() -> dict[str, str]:
    """Return every public name of the stub, and the methods of atomics, with what is written to use it."""
    found: dict[str, str] = {}
    for node in ast.parse(STUB.read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name=name):
                found[name] = _call(node)
            case ast.ClassDef(name=name):
                found[name] = name
                if name == "Atomic":
                    methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
                    found.update({one.name: _call(one) for one in methods})
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = name
    return {name: shown for name, shown in found.items() if not name.startswith("_")}


def _call(node: ast.FunctionDef) -> str:
    arguments = ast.unparse(node.args).replace("self, ", "").replace("self", "")
    arguments = re.sub(r"\b_T\b", "T", arguments)
    result = re.sub(r"\b_T\b", "T", ast.unparse(node.returns)) if node.returns else ""
    is_plain = result in ("", "None", "Any") or result.startswith(("Callable", "AbstractContext", "_F", "_Tab"))
    return f"{node.name}({arguments})" + ("" if is_plain else f" -> {result}")


def words() -> str:
    """Return a table for each group."""
    shown = stub_words()
    parts = []
    for group, meanings in MEANINGS.items():
        rows = [f"| `{_cell(shown.get(word, word))}` | {_cell(meaning)} |" for word, meaning in meanings.items()]
        parts.append(
            "\n".join([f"### {group[0].upper()}{group[1:]}", "", "| word | what it means |", "|---|---|", *rows])
        )
    return "\n\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def sizes() -> str:
    """Return what each type takes."""
    rows = []
    for name, kind in INTEGERS.items():
        lowest = -(1 << kind.bits - 1) if kind.signed else 0
        highest = lowest + (1 << kind.bits) - 1
        in_memory = max(1, kind.bits // 8)
        rows.append(f"| `{name}` | {kind.bits} | {in_memory} | {_number(lowest)} | {_number(highest)} |")
    rows += [
        "| `Ptr[T]` | 64 | 8 | null | |",
        "| a `Word` | the sum of its parts, up to 8, 16, 32 or 64 | 1 to 8 | | |",
    ]
    return "\n".join(["| type | bits | bytes in memory | lowest | highest |", "|---|---|---|---|---|", *rows])


def _number(value: int) -> str:
    """Return a number, a large one as a power of two."""
    large = {(1 << bits) - 1: f"2^{bits} - 1" for bits in (63, 64)} | {-(1 << 63): "-2^63"}
    return large.get(value, f"{value:,}")


def orders() -> str:
    """Return which orders an operation takes."""
    uses = {"load": "load", "store": "store", "failure": "a failed `compare_exchange`", "update": "an update"}
    head = f"| | {' | '.join(f'`{order.value}`' for order in Order)} |"
    rows = [
        f"| {shown} | {' | '.join('–' if order in REFUSED_ORDERS.get(use, ()) else 'yes' for order in Order)} |"
        for use, shown in uses.items()
    ]
    fence = " | ".join("–" if order is Order.RELAXED else "yes" for order in Order)
    return "\n".join([head, "|---" * (len(Order) + 1) + "|", *rows, f"| `fence` | {fence} |"])


def mistakes() -> str:
    """Return the codes of the language."""
    listed = [one for one in explanations().values() if one.code.startswith("L")]
    rows = [f"| {one.code} | {_cell(one.title)} |" for one in listed]
    return "\n".join(["| code | what is wrong |", "|---|---|", *rows])


GENERATED = {"words": words, "sizes": sizes, "orders": orders, "mistakes": mistakes}


def written_anew(page: str) -> str:
    """Return the page with its generated parts as they should be."""
    return MARKED.sub(lambda found: f"{found[1]}\n{GENERATED[found[2]]()}\n\n{found[3]}", page)
