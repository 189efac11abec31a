"""What the pages of profiles have in common: how texts of a file and tables are set."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from lockwright.report.flame_graph import printable, shortened
from lockwright.report.html import prose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.report.profile_tables import Table

STYLE = """<style>
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td { overflow-wrap: anywhere; } table { font-size: .9rem; width: auto; margin-bottom: 1.2rem; }
p, li { max-width: 62rem; } h3 { font-size: 1rem; }
h1, p, li { overflow-wrap: anywhere; } code { background: var(--soft); padding: 0 .2em; }
</style>"""
HOW = (
    "Each box is a function, below it what it calls, the heaviest to the left; it is as wide as the time in it and in "
    "all that it calls."
)
HOW_MANY = (
    "Each box is a function, or what is waited for, below it what it calls, the heaviest to the left; it is as wide as "
    "the number of {} that were seen in it and in all that it calls."
)
KEYS = "Click a box, or press Enter on it, to see it alone; Escape shows all again; arrows go from box to box."


def text(words: str) -> str:
    """Return words with names of the file in them as HTML; what stands in backticks is code."""
    return prose(printable(words))


def capital(words: str) -> str:
    """Return words with a capital letter."""
    return words[:1].upper() + words[1:]


def sentence(words: str) -> str:
    """Return words with a capital and an end; what begins with a command stays as it is."""
    return capital(words) + ("" if words.endswith((".", ":", "?", "`")) else ".")


def html_table(table: Table) -> Iterator[str]:
    """Yield a table, and how many rows it leaves out."""
    head, *rows = table.cells if table.has_head else [[], *table.cells]
    yield '<div class="scroll"><table>'
    if head:
        yield f"<thead><tr>{_row('th', head, table)}</tr></thead>"
    yield "<tbody>"
    yield from (f"<tr>{_row('td', row, table)}</tr>" for row in rows)
    yield "</tbody></table></div>"
    if table.more > 0:
        yield f"<p><small>and {table.more:,} more</small></p>"


def _row(tag: str, cells: list[str], table: Table) -> str:
    kinds = (' class="n"' if at < table.right else "" for at in range(len(cells)))
    return "".join(
        f"<{tag}{kind}>{escape(shortened(cell) if cell else '')}</{tag}>"
        for cell, kind in zip(cells, kinds, strict=True)
    )
