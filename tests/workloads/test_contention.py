"""What `simulate` puts locks into: the times between sections, how a lock gets in, and that it is proved."""

import math

import pytest
from tests.structures.proving import MODELS

from lockwright.api import check
from lockwright.errors import LockwrightError
from lockwright.ir.cells import Cells
from lockwright.ir.interpreter import Interpreter
from lockwright.ir.program import Shape
from lockwright.ir.verify import find_problems
from lockwright.language.compile import builtin_locks, compile_contention

DRAWS = 4000
ONE = 1 << 16


def logarithms():
    """Return minus the logarithms of numbers that lie evenly in what is drawn, as the program computes them."""
    program = compile_contention("tas", is_exponential=1, think=100)
    (name,) = (one for one in program.functions if one.endswith("minus_logarithm"))
    interpreter = Interpreter(Cells(program, Shape((0,), (0,), (0,))))
    for draw in range(DRAWS):
        uniform = (2 * draw + 1) * (1 << 31) // (2 * DRAWS)
        yield uniform / (1 << 31), (interpreter.call(name, (uniform,)) or 0) / ONE


def test_exponential_times_have_the_mean_and_the_variance_of_the_distribution():
    times = [time for _, time in logarithms()]
    mean = sum(times) / DRAWS
    assert mean == pytest.approx(1, rel=0.002)
    assert sum((one - mean) ** 2 for one in times) / DRAWS == pytest.approx(1, rel=0.01)


def test_each_logarithm_is_right_to_a_hundredth():
    assert max(abs(time + math.log(uniform)) for uniform, time in logarithms()) < 0.01


@pytest.mark.parametrize("name", builtin_locks())
def test_every_lock_gets_in(name):
    program = compile_contention(name, hold=10, think=20, lines=2)
    assert find_problems(program) == []
    assert program.subject == ("workload", "lock")


def test_many_locks_have_none_under_test():
    assert compile_contention("mcs", locks=16, hold=10).subject == ()
    assert compile_contention("mcs", locks=1).subject == ("workload", "lock")


def test_a_program_stays_what_it_is():
    assert compile_contention("openvswitch:PerNode").name == "openvswitch:PerNode"


@pytest.mark.parametrize(
    ("lock", "workload", "parameters", "told"),
    [
        ("tas", None, {"holt": 3}, "did you mean `hold`?"),
        ("tas", "contension", {}, "did you mean `contention`?"),
        ("tas", "fetch_and_add", {}, "`fetch_and_add` is no workload for a `Lock`"),
        ("linux_rwlock", "contention", {}, "`contention` is no workload for a `RwLock`"),
        ("openvswitch:PerNode", None, {"hold": 3}, "leave out `hold`"),
        ("tiket", None, {}, "did you mean `ticket`?"),
    ],
)
def test_what_does_not_fit_is_one_error(lock, workload, parameters, told):
    with pytest.raises(LockwrightError) as caught:
        compile_contention(lock, workload, **parameters)
    assert told in str(caught.value)
    assert str(caught.value).count("error[") == 1


@pytest.mark.parametrize(
    ("target", "models"),
    [
        ("contention", MODELS),
        ("contention[mcs]:lines=2,hold=5,think=7,loop=9", MODELS),
        ("contention[tas]:is_exponential=true,think=100", MODELS),
        ("contention_many[tas]", ("sc",)),
        ("contention_readers:lines=2,readers=1,of=2", ("sc", "tso")),
        ("fetch_and_add", MODELS),
        ("timer_gettime[tas]", ("sc", "tso")),
        ("timer_gettime[tas]:uses_rcu=false,user=1,entry=2,work=3", MODELS),
    ],
)
def test_workloads_are_proved(target, models):
    result = check(target, threads=2, memory=",".join(models))
    assert result.verdict == "proved", result.faults
