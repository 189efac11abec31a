"""`perf report` of one recording in every form that its options give it."""

from __future__ import annotations

import pytest
from tests.profiles.captured import CAPTURES, of, profile

from lockwright.profiles import folding

SHAPES = sorted(one.stem for one in (CAPTURES / "report").glob("*.txt"))
OTHERS = {"two-events", "group", "group-samples", "dso", "comm", "hierarchy-limit", "top-screens"}
COUNTED = {"samples", "fields", "separated-semicolon", "hierarchy-samples", "children", "graph"}
GRAPHS = {
    "caller", "callee", "inverted", "graph", "fractal", "flat", "folded",
    "children-graph", "children-caller", "hierarchy-graph",
}  # fmt: skip


def shares(name: str) -> dict[str, float]:
    return folding.by_symbol(profile(f"report/{name}.txt").samples)


@pytest.mark.parametrize("name", [one for one in SHAPES if one not in OTHERS])
def test_every_shape_has_the_shares_of_the_usual_one(name: str) -> None:
    found = profile(f"report/{name}.txt")
    assert folding.by_symbol(found.samples) == pytest.approx(shares("usual"), abs=0.011)
    assert found.provenance.skipped == (0 if name != "verbose" else found.provenance.skipped)
    if name in COUNTED:
        assert sum(one.count for one in found.samples) == 215
    assert found.has_stacks == (name in GRAPHS)


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_callers_in_every_kind_of_graph(name: str) -> None:
    stacks = folding.fold(profile(f"report/{name}.txt").samples)
    assert stacks["start_thread", "thread", "update"] == pytest.approx(78.14, abs=0.02)


@pytest.mark.parametrize("name", ["usual", "cpu", "pid", "separated", "hierarchy", "verbose", "utilization", "cgroup"])
def test_the_task(name: str) -> None:
    assert {one.command for one in profile(f"report/{name}.txt").samples} == {"mutexer"}


@pytest.mark.parametrize(
    "name", ["usual", "cpu", "separated-semicolon", "hierarchy", "hierarchy-samples", "utilization"]
)
def test_the_object(name: str) -> None:
    modules = {one.stack[0].symbol: one.stack[0].module for one in profile(f"report/{name}.txt").samples}
    assert (modules["update"], modules["_raw_spin_unlock_irqrestore"]) == ("mutexer", "[kernel.kallsyms]")


def test_tables_without_functions() -> None:
    assert shares("dso") == {"mutexer": 94.88, "libc.so.6": 3.72, "[kernel.kallsyms]": 1.40}
    assert shares("comm") == {"mutexer": 100}


def test_a_hierarchy_that_leaves_rows_out() -> None:
    assert shares("hierarchy-limit") == {"update": 78.14, "outside": 16.28, "pthread_mutex_lock": 2.33}


def test_several_events() -> None:
    events = folding.by_event(profile("report/two-events.txt").samples)
    assert {event: round(sum(one.weight for one in some)) for event, some in events.items()} == {
        "cpu-clock": 100,
        "page-faults": 100,
    }
    assert folding.by_symbol(events["page-faults"])["dl_main"] == 92.19


@pytest.mark.parametrize("name", ["group", "group-samples"])
def test_a_group_of_events(name: str) -> None:
    events = folding.by_event(profile(f"report/{name}.txt").samples)
    assert set(events) == {"cpu-clock", "page-faults", "context-switches"}
    assert folding.by_symbol(events["cpu-clock"])["find_get_block_common"] == 27.27
    assert folding.by_symbol(events["page-faults"])["_dl_debug_initialize"] == 95.28
    assert folding.by_symbol(events["context-switches"]) == {"schedule": 100}
    if name == "group-samples":
        assert {event: sum(one.count for one in some) for event, some in events.items()} == {
            "cpu-clock": 11,
            "page-faults": 5,
            "context-switches": 13,
        }


def test_facts_of_the_head() -> None:
    facts = profile("report/header.txt").facts
    assert facts["os release"].startswith("6.18")
    assert facts["nrcpus online"] == "2"
    assert facts["cmdline"].endswith("./mutexer 200000 50")


def test_the_last_screen_of_perf_top_counts() -> None:
    found = profile("report/top-screens.txt")
    weights = folding.by_symbol(found.samples)
    assert len(weights) == 6
    assert weights["update"] == 14.81
    assert found.facts["screens"] == "the last of 3"


def test_the_head_as_a_terminal_shows_it() -> None:
    text = (
        "Samples: 215  of event 'cycles', 4000 Hz, Event count (approx.): 430861720\n"
        "  Children      Self  Command  Shared Object      Symbol\n"
        "-   94.88%     0.00%  mutexer  mutexer            [.] thread\n"
        "   - thread\n"
        "      + 78.60% update\n"
        "+   78.60%    78.14%  mutexer  mutexer            [.] update\n"
    )
    found = of(text)
    assert folding.by_symbol(found.samples) == {"update": 78.14}
    assert found.provenance.skipped == 0


