"""Values that make no sense are refused, and those that were left out are filled in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lockwright.units import cpu_counts, wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockwright.ir.program import Program
    from lockwright.machines import MachineModel

MOST_SEEDS = 1000


def class_of(lock: str, program: Program) -> str:
    """Return which class a whole program was compiled as, where it takes any lock and none was named."""
    worker = program.workers[0].function
    name = worker.rpartition(".")[2]
    found = next((one for one in program.functions if one != worker and one.endswith(f".{name}")), "")
    made = found.rpartition(".")[0]
    return f"{lock} is {made}" if "[" in made and "[" not in lock else ""


def names_of(locks: str | Sequence[str]) -> list[str]:
    """Return the names of the locks, each once."""
    found = [locks] if isinstance(locks, str) else list(dict.fromkeys(several("locks", locks)))
    if not found:
        raise wrong("no lock is named", "`ticket`, or a file: `mylock.py`")
    unnamed = next((one for one in found if not isinstance(one, str)), None)
    if unnamed is not None:
        raise wrong(f"`{unnamed!r}` is no name of a lock", "a text: `ticket`, or a file: `mylock.py`")
    return found


def several(what: str, values: object) -> list[Any]:
    """Return the values of what may be given as a list."""
    if not isinstance(values, Iterable):
        raise wrong(f"`{what}` cannot be `{values!r}`", "one, or a list of them")
    return list(values)


def usual_start(program: Program) -> str:
    """Return how threads begin unless something is said: together where they end by themselves."""
    from lockwright.simulate.whole import ends_by_itself

    return "together" if ends_by_itself(program) else "spread"


def counts_of(
    cpus: str | int | Sequence[int] | None, model: MachineModel, programs: Mapping[str, Program]
) -> tuple[int, ...]:
    """Return the CPU counts; by default as many as the programs have threads, or one, one die, two dies, and all."""
    from lockwright.simulate.whole import own_threads

    if cpus is None:
        own = {own_threads(one) for one in programs.values()}
        if len(own) == 1 and None not in own:
            cpus = [one for one in own if one is not None]
    if cpus is None:
        die = sum(model.node_of_core[core] == model.node_of_core[0] for core in set(model.core_of_cpu))
        return tuple(sorted({1, min(die, model.cpus), min(2 * die, model.cpus), model.cpus}))
    listed = [cpus] if isinstance(cpus, str | int) else several("cpus", cpus)
    counts = cpu_counts(",".join(map(str, listed)))
    if counts[-1] > model.cpus:
        raise wrong(
            f"`{model.name}` has {model.cpus} CPUs, so nothing can run on {counts[-1]}", f"`--cpus 1-{model.cpus}`"
        )
    return counts


def seeds_of(number: int) -> tuple[int, ...]:
    """Return the seeds of so many runs of each point."""
    return tuple(range(1, within("--seeds", number, 1, MOST_SEEDS) + 1))


def positive(option: str, value: int | None) -> int | None:
    """Refuse a number of rounds that measures nothing, or has no end."""
    return value if value is None else within(option, value, 100, 10**9)


def within(option: str, value: int, least: int, most: int) -> int:
    """Refuse a number that is out of its range."""
    if not isinstance(value, int) or not least <= value <= most:
        raise wrong(f"`{option} {value}` makes no sense", f"a number from {least:,} to {most:,}")
    return value


def one_of(option: str, value: str, known: Sequence[str]) -> None:
    """Refuse a word that is none of those that are known."""
    if value not in known:
        raise wrong(f"there is no `{option} {value}`", " or ".join(f"`{one}`" for one in known))
