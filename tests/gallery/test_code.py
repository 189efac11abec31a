"""A page shows whole functions, the lines in them that ran, and what their words mean."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockwright import api
from lockwright.errors import InternalError
from lockwright.gallery.difference import pointed_at
from lockwright.gallery.statements import Statements
from lockwright.language.meanings import MEANINGS
from lockwright.report.legend import PHRASES, sentences, turns, words_of

if TYPE_CHECKING:
    from lockwright.bugs import CaseResult

FUNCTION = """\
def lock(self):
    if self.free():
        return
    while True:
        for _ in range(spins):
            if self.look():
                return
            pause()
        self.sleep()
        if self.woken():
            break
    with self.inner:
        self.take()
        if self.last():
            return
    self.done()
"""


@pytest.mark.parametrize(
    ("lines", "returned", "without_instructions"),
    [
        ([2], True, {3}),
        ([2], False, set()),
        ([2, 6], True, {4, 5, 7}),
        ([2, 6, 5, 9], False, {4, 8}),
        ([2, 6, 5, 9, 10, 6], False, {4, 8}),
        ([2, 5, 9, 10, 12, 13, 14, 12, 16], True, {4, 11}),
        ([2, 5, 9, 10, 12, 13, 14, 12, 15], True, {4, 11}),
        ([], False, set()),
    ],
)
def test_bare_jumps_are_found_on_the_way(lines: list[int], returned: bool, without_instructions: set[int]) -> None:
    (function,) = ast.parse(FUNCTION).body
    assert isinstance(function, ast.FunctionDef)
    assert Statements(function).ran(lines, returned=returned) == {*lines} | without_instructions


def test_a_loop_at_the_beginning_is_not_gone_round_by_itself() -> None:
    (function,) = ast.parse("def lock(self):\n    while self.held():\n        pause()\n").body
    assert isinstance(function, ast.FunctionDef)
    assert Statements(function).ran([2], returned=True) == {2}


def played(name: str, case: int = 0) -> CaseResult:
    """Return one case of a bug."""
    return api.gallery(name)[0].cases[case]


def shown(case: CaseResult) -> list[str]:
    """Return the lines of code on a page, with a sign before those that ran."""
    return [
        f"{'>' if line in one.ran else ' '}{case.broken.sources[one.file].splitlines()[line - 1]}"
        for one in case.code.listings
        for line in one.lines
    ]


def test_a_handler_is_shown_whole_and_so_is_the_look_after_a_sleep() -> None:
    case = played("X2")
    lines = shown(case)
    begin = lines.index("     def handler(self) -> None:")
    assert lines[begin + 1 : begin + 3] == [">        self.device.lock()", ">        self.device.unlock()"]
    assert "             if event_pending():" in lines
    assert case.code.threads == ((0, "waiter"), (1, "holder"))


def test_setup_is_shown_before_the_steps() -> None:
    case = played("T2", 3)
    assert case.code.has_setup
    assert "         other.process.store(2, relaxed)" in shown(case)


def test_what_is_named_is_shown_with_its_comment() -> None:
    assert any("lock_spinners: PerCpu" in line and "# what each CPU" in line for line in shown(played("X2")))


def test_words_and_functions_that_are_not_entered_are_explained() -> None:
    case = played("P1")
    assert case.fault is not None
    told = dict(words_of(case.code, case.fault))
    assert told["halt"] == MEANINGS["sleep"]["halt"]
    assert "store buffer" in told["orders"]
    assert told["unlock_kick()"].startswith("not shown here: Kick the CPU")
    assert told["kick"] == MEANINGS["sleep"]["kick"], "what ends a halt is told though no line shows it"
    assert told["gives up spinning"] == PHRASES["gives up spinning"]
    assert "load" not in told


def test_a_word_is_explained_once_on_a_page() -> None:
    first, second, *_ = api.gallery("T2")[0].cases
    assert "rcu_read" in dict(first.code.words)
    assert "rcu_read" not in dict(second.code.words)
    assert "rcu_free" in dict(second.code.words)


def test_what_python_spells_otherwise_than_c_is_explained() -> None:
    told = dict(played("P4").code.words)
    assert "`return`" in told["with"]
    assert "null pointer" in told["is, is not"]
    assert "shared" not in told, "a local variable of that name is no word"
    assert "address" in dict(played("X2").code.words)["self.held"]
    assert "with" not in dict(played("X2").code.words)
    assert "self.process.lock" not in dict(played("P5").code.words), "a call of `lock` is no field of that name"


def test_the_memory_models_of_a_page_are_spelled_out() -> None:
    assert [word for word, _ in played("P1").code.words if word in ("sc", "tso", "c11")] == ["sc", "tso"]


@pytest.mark.parametrize(
    ("name", "told", "turns_told"),
    [
        ("P1", "no interrupt comes in this run", "2 threads, each takes the lock once"),
        ("X2", "a handler comes at most once", "2 threads, each runs once"),
        ("F1", "", "2 threads, each goes round its loop once"),
    ],
)
def test_a_page_tells_what_its_run_consists_of(name: str, told: str, turns_told: str) -> None:
    case = played(name)
    assert case.fault is not None
    said = list(sentences(case.code, case.fault, case.broken))
    assert told in said if told else not any("interrupt" in one for one in said)
    assert turns(case.broken, case.fault.threads, case.fault.acquisitions) == turns_told


def test_a_line_of_another_file_is_named_with_it() -> None:
    fault = played("P4").fault
    assert fault is not None
    assert "tickets.tail at line" in fault.sentence
    assert "of pv_ticket.py" in fault.sentence


def test_a_use_after_free_says_who_freed_it() -> None:
    first, second = (played("T2", case).fault for case in (1, 2))
    assert first is not None
    assert second is not None
    assert "is freed since step" in first.sentence
    assert "(`rcu_free` by T1 in step" in first.sentence
    assert "though T1 freed Timer#0 in step" in second.sentence


def test_phrases_are_those_of_the_page_on_reading() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reading.md").read_text(encoding="utf-8")
    for phrase, meaning in PHRASES.items():
        assert f"| `{phrase}` | {meaning} |" in page


CHANGES = "@@ -1 +1 @@\n-        take(1)\n+    take(1)\n-    look()"


def test_the_line_that_decides_is_pointed_at() -> None:
    assert pointed_at(CHANGES, "take(1)").splitlines()[3] == "?    ^^^^^^^ this line decides"
    assert pointed_at(CHANGES, "look()").splitlines()[-1] == "?    ^^^^^^ this line decides"


@pytest.mark.parametrize("text", ["leave()", ""])
def test_a_line_that_does_not_change_cannot_decide(text: str) -> None:
    with pytest.raises(InternalError):
        pointed_at(CHANGES, text)
