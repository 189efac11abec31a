"""Record the loads of this folder in every mode in which people do, as small files.

    python benchmarks/contentions/record.py FOLDER [LOAD ...]

Builds the programs with gcc, runs each for SECONDS under perf, several times, and writes into FOLDER for each:

    LOAD.record.script.gz    `lockwright record -o`: samples and waits of one run
    LOAD.cpu.script.gz       `perf record -F 499 -g`, `perf script`
    LOAD.lock.script.gz      `perf lock record`, `perf script`
    LOAD.lock-ns.script.gz   the same recording, `perf script --ns`
    LOAD.lock-contention.txt the same recording, `perf lock contention`
    LOAD.report.txt          of the samples, `perf report --stdio --no-children`
    LOAD.report-children.txt.gz  `perf report --stdio --children`

Scripts are cut to what happened in their first part, the longest that keeps them below KILOBYTES, never in the middle
of an event.  Of `record` only the waits are cut, and `lock events s` in its head says to how many seconds: that is
what `--megabytes` does, too.  Reports without children are cut after REPORT_LINES.

Others may use the machine meanwhile, and threads that never run at the same time contend for nothing: called by
`setsid -w`, as root, the session gets nearly all of the CPUs (NICE, see autogroups in sched(7)).
"""

import contextlib
import gzip
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SECONDS = "1"
KILOBYTES = 24
NICE = "-15"
REPORT_LINES = 200
WITH_LOCKS = (
    *("rename", "append", "mprotect", "timer_settime", "pipe", "mutex"),
    *("fdtable", "position", "sigmask", "rwlock", "long_hold", "semaphore"),
)
OTHERS = ("spin", "false_sharing", "hog")
PLACE = re.compile(r"/tmp/contentions\.\w+")
TIME = re.compile(r"^\s*\S.*?\s(\d+\.\d+):\s", re.MULTILINE)


MOST_BYTES = 4 << 20  # of a script that is looked at: more never fits


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return done.stdout + (done.stderr if command[1:3] == ("lock", "contention") else "")


def pieces(text: str) -> list[tuple[float, str]]:
    """Return the events of a script, each with its time and its lines."""
    found = []
    for match in re.finditer(r"^(?=\S|\s+\S.*\d: +lock:).*\n(?:[ \t]+[0-9a-f]+ .*\n)*\n?", text, re.MULTILINE):
        time = TIME.match(match[0])
        if time:
            found.append((float(time[1]), match[0]))
    return found


def cut(text: str, kilobytes: int = KILOBYTES) -> tuple[str, float | None]:
    """Return the first part of a script that is small enough, and how many seconds that is; None if all of it."""
    whole = len(text)
    every = pieces(text[: text.rfind("\n", 0, MOST_BYTES) + 1])
    if not every:
        return text, None
    every = every[:-1] if whole > MOST_BYTES else every  # the last may be half a stack
    start, end = min(one for one, _ in every), max(one for one, _ in every)
    span = end - start
    while True:
        kept = "".join(one for time, one in every if time <= start + span)
        if len(gzip.compress(kept.encode(), 9)) <= kilobytes * 1000:
            return kept, None if start + span >= end and whole <= MOST_BYTES else span
        span *= 0.8


def cut_waits(text: str) -> str:
    """Return what `lockwright record` wrote with fewer waits: as many as fit beside the samples."""
    first = re.search(r"^\s*\S.*\d: +lock:", text, re.MULTILINE)
    head = "".join(re.findall(r"^#.*\n", text, re.MULTILINE))
    samples = text[len(head) : first.start() if first else len(text)]
    waits, seconds = cut(text[first.start() :] if first else "")
    if seconds is not None:
        head = re.sub(r"^# lock events s : .*", f"# lock events s : {seconds:.6f}", head, flags=re.MULTILINE)
    return head + samples + waits


def write(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(PLACE.sub("/tmp/contentions", text).encode(), 9, mtime=0))


def record(load: str, programs: Path, out: Path) -> None:
    program = f"./{load}"
    kept = programs / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    lockwright = (sys.executable, "-m", "lockwright", "record", "-o", str(kept), "--json", "result.json")
    run(*lockwright, "--", program, SECONDS, cwd=programs)
    write(
        out / f"{load}.record.script.gz",
        cut_waits(gzip.decompress((kept / "recording.script.gz").read_bytes()).decode()),
    )
    run("perf", "record", "-o", "cpu.data", "-F", "499", "-g", "--", program, SECONDS, cwd=programs)
    write(out / f"{load}.cpu.script.gz", cut(run("perf", "script", "-i", "cpu.data", cwd=programs))[0])
    report = ("perf", "report", "-i", "cpu.data", "--stdio")
    lines = run(*report, "--no-children", cwd=programs).splitlines(keepends=True)
    (out / f"{load}.report.txt").write_text("".join(lines[:REPORT_LINES]))
    write(out / f"{load}.report-children.txt.gz", run(*report, "--children", cwd=programs))
    if load in WITH_LOCKS:
        run("perf", "lock", "record", "-o", "lock.data", "--", program, SECONDS, cwd=programs)
        write(out / f"{load}.lock.script.gz", cut(run("perf", "script", "-i", "lock.data", cwd=programs))[0])
        write(out / f"{load}.lock-ns.script.gz", cut(run("perf", "script", "--ns", "-i", "lock.data", cwd=programs))[0])
        table = run("perf", "lock", "contention", "-i", "lock.data", cwd=programs)
        (out / f"{load}.lock-contention.txt").write_text(table)


def main(folder: str, *loads: str) -> None:
    out = Path(folder)
    out.mkdir(exist_ok=True)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(NICE)
    with tempfile.TemporaryDirectory(prefix="contentions.") as name:
        programs = Path(name)
        for load in loads or WITH_LOCKS + OTHERS:
            flags = ("-O2", "-fno-omit-frame-pointer", "-pthread")
            run("gcc", *flags, str(HERE / f"{load}.c"), "-o", str(programs / load), cwd=HERE)
            record(load, programs, out)
            print(load, sum(one.stat().st_size for one in out.glob(f"{load}.*")) // 1000, "kB", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
