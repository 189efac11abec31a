"""`lockwright litmus`: run anybody's x86 litmus tests."""

from __future__ import annotations

from lockwright.cli.status import Status


def litmus(*files: str, memory: str = "all") -> int:
    """Show every outcome that a litmus test in herd's x86 format may have, and whether its condition is met.

    Args:
        files: `.litmus` files.
        memory: The memory model; `tso` is x86.
    """
    from lockwright import api
    from lockwright.cli.usage import mistaken

    if not files:
        return mistaken("no file is named", "`lockwright litmus SB.litmus`")
    met = True
    for file in files:
        judgements = api.litmus(file, memory)
        print("\n\n".join(str(one) for one in judgements))
        met &= all(one.holds for one in judgements if one.model == "tso" or len(judgements) == 1)
    return Status.FINE if met else Status.FINDING
