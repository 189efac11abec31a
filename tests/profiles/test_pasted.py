"""Text as people paste it, and what is said of what cannot be read."""

from __future__ import annotations

import bz2
import gzip
import lzma
from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import content, of

from lockwright.errors import LockwrightError
from lockwright.profiles import folding, read

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("+   6.85%     ovs-vswitchd  ovs-vswitchd        [.] find_match_wc", ("find_match_wc", "ovs-vswitchd", 6.85)),
        (
            "-  40.00%  Web Content  libxul.so  [.] js::Run(JSContext*, int)",
            ("js::Run(JSContext*, int)", "Web Content", 40),
        ),
        (" 10.25%  [kernel]       [k] _raw_spin_lock", ("_raw_spin_lock", "", 10.25)),
        (" 10.25%\tbash\t[kernel.kallsyms]\t[k] do_fork.part.0", ("do_fork.part.0", "bash", 10.25)),
        ("    12.50%  [k] osq_lock", ("osq_lock", "", 12.5)),
        ("10.9% too few digits", None),
    ],
)
def test_rows_without_a_head(line: str, expected: tuple[str, str, float] | None) -> None:
    if expected is None:
        with pytest.raises(LockwrightError):
            of(line + "\n")
        return
    (sample,) = of(line + "\n").samples
    assert (sample.stack[0].symbol, sample.command, sample.weight) == expected


@pytest.mark.parametrize(
    ("head", "command", "event"),
    [
        ("a.out  1818 cpu-clock:pppH:", "a.out", "cpu-clock:pppH"),
        ("Web Content", "Web Content", ""),
        ("18190.058133: cycles:", "", "cycles"),
        ("", "", ""),
    ],
)
def test_fields_that_were_not_asked_for(head: str, command: str, event: str) -> None:
    """`perf script -F` with few fields: what a sample is, the functions below it tell."""
    one = f"{head}\n\tffff81375bcd osq_lock\n\t        1189 work+0x9 (/bin/a.out)\n\n"
    (sample,) = of(one * 3).samples
    assert [(frame.symbol, frame.module) for frame in sample.stack] == [("osq_lock", ""), ("work", "/bin/a.out")]
    assert (sample.command, sample.event, sample.weight) == (command, event, 3)


def test_source_lines_between_functions_change_nothing() -> None:
    """`perf script -F srcline` prints, below each function, where it stands in its file."""
    text = content("perf_script/source-lines-6.1.txt").decode()
    bare = "\n".join(one for one in text.splitlines() if not one.startswith("  "))
    with_lines, without = of(text), of(bare)
    assert with_lines.samples == without.samples
    assert sum(one.count for one in with_lines.samples) == 7
    assert not with_lines.provenance.skipped
    assert with_lines.samples[0].stack[-2].symbol == "start_thread"


def test_events_of_the_scheduler_without_stacks_are_no_profile() -> None:
    """`perf sched record`: nothing in it tells where a CPU is, or what a task waits for."""
    switch = "  ledger 4100 [001] 812.1{:05d}: sched:sched_switch: prev_comm=ledger prev_pid=4100 ==> next_comm=bash\n"
    ran = "  ledger 4100 [001] 812.2{:05d}: sched:sched_stat_runtime: comm=ledger pid=4100 runtime=43864 [ns]\n"
    bare = "".join(one.format(number) for one in (switch, ran) for number in range(9))
    assert "error[P005]: `pasted.txt` is a trace of bare events (sched:sched_stat_runtime, sched" in error(bare)
    stack = "\tffffffff810c11f0 schedule+0x30 ([kernel.kallsyms])\n\n"
    assert of(bare + switch.format(0) + stack).samples
    assert of("  ledger 4100 [001] 812.300000: cycles:ukH:\n\n" * 3).samples[0].count == 3


def test_numbers_of_lines_below_a_command_without_one() -> None:
    """As the kernel's documentation prints `/proc/lock_stat`: a number close to rules, and on empty lines."""
    plain = content("lock_stat/mmap-0.4.txt").decode().splitlines()[:16]
    numbered = [f"{number:02}{'' if line[:1] in '-.' else ' '}{line}".rstrip() for number, line in enumerate(plain, 1)]
    found = of("\n".join(["# less /proc/lock_stat", "", *numbered]) + "\n")
    assert found.provenance.undone == ("numbers of lines",)
    assert found.waits == of("\n".join(plain) + "\n").waits
    assert found.waits


