"""Sleeping and waking, interrupts, and what never ends."""

import pytest
from tests.plain.threads import faults, program, verdict

from lockwright.ir.program import Shape

MODELS = ("sc", "tso", "c11")

AWAIT_X = """
    jump @wait
wait:
    seen = atomic_load @acquire x
    done = ne seen 0:u8
    branch @out @wait done
out:
"""

CRITICAL = """
    old = load p
    new = add old 1:u8
    store p new
"""


@pytest.mark.parametrize("model", MODELS)
def test_a_latched_kick_is_not_lost(model: str) -> None:
    assert faults("halt @keep", "kick @latched 0:u32", model=model) == set()


@pytest.mark.parametrize("model", MODELS)
def test_an_unlatched_kick_may_be_lost(model: str) -> None:
    assert faults("halt @keep", "kick @unlatched 0:u32", model=model) == {"lost_wakeup"}


def test_a_kick_counts_once() -> None:
    assert faults("halt @keep\nhalt @keep", "kick @latched 0:u32\nkick @latched 0:u32") == {"lost_wakeup"}


def test_a_kick_to_an_offline_cpu_is_lost() -> None:
    assert faults("halt @keep", "cpu_set_online 0:u32 0:bool\nkick @latched 0:u32") == {"lost_wakeup"}


def test_there_is_no_such_cpu() -> None:
    assert faults("kick @latched 7:u32") == {"no_such_cpu"}


@pytest.mark.parametrize("model", MODELS)
def test_an_unpark_counts_once(model: str) -> None:
    assert faults("park", "unpark 0:u32", model=model) == set()
    assert faults("park\npark", "unpark 0:u32\nunpark 0:u32", model=model) == {"lost_wakeup"}


@pytest.mark.parametrize("model", MODELS)
def test_kick_and_park_pass_on_what_was_written(model: str) -> None:
    assert faults("halt @keep\nseen = load p", "store p 1:u8\nkick @latched 0:u32", model=model) == set()
    assert faults("park\nseen = load p", "store p 1:u8\nunpark 0:u32", model=model) == set()


@pytest.mark.parametrize("model", MODELS)
def test_a_futex_checks_and_sleeps_in_one_step(model: str) -> None:
    waiter = "futex_wait futex 0:u32 1:u32"
    waker = "atomic_store @release futex 1:u32\nfutex_wake futex 1:u32 1:u32"
    assert faults(waiter, waker, model=model) == set()
    assert faults(waiter, "futex_wake futex 1:u32 1:u32", model=model) == {"lost_wakeup"}


def test_a_futex_wakes_only_bits_that_match() -> None:
    waker = "atomic_store @release futex 1:u32\nfutex_wake futex 1:u32 2:u32"
    assert faults("futex_wait futex 0:u32 1:u32", waker) == {"lost_wakeup"}


def test_a_futex_wakes_any_of_its_sleepers() -> None:
    sleeper = "futex_wait futex 0:u32 1:u32\nstore {} 1:u8"
    waker = "futex_wake futex 1:u32 1:u32\nfutex_wake futex 1:u32 1:u32"
    found = verdict(program(sleeper.format("p"), sleeper.format("q"), waker))
    assert set(found.faults) == {"lost_wakeup"}
    asleep = {
        tuple(thread.is_finished for thread in state.threads)
        for state in _stuck_states(sleeper, "futex_wake futex 1:u32 1:u32")
    }
    assert asleep == {(False, False, True), (True, False, True), (False, True, True)}


def _stuck_states(sleeper: str, waker: str) -> list:  # type: ignore[type-arg]
    from lockwright.check.plain.explore import explore
    from lockwright.check.plain.machine import Machine

    made = program(sleeper.format("p"), sleeper.format("q"), waker)
    found = explore(Machine(made, {}, Shape.plain(3), "sc", 1))
    return [state for state, edges in zip(found.states, found.edges, strict=True) if not edges]


def test_events_of_cpus() -> None:
    assert faults("event_poll", "event_send 0:u32") == set()
    assert faults("event_clear\nevent_poll", "event_send 0:u32") == {"lost_wakeup"}


def test_a_handler_may_enter_what_it_interrupts() -> None:
    body = f"were = interrupts_off\n{CRITICAL}\ninterrupts_restore were"
    rest = "got = load p\nseen = le got 1:u8\nassert @lost seen"
    assert verdict(program(CRITICAL, handlers=(CRITICAL,))).outcomes >= {_plain(p=1), _plain(p=2)}
    assert _plain(p=1) in verdict(program(body, handlers=(CRITICAL,))).outcomes  # the handler never came
    guarded = verdict(program(body, handlers=(CRITICAL,), rest=rest))
    assert "at_rest" in guarded.faults  # it came before or after, so both counts are there


def _plain(**values: int) -> tuple[tuple[str, int], ...]:
    return tuple(({"p": 0, "q": 0} | values).items())


def test_interrupts_off_keeps_a_handler_out_but_not_an_nmi() -> None:
    body = "were = interrupts_off\nstore p 1:u8\nstore p 0:u8\ninterrupts_restore were"
    handler = "got = load p\nquiet = eq got 0:u8\nassert @between quiet"
    assert set(verdict(program(body, handlers=(handler,))).faults) == set()
    assert set(verdict(program(body, handlers=(handler,), maskable=False)).faults) == {"assertion"}


