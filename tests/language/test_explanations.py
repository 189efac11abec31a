"""Every code that can be raised is explained; what is called wrong gets that code, what is called right compiles."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

import lockwright
from lockwright.api import explain
from lockwright.diagnostics.explanations import explanations
from lockwright.errors import LockwrightError
from lockwright.language.compile import compile_text
from lockwright.language.vocabulary import WORDS
from lockwright.results import FAULTS

PACKAGE = Path(lockwright.__file__).parent
CODE = re.compile(r'"([LUPM]\d{3})"')
AT_THE_TOP = ("class ", "def ", "import ", "from ", "LIMIT")
IMPORTS = f"from __future__ import annotations\nfrom lockwright.language import {', '.join(sorted(WORDS))}\n"
DECLARED = (
    IMPORTS
    + """

class Node(Struct):
    next: Atomic[Ptr[Node] | None]
    count: u32


class Pair(Word):
    low: u8 = 0
    high: u8 = 0


"""
)
AROUND = (
    DECLARED
    + """class SpinLock(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.exchange(1, acquire):
            pause()

    def unlock(self) -> None:
        self.held.store(0, release)


class Example(Workload):
    lock: SpinLock
    flag: Atomic[u32]
    pair: AtomicWord[Pair]
    count: u32
    small: u8
    big: u64
    signed: i64
    head: Ptr[Node] | None
    always: Ptr[Node]
    slots: Array[u32] = field(length=4)

    def each_thread(self) -> None:
"""
)


def program(snippet: str) -> str:
    """Return a whole file around a few lines."""
    if snippet.startswith(AT_THE_TOP):
        used = snippet if "Workload)" in snippet or "Lock)" in snippet or "LIMIT" in snippet else ""
        return (DECLARED + snippet + "\n") if used else (AROUND + "        pause()\n\n\n" + snippet + "\n")
    return AROUND + textwrap.indent(snippet, "        ") + "\n"


def raised_codes() -> set[str]:
    """Return every code that stands in the sources."""
    files = [path for path in PACKAGE.rglob("*.py") if not path.name.startswith("explain")]
    return {code for path in files for code in CODE.findall(path.read_text(encoding="utf-8"))}


EXAMPLES = sorted(code for code, one in explanations().items() if one.wrong)


@pytest.mark.parametrize("code", EXAMPLES)
def test_wrong_lines_get_their_code(code: str) -> None:
    with pytest.raises(LockwrightError) as raised:
        compile_text(program(explanations()[code].wrong))
    assert {one.code for one in raised.value.diagnostics} == {code}


@pytest.mark.parametrize("code", EXAMPLES)
def test_right_lines_compile(code: str) -> None:
    assert compile_text(program(explanations()[code].right)).workers


def test_every_code_is_explained() -> None:
    assert raised_codes() - {"U007"} | {code for code, _ in FAULTS.values()} == set(explanations()) - {"U007"}


def test_names_of_faults_are_those_of_results() -> None:
    for code, name in FAULTS.values():
        assert explanations()[code].title == name


def test_explanation_is_text_with_examples() -> None:
    text = explain("l012")
    assert text.startswith("L012: there is no atomic")
    assert "wrong:\n\n    class Wide(Workload):" in text
    assert "Atomic[u32]" in text.partition("right:")[2]


def test_unknown_code_names_the_nearest() -> None:
    with pytest.raises(LockwrightError, match=r"did you mean `L012`") as raised:
        explain("l12")
    assert raised.value.diagnostics[0].code == "U007"