def test_a_call_graph_is_no_stack_of_bcc() -> None:
    """A call graph that ends at address 0 has lines that a count below a stack of bcc looks like."""
    path = "            |\n            ---0x7f7351f76e{:02}\n               0\n\n"
    row = "     {:.2f}%     0.00%  python           [unknown]   [k] 0x00007f7351f76e{:02}\n" + path
    text = "# Children      Self  Command          Shared Object   Symbol\n#\n"
    text += "".join(row.format(30 - at, at, at) for at in range(10, 20))
    text += "     9.00%     9.00%  python           python   [.] add\n"
    found = of(text)
    assert (found.provenance.reader, found.provenance.mixed) == ("perf report", "")


def test_a_stack_without_its_head_is_no_sample() -> None:
    text = content("timer-gettime.cpu.script.gz").decode()
    found = of(text[text.index("\n") + 1 :])
    assert sum(one.count for one in found.samples) == 1496 - 1
    assert (found.provenance.skipped, found.provenance.first_skipped) == (1, 1)
    found = of(text.replace("timer_gettime_b 28703  3536.493926:     500250 cpu-clock:ppp:", "what?"))
    assert sum(one.count for one in found.samples) == 1496 - 1
    assert found.provenance.skipped == 1


def test_shares_of_the_branch_above() -> None:
    text = """
    20.00%  postgres  [kernel.kallsyms]  [k] osq_lock
            |
            --- osq_lock
               |
               |--75.00%-- rwsem_optimistic_spin
               |          down_write
               |          |
               |          |--50.00%-- vma_link
               |           --50.00%-- unlink_anon_vmas
                --25.00%-- mutex_lock
                          sys_read
"""
    callers = folding.by_caller(of(text).samples)
    assert callers == {
        ("osq_lock", "vma_link"): pytest.approx(7.5),
        ("osq_lock", "unlink_anon_vmas"): pytest.approx(7.5),
        ("osq_lock", "sys_read"): pytest.approx(5.0),
    }


@pytest.mark.parametrize(
    "paths",
    [
        "2.50% osq_lock;down_write;vma_link\n1.50% osq_lock;mutex_lock;sys_read\n",
        "    2.50%\n      osq_lock\n      down_write\n      vma_link\n\n    1.50%\n      osq_lock\n      sys_read\n",
    ],
    ids=["folded", "flat"],
)
def test_paths_that_are_written_whole(paths: str) -> None:
    row = "     4.00%  postgres  [kernel.kallsyms]  [k] osq_lock\n"
    found = of(row + paths + row.replace("4.00", "1.00"))
    assert folding.by_caller(found.samples) == {
        ("osq_lock", "vma_link"): pytest.approx(2.5),
        ("osq_lock", "sys_read"): pytest.approx(1.5),
        ("osq_lock", folding.UNKNOWN): pytest.approx(1.0),
    }
    assert found.provenance.skipped == 0


def test_the_graph_of_a_terminal() -> None:
    text = """
-  30.00%  a.out  [kernel.kallsyms]  [k] _raw_spin_lock
   - _raw_spin_lock
      - 90.00% do_unlinkat
           sys_unlink
      + 10.00% path_openat
"""
    callers = folding.by_caller(of(text).samples)
    assert callers["_raw_spin_lock", "do_unlinkat"] == pytest.approx(27)
    assert callers["_raw_spin_lock", "path_openat"] == pytest.approx(3)


def test_marks_of_folded_stacks() -> None:
    (sample,) = of("mysqld;start_thread;sys_futex_[k];_raw_spin_lock_[k] 17\n").samples
    assert [(one.symbol, one.module) for one in sample.stack[:2]] == [
        ("_raw_spin_lock", "[kernel]"),
        ("sys_futex", "[kernel]"),
    ]
    assert sample.weight == 17


def error(text: str | bytes) -> str:
    with pytest.raises(LockwrightError) as raised:
        of(text)
    return str(raised.value)


@pytest.mark.parametrize("text", [b"", b"\n \n\t\n", gzip.compress(b"", mtime=0)], ids=["nothing", "blank", "gzip"])
def test_empty_is_an_error(text: bytes) -> None:
    assert "error[P002]: `pasted.txt` is empty" in error(text)


def test_a_file_that_begins_blank_is_not_called_empty() -> None:
    assert "error[P002]: `pasted.txt` has nothing in its first 1,000 lines" in error("\n" * 2000 + "f;g 1\n")
    assert of("\n" * 900 + "f;g 1\n").samples