def test_an_interrupt_ends_a_halt_if_interrupts_are_on() -> None:
    assert set(verdict(program("halt @on", handlers=("store p 1:u8",))).faults) == {"lost_wakeup"}  # it came before
    found = verdict(program("were = interrupts_off\nhalt @on", handlers=("store p 1:u8",)))
    assert _plain(p=1) in found.outcomes
    held_off = verdict(program("were = interrupts_off\nhalt @keep", handlers=("store p 1:u8",)))
    assert _plain(p=1) not in held_off.outcomes


def test_a_raised_interrupt_arrives() -> None:
    found = verdict(program("raise_interrupt @handler0 0:u32\nhalt @on", handlers=("store p 1:u8",)), interrupts=0)
    assert _plain(p=1) in found.outcomes


def test_preemption_must_balance() -> None:
    assert faults("preemption @off\npreemption @on") == set()
    assert faults("preemption @on") == {"preemption_unbalanced"}


@pytest.mark.parametrize("model", MODELS)
def test_an_await_that_somebody_ends(model: str) -> None:
    assert faults(AWAIT_X, "atomic_store @release x 1:u8", model=model) == set()
    assert faults(AWAIT_X, "store p 1:u8", model=model) == {"endless_await"}


@pytest.mark.parametrize("model", MODELS)
def test_a_value_that_goes_by_may_be_missed(model: str) -> None:
    assert faults(AWAIT_X, "atomic_store @release x 1:u8\natomic_store @release x 0:u8", model=model) == {
        "endless_await"
    }
    assert faults(AWAIT_X, "atomic_store @release x 2:u8\natomic_store @release x 1:u8", model=model) == set()


TWO_READS = """
    jump @wait
wait:
    one = atomic_load @acquire x
    none = eq one 0:u8
    branch @more @out none
more:
    two = atomic_load @acquire y
    nothing = eq two 0:u8
    branch @wait @out nothing
out:
"""


@pytest.mark.parametrize("model", MODELS)
def test_an_await_with_two_reads(model: str) -> None:
    assert faults(TWO_READS, "atomic_store @release y 1:u8", model=model) == set()
    assert faults(TWO_READS, "store p 1:u8", model=model) == {"endless_await"}


BOUNDED = """
    i:u8 = copy 0:u8
    jump @wait
wait:
    more = lt i 100:u8
    branch @body @gave more
body:
    seen = atomic_load @acquire x
    done = ne seen 0:u8
    branch @out @next done
next:
    i = add i 1:u8
    jump @wait
gave:
    store q 1:u8
    jump @out
out:
"""


@pytest.mark.parametrize("model", MODELS)
def test_a_bounded_wait_gives_up_if_it_must(model: str) -> None:
    assert faults(BOUNDED, "store p 1:u8", model=model) == set()
    found = verdict(program(BOUNDED, "atomic_store @release x 1:u8"), model)
    assert found.faults == {}
    assert found.outcomes == {_plain(), _plain(q=1)}


def test_a_loop_of_its_own_never_ends() -> None:
    begin = "i:u8 = copy 0:u8\njump @round\nround:\n"
    loop = begin + "i = add i 2:u8\nodd = eq i 1:u8\nbranch @out @round odd\nout:\nstore p i"
    assert faults(loop) == {"endless_loop"}


def test_two_threads_that_only_get_out_of_each_others_way() -> None:
    polite = """
        jump @try
    try:
        atomic_store @seq_cst {mine} 1:u8
        other = atomic_load @seq_cst {other}
        alone = eq other 0:u8
        branch @out @back alone
    back:
        atomic_store @seq_cst {mine} 0:u8
        jump @try
    out:
        atomic_store @seq_cst {mine} 0:u8
    """
    threads = polite.format(mine="x", other="y"), polite.format(mine="y", other="x")
    assert faults(*threads) == {"endless_await"}
    assert faults(*threads, model="tso") == {"endless_await"}


def test_random_takes_every_value() -> None:
    found = verdict(program("r = random 3:u32\ns:u8 = convert r\nstore p s"))
    assert found.outcomes == {_plain(p=value) for value in range(3)}
    assert faults("r = random 0:u32\ns:u8 = convert r\nstore p s") == {"random_of_zero"}


def test_faults_of_arithmetic() -> None:
    zero = "got = atomic_load @relaxed x\n"
    assert faults(zero + "bad = div 1:u8 got") == {"division_by_zero"}
    assert faults(zero + "far = add got 8:u8\nbad = shl 1:u8 far") == {"shift_out_of_range"}
    assert faults(zero + "yes = ne got 0:u8\nassert @no yes") == {"assertion"}


SPIN_THEN_NOTE = """
    jump @again
again:
    i:u8 = copy 0:u8
    jump @wait
wait:
    more = lt i 100:u8
    branch @body @gave more
body:
    seen = atomic_load @acquire x
    done = ne seen 0:u8
    branch @out @next done
next:
    i = add i 1:u8
    jump @wait
gave:
    atomic_store @relaxed y 1:u8
    jump @again
out:
"""


@pytest.mark.parametrize("model", ["sc", "tso"])
def test_a_bounded_wait_does_not_give_up_for_ever_without_a_look(model: str) -> None:
    assert faults(SPIN_THEN_NOTE, "atomic_store @release x 1:u8", model=model) == set()
    assert faults(SPIN_THEN_NOTE, "store p 1:u8", model="sc") == {"endless_await"}


@pytest.mark.parametrize("model", MODELS)
def test_an_exchange_in_a_loop_gets_the_lock_in_the_end(model: str) -> None:
    take = """
        jump @take
    take:
        old = exchange @acquire x 1:u8
        got = eq old 0:u8
        branch @inside @take got
    inside:
        atomic_store @release x 0:u8
    """
    assert faults(take, take, model=model) == set()
