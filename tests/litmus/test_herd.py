"""herd's x86 litmus tests: verdicts of the literature, and every outcome against an abstract machine of its own."""

import re
import tomllib
from pathlib import Path

import pytest
from tests.litmus.x86_machine import X86Machine

from lockwright.check.engine.options import Options
from lockwright.check.engine.run import explore
from lockwright.check.plain.explore import outcomes
from lockwright.check.plain.machine import Machine
from lockwright.ir.inline import inline
from lockwright.ir.program import Shape
from lockwright.ir.verify import verify
from lockwright.ir.waiting import waiting
from lockwright.litmus import LitmusError, LitmusTest, judge, lower, read

FOLDER = Path(__file__).parent / "herd"
EXPECTED = tomllib.loads((FOLDER / "expected.toml").read_text())
CASES = [(name, model) for name in EXPECTED for model in ("sc", "tso")]


def load(name: str) -> LitmusTest:
    file = f"{name}.litmus"
    return read((FOLDER / file).read_text(), file)


def plain(test: LitmusTest, model: str) -> list[dict[str, int]]:
    ready = waiting(inline(verify(lower(test))))
    machine = Machine(ready.program, ready.awaits, Shape.plain(len(test.threads)), model, None)
    return [dict(one) for one in outcomes(machine)]


def compiled(test: LitmusTest, model: str) -> list[dict[str, int]]:
    options = Options(outcomes=True, races=False, tickets=False, symmetry=False)
    found = explore(lower(test), Shape.plain(len(test.threads)), model, None, options)
    assert found.exhausted, found.reason
    assert found.outcomes is not None
    names = [cell.name for cell in list(found.cells.cells)[1:] if not cell.is_atomic]
    return [dict(zip(names, one, strict=True)) for one in found.outcomes]


def test_every_file_has_its_verdict():
    assert {path.stem for path in FOLDER.glob("*.litmus")} == set(EXPECTED)


@pytest.mark.parametrize(("name", "model"), CASES)
def test_the_abstract_machine_meets_the_literature(name, model):
    test = load(name)
    found = [dict(zip(test.observed, one, strict=True)) for one in X86Machine(test, model).outcomes()]
    assert judge(test, model, found).holds == EXPECTED[name][model]


@pytest.mark.parametrize(("name", "model"), CASES)
def test_the_plain_explorer_finds_the_outcomes_of_the_abstract_machine(name, model):
    test = load(name)
    assert set(judge(test, model, plain(test, model)).outcomes) == X86Machine(test, model).outcomes()


@pytest.mark.parametrize(("name", "model"), CASES)
def test_the_compiled_engine_finds_the_outcomes_of_the_abstract_machine(name, model):
    test = load(name)
    assert set(judge(test, model, compiled(test, model)).outcomes) == X86Machine(test, model).outcomes()


def test_a_judgement_shows_its_outcomes():
    test = load("SB")
    shown = str(judge(test, "tso", plain(test, "tso")))
    assert shown == (
        "SB, tso: 4 outcomes\n"
        "* 0:EAX=0  1:EAX=0\n"
        "  0:EAX=0  1:EAX=1\n"
        "  0:EAX=1  1:EAX=0\n"
        "  0:EAX=1  1:EAX=1\n"
        "exists (0:EAX=0 /\\ 1:EAX=0): met (sometimes)"
    )


def test_forall_needs_every_outcome():
    test = load("lock-inc")
    assert judge(test, "sc", [{"x": 2}]).holds
    assert not judge(test, "sc", [{"x": 2}, {"x": 1}]).holds


BASE = """X86 broken
{ x=0; }
 P0          | P1          ;
 MOV [x],$1  | MOV EAX,[x] ;
exists (1:EAX=1)
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "title"),
    [
        ("X86", "PPC", "1:1", "this is not an x86 litmus test"),
        ("X86 broken", "X86", "1:1", "the test has no name"),
        ("{ x=0; }", "", "5:17", "the initial values are missing"),
        ("P1", "P2", "3:16", "column 2 is thread `P1`"),
        ("MOV EAX", "MOVNTI EAX", "4:16", "the instruction `MOVNTI` is not supported"),
        ("MOV EAX", "LOCK MOV EAX", "4:21", "`LOCK` does not go with this `MOV`"),
        ("MOV EAX,[x]", "MOV AL,[x]", "4:20", "`AL` is not a 32-bit register"),
        ("EAX,[x]", "EAX,[EBX]", "4:25", "an address in a register is not supported"),
        ("MOV EAX,[x]", "CMPXCHG [x],EAX", "4:16", "`CMPXCHG` of a location without `LOCK` is not supported"),
        ("MOV EAX,[x]", "MOV EAX", "4:23", "expected `,`, found nothing more"),
        ("MOV EAX,[x]", "MOV EAX,[x],$1", "4:27", "`MOV` ends before `,`"),
        ("MOV EAX,[x]", "INC $1", "4:20", "operand 1 of `INC` is a register or a location like `[x]`"),
        ("MOV EAX,[x]", "JE out", "4:16", "the thread has no label `out`"),
        ("MOV [x],$1  |", "MOV [x],[x] |", "4:2", "`MOV` has at most one location"),
        ("[x] ;", "[x]  ", "4:26", "a row of the table ends with `;`"),
        ("exists (1:EAX=1)", "", "4:29", "the test has no condition"),
        ("exists", "filter", "5:1", "`filter` is not supported"),
        ("1:EAX", "3:EAX", "5:9", "there is no thread 3"),
        ("=1)", "=1 & x=1)", "5:17", "`&` has no meaning in a litmus file"),
        ("=1)", "=1", "5:16", "expected `)`, found nothing more"),
    ],
)
def test_a_mistake_is_shown_where_it_is(old, new, place, title):
    assert BASE.count(old) == 1
    with pytest.raises(LitmusError) as caught:
        read(BASE.replace(old, new), "broken.litmus")
    first, where, *_ = str(caught.value).splitlines()
    assert re.sub(r"^error\[U01[01]\]: ", "", first) == title
    assert where.strip() == f"--> broken.litmus:{place}"


def test_comments_nest_and_keep_columns():
    text = BASE.replace("{ x=0; }", "(* outer (* inner *) | ; exists *) { x=0; }").replace("[x] ;", "(**)[y[ ;")
    with pytest.raises(LitmusError, match=re.escape("broken.litmus:4:30")):
        read(text, "broken.litmus")
