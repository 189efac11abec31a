"""Profiles made for the tests of writers and pages: awkward on purpose."""

from __future__ import annotations

from lockwright.profiles import Frame, Profile, Provenance, Sample, Wait

KERNEL = "[kernel.kallsyms]"
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "a\"quoted' & `ticked`",
    "имя_функции→λ",
    "std::vector<std::pair<std::basic_string<char>, int>>::" + "very_long_" * 200 + "name(int, char const*)",
    "tab\tand\nnewline;semicolon",
    "ends in digits 42",
    "null\0and\x1b[31mescape",
    "lone \udce9 surrogate",
    " ",
)


def frames(*symbols: str, module: str = KERNEL) -> tuple[Frame, ...]:
    """Return functions, the innermost first."""
    return tuple(Frame(one, module) for one in symbols)


def profile(*samples: Sample, waits: tuple[Wait, ...] = (), unit: str = "samples") -> Profile:
    return Profile(Provenance("made.txt", "perf script", 9), samples, waits, unit, has_stacks=True)


def contended() -> Profile:
    """Two events, an idle CPU, and waits for two locks."""
    spin = frames("native_queued_spin_lock_slowpath", "_raw_spin_lock", "lock_timer", "sys_timer_gettime")
    work = frames("copy_to_user", "sys_timer_gettime")
    idle = frames("native_safe_halt", "default_idle", "do_idle")
    return profile(
        Sample(spin, 70e6, 70, "timers", 1, "cpu-clock:pppH"),
        Sample(spin, 5e6, 5, "timers", 2, "cpu-clock:pppH"),
        Sample(work, 15e6, 15, "timers", 1, "cpu-clock:pppH"),
        Sample(idle, 10e6, 10, "swapper", 3, "cpu-clock:pppH"),
        Sample(work, 30.0, 3, "timers", 1, "cache-misses"),
        waits=(
            Wait("0xffff888100", "spinlock", spin[1:], 40, 38, 4.0e6, 9.0e5, "timers"),
            Wait("tasklist_lock", "rwlock:W", frames("queued_write_lock_slowpath", "do_exit"), 3, 3, 1.5e3, 9e2),
        ),
        unit="period",
    )


def deep(depth: int = 1000) -> Profile:
    """One function that calls itself, and others that call each other, as deep as stacks get."""
    return profile(
        Sample(frames(*("recurses" for _ in range(depth))), 3.0, 3, "deep"),
        Sample(frames(*(f"function_{at}" for at in range(depth))), 2.0, 2, "deep"),
    )


def hostile() -> Profile:
    """Names that mean something to HTML, JSON, terminals or folded stacks, as functions, modules and commands."""
    return profile(
        Sample(tuple(Frame(one, one) for one in HOSTILE), 8.0, 8, HOSTILE[0], None, HOSTILE[2]),
        *(Sample(frames(one, "main"), 1.0, 1, "", None, HOSTILE[2]) for one in HOSTILE),
        waits=(Wait(HOSTILE[1], HOSTILE[0], frames(*HOSTILE), 1, 1, 5.0, 5.0, HOSTILE[3]),),
    )


def shares() -> Profile:
    """Shares as `perf report` prints them, of which the rest is missing."""
    return profile(
        *(Sample(frames(f"f{at}"), weight, 0, "cmd", None, "cycles") for at, weight in enumerate((33.33, 33.34, 0.01))),
        unit="percent",
    )
