"""One call for each command: the public names of lockwright.

Each returns a result object; nothing is printed.  Heavy imports happen inside the calls that need them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lockwright.simulation import Simulation, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockwright.bugs import BugResult
    from lockwright.litmus import Judgement
    from lockwright.profiles import Profile
    from lockwright.profiles.comparing import Comparison
    from lockwright.profiles.recording import CallGraph, Recording
    from lockwright.results import CheckResult
    from lockwright.simulate.sweep import Progress
    from lockwright.study import StudyResult

__all__ = [
    "Simulation",
    "check",
    "diff",
    "explain",
    "gallery",
    "litmus",
    "locks",
    "models",
    "profile",
    "record",
    "replay",
    "show",
    "simulate",
    "workloads",
]
MODELS = ("sc", "tso", "c11")


def check(
    lock: str,
    *,
    threads: int | None = None,
    acquire: int | Literal["forever"] | None = None,
    memory: str = "all",
    properties: Sequence[str] = (),
    nodes: Sequence[int] = (),
    interrupts: int | None = None,
    bypass: int | None = None,
    cpus: int | None = None,
    offline: Sequence[int] = (),
    migrate: bool = False,
    budget_states: int | None = None,
    budget_seconds: float | None = None,
    orders: bool = False,
    progress: Callable[[str], None] | None = None,
) -> CheckResult:
    """Explore every interleaving of a small instance of a lock or of a whole program.

    Args:
        lock: A built-in name (`ticket`, `ticket[u8]`, `ticket_backoff:shortest=32`, `openvswitch:PerNode`), a file
            (`mylock.py`, `mylock.py:MyLock`), or a file with a `Workload`.
        threads: How many threads contend; by default as many as the answer comes at once with.
        acquire: How often each of them acquires the lock, or `forever`; by default twice and, apart, for ever.
        memory: `sc`, `tso` or `c11`, several as `sc,tso`, or `all`; they are tried in that order.
        properties: The kinds of fault to look for (`two_holders`, `data_race`, ...); all by default.
        nodes: The ids of the NUMA nodes that the run has, on which threads are in turn; they may have holes.
        interrupts: How often each interrupt handler may arrive (0 to 100); by default once.
        bypass: How often (0 to 100) a waiter may be overtaken by those that came later; more often is a fault.
            By default that is counted and told. Not looked at under `c11`.
        cpus: How many CPUs there are (1 to 16); by default one for each thread.
        offline: The CPUs that are offline at first; threads are put on others.
        migrate: Whether a thread may come to another CPU wherever it can be preempted.
        budget_states: Stop after so many states of one run (1 to 10^12).
        budget_seconds: Stop after so many seconds of one run (more than 0).
        orders: Also find out which memory orders carry weight.
        progress: Called with a line of text now and then.

    Raises:
        LockwrightError: The source has mistakes, there is no such lock or property, or `bypass` is asked of a
            program without a lock under test.
    """
    from lockwright.check.search import Settings
    from lockwright.check.search import check as search
    from lockwright.language.compile import compile_target

    _refuse_budgets(budget_states, budget_seconds)
    program = compile_target(lock)
    chosen: dict[str, object] = {"models": models(memory), "orders": orders}
    if threads is not None:
        chosen["threads"] = threads
    if acquire is not None:
        chosen["acquisitions"] = (None if acquire == "forever" else acquire,)
    if nodes:
        chosen["nodes"] = tuple(nodes)
    if bypass is not None:
        chosen["bypass"] = _bound(bypass, has_lock=bool(program.subject))
    chosen |= {"cpus": cpus, "offline": tuple(offline), "migrate": migrate}
    if interrupts is not None:
        chosen["interrupts"] = interrupts
    if properties:
        chosen["kinds"] = _kinds(properties)
    if budget_states is not None:
        chosen["budget_states"] = budget_states
    if budget_seconds is not None:
        chosen["budget_seconds"] = budget_seconds
    return search(program, Settings(**chosen), progress=progress)  # type: ignore[arg-type]  # only what was asked for


MOST_BUDGET_STATES = 10**12


def _refuse_budgets(states: int | None, seconds: float | None) -> None:
    """Refuse a budget that nothing can be found with, or that is no number."""
    from lockwright.language.select import refuse

    if states is not None and not 1 <= states <= MOST_BUDGET_STATES:
        raise refuse("U003", f"a budget of {states} states makes no sense", "`--budget-states 1000000`")
    if seconds is not None and not seconds > 0:
        raise refuse("U003", f"a budget of {seconds:g} seconds makes no sense", "`--budget-seconds 60`")


def models(memory: str) -> tuple[str, ...]:
    """Return the memory models that a person names, weakest last.

    Raises:
        LockwrightError: There is no such model.
    """
    names = {one.strip() for one in memory.split(",")}
    if names == {"all"}:
        return MODELS
    if not names <= set(MODELS):
        from lockwright.language.select import refuse

        wrong = min(names - set(MODELS))
        raise refuse("U003", f"there is no memory model `{wrong}`", "`sc`, `tso`, `c11`, several as `sc,tso`, or `all`")
    return tuple(one for one in MODELS if one in names)


_MOST_OVERTAKINGS = 100


def _bound(bypass: int, *, has_lock: bool) -> int:
    """Return how often a waiter may be overtaken; a program without a lock under test has no waiters."""
    from lockwright.language.select import refuse

    if not has_lock:
        raise refuse(
            "U003", "a bypass bound is asked of a program that has no lock under test", "check the lock itself"
        )
    if not 0 <= bypass <= _MOST_OVERTAKINGS:
        raise refuse("U003", f"{bypass} is no bypass bound", f"a number from 0 to {_MOST_OVERTAKINGS}")
    return bypass


def _kinds(properties: Sequence[str]) -> tuple[str, ...]:
    """Return the kinds of fault to look for; a name that is none would silently look for nothing."""
    from lockwright.language.mistakes import nearest
    from lockwright.language.select import refuse
    from lockwright.results import FAULTS

    for name in properties:
        if name not in FAULTS:
            near = nearest(name, FAULTS)
            raise refuse(
                "U004", f"there is no property `{name}`", f"did you mean `{near}`?" if near else ", ".join(FAULTS)
            )
    return tuple(properties)


@dataclass(frozen=True, slots=True)
class LockInfo:
    """A built-in lock or workload: name, first sentence of the docstring, what it promises, where it comes from."""

    name: str
    summary: str
    promises: tuple[str, ...]
    source: str
    path: Path


def locks() -> list[LockInfo]:
    """Return the built-in locks, by name."""
    from lockwright.language.catalogue import describe
    from lockwright.language.compile import builtin_locks

    return [LockInfo(name, *describe(Path(path)), Path(path)) for name, path in builtin_locks().items()]


def workloads() -> list[LockInfo]:
    """Return the built-in workloads, by name; what they promise is what their `assert`s say."""
    from lockwright.language.catalogue import describe, workloads_of
    from lockwright.language.compile import builtin_workloads

    found = []
    for name, path in builtin_workloads().items():
        listed = workloads_of(Path(path))
        source = describe(Path(path))[2]
        for one, summary in listed:
            shown = name if len(listed) == 1 else f"{name}:{one}"
            found.append(LockInfo(shown, summary, (), source, Path(path)))
    return found


def show(lock: str) -> str:
    """Return the source, the layout, the IR, the kinds and the awaits of a lock as text."""
    from lockwright.language.compile import compile_target
    from lockwright.report.show import show_program

    return show_program(compile_target(lock))


def litmus(file: str | Path, memory: str = "all") -> list[Judgement]:
    """Return what a litmus test of herd's x86 format may do under each memory model.

    Raises:
        LockwrightError: The file is not a litmus test, or asks for what is not supported.
    """
    from lockwright.check.outcomes import outcomes
    from lockwright.litmus import judge, lower, read

    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        from lockwright.language.select import refuse

        raise refuse("U010", f"`{file}` is not a text file: byte {error.start + 1:,} is no UTF-8") from None
    test = read(text, str(file))
    program = lower(test)
    return [judge(test, model, outcomes(program, model)) for model in models(memory)]


def replay(lock: str, file: Path) -> CheckResult:
    """Play a saved trace again on a lock as it is now, and return it told.

    Raises:
        LockwrightError: The file is no trace, of another version, of another lock, or the source has changed.
    """
    from lockwright.check.replay import USUAL, load
    from lockwright.check.replay import replay as play
    from lockwright.language.compile import compile_target
    from lockwright.results import FAULT, CheckResult, Run

    trace = load(file)
    program = compile_target(lock)
    fault = play(program, trace)
    run = Run(fault.model, fault.threads, fault.acquisitions, FAULT, kinds=(fault.kind,))
    params: dict[str, object] = {name: getattr(trace, name) for name in USUAL} | {
        "threads": fault.threads,
        "acquisitions": ["for ever" if fault.acquisitions is None else fault.acquisitions],
        "models": [fault.model],
    }
    return CheckResult(program.name, [run], [fault], params=params, sources=dict(program.sources))


def gallery(*bugs: str, jobs: int = 1, finished: Callable[[BugResult], None] | None = None) -> list[BugResult]:
    """Play bugs that locks had: check the broken and the fixed source of each at the same instance.

    Args:
        bugs: Ids such as `P1`; all by default.
        jobs: How many processes share the work.
        finished: Called with each result as it is there.

    Raises:
        LockwrightError: There is no such bug.
    """
    from lockwright.gallery import known, load, play_all

    chosen = [load(name) for name in bugs or known()]
    # A bug on file may ask for any option by name; `check` lists them.
    return play_all(chosen, check, jobs=min(jobs, len(chosen)), finished=finished)  # type: ignore[arg-type]  # options come from files


def studies() -> list[tuple[str, str]]:
    """Return the name and the title of each published experiment that can be run."""
    from lockwright.studies import shelf

    return [(one.NAME, one.TITLE) for one in shelf.known()]


def study(name: str, *, progress: Callable[[Progress], None] | None = None) -> StudyResult:
    """Run a published experiment on a model of its machine.

    Args:
        name: `posix-timers`; `studies` lists them.
        progress: Called now and then with how far it is.

    Raises:
        LockwrightError: There is no such study.
    """
    from lockwright.studies import shelf

    return shelf.load(name).run(progress)


def profile(file: str, *, commands: Sequence[str] = ()) -> Profile:
    """Read what a profiler wrote: samples with stacks, and waits for locks.

    Args:
        file: `perf script`, `perf report --stdio`, `perf top`, `perf lock contention`, oprofile or folded stacks, plain
            or in gzip; `-` is standard input. `lockwright.profiles.folding` has functions over what is returned.
        commands: Whose samples and waits are returned, by name or by a pattern such as `kworker/*`; all if none is
            named.

    Raises:
        LockwrightError: It is empty, of no known kind, has nothing of what its kind has, or none of the commands.
        OSError: It is not there, or may not be read.
    """
    from lockwright.profiles import read
    from lockwright.profiles.choosing import chosen

    return chosen(read(file), commands)


def record(
    *command: str,
    pid: int | None = None,
    all_cpus: bool = False,
    seconds: float | None = None,
    frequency_hz: int = 499,
    call_graph: CallGraph = "auto",
    locks: bool = True,
    folder: str | Path | None = None,
    megabytes: int = 64,
) -> Recording:
    """Record a command, a process or the machine with `perf`, in one run: samples, and waits for locks.

    Args:
        command: The program and its arguments.
        pid: A process that runs already, instead of a command.
        all_cpus: Record all CPUs, whoever runs there.
        seconds: Stop after so long, and end the command.
        frequency_hz: Samples per second of each CPU.
        call_graph: `fp`, `dwarf` or `lbr`; `auto` is `dwarf` where perf can.
        locks: Whether waits for locks are recorded.
        folder: Keep the recordings there; it must not exist.
        megabytes: The most of waits, and four times as much of samples.

    Returns:
        The `profile`, the `status` of the command, what is missing (`lacks`), and what else to know (`notes`).

    Raises:
        LockwrightError: There is no perf, it may not record this, the command does not start, or nothing was recorded.
    """
    from lockwright.profiles import recording

    request = recording.Request(
        command,
        pid,
        all_cpus,
        seconds,
        frequency_hz,
        call_graph,
        locks,
        None if folder is None else Path(folder),
        megabytes,
    )
    return recording.record(request, lambda _: None)


def diff(
    before: str | Profile | Sequence[str | Profile],
    after: str | Profile | Sequence[str | Profile] = (),
    *,
    before_seconds: Sequence[float] = (),
    after_seconds: Sequence[float] = (),
    before_work: Sequence[float] = (),
    after_work: Sequence[float] = (),
    commands: Sequence[str] = (),
    table: str | None = None,
    seed: int = 1,
) -> Comparison:
    """Compare two sides of recordings: shares with intervals, costs, waits, and what changed in words.

    Args:
        before: A file as for `profile`, or what that returns, or that of a simulation; several of them are runs. What
            `perf diff` wrote stands for both sides.
        after: Likewise.
        before_seconds: How long each run lasted; one value for all, or one for each; by default what the files say.
        after_seconds: Likewise.
        before_work: How many operations each run did; one value for all, or one for each.
        after_work: Likewise.
        commands: Whose samples and waits are compared; all if none is named.
        table: A CSV file with the columns threads, before and after.
        seed: Of the random numbers of the bootstrap.

    Raises:
        LockwrightError: A file cannot be read as a profile, the sides have nothing in common, or a number makes no
            sense.
        OSError: A file is not there, or may not be read.
    """
    from lockwright.profiles import comparing

    rows = comparing.read_thread_table(table) if table else ()
    given = [tuple(one) if isinstance(one, list | tuple) else (one,) for one in (before, after)]
    runs = comparing.recordings(given[0], given[1], commands)
    first = comparing.side(runs[0], before_seconds, before_work, "before")
    second = comparing.side(runs[1], after_seconds, after_work, "after")
    return comparing.compare(first, second, seed=seed, threads=rows)


def explain(code: str) -> str:
    """Return what stands behind a code such as `L012` or `V005`: what it means, its usual cause, the cure.

    Raises:
        LockwrightError: There is no such code.
    """
    from lockwright.diagnostics import explanations
    from lockwright.errors import LockwrightError

    text = explanations.explain(code)
    if text is None:
        raise LockwrightError([explanations.unknown_code(code)])
    return text
