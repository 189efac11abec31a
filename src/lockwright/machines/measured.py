"""A table of core-to-core latencies to a machine: what it lacks is that of the nearest relative, scaled."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockwright.machines import catalogue
from lockwright.machines.grouping import Found, group
from lockwright.machines.matrix import read_matrix
from lockwright.machines.toml import refuse

if TYPE_CHECKING:
    from lockwright.machines.machine import Machine

_GHZ = re.compile(r"(\d+(?:\.\d+)?)\s*GHz", re.IGNORECASE)
_INTEL = re.compile(r"intel|xeon|core\(tm\)|atom", re.IGNORECASE)
_AMD = re.compile(r"amd|epyc|ryzen", re.IGNORECASE)
_MOST_PACKAGES = 8
_SLOWEST_GHZ, _FASTEST_GHZ = 0.05, 20


@dataclass(frozen=True, slots=True)
class _Like:
    """Which machines give what a table of latencies does not say."""

    rows: str
    rest: str


_INTEL_LIKE = _Like("xeon80", "sandybridge_ep_2s")
_AMD_LIKE = _Like("opteron48", "epyc_milan_2s")


def from_csv(
    path: str | Path, *, ghz: float | None = None, like: str | None = None, packages: int | None = None, name: str = ""
) -> Machine:
    """Make a machine of a table of core-to-core latencies; all of it is estimated.

    Args:
        path: A CSV file: a row and a column for each CPU, nanoseconds one way below the diagonal.
        ghz: The clock; by default what the file's name says (`... @ 2.67GHz.csv`).
        like: The machine whose other rows are scaled, and whose protocol, caches and costs are taken; by default
            `xeon80` and `sandybridge_ep_2s` for Intel's, `opteron48` and `epyc_milan_2s` for all others.
        packages: How many packages the outermost groups are; by default each is one, or, of AMD's and where there are
            more than eight, all are dies of one.
        name: The short name of the machine; by default made of the file's name.

    Returns:
        The machine; `text` is its file.

    Raises:
        LockwrightError: The file is no such table, its latencies show no topology, or the clock is not known.
    """
    file = Path(path)
    matrix = read_matrix(file)
    found = group(matrix)
    clock = ghz if ghz is not None else _clock_of(file)
    if not _SLOWEST_GHZ <= clock <= _FASTEST_GHZ:
        raise refuse("U003", f"no CPU has a clock of {clock:g} GHz", f"{_SLOWEST_GHZ} to {_FASTEST_GHZ}: `--ghz 2.67`")
    short = name or re.sub(r"[^a-z0-9]+", "_", file.stem.lower()).strip("_")
    return catalogue.loaded(
        short, f"{short}.toml", _text(file, found, clock, _like(file, like), _packages(file, found, packages))
    )


def _clock_of(file: Path) -> float:
    found = _GHZ.search(file.stem)
    if found is None:
        raise refuse(
            "M010", f"the name of `{file}` does not say the clock, in which cycles are counted", "`--ghz 2.67`"
        )
    return float(found[1])


def _like(file: Path, like: str | None) -> _Like:
    if like is not None:
        catalogue.load(like)  # refuses one that there is not
        return _Like(like, like)
    return _INTEL_LIKE if _INTEL.search(file.stem) and not _AMD.search(file.stem) else _AMD_LIKE


def _packages(file: Path, found: Found, packages: int | None) -> int:
    """Return how many packages there are."""
    outermost = len(found.outer)
    if packages is None:
        is_one_package = found.outer_ns is None and (_AMD.search(file.stem) or outermost > _MOST_PACKAGES)
        return 1 if is_one_package else outermost
    if packages not in {1, outermost}:
        raise refuse("U003", f"the latencies show {outermost} groups, not {packages} packages", f"1 or {outermost}")
    return packages


# The text.


def _text(file: Path, found: Found, ghz: float, like: _Like, packages: int) -> str:
    rows, rest = catalogue.load(like.rows), catalogue.load(like.rest)
    distances = _distances(found, packages)
    of_rows, of_rest = (_mapped(list(distances), list(one.topology.distances)) for one in (rows, rest))
    threads = found.threads_per_core
    lines = [
        f"# Made from core-to-core latencies: {_printable(file.name)}",
        f"what = {_quoted(file.stem)}",
        f"notes = [{', '.join(_quoted(one) for one in _notes(found, packages, like))}]",
        "",
        "[sources]",
        f"csv = {_quoted(f'core-to-core latencies, {file.name}')}",
        "",
        "[topology]",
        f"packages = {packages}",
        f"dies_per_package = {len(found.dies) // packages}",
        f"cores_per_die = {found.cores_per_die}",
        f"threads_per_core = {threads}",
        f"distances = [{', '.join(_quoted(one) for one in distances)}]",
        *_hops(found, packages),
        'why = "found by clustering the latencies"',
        'c = "D"',
        's = "csv"',
        "",
        "[clock]",
        f'ghz = {{ v = {ghz:g}, c = "B", s = "csv" }}',
        "",
        "[caches]",
        f'derive = {{ from = "{like.rest}", rule = "copy" }}',
        "",
        "[core]",
        f'derive = {{ from = "{like.rest}", rule = "copy" }}',
        *_slowdown(threads, rest),
        "",
        "[coherence]",
        f'derive = {{ from = "{like.rows}", rule = "copy" }}',
        *_coherence(found, rows),
        "",
        "[latency]",
        f'derive = {{ from = "{like.rows}", rule = "ratio", by = "atomic.M", distances = {of_rows} }}',
    ]
    why = "half a ping-pong of compare-exchanges"
    lines += [
        f'atomic.M.{one} = {{ v = {_rounded(ns)}, unit = "ns", c = "D", s = "csv", why = "{why}" }}'
        for one, ns in distances.items()
    ]
    memory = f'{{ derive = {{ from = "{like.rest}", rule = "copy_ns", distances = {of_rest} }} }}'
    lines += [f"load.I.{one} = {memory}" for one in distances]
    if found.sibling_ns is not None:
        sibling = f'sibling_ns = {{ v = {_rounded(found.sibling_ns)}, c = "A", s = "csv" }}'
        lines += ["", "[facts]", sibling]
    return "\n".join(lines) + "\n"


def _distances(found: Found, packages: int) -> dict[str, float]:
    """Return the latency at each distance, nearest first."""
    near = found.near_ns or found.outer_ns or found.far_ns or 0.0  # a die of one core has no near pairs
    result = {"same_die": near}
    if found.outer_ns is not None:
        result["same_package"] = found.outer_ns
    if found.far_ns is not None:
        is_inside = packages == 1
        result[
            "same_package" if is_inside and found.outer_ns is None else "far_die" if is_inside else "other_package"
        ] = found.far_ns
    return result


def _hops(found: Found, packages: int) -> list[str]:
    """Return the map of distances, as a matrix where packages alone don't say it."""
    if found.far_ns is None or found.outer_ns is None or packages > 1:
        return ['hops = "packages"']
    group_of = {die: number for number, dies in enumerate(found.outer) for die in dies}
    dies = range(len(found.dies))
    rows = [[0 if one == other else 1 if group_of[one] == group_of[other] else 2 for other in dies] for one in dies]
    return ["hops = [", *(f"    {row}," for row in rows), "]"]


