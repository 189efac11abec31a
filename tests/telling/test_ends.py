"""How a fault that never ends is told: records by their names, and what chance has to do with it."""

from __future__ import annotations

from tests.telling.checking import checked

from lockwright.language.compile import compile_text

CALLED = '''"""A wait that nobody ends."""

from lockwright.language import Atomic, Ptr, Struct, Workload, alloc, pause, u32, workers


class Timer(Struct):
    fired: u32


class Calling(Workload):
    """A thread waits until nobody calls a timer; nobody stops."""

    calling: Atomic[Ptr[Timer] | None]

    @workers(1)
    def caller(self) -> None:
        timer = alloc(Timer)
        if timer is not None:
            self.calling.store(timer)

    @workers(1)
    def waiter(self) -> None:
        while self.calling.load() is not None:
            pause()
'''

DRAWN = '''"""A lock that tries again until its draw is lucky."""

from lockwright.language import Atomic, Lock, random, u32


class Drawn(Lock):
    held: Atomic[u32]

    def lock(self) -> None:
        while random(u32(2)) == 0 or self.held.exchange(1) != 0:
            self.held.fetch_add(0)

    def unlock(self) -> None:
        self.held.store(0)
'''


def test_a_pointer_that_is_waited_for_is_told_by_the_name_of_its_record():
    settings = {"acquisitions": (1,), "models": ("sc",), "kinds": ("endless_await", "deadlock")}
    (fault,) = checked(compile_text(CALLED, "calling.py"), **settings).faults
    assert "(calling is Timer#0)" in fault.sentence
    assert fault.final[1].endswith("calling is Timer#0")


def test_a_loop_that_needs_the_same_draw_each_time_says_so():
    (fault,) = checked(compile_text(DRAWN, "drawn.py"), threads=1, acquisitions=(1,), models=("sc",)).faults
    assert fault.kind == "endless_await"
    assert fault.why_fair.endswith(", if `random` gives 0 each time round")
