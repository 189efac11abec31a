"""What the compiled simulator does that the small C engine does not, each part apart: instructions for one section.

The sources are copied, one part is taken out of each copy, and all copies and the C engine (`coherence/engine.c`) make
the same runs, to the same tick.  Valgrind counts their instructions, so that no other load of the machine shows: what
a part takes is what its copy saves.  `rows, once more` is the other way round: it decodes every local row twice, the
second time on spare registers, and what that adds is what decoding takes.  Two lengths of each run are counted; the
difference leaves out what both begin with.  Beside it the time of the kernel, as a multiple of C's, by the median of
`REPEATS` turns.  Everything is compiled for a processor that Valgrind knows; half a minute for each copy, and as long
again to count.

    python benchmarks/simulate_parts.py [PART ...]

`simulate_parts.txt` has what came out.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import lockwright

SOURCES = Path(lockwright.__file__).parent
REPEATS = 7
C_SECONDS = 0.05
RUNS = (("mcs", 2), ("ticket", 2), ("mcs", 48), ("ticket", 48), ("mcs", 1024), ("ticket", 1024))
LENGTHS = {2: (1000, 21000), 48: (1000, 11000), 1024: (1100, 3100)}
"""Of the runs that are counted, in sections, by CPUs."""
COMPILED_FOR = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}
TOTAL = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)
VALGRIND = ("valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=counts.%p")


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace whatever a pattern matches in a file of the simulator; it must match."""

    file: str
    pattern: str
    text: str

    def make(self, package: Path) -> None:
        """Edit a copy of the package."""
        path = package / "simulate" / self.file
        text, count = re.subn(self.pattern, self.text, path.read_text(), flags=re.MULTILINE)
        if not count:
            raise SystemExit(f"{self.file} has nothing like {self.pattern!r} any more: mend the parts of this file")
        path.write_text(text)


ROWS = tuple(Edit(one, r"^( +)s\.rows\[.*\] \+= .*$", r"\1pass") for one in ("engine.py", "lines.py", "stretch.py"))
MARKS = (Edit("program.py", r"is_idle = \(rows.*$", "is_idle = rows[:, op.OP] == op.MARK"),)
SWITCHES = tuple(
    Edit(file, rf"s\.cfg\[at\.({names})\]", "np.int64(0)")
    for file, names in (
        ("engine.py", "SMT|COUNTED"),
        ("stretch.py", "SMT"),
        ("lines.py", "SMT|COUNTED|TRACKED|BY_NODE"),
        ("queues.py", "BY_NODE"),
        ("accesses.py", "SMT|COUNTED|TRACKED|POOLS"),
    )
)
AGAIN = (
    Edit(
        "stretch.py",
        r"^( +)for _ in range\(length\):\n",
        r"\1again = pc\n\1for _ in range(length):\n\1    again = plain_step(s, spare, again, thread)\n"
        r"\1    if again < 0:\n\1        break\n\1for _ in range(length):\n",
    ),
    Edit("stretch.py", r"^( +)base, began, ", r"\1spare = s.cfg[at.THREADS] * s.cfg[at.SLOTS]\n\1base, began, "),
)
PARTS: dict[str, tuple[Edit, ...]] = {
    "counters of rows": ROWS,
    "boundaries of locks": MARKS,
    "switches of the model": SWITCHES,
    "all of these": (*ROWS, *MARKS, *SWITCHES),
    "rows, once more": AGAIN,
}


def serve() -> None:
    """In a copy: make the runs that are asked for, one a line, and print the seconds and the last tick of each."""
    from coherence.in_c import build_engine, run_in_c
    from coherence.machines import wide

    from lockwright.language.compile import compile_contention
    from lockwright.simulate import places as at
    from lockwright.simulate.build import Settings, build
    from lockwright.simulate.engine import run
    from lockwright.simulate.run import code_of

    made, engine = {}, build_engine(str(Path.cwd()))
    for line in sys.stdin:
        who, lock, *numbers = line.split()
        cpus, rounds = map(int, numbers)
        machine, settings = wide(cpus), Settings(cpus, start="together", tracks_caches=False)
        if who == "C":
            count("on")
            found = run_in_c(engine, lock, machine, cpus, (0, rounds))
            count("off")
            print(found["seconds"], found["window"], flush=True)
            continue
        if (lock, cpus) not in made:
            made[lock, cpus] = code_of(compile_contention(lock), machine, settings)
        state = build(made[lock, cpus], machine, settings)
        state.cfg[at.STOP_ROUNDS], state.cfg[at.MOST_EVENTS] = rounds, 1 << 60
        count("on")
        began = time.process_time()
        run(state.table)
        spent = time.process_time() - began
        count("off")
        print(spent, int(state.cfg[at.NOW]), flush=True)


