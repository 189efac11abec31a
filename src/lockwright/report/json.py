"""A check as JSON: `schema`, `command`, `params`, `seeds`, `warnings`, and flat records for other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockwright.results import SCHEMA, CheckResult, Fault, Run

if TYPE_CHECKING:
    from lockwright.diagnostics.span import Span


def check_json(result: CheckResult, command: str = "check") -> dict[str, Any]:
    """Return a check as what `json` can write."""
    return {
        "schema": SCHEMA,
        "command": command,
        "lock": result.name,
        "params": result.params,
        "seeds": [],
        "warnings": result.warnings,
        "verdict": result.verdict,
        "models": _models(result),
        "points": [_run(run) for run in result.runs],
        "faults": [_fault(fault) for fault in result.faults],
        "waits": [{**_place(one.span), "function": one.function, "text": one.text} for one in result.waits],
        "claims": result.claims,
        "promises": result.promises,
        "orders": None if result.orders is None else [_order(one) for one in result.orders],
        "not_covered": result.not_covered,
        "seconds": round(result.seconds, 3),
    }


def _models(result: CheckResult) -> dict[str, Any]:
    """Return one record for each model: the worst of its runs."""
    records = {}
    for model in dict.fromkeys(run.model for run in result.runs):
        runs = [run for run in result.runs if run.model == model]
        records[model] = {
            "verdict": result.verdict_of(model),
            "reason": next((run.reason for run in runs if run.reason), ""),
            "bound": next((run.bound for run in runs if run.bound), ""),
            "properties": list(dict.fromkeys(one for run in runs for one in run.properties)),
            "states": sum(run.states for run in runs),
        }
    return records


def _run(run: Run) -> dict[str, Any]:
    record: dict[str, Any] = msgspec.to_builtins(run)
    return record


def _fault(fault: Fault) -> dict[str, Any]:
    record: dict[str, Any] = msgspec.to_builtins(fault)
    del record["rows"], record["moves"], record["course"]
    return {
        "code": fault.code,
        **record,
        "steps": [
            {"step": row.step, "thread": row.thread + 1, "text": row.text, "kind": row.kind, "note": row.note}
            | {"function": row.function}
            | _place(row.span)
            for row in fault.rows
        ],
        "replay": list(fault.moves),
    }


def _order(one: Any) -> dict[str, Any]:
    record: dict[str, Any] = msgspec.to_builtins(one)
    del record["span"]
    return {**_place(one.span), **record}


def _place(span: Span) -> dict[str, Any]:
    return {"file": span.file, "line": span.line, "column": span.column}
