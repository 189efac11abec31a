"""What `lockwright locks` lists can be named: it compiles, with a lock of its own choice where it takes any."""

import pytest

from lockwright.api import workloads
from lockwright.ir.verify import find_problems
from lockwright.language.compile import compile_target


@pytest.mark.parametrize("name", [one.name for one in workloads()])
def test_a_workload_compiles_under_its_name(name):
    program = compile_target(name)
    assert find_problems(program) == []
    assert program.workers


def test_a_workload_says_what_it_is_and_a_subsystem_where_it_comes_from():
    assert all(one.summary for one in workloads())
    assert all(one.source for one in workloads() if ":" in one.name)