def count(how: str) -> None:
    """Begin to count instructions, or end and put the count into a file, if Valgrind runs this."""
    if "COUNTS" in os.environ:
        control("--instr=" + how)
        if how == "off":
            control("--dump")


def control(what: str) -> None:
    """Tell Valgrind, under which this process runs."""
    subprocess.run(["callgrind_control", what, str(os.getpid())], check=True, capture_output=True)


class Copy:
    """The simulator with a part taken out, in a process of its own; in another, Valgrind counts instructions."""

    def __init__(self, folder: Path, name: str, edits: tuple[Edit, ...]) -> None:
        self.folder = folder / name.replace(" ", "-")
        package = self.folder / "lockwright"
        shutil.copytree(SOURCES, package, ignore=shutil.ignore_patterns("__pycache__"))
        for one in edits:
            one.make(package)
        paths = os.pathsep.join((str(self.folder), str(Path(__file__).parent)))
        kernels = {"NUMBA_CACHE_DIR": str(folder / "kernels"), **os.environ, **COMPILED_FOR}
        self.environment = {**kernels, "PYTHONPATH": paths}
        self.process = self.begin()

    def begin(self, *before: str) -> subprocess.Popen[str]:
        """Return a process that makes runs."""
        environment = self.environment | ({"COUNTS": "1"} if before else {})
        command = [*before, sys.executable, str(Path(__file__).resolve()), "--serve"]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, cwd=self.folder, stdin=pipe, stdout=pipe, text=True)

    def run(self, who: str, lock: str, cpus: int, rounds: int) -> tuple[float, int]:
        """Return the seconds of a run of `ours` or `C`, and its last tick."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(who, lock, cpus, rounds, file=self.process.stdin, flush=True)
        seconds, tick = self.process.stdout.readline().split()
        return float(seconds), int(tick)

    def end(self) -> None:
        """Let the process end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()

    def counts(self, who: str) -> list[float]:
        """Return the instructions of a section in each kind of run."""
        self.process = self.begin(*VALGRIND)
        self.run(who, *RUNS[0], 10)  # what is made at the first call counts for nothing
        known = set(self.folder.glob("counts.*"))
        found = []
        for lock, cpus in RUNS:
            totals = []
            for rounds in LENGTHS[cpus]:
                self.run(who, lock, cpus, rounds)
                new = set(self.folder.glob("counts.*")) - known
                known |= new
                totals.append(max(int(one) for path in new for one in TOTAL.findall(path.read_text())))
            found.append((totals[1] - totals[0]) / (LENGTHS[cpus][1] - LENGTHS[cpus][0]))
        self.end()
        return found


def ratio(copies: dict[str, Copy], lock: str, cpus: int) -> float:
    """Return the time of the simulator as it is as a multiple of C's; all copies must come to the same tick."""
    whole = copies["as it is"]
    spent, _ = whole.run("C", lock, cpus, 500)
    rounds = max(500, int(500 * C_SECONDS / max(spent, 1e-4)))
    ticks = {one.run("ours", lock, cpus, 500)[1] for one in copies.values()}
    assert len(ticks) == 1, (lock, cpus, ticks)
    found = []
    for _ in range(REPEATS):
        (base, tick), (spent, last) = (whole.run(who, lock, cpus, rounds) for who in ("C", "ours"))
        assert last == tick, (lock, cpus, last, tick)
        found.append(spent / base)
    return statistics.median(found)


def main(wanted: list[str]) -> None:
    """Print a table: instructions of one section, what each part takes of them, and the ratio of times."""
    parts = {name: edits for name, edits in PARTS.items() if name in (wanted or PARTS)}
    print(f"{'':24}" + "".join(f"{f'{lock} {cpus}':>12}" for lock, cpus in RUNS), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        copies = {name: Copy(Path(folder), name, edits) for name, edits in {"as it is": (), **parts}.items()}
        times = [ratio(copies, lock, cpus) for lock, cpus in RUNS]
        for one in copies.values():
            one.end()
        print(f"{'time, C = 1':24}" + "".join(f"{one:12.2f}" for one in times), flush=True)
        in_c, whole = copies["as it is"].counts("C"), copies["as it is"].counts("ours")
        print(f"{'instructions, C = 1':24}" + "".join(f"{a / b:12.2f}" for a, b in zip(whole, in_c, strict=True)))
        print(row("instructions, C", in_c), row("instructions, ours", whole), sep="\n", flush=True)
        for name, edits in parts.items():
            saved = [a - b for a, b in zip(whole, copies[name].counts("ours"), strict=True)]
            print(row(name, [abs(one) for one in saved] if edits is AGAIN else saved), flush=True)


def row(name: str, values: list[float]) -> str:
    """Return a line of the table."""
    return f"{name:24}" + "".join(f"{one:12.0f}" for one in values)


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        main(sys.argv[1:])
