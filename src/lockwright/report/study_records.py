"""A study as what `--json` writes: flat records."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lockwright.study import SCHEMA

if TYPE_CHECKING:
    from lockwright.study import StudyResult


def study_json(result: StudyResult) -> dict[str, Any]:
    """Return a study as what `json` can write; what has no number is null."""
    return {
        "schema": SCHEMA,
        "command": "study",
        "name": result.name,
        "title": result.title,
        "machine": result.machine,
        "params": {},
        "seeds": list(result.seeds),
        "warnings": list(result.missed),
        "nulls": list(result.nulls),
        "given": [asdict(one) for one in result.given],
        "assumed": [asdict(one) for one in result.assumed],
        "fitted": [asdict(one) for one in result.fitted],
        "figures": [
            {
                "group": one.group,
                "what": one.what,
                "at": one.at,
                "unit": one.unit,
                "role": one.role,
                "published": finite(one.published),
                "ours": finite(one.ours.value),
                "ours_low": finite(one.ours.low),
                "ours_high": finite(one.ours.high),
                "error": finite(one.error),
                "nulls": list(one.nulls),
            }
            for one in result.figures
        ],
        "scores": [asdict(one) | {"beats_all": one.beats_all} for one in result.scores],
        "moved": result.moved,
        "sensitivity": [asdict(one) for one in result.sensitivity],
        "profiles": {
            name: [{"symbol": symbol, "share": share} for symbol, share in rows]
            for name, rows in result.profiles.items()
        },
        "notes": list(result.notes),
        "weak": list(result.weak),
        "seconds": round(result.seconds, 3),
    }


def finite(value: float) -> float | None:
    """Return a value, or None where there is no number."""
    return value if math.isfinite(value) else None
