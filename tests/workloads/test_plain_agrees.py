"""The plain explorer, which shares no code with the compiled one, proves structures and subsystems too.

Without reductions the compiled one has no state fewer (a few more where it tells apart what the plain one forgets).
"""

import pytest
from tests.structures.proving import PROGRAMS

from lockwright.check.engine.options import Options
from lockwright.check.engine.run import explore
from lockwright.check.plain.explore import check
from lockwright.check.shapes import shape_of
from lockwright.check.smallest import machine
from lockwright.ir.inline import inline
from lockwright.ir.waiting import waiting
from lockwright.language.compile import compile_target

MOST_STATES = 50_000  # the largest, `SetUp` under `tso`, has 46,426
QUICK = [
    ("openvswitch:Single[tas]", 3),
    ("openvswitch:Interrupted[tas]", 2),
    ("posix_timers[tas]", 2),
    (f"{PROGRAMS / 'reference_count.py'}:UnderRcu", 2),
    (f"{PROGRAMS / 'reference_count.py'}:UnderLock", 2),
]
LONG = [
    ("openvswitch:Removed[tas]", 3),
    ("openvswitch:Dumped[tas]", 3),
    ("openvswitch:SetUp[tas]", 2),
    ("ipvs:Expiring[linux_rwlock, tas]", 3),
    ("xfs_buffer_hash[tas]:bits=1,blocks=1", 2),
    (f"{PROGRAMS / 'hash_table.py'}:Striped", 2),
    (f"{PROGRAMS / 'semaphore.py'}:Handed", 2),
    (f"{PROGRAMS / 'percpu_allocator.py'}:Counting", 2),
]


def name_of(value: object) -> str:
    return str(value).rsplit("/", maxsplit=1)[-1]


@pytest.mark.parametrize("model", ["sc", pytest.param("tso", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("target", "threads"), [*QUICK, *(pytest.param(*one, marks=pytest.mark.slow) for one in LONG)], ids=name_of
)
def test_the_plain_explorer_proves_it_too(target, threads, model):
    ready = waiting(inline(compile_target(target)))
    shape = shape_of(ready.program, threads)
    found = check(machine(ready, shape, model, 1), MOST_STATES)
    assert found.is_exhausted
    assert found.faults == {}
    assert explore(ready, shape, model, 1, Options.raw(), budget_states=MOST_STATES).states >= found.states
