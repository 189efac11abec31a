"""What a person and a program read of a result."""

from __future__ import annotations

import io
import json

import msgspec
from rich.console import Console
from tests.report.results import faulty, proved

from lockwright.report.console import spelled
from lockwright.report.html import check_page
from lockwright.report.json import check_json
from lockwright.report.terminal import check_text, print_check
from lockwright.results import CheckResult, Run


def test_a_fault_begins_with_its_sentence_and_shows_the_place() -> None:
    lines = check_text(faulty()).splitlines()
    assert lines[0].startswith("fault[V001] two threads are in the critical section of mine")
    assert " --> mine.py:7:9, in Mine.lock" in lines
    assert any("^" * 27 in line and "T2 held 1 → 1, step 4" in line for line in lines)
    assert any("-" * 23 in line and "both read 0 here" in line for line in lines)
    assert "   2 threads x 1 acquisition, 4 steps, 3 switches, 37 states, 0.0 s" in lines
    assert "help: take it with `exchange`" in lines


def test_each_thread_has_a_column() -> None:
    lines = check_text(faulty()).splitlines()
    head = next(line for line in lines if line.startswith(" step"))
    column = head.index("T2")
    second = next(line for line in lines if line.startswith("    2  "))
    assert second[column:] == "lock: reads held = 0 <T1>"
    assert second[5:column].strip() == "5"  # the line of the source
    assert all(len(line) <= 100 for line in lines)


def test_a_narrow_terminal_shows_one_thread_below_the_other() -> None:
    lines = check_text(faulty(), width=50).splitlines()
    assert "    1     5  T1  lock: reads held = 0" in lines


def test_a_proof_names_its_instance_and_what_is_missing() -> None:
    text = check_text(proved())
    assert text.startswith("proved  mine: at most one holder, no race, no deadlock, no lost wake-up\n")
    assert "3 threads x 2 each" in text
    assert "3 threads, for ever" in text
    assert "not covered: more threads" in text


def test_a_search_that_was_stopped_is_never_called_a_proof() -> None:
    run = Run("sc", 3, 2, "not exhausted", 1_000, reason="states")
    result = CheckResult("mine", [run, Run("tso", 3, 2, "proved", 46)])
    text = check_text(result)
    assert text.startswith("not exhausted  mine: no fault in 1,000 states of sc with 3 threads x 2 acquisitions")
    assert result.exit_status == 3


def test_no_colour_and_plain_signs_where_the_terminal_has_none() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    print_check(faulty(), Console(file=stream, highlight=False))
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert "\x1b" not in text
    assert "held 0 -> 1, enters" in text


def test_stand_ins_keep_the_columns_of_tables() -> None:
    assert spelled("2.11 ± 0.00  ▇▇▇", "ascii") == "2.11 ~ 0.00  ###"
    assert spelled("2.11 ± 0.00  ▇▇▇", "utf-8") == "2.11 ± 0.00  ▇▇▇"


def test_json_has_what_tools_rely_on() -> None:
    record = json.loads(msgspec.json.encode(check_json(faulty())))
    assert {"schema", "command", "params", "seeds", "warnings", "points", "faults"} <= set(record)
    assert record["models"]["sc"]["verdict"] == "fault"
    fault = record["faults"][0]
    assert (fault["kind"], fault["code"], len(fault["steps"])) == ("two_holders", "V001", 4)
    assert fault["steps"][0] | {"thread": 1, "line": 5} == fault["steps"][0]
    assert check_json(proved())["verdict"] == "proved"


def test_a_page_needs_nothing_from_elsewhere() -> None:
    page = check_page(faulty())
    assert "http" not in page
    assert "src=" not in page
    assert "&lt;T1&gt;" in page
    assert "<mark>self.held.store(1, relaxed)</mark>" in page
