"""Where threads are: what `@workers` asks, the nodes that a run has, and what it cannot have."""

import pytest

from lockwright.check.shapes import placement, shape_of
from lockwright.errors import LockwrightError
from lockwright.ir.program import Program, Shape, Worker


def shape(*workers: Worker, threads: int, nodes: tuple[int, ...] = ()) -> Shape:
    program = Program("test")
    program.workers = list(workers)
    return shape_of(program, threads, nodes)


def test_by_default_each_thread_has_a_cpu_of_node_0():
    assert shape(Worker("thread.each"), threads=3) == Shape.plain(3)


def test_workers_are_on_the_nodes_that_they_name():
    found = shape(Worker("a", 1, node=0), Worker("b", 2, node=2), threads=3)
    assert found == Shape((0, 1, 2), (0, 2, 2), (0, 1, 2))


def test_workers_of_one_cpu_share_it_and_others_have_their_own():
    found = shape(Worker("a", 2, cpu=1), Worker("b", 2), threads=4)
    assert found.thread_cpus == (1, 1, 0, 2)


def test_threads_are_on_the_nodes_of_the_run_in_turn():
    found = shape(Worker("each"), threads=3, nodes=(0, 8))
    assert found == Shape((0, 1, 2), (0, 8, 0), (0, 8))


def test_a_cpu_has_the_node_that_a_worker_gives_it():
    found = shape(Worker("a", 1, cpu=1, node=1), Worker("b", 1, cpu=1), threads=2)
    assert found == Shape((1, 1), (0, 1), (0, 1))


def test_a_run_without_node_0():
    assert shape(Worker("each"), threads=2, nodes=(1,)) == Shape((0, 1), (1, 1), (1,))


@pytest.mark.parametrize("nodes", [(0, 1), (3,)])
def test_a_worker_on_a_node_that_is_not_there(nodes):
    with pytest.raises(LockwrightError, match="there is no node 2 for the worker `far`") as told:
        shape(Worker("thread.far", 1, node=2), threads=1, nodes=nodes)
    assert [one.code for one in told.value.diagnostics] == ["U008"]


def test_a_node_id_that_nobody_has():
    with pytest.raises(LockwrightError, match="cannot have the nodes 0, 64"):
        shape(Worker("each"), threads=1, nodes=(0, 64))


@pytest.mark.parametrize("threads", [1, 3])
def test_workers_that_say_how_many_they_are(threads):
    with pytest.raises(LockwrightError, match="are 2 threads"):
        shape(Worker("a", 1), Worker("b", 1), threads=threads)


def test_fewer_threads_than_some_workers_are():
    with pytest.raises(LockwrightError, match="are 2 threads") as told:
        shape(Worker("a", 2), Worker("each"), threads=1)
    assert "`--threads 3` or more" in str(told.value)


def test_where_threads_are_is_told_unless_it_goes_without_saying():
    assert placement(Shape.plain(3)) == ""
    assert placement(Shape((0, 1, 2), (0, 1, 1), (0, 1))) == "T1 on node 0, T2 and T3 on node 1"
    assert placement(Shape((0, 1), (0, 8), (0, 8))) == "T1 on node 0, T2 on node 8; the only nodes are 0, 8"
    assert placement(Shape((0, 0), (0,))) == "T1 and T2 on CPU 0"


def test_threads_share_the_cpus_that_the_run_has():
    program = Program("test")
    program.workers = [Worker("each")]
    assert shape_of(program, 3, cpus=2) == Shape((0, 1, 0), (0, 0))
    assert shape_of(program, 2, cpus=4, offline=(1,)) == Shape((0, 2), (0, 0, 0, 0), offline=(1,))
    assert shape_of(program, 1, (0, 8), cpus=3, migrates=True) == Shape((0,), (0, 8, 0), (0, 8), migrates=True)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"cpus": 0}, "cannot have 0 CPUs"),
        ({"cpus": 2, "offline": (0, 1)}, "all CPUs are offline"),
        ({"offline": (5,)}, "cannot be offline: this run has the CPUs 0 to 2"),
        ({"cpus": 2}, "there is no CPU 2 for the worker `far`"),
        ({"offline": (2,)}, "the worker `far` cannot run on CPU 2, which is offline"),
    ],
)
def test_cpus_that_are_not_there(run, message):
    program = Program("test")
    program.workers = [Worker("thread.far", 1, cpu=2)]
    with pytest.raises(LockwrightError, match=message):
        shape_of(program, 1, **run)