def test_memory_samples_have_columns_on_both_sides_of_the_function() -> None:
    """`perf mem report` (tools/perf/builtin-mem.c of Linux 6.1)."""
    text = (
        "# Samples: 4K of event 'cpu/mem-loads,ldlat=30/P'\n"
        "# Total weight : 91204\n"
        "# Overhead       Samples  Local Weight  Memory access             Symbol             Shared Object"
        "      Data Symbol             Data Object    Snoop  TLB access    Locked\n"
        "# ........  ............  ............  ........................  .................  .................\n"
        "    31.02%            87  326           L3 or L3 hit              [k] osq_lock       [kernel.kallsyms]"
        "  [k] 0xffff8881003c4c2c  [unknown]      HitM   L1 or L2 hit  No\n"
        "     9.80%            40  223           Local RAM or RAM hit      [.] work           a.out"
        "              [.] 0x00007f92ad862b17  [heap]         None   L2 miss       Yes\n"
    )
    found = of(text)
    assert [(one.stack[0].symbol, one.weight, one.count) for one in found.samples] == [
        ("osq_lock", 31.02, 87),
        ("work", 9.8, 40),
    ]
    assert {one.event for one in found.samples} == {"cpu/mem-loads,ldlat=30/P"}


def test_objects_alone_on_a_terminal() -> None:
    """`perf top -ns comm,dso`: no mark tells a function, the head does."""
    text = (
        "Samples: 8K of event 'cpu-clock:pppH', 49 Hz, Event count (approx.): 97572272806 lost: 0/0 drop: 0/0\n"
        "Overhead       Samples  Command      Shared Object\n"
        "  96.17%          4643  docker-init  [kernel]\n"
        "   3.83%           126  swapper      a.out\n"
    )
    found = of(text)
    assert folding.by_symbol(found.samples) == {"[kernel]": 96.17, "a.out": 3.83}
    assert [one.count for one in found.samples] == [4643, 126]


SCREEN = """\
Samples: 71K of event 'cycles', Event count (approx.): 12345678901
  Children      Self  Shared Object            Symbol
-   86.49%     0.07%  [kernel]                 [k] taskq_thread
   - 86.42% taskq_thread
      - 63.36% arc_prune_task
         - zpl_prune_sb
            - zfs_prune
                 37.34% _raw_spin_lock
               - 15.49% iput
                    13.33% _atomic_dec_and_lock
                 10.10% igrab
      + 1.07% zio_execute
+   37.40%    37.31%  [kernel]                 [k] _raw_spin_lock
+   13.40%    13.35%  [kernel]                 [k] _atomic_dec_and_lock
+   10.20%    10.10%  [kernel]                 [k] elsewhere
"""


def test_a_row_that_is_folded_has_its_callers_from_the_graph_of_one_of_them() -> None:
    """openzfs #6223 as `perf top -ag` shows it: a function that calls no other has no sign before it."""
    found = of(SCREEN)
    assert found.provenance.skipped == 0
    callers = {one.stack[0].symbol: [frame.symbol for frame in one.stack[1:]] for one in found.samples}
    assert callers["_raw_spin_lock"] == ["zfs_prune", "zpl_prune_sb", "arc_prune_task", "taskq_thread"]
    assert callers["_atomic_dec_and_lock"][0] == "iput"
    assert callers["elsewhere"] == []
    weights = folding.by_symbol(found.samples)
    assert weights["_raw_spin_lock"] == pytest.approx(37.31)
    assert weights["_atomic_dec_and_lock"] == pytest.approx(13.35, abs=0.03)


def test_a_graph_lends_no_more_callers_than_it_has() -> None:
    found = of(SCREEN.replace("    37.31%  [kernel]", "    37.40%  [kernel]").replace("37.34% _raw", "20.00% _raw"))
    assert folding.by_caller(found.samples) == {
        ("_raw_spin_lock", "zfs_prune"): pytest.approx(20.0),
        ("_raw_spin_lock", folding.UNKNOWN): pytest.approx(17.4),
    }


def test_a_screen_that_was_cut_at_the_right() -> None:
    """`less -S`, perf's pager, marks the cut with `>`: the graph below has the whole name, else the table of locks."""
    head = "# Overhead  Command    Shared Object      Symbol               >\n"
    head += "# ........  .........  .............      .......>\n"
    row = "    {}%  Proactor6  [kernel.kallsyms]  [k] {}>\n"
    graph = "            |\n            ---native_queued_spin_lock_slowpath\n               reap\n\n"
    text = head + row.format("40.92", "native_queued_spin_") + graph + row.format("10.90", "rwsem_down_write_slow")
    first, second = of(text + row.format(" 5.00", "std::vector<int")).samples[:2]
    assert [one.symbol for one in first.stack] == ["native_queued_spin_lock_slowpath", "reap"]
    assert second.stack[0].symbol == "rwsem_down_write_slowpath"
    whole = of(head.replace(">", "") + "    12.00%  a  a.out  [.] std::vector<int>\n").samples[0]
    assert whole.stack[0].symbol == "std::vector<int>"
