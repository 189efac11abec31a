"""The classic litmus tests: the exact set of outcomes under each model.

An outcome is the values of some registers and locations, one after the other; in `all but 1010` every combination of
zeros and ones but these is allowed.

Sources: Maranget, Sarkar and Sewell, A tutorial introduction to the ARM and POWER relaxed memory models (SB to CoWR);
Owens, Sarkar and Sewell, A better x86 memory model: x86-TSO, TPHOLs 2009 (n5 to iwp2.8); Batty, Owens, Sarkar,
Sewell and Weber, Mathematizing C++ concurrency, POPL 2011; Lahav and others, PLDI 2017 (fences, seq_cst); C++20
(release sequences).
The set under `c11` is also what the axioms allow.  Load buffering is in no model.
"""

from itertools import product
from typing import NamedTuple

import pytest
from tests.litmus.programs import outcomes, parse, seen

from lockwright.check.plain import axioms

ANY = "all but"


class Litmus(NamedTuple):
    """A test: its text, what is looked at, and the outcomes under `sc`, `tso` and `c11`."""

    name: str
    text: str
    what: str
    sc: str
    tso: str
    c11: str

    def allowed(self, model: str) -> set[str]:
        """Return the outcomes that a model allows."""
        text: str = getattr(self, model)
        if not text.startswith(ANY):
            return set(text.split())
        digits = product("01", repeat=len(self.what.split()))
        return {"".join(one) for one in digits} - set(text.removeprefix(ANY).split())


def same(name: str, text: str, what: str, outcomes: str) -> Litmus:
    """Return a test with the same outcomes under all models."""
    return Litmus(name, text, what, outcomes, outcomes, outcomes)


def weak_c11(name: str, text: str, what: str, strong: str, weak: str) -> Litmus:
    """Return a test that only `c11` weakens."""
    return Litmus(name, text, what, strong, strong, weak)


def weak(name: str, text: str, what: str, strong: str, weak: str) -> Litmus:
    """Return a test that store buffers weaken already."""
    return Litmus(name, text, what, strong, weak, weak)


BOTH = "0:r0 1:r0"
MP = "1:r0 1:r1"
WRC = "1:r0 2:r0 2:r1"
RWC = "1:r0 1:r1 2:r0"
IRIW = "2:r0 2:r1 3:r0 3:r1"