def test_a_task_with_its_number() -> None:
    (sample,) = of("# Overhead      Pid:Command  Symbol\n    26.09%     1820:mutexer  [.] update\n").samples
    assert (sample.command, sample.stack[0].module, sample.stack[0].symbol) == ("mutexer", "", "update")


def test_an_unknown_file_shows_its_line_and_the_nearest_kind() -> None:
    text = error("# Overhead of my program\nthe symbol took 12 % in [kernel.kallsyms]\n")
    assert text.startswith("error[P001]: `pasted.txt` is of no kind that is known")
    assert "--> pasted.txt:2:1" in text
    assert "nearest is perf report" in text
    assert "also looked for: " in text
    assert "folded stacks" in text
    prose = error("Hello all,\nour server is slow\n  12.3 percent in spinlock, 0.5 in rwsem, avg wait 2 us\nthanks\n")
    assert "--> pasted.txt:3:3" in prose
    assert "nearest is perf lock contention" in prose


def test_binary_and_what_perf_record_writes() -> None:
    assert "error[P003]: `pasted.txt` is no text" in error(b"a\0\0\0")
    assert "error[P003]: `pasted.txt` is a program" in error(b"\x7fELF\0\0\0")
    assert "error[P003]: `pasted.txt` is a flight recording of a JVM" in error(b"FLR\0\0\x02")
    for packed, name in ((bz2.compress(b"f;g 1\n"), "bzip2"), (lzma.compress(b"f;g 1\n"), "xz")):
        assert f"error[P003]: `pasted.txt` is compressed with {name}" in error(packed)
    assert "zstd -dc FILE" in error(b"\x28\xb5\x2f\xfd\x24\x06")
    assert "perf script --ns -i" in error(b"PERFILE2\0\0\0\0")


def test_a_known_kind_with_nothing_in_it() -> None:
    assert "error[P004]" in error("# Overhead  Command  Shared Object  Symbol\n# ...\n")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Percent |      Source code & Disassembly of vmlinux\n", "perf annotate"),
        ("     nsecs               : count     distribution\n         0 -> 1 : 5 |**|\n", "a histogram"),
        ('{\n  "recording": {\n    "events": [{\n', "a flight recording of a JVM as JSON"),
        ('{\n  "threadDump": {\n    "processId": "1"\n', "a thread dump of a JVM as JSON"),
        ("Type: cpu\n      flat  flat%   sum%        cum   cum%   calls calls% + context\n", "text of `go tool pprof`"),
        ("# tracer: function_graph\n#\n", "a trace of ftrace"),
        ('{"type": "attached_probes", "data": {"probes": 1}}\n', "bpftrace's JSON"),
    ],
)
def test_kinds_that_are_not_read(text: str, name: str) -> None:
    found = error(text)
    assert f"error[P005]: `pasted.txt` is {name}" in found
    assert "help: give " in found


def test_a_page_of_ours_is_no_recording(tmp_path: Path) -> None:
    from lockwright.report.profile import profile_text

    for name in ("timer-gettime.lock-contention.txt", "create-unlink.report.txt"):
        text = error(profile_text(of(content(name))))
        assert "error[P005]: `pasted.txt` is what `lockwright profile` printed" in text


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"])
def test_the_mark_of_an_encoding_alone_is_not_called_empty(mark: bytes) -> None:
    assert "error[P002]: `pasted.txt` has the mark of its encoding, and no text behind it" in error(mark)


def test_a_head_of_gzip_alone_is_not_called_empty() -> None:
    assert "error[P002]: `pasted.txt` breaks off before its first line" in error(b"\x1f\x8b\x08")


@pytest.mark.parametrize("bar", ["\u2592", "a"])
def test_the_bar_of_a_screen(bar: str) -> None:
    rows = [
        "-   29.36%    29.36%  [kernel]     [k] native_queued_spin_lock_slowpath",
        "   - native_queued_spin_lock_slowpath",
        "      - 71.14% _raw_spin_lock_irq",
        "         - shrink_inactive_list",
    ]
    found = of("".join(f"{row:<90}{bar}\n" for row in rows))
    assert found.provenance.undone == ("marks of a terminal or web page",)
    assert ("native_queued_spin_lock_slowpath", "shrink_inactive_list") in folding.by_caller(found.samples)


