"""The connection table of IPVS: one connection a flow, none freed under a user, no leak, with or without memory."""

import pytest
from tests.structures.proving import MODELS, prove

from lockwright.check.search import Settings, check
from lockwright.errors import LockwrightError
from lockwright.language.compile import compile_target


@pytest.mark.parametrize(
    ("target", "threads", "models"),
    [
        ("Traffic", 2, MODELS),
        ("Ftp", 2, ("sc", "tso")),
        ("Ftp:port=18", 2, ("sc", "tso")),  # both chains under one lock
        ("Ftp[bias_rwlock, mcs]", 2, ("sc",)),
        ("Crossing", 2, ("sc", "tso")),
        ("Expiring", 3, ("sc", "tso")),
        pytest.param("Traffic", 3, MODELS, marks=pytest.mark.slow),
        pytest.param("Ftp", 2, ("c11",), marks=pytest.mark.slow),
        pytest.param("Ftp", 3, ("sc", "tso"), marks=pytest.mark.slow),
        pytest.param("Expiring", 3, ("c11",), marks=pytest.mark.slow),
    ],
)
def test_proved(target, threads, models):
    result = prove(f"ipvs:{target}", threads=None if target in ("Expiring", "Crossing") else threads, models=models)
    assert [(one.model, one.threads, one.verdict) for one in result.runs] == [(m, threads, "proved") for m in models]


def test_moved_in_two_sections_as_committed_a_flow_gets_a_second_connection():
    """The key is raced for too, as one CPU moves what the other looks at; here it is the connections that count."""
    settings = Settings(threads=2, acquisitions=(1,), models=("sc",), kinds=("at_rest",), cures=False)
    result = check(compile_target("ipvs:Ftp:at_once=false"), settings)
    assert [(one.kind, one.confirmed) for one in result.faults] == [("at_rest", True)]


@pytest.mark.parametrize("bits", [0, 7, 21, 40])
def test_a_table_out_of_range_is_one_clear_error(bits):
    with pytest.raises(LockwrightError) as told:
        compile_target(f"ipvs:Traffic:bits={bits}")
    assert [one.code for one in told.value.diagnostics] == ["L027"]
    assert f"`bits` is {bits}" in str(told.value)
    assert "conn_tab_bits is 8 to 20" in str(told.value)


@pytest.mark.parametrize("bits", [-1, 1 << 32])
def test_a_number_that_no_u32_is_is_one_clear_error(bits):
    with pytest.raises(LockwrightError, match=f"{bits} does not fit `u32`") as told:
        compile_target(f"ipvs:Traffic:bits={bits}")
    assert [one.code for one in told.value.diagnostics] == ["L027"]


def test_the_largest_table_compiles_and_is_too_large_to_be_explored():
    program = compile_target("ipvs:Traffic:bits=20")
    with pytest.raises(LockwrightError, match="too many to be explored") as told:
        check(program)
    assert [one.code for one in told.value.diagnostics] == ["U009"]