TESTS = [
    weak("SB", "x=1; r0=y || y=1; r0=x", BOTH, "all but 00", "all but"),
    weak("SB rel acq", "x=1 rel; r0=y acq || y=1 rel; r0=x acq", BOTH, "all but 00", "all but"),
    same("SB sc", "x=1 sc; r0=y sc || y=1 sc; r0=x sc", BOTH, "all but 00"),
    same("SB sc fences", "x=1; fence sc; r0=y || y=1; fence sc; r0=x", BOTH, "all but 00"),
    same(
        "SB sc and acquire fences",
        "x=1; fence sc; fence acq; r0=y || y=1; fence sc; fence acq; r0=x || r0=z",
        BOTH,
        "all but 00",
    ),
    weak("SB one sc fence", "x=1; fence sc; r0=y || y=1; r0=x", BOTH, "all but 00", "all but"),
    weak("SB acq_rel fences", "x=1; fence ar; r0=y || y=1; fence ar; r0=x", BOTH, "all but 00", "all but"),
    weak_c11(
        "SB sc update of two words", "x=1; r1=z<-1 sc; r0=y || y=1; r1=v<-1 sc; r0=x", BOTH, "all but 00", "all but"
    ),
    weak_c11(
        "SB acq_rel update of two words",
        "x=1; r1=z<-1 ar; r0=y || y=1; r1=v<-1 ar; r0=x",
        BOTH,
        "all but 00",
        "all but",
    ),
    same("SB acq_rel update of one word", "x=1; r1=z+1 ar; r0=y || y=1; r1=z+1 ar; r0=x", BOTH, "all but 00"),
    weak_c11("MP", "x=1; y=1 || r0=y; r1=x", MP, "all but 10", "all but"),
    same("MP rel acq", "x=1; y=1 rel || r0=y acq; r1=x", MP, "all but 10"),
    weak_c11("MP rel only", "x=1; y=1 rel || r0=y; r1=x", MP, "all but 10", "all but"),
    weak_c11("MP acq only", "x=1; y=1 || r0=y acq; r1=x", MP, "all but 10", "all but"),
    same("MP fences", "x=1; fence rel; y=1 || r0=y; fence acq; r1=x", MP, "all but 10"),
    same("MP rel, acquire fence", "x=1; y=1 rel || r0=y; fence acq; r1=x", MP, "all but 10"),
    same("MP release fence, acq", "x=1; fence rel; y=1 || r0=y acq; r1=x", MP, "all but 10"),
    same("MP sc", "x=1 sc; y=1 sc || r0=y sc; r1=x sc", MP, "all but 10"),
    same("LB", "r0=x; y=1 || r0=y; x=1", BOTH, "all but 11"),
    same("LB sc", "r0=x sc; y=1 sc || r0=y sc; x=1 sc", BOTH, "all but 11"),
    weak_c11("IRIW", "x=1 || y=1 || r0=x; r1=y || r0=y; r1=x", IRIW, "all but 1010", "all but"),
    weak_c11(
        "IRIW rel acq",
        "x=1 rel || y=1 rel || r0=x acq; r1=y acq || r0=y acq; r1=x acq",
        IRIW,
        "all but 1010",
        "all but",
    ),
    same("IRIW sc", "x=1 sc || y=1 sc || r0=x sc; r1=y sc || r0=y sc; r1=x sc", IRIW, "all but 1010"),
    same("IRIW sc fences", "x=1 || y=1 || r0=x; fence sc; r1=y || r0=y; fence sc; r1=x", IRIW, "all but 1010"),
    weak_c11(
        "IRIW acquire fences",
        "x=1 || y=1 || r0=x; fence acq; r1=y || r0=y; fence acq; r1=x",
        IRIW,
        "all but 1010",
        "all but",
    ),
    weak_c11("WRC", "x=1 || r0=x; y=1 || r0=y; r1=x", WRC, "all but 110", "all but"),
    same("WRC rel acq", "x=1 rel || r0=x acq; y=1 rel || r0=y acq; r1=x acq", WRC, "all but 110"),
    same("WRC sc", "x=1 sc || r0=x sc; y=1 sc || r0=y sc; r1=x sc", WRC, "all but 110"),
    weak_c11("ISA2", "x=1; y=1 || r0=y; z=1 || r0=z; r1=x", WRC, "all but 110", "all but"),
    same("ISA2 rel acq", "x=1; y=1 rel || r0=y acq; z=1 rel || r0=z acq; r1=x", WRC, "all but 110"),
    weak_c11("ISA2 middle relaxed", "x=1; y=1 rel || r0=y; z=1 rel || r0=z acq; r1=x", WRC, "all but 110", "all but"),
    weak_c11("2+2W", "x=1; y=2 || y=1; x=2", "x y", "12 21 22", "11 12 21 22"),
    weak_c11("2+2W rel", "x=1 rel; y=2 rel || y=1 rel; x=2 rel", "x y", "12 21 22", "11 12 21 22"),
    same("2+2W sc", "x=1 sc; y=2 sc || y=1 sc; x=2 sc", "x y", "12 21 22"),
    same("2+2W sc fences", "x=1; fence sc; y=2 || y=1; fence sc; x=2", "x y", "12 21 22"),
    weak_c11("S", "x=2; y=1 || r0=y; x=1", "1:r0 x", "01 02 11", "01 02 11 12"),
    same("S rel acq", "x=2; y=1 rel || r0=y acq; x=1", "1:r0 x", "01 02 11"),
    same("S sc", "x=2 sc; y=1 sc || r0=y sc; x=1 sc", "1:r0 x", "01 02 11"),
    weak("R", "x=1; y=1 || y=2; r0=x", "1:r0 y", "01 11 12", "01 02 11 12"),
    weak("R rel acq", "x=1 rel; y=1 rel || y=2 rel; r0=x acq", "1:r0 y", "01 11 12", "01 02 11 12"),
    same("R sc", "x=1 sc; y=1 sc || y=2 sc; r0=x sc", "1:r0 y", "01 11 12"),
    same("R sc fences", "x=1; fence sc; y=1 || y=2; fence sc; r0=x", "1:r0 y", "01 11 12"),
    weak("RWC", "x=1 || r0=x; r1=y || y=1; r0=x", RWC, "all but 100", "all but"),
    weak("RWC rel acq", "x=1 rel || r0=x acq; r1=y acq || y=1 rel; r0=x acq", RWC, "all but 100", "all but"),
    same("RWC sc", "x=1 sc || r0=x sc; r1=y sc || y=1 sc; r0=x sc", RWC, "all but 100"),
    same("RWC sc fences", "x=1 || r0=x; fence sc; r1=y || y=1; fence sc; r0=x", RWC, "all but 100"),
    same("CoRR", "x=1; x=2 || r0=x; r1=x", MP, "00 01 02 11 12 22"),
    same("CoWW", "x=1; x=2", "x", "2"),
    same("CoRW1", "r0=x; x=1", "0:r0 x", "01"),
    same("CoRW2", "r0=x; x=1 || x=2", "0:r0 x", "01 02 21"),
    same("CoWR", "x=1; r0=x || x=2", "0:r0 x", "11 12 22"),
    weak_c11(
        "acquire fence after an old read",
        "x=1; y=1 rel || r0=y; r1=x; fence acq; r2=x",
        "1:r0 1:r1 1:r2",
        "000 001 011 111",
        "000 001 011 101 111",
    ),
    weak_c11(
        "acquire fence after a write",
        "x=1; y=1 rel || r0=y; x=2; fence acq; r1=x",
        "1:r0 1:r1 x",
        "011 021 022 122",
        "011 021 022 111 122",
    ),
    same(
        "release sequence: update", "y=1; x=1 rel || r0=x+1 || r0=x acq; r1=y", WRC, "000 001 010 011 100 101 111 121"
    ),
    same("release sequence: other store", "y=1; x=1 rel || x=2 || r0=x acq; r1=y", "2:r0 2:r1", "00 01 11 20 21"),
    weak_c11(
        "release sequence: same thread", "y=1; x=1 rel; x=2 || r0=x acq; r1=y", MP, "00 01 11 21", "00 01 11 20 21"
    ),
    same("updates do not get lost", "r0=x+1 || r0=x+1", "0:r0 1:r0 x", "012 102"),
    same("one compare-exchange wins", "r0=x?0:1 || r0=x?0:2", "0:r0 1:r0 x", "011 202"),
    same("exchange", "r0=x<-1 || r0=x<-2", "0:r0 1:r0 x", "012 201"),
    Litmus(
        "n6",
        "x=1; r0=x; r1=y || y=2; x=2",
        "0:r0 0:r1 x",
        "102 121 122 222",
        "101 102 121 122 222",
        "101 102 121 122 202 222",
    ),
    same("n5", "x=1; r0=x || x=2; r0=x", BOTH, "11 12 22"),
    weak("iwp2.3a amd4", "x=1; r0=y || y=1; r0=x", BOTH, "all but 00", "all but"),
    same("iwp2.3b", "x=1; r0=x || y=1; r0=y", BOTH, "11"),
    weak(
        "iwp2.4 amd9",
        "x=1; r0=x; r1=y || y=1; r0=y; r1=x",
        "0:r0 0:r1 1:r0 1:r1",
        "1011 1110 1111",
        "1010 1011 1110 1111",
    ),
    weak_c11("iwp2.5 amd8", "x=1 || r0=x; y=1 || r0=y; r1=x", WRC, "all but 110", "all but"),
    weak_c11("iwp2.7 amd7", "r0=x<-1 || r0=y<-1 || r0=x; r1=y || r0=y; r1=x", IRIW, "all but 1010", "all but"),
    weak_c11("iwp2.8a", "r0=x<-1 ar; r1=y acq || r0=y<-1 ar; r1=x acq", "0:r1 1:r1", "all but 00", "all but"),
    same("iwp2.8b", "r0=x<-1 sc; y=1 sc || r0=y sc; r1=x sc", MP, "all but 10"),
    weak(
        "n7",
        "x=1; r0=x; r1=y || y=1 || r0=y; r1=x",
        "0:r0 0:r1 2:r0 2:r1",
        "1000 1001 1011 1100 1101 1110 1111",
        "1000 1001 1010 1011 1100 1101 1110 1111",
    ),
    weak(
        "amd3 end",
        "x=1; x=2; r0=x; r1=y || y=1; y=2; r0=y; r1=x",
        "0:r0 0:r1 1:r0 1:r1",
        "2022 2122 2220 2221 2222",
        "2020 2021 2022 2120 2121 2122 2220 2221 2222",
    ),
]

