"""Kinds of file that people have at hand and that say nothing, or too little, about locks: what to give instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_STACKS = "the stacks of samples: `perf script`, or folded stacks"
_GO = "`go tool pprof -traces` of the same profile, or `-top`"
OTHERS = (
    (
        "a histogram, as `funclatency` and `runqlat` write it",
        "`offcputime -f`, or `klockstat`: a histogram names no lock",
        re.compile(r"\s*(?:nsecs|usecs|msecs)\s*:\s*count\s+(?::\s*)?distribution.*"),
    ),
    (
        "the output of bcc's `lockstat`",
        "`klockstat`, or `perf lock contention`",
        re.compile(r"\s*Caller\s+Avg Spin\s+Count\s+Max spin\s*"),
    ),
    (
        "a flight recording of a JVM as JSON",
        "text: `jfr print --stack-depth 20 --events JavaMonitorEnter,ThreadPark FILE`, without `--json`",
        re.compile(r'\s*"recording": \{\s*'),
    ),
    (
        "a thread dump of a JVM as JSON",
        "text: `jcmd PID Thread.dump_to_file FILE`, without `-format=json`",
        re.compile(r'\s*"threadDump": \{\s*'),
    ),
    (
        "text of `go tool pprof`",
        "`go tool pprof -raw` through `stackcollapse-go.pl`",
        re.compile(r"\s+flat\s+flat%\s+sum%\s+cum.*"),
    ),
    ("text of `go tool pprof`", "`go tool pprof -raw` through `stackcollapse-go.pl`", re.compile(r"-{5,}\+-{5,}")),
    ("a trace of ftrace", "`perf script`, or `perf lock contention`", re.compile(r"# tracer: \w+.*")),
    (
        "the summary of `strace -c`",
        "`offcputime -f`, or `perf trace` with stacks",
        re.compile(r"% time\s+seconds\s+usecs/call.*"),
    ),
    ("the output of callgrind", _STACKS, re.compile(r"events: Ir\b.*")),
    (
        "a file of speedscope",
        "the file it was made of",
        re.compile(r'.*"\$schema":\s*"https?://www\.speedscope\.app/.*'),
    ),
    (
        "bpftrace's JSON",
        "bpftrace without `-f json`",
        re.compile(r'\{"type":\s*"\w+".*'),
    ),
)
"""Names, what to give, and a line that gives them away."""


_OWN = re.compile(r"\s{2}\S.*: read as \S.*, [\d,]+ lines?\b.*")
_OWN_LINES = 30  # among which it would stand


def is_own(head: Sequence[str]) -> bool:
    """Return whether a text is what `lockwright profile` printed."""
    return any(_OWN.fullmatch(one) for one in head[:_OWN_LINES])


BINARY = (
    (
        "FLR\0",
        "a flight recording of a JVM",
        "`jfr print --stack-depth 20 --events JavaMonitorEnter,ThreadPark,ExecutionSample FILE`",
    ),
    ("\x7fELF", "a program", "what a profiler wrote of it"),
    ("PK\x03\x04", "a zip archive", "the file inside, plain or in gzip"),
    ("BZh", "compressed with bzip2", "it plain or in gzip: `bunzip2 -c FILE | lockwright profile -`"),
    ("\ufffd7zXZ", "compressed with xz", "it plain or in gzip: `xz -dc FILE | lockwright profile -`"),
    ("(\ufffd/\ufffd", "compressed with zstd", "it plain or in gzip: `zstd -dc FILE | lockwright profile -`"),
    ("SQLite format 3\0", "a database", "text: `perf script`, or folded stacks"),
)
"""How files begin that are no text, what they are, and what to give."""


def unpacked(start: str) -> tuple[str, str] | None:
    """Return what a file is that is no text, and what to give instead; None if that is not known."""
    return next(((name, instead) for magic, name, instead in BINARY if start.startswith(magic)), None)


def known(head: Sequence[str]) -> tuple[str, str] | None:
    """Return the name of a kind that is not read and what to give instead; None if it is none of them."""
    for kind, instead, pattern in OTHERS:
        if any(pattern.fullmatch(one) for one in head):
            return kind, instead
    return None