def _mapped(distances: list[str], theirs: list[str]) -> str:
    """Return which distance of a relative each distance is like."""
    far = "one_hop" if "one_hop" in theirs else theirs[-1]
    like = {
        "same_die": theirs[0],
        "same_package": theirs[min(1, len(theirs) - 1)],
        "far_die": far,
        "other_package": far,
    }
    return "{ " + ", ".join(f'{one} = "{like[one]}"' for one in distances) + " }"


def _slowdown(threads: int, rest: Machine) -> list[str]:
    if threads == 1:
        return ['smt_slowdown = { v = 100, c = "D", s = "csv", why = "no two CPUs are threads of one core" }']
    if rest.topology.threads_per_core == 1:
        why = "two busy threads do a quarter more than one"
        return [f'smt_slowdown = {{ v = 160, c = "D", s = "estimate", why = "{why}" }}']
    return []


def _coherence(found: Found, rows: Machine) -> list[str]:
    lines = []
    if rows.numbers["arbitration"].value == "node" and len(found.dies) > 1 and len(found.outer) > 1:
        lines.append('hold = { derive = { rule = "half_hop" } }')
    if "read_occupancy" in rows.numbers:  # chosen for one machine's ticket lock
        why = "a load holds the line until it is served"
        lines.append(f'read_occupancy_share = {{ v = 100, c = "D", s = "estimate", why = "{why}" }}')
    return lines


def _notes(found: Found, packages: int, like: _Like) -> list[str]:
    notes = [f"All but the latencies of updates is that of {like.rows} and {like.rest}, scaled or copied: an estimate."]
    if len(found.outer) > 1:
        taken = "packages" if packages > 1 else "parts of one package"
        notes.append(f"{len(found.outer)} groups of CPUs are taken for {taken}; `--packages` says otherwise.")
    return [*notes, *(f"warning: {one}" for one in found.warnings)]


def _rounded(ns: float) -> str:
    return f"{ns:.1f}"


def _quoted(text: str) -> str:
    return json.dumps(_printable(text), ensure_ascii=False)


def _printable(text: str) -> str:
    """Return a text without signs that a file cannot hold; names of files may have any."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
