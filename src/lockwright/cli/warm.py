"""Compile the kernels ahead of their first use.

`make setup` does, so that the first check answers at once.  `make wheel` does with `--pack FILE`: the kernels are made
for no processor in particular, and go into a file that the package brings with it (see `flat.pack`).

The kernels of `sc` and `tso`, those of `c11` and those of the simulator are compiled in processes beside each other;
meanwhile the JavaScript of pages with pictures is bundled.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from lockwright.cli.status import Status

_STORE_BUFFERING = """X86 SB
{ x=0; y=0; }
 P0          | P1          ;
 MOV [x],$1  | MOV [y],$1  ;
 MOV EAX,[y] | MOV EAX,[x] ;
exists (0:EAX=0 /\\ 1:EAX=0)
"""
_RUNS = {
    "tso": (
        "check ticket --threads 2",
        "check pv_ticket_2013 --threads 2 --acquire 1",  # a fault, which is searched again and told
        "check qspinlock --threads 3 --budget-states 20000",  # more than there is room for at first
        "check qspinlock --threads 2 --bypass 0",  # too many overtakings, told
        "litmus",
    ),
    "c11": ("check ticket --threads 2", "check mcs --threads 3 --budget-states 20000", "litmus"),
    "simulate": ("simulate ticket --cpus 2 --seeds 1 --ops 100",),
}
"""Commands that between them run every kernel that Python calls: checks by the model of their engine, a simulation."""
_FOR_ANY_PROCESSOR = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}


def warm(model: str, pack: Path | None) -> int:
    """Run the checks of one engine, and write a pack of what was compiled; return 0 if all went well."""
    from lockwright.cli.main import run
    from lockwright.flat import cache
    from lockwright.flat.pack import write

    compiled: dict[str, bytes] = {}
    cache.recording = compiled if pack is not None else None
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        test = Path(folder) / "SB.litmus"
        test.write_text(_STORE_BUFFERING, encoding="utf-8")
        under = [] if model == "simulate" else ["--memory", model]
        commands = [[*line.split(), *under] for line in _RUNS[model]]
        if model == "tso":
            _index_pieces()
        ended = {run([*command, str(test)] if command[0] == "litmus" else command) for command in commands}
    if pack is not None:
        write(pack, compiled.items())
    return 0 if ended <= {Status.FINE, Status.FINDING, Status.OPEN} else 1


def _index_pieces() -> None:
    """Call the one kernel that only a search of half a million states calls: more pieces than there is room for."""
    import numpy as np

    from lockwright.check.engine.pieces import reindex

    reindex(np.zeros(1, dtype=np.int64), np.zeros(2, dtype=np.int64), np.int64(0), np.int64(1))


def warm_all(pack: Path | None) -> int:
    """Do it for every engine at once; return 0 if all went well."""
    with tempfile.TemporaryDirectory() as folder:
        parts = [Path(folder) / f"{model}.pack" for model in _RUNS]
        environment = dict(os.environ)
        if pack is not None:
            environment |= _FOR_ANY_PROCESSOR | {"NUMBA_CACHE_DIR": folder}  # empty: all is compiled, and recorded
        running = [
            subprocess.Popen(  # noqa: S603 - this module itself
                [sys.executable, "-m", __spec__.name, "--model", model, *(["--pack", str(part)] if pack else [])],
                env=environment,
            )
            for model, part in zip(_RUNS, parts, strict=True)
        ]
        if pack is None:
            _pictures()
        failed = max(abs(one.wait()) for one in running)
        if pack is not None and not failed:
            from lockwright.flat.pack import merge

            merge(pack, parts)
    return failed


def _pictures() -> None:
    """Bundle the JavaScript that draws pictures in pages, which takes seconds."""
    from lockwright.report.drawing import library

    library()


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Compile the kernels ahead of their first use.")
    parser.add_argument("--pack", type=Path, help="make them for any processor, and write them into this file")
    parser.add_argument("--model", choices=_RUNS, help="only those of one engine")
    given = parser.parse_args()
    return warm_all(given.pack) if given.model is None else warm(given.model, given.pack)


if __name__ == "__main__":
    sys.exit(main())