PARTS = [
    Litmus("SB of two parts", "w.low=1; r0=w.high || w.high=1; r0=w.low", BOTH, "all but 00", "all but", "all but 00"),
    same("partly covered load waits", "w.low=1; r0=w || w.high=1; r0=w", BOTH, "1257 257256 257257"),
    same("covered load", "w=513; r0=w.low; r1=w.high", "0:r0 0:r1 w", "12513"),
    same("newest entry covers a part", "w=257; w.low=2; r0=w", "0:r0", "258"),
    weak("SB of a word and its part", "w=257; r0=x || x=1; r0=w.low", BOTH, "all but 00", "all but"),
    same("carry crosses the parts", "w=255; r0=w+1; r1=w.high", "0:r0 0:r1 w", "2551256"),
    same("an update of a part keeps the rest", "r0=w.low+255; r1=w.low+1 || w.high=7", "0:r0 0:r1 w", "02551792"),
]

RACES = [
    ("c=1 || r0=c", {"data_race"}),
    ("c=1 || c=2", {"data_race"}),
    ("r0=c || r0=c", {"00"}),
    ("c=1; fence sc || fence sc; r0=c", {"data_race"}),
]


@pytest.mark.parametrize("model", ["sc", "tso", "c11"])
@pytest.mark.parametrize("test", TESTS + PARTS, ids=lambda test: test.name)
def test_exact_outcomes(test: Litmus, model: str) -> None:
    assert seen(test.text, model, test.what.split()) == test.allowed(model)


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_axioms_agree(test: Litmus) -> None:
    found = map(dict, axioms.outcomes(parse(test.text)))
    assert {"".join(str(one[name]) for name in test.what.split()) for one in found} == test.allowed("c11")


@pytest.mark.parametrize(("text", "expected"), RACES)
def test_races_of_plain_accesses(text: str, expected: set[str]) -> None:
    assert seen(text, "c11", BOTH.split()) == expected


def test_z6_u_is_stricter_than_the_axioms() -> None:
    """The one litmus test of the literature in which the machine differs (seq_cst mixed with weaker orders)."""
    threads = parse("x=1 sc; y=1 rel || r0=y+1 sc; r1=y || y=3 sc; r0=x sc")
    what = ["1:r0", "1:r1", "2:r0"]

    def told(found: set[axioms.Outcome]) -> set[str]:
        return {"".join(str(dict(one)[name]) for name in what) for one in found}

    assert "130" in told(axioms.outcomes(threads))
    assert "130" in told(outcomes(threads, "c11 late"))
    assert "130" not in told(axioms.outcomes(threads, strictly=True))
    assert seen("x=1 sc; y=1 rel || r0=y+1 sc; r1=y || y=3 sc; r0=x sc", "c11", what) == told(
        axioms.outcomes(threads, strictly=True)
    )
