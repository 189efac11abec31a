"""A comparison as flat records, for tools."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lockwright.profiles.comparing.results import SYMBOL

if TYPE_CHECKING:
    from lockwright.profiles.comparing import Change, Comparison, Estimate, Waited

SCHEMA = "lockwright.diff/1"


def diff_json(found: Comparison) -> dict[str, Any]:
    """Return a comparison as what `json` can write: shares in percent of what was busy, differences in points."""
    return {
        "schema": SCHEMA,
        "command": "diff",
        "params": {"before": list(found.before.sources), "after": list(found.after.sources)},
        "seeds": [found.seed],
        "warnings": list(found.warnings),
        "headline": found.headline,
        "findings": list(found.findings),
        "next_limit": found.next_limit or None,
        "unchanged": list(found.unchanged),
        "method": list(found.method),
        "cost_unit": found.cost_unit or None,
        "sides": [
            {"side": name} | {key: _plain(value) for key, value in asdict(one).items()}
            for name, one in (("before", found.before), ("after", found.after))
        ],
        "symbols": [_record(one) for one in found.changes if one.kind == SYMBOL],
        "locks": [_record(one) for one in found.changes if one.kind != SYMBOL],
        "waits": [
            {"kind": one.kind or None, "caller": one.caller or None, "lock": one.lock or None, "is_all": one.is_all}
            | _waited("before", one.before, one.total_before)
            | _waited("after", one.after, one.total_after)
            | {"is_significant": one.is_significant}
            for one in found.waits
        ],
        "threads": [asdict(one) | {"difference_percent": one.difference_percent} for one in found.threads],
    }


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _record(one: Change) -> dict[str, Any]:
    record: dict[str, Any] = {
        "kind": one.kind,
        "symbol": one.symbol or None,
        "caller": one.caller or None,
        "role": one.role or None,
        "lock": one.lock or None,
    }
    for name, value in (("before", one.before), ("after", one.after), ("difference", one.difference)):
        record |= _estimate(f"{name}_percent", value)
    for name, pair in (("per_operation", one.per_operation), ("per_second", one.per_second)):
        for side, place in (("before", 0), ("after", 1)):
            record |= _estimate(f"{name}_{side}", pair[place] if pair else None)
    return record | {
        "called_by_before": one.called_by[0] or None,
        "called_by_after": one.called_by[1] or None,
        "samples_before": one.samples[0] if one.samples else None,
        "samples_after": one.samples[1] if one.samples else None,
        "unlisted_before": one.unlisted_before,
        "unlisted_after": one.unlisted_after,
        "p": one.p,
        "q": one.q,
        "is_significant": one.is_significant,
        "mark": one.mark or None,
        "renamed_from": one.renamed_from or None,
        "why_renamed": one.why_renamed or None,
        "expected_percent": one.expected,
    }


def _estimate(name: str, one: Estimate | None) -> dict[str, float | None]:
    low, high = (one.low, one.high) if one else (None, None)
    return {name: one.value if one else None, f"{name}_low": low, f"{name}_high": high}


def _waited(side: str, one: Waited, total: Estimate | None) -> dict[str, Any]:
    found = {
        f"{key}_{side}": value
        for key, value in (asdict(one) | {"mean_ns": one.mean_ns, "mean_held_ns": one.mean_held_ns}).items()
    }
    low, high = (total.low, total.high) if total else (None, None)
    return found | {f"total_ns_{side}_low": low, f"total_ns_{side}_high": high}
