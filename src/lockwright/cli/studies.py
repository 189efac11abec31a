"""`lockwright studies`: the published experiments that can be run."""

from __future__ import annotations

from lockwright.cli.status import Status


def studies() -> int:
    """List the published experiments."""
    from lockwright import api

    listed = api.studies()
    widest = max(len(name) for name, _ in listed)
    for name, title in listed:
        print(f"{name:<{widest}}  {title}")
    return Status.FINE