def test_what_is_short_is_not_called_wrapped() -> None:
    found = of(content("bcc_stacks/profile.txt"))
    assert found.provenance.undone == ()


def test_what_was_taken_off_is_told() -> None:
    found = of("> a=3Db;_raw_spin_lock 1=20\n> a=3Db;work 3=20\n")
    assert found.provenance.undone == ("mail quoting", "quoted-printable")
    assert found.samples[0].stack[-1].symbol == "a=b"


@pytest.mark.parametrize(
    "text",
    [
        "main;flags=20;work 3\nmain;x=SPIN 4\n",  # `=20` would be a blank
        "std::vector<int>;Foo<code>;f(a&, b) 3\nstd::map<p, q>;g 4\n",
        "[1];[2];work 3\n[4];work 5\n",
        "a|b;c 1\n|;d 2\n",
    ],
)
def test_what_only_looks_like_a_wrapping_stays(text: str) -> None:
    found = of(text)
    assert found.provenance.undone == ()
    assert [";".join(frame.symbol for frame in one.stack[::-1]) for one in found.samples] == [
        line.rpartition(" ")[0] for line in text.splitlines()
    ]


@pytest.mark.parametrize(
    ("symbol", "whole"),
    [
        ("native_queued_spin_lock_slo", "native_queued_spin_lock_slowpath"),
        ("native_queued_spin_…", "native_queued_spin_…"),  # or unlock: not one
        ("rwsem_down_write_slo...", "rwsem_down_write_slowpath"),
        ("native_queued_spin_lock_slowpath", "native_queued_spin_lock_slowpath"),
        ("my_native_function_of_that_len", "my_native_function_of_that_len"),
    ],
)
def test_names_that_were_cut(symbol: str, whole: str) -> None:
    found = of(f"  40.00%  a.out  [kernel]  [k] {symbol}\n   2.00%  a.out  [kernel]  [k] osq_lock\n")
    assert found.samples[0].stack[0].symbol == whole
    assert found.provenance.guessed == ((f"`{symbol}` as `{whole}`",) if symbol != whole else ())


def test_two_kinds_in_one_file_are_told() -> None:
    text = content("timer-gettime.lock-contention.txt").decode() + "\n" + content("create-unlink.report.txt").decode()
    found = of(text)
    assert "which was not read" in found.provenance.mixed
    late = (
        "".join(f"main;work{number} 1\n" for number in range(3000)) + content("timer-gettime.report-flat.txt").decode()
    )
    assert of(late).provenance.mixed.startswith("near line 3,0")
    assert "perf report" in of(late).provenance.mixed


def test_two_tables_of_shares_are_told() -> None:
    text = content("timer-gettime.report-flat.txt").decode()
    assert not of(text).provenance.mixed
    assert "add up to" in of(text * 2).provenance.mixed


def test_what_breaks_off_says_so(tmp_path: Path) -> None:
    data = content("timer-gettime.cpu.script.gz")
    cut = of(data[:30_010])
    assert cut.samples
    assert cut.provenance.cut == "line 517 has no end"
    assert "may be incomplete" in of(data[: data.index(b"\n\n")] + b"\n").provenance.cut
    path = tmp_path / "half.gz"
    path.write_bytes(gzip.compress(data)[:9000])
    half = read(str(path))
    assert half.samples
    assert "the compressed data breaks off" in half.provenance.cut


def test_records_of_tasks_and_maps_are_no_samples() -> None:
    """`perf script --show-task-events --show-mmap-events --show-switch-events` (Linux 6.1)."""
    records = (
        "swapper     0     0.000000: PERF_RECORD_MMAP -1/0: [0xffffffff81000000(0x12090c8) @ 0xffffffff81000000]: x k\n"
        "perf-exec     0     0.000000: PERF_RECORD_COMM: perf-exec:8919/8919\n"
        "mutexer  8919 21729.874629: PERF_RECORD_COMM exec: mutexer:8919/8919\n"
        "mutexer  8919 21729.875656: PERF_RECORD_FORK(8919:8921):(8919:8919)\n"
        "mutexer  8919 21729.875700: PERF_RECORD_SWITCH OUT preempt\n"
    )
    sample = "mutexer  8919 21729.875800: 250000 cpu-clock: \n\tffffffff81000000 osq_lock+0x1 ([kernel.kallsyms])\n\n"
    found = of(records + sample + records)
    assert [(one.event, one.count) for one in found.samples] == [("cpu-clock", 1)]
    assert found.provenance.skipped == 0
