"""Every machine that ships: it runs, its latencies are sane, its numbers name sources, derived ones follow a rule."""

from __future__ import annotations

from itertools import pairwise

import pytest

from lockwright import machines
from lockwright.machines.model import CAS, FETCH_ADD, LOAD, MODIFIED, OPERATIONS, SHARED, STATES, STORE, TEST_AND_SET
from lockwright.machines.number import NANOSECONDS

CPUS = {
    "amd48": 48,
    "broadwell_ep_2s": 72,
    "cascadelake_2s": 96,
    "epyc_milan_2s": 192,
    "kvm_host_16p_ht": 32,
    "kvm_host_32c": 32,
    "nehalem_ep_2s": 16,
    "niagara2": 64,
    "opteron48": 48,
    "sandybridge_ep_2s": 32,
    "skylake_8s": 448,
    "tilera36": 36,
    "westmere_ep_2s": 24,
    "westmere_ex_4s": 80,
    "xeon80": 80,
}


def test_which_machines_there_are() -> None:
    assert {name: machines.load(name).model().cpus for name in machines.names()} == CPUS


@pytest.mark.parametrize("name", CPUS)
def test_the_model_is_whole(name: str) -> None:
    model = machines.load(name).model()
    assert len(model.latency_cycles) == len(OPERATIONS)
    for rows in model.latency_cycles:
        assert len(rows) == len(STATES)
        for row in rows:
            assert len(row) == len(model.distance_names)
            assert all(near <= far for near, far in pairwise(row)), "a farther line costs more"
            assert row[0] > model.load_hit_cycles, "a transfer costs more than a hit"
    assert len(model.distances) == model.nodes
    for one, row in enumerate(model.distances):
        assert row[one] == 0
        assert all(model.distances[other][one] == row[other] for other in range(model.nodes))
        assert max(row) < len(model.distance_names)
    for level in (*model.private, *([model.last] if model.last else [])):
        assert level.sets & (level.sets - 1) == 0


@pytest.mark.parametrize("name", CPUS)
def test_cpus_are_numbered_as_a_run_fills_them(name: str) -> None:
    model = machines.load(name).model()
    cores = len(model.node_of_core)
    assert model.core_of_cpu == tuple(range(cores)) * (model.cpus // cores)
    assert list(model.node_of_core) == sorted(model.node_of_core)


@pytest.mark.parametrize("name", CPUS)
def test_every_number_names_a_source_that_is_listed(name: str) -> None:
    machine = machines.load(name)
    for number in (*machine.numbers.values(), *machine.anchors.values(), *machine.facts.values()):
        assert machine.sources[number.source]
        assert number.confidence == "D" or not number.derived_from


def test_latencies_in_nanoseconds_are_counted_at_the_clock() -> None:
    machine = machines.load("nehalem_ep_2s")
    stated = machine.numbers["load.M.one_hop"]
    assert (stated.value, stated.unit, stated.confidence) == (102, NANOSECONDS, "C")
    assert machine.model().latency_cycles[LOAD][MODIFIED][1] == round(102 * 2.67)


def test_ratio_scales_by_what_both_have() -> None:
    """A store on the Sandy Bridge: the Xeon's, times how much dearer an update of a modified line is."""
    relative = machines.load("xeon80").model()
    model = machines.load("sandybridge_ep_2s").model()
    for distance, update_ns in enumerate((32.4, 114.3)):
        scale = update_ns * 2.9 / relative.latency_cycles[CAS][MODIFIED][distance]
        for operation, state in ((STORE, MODIFIED), (STORE, SHARED), (CAS, SHARED), (LOAD, MODIFIED)):
            expected = round(relative.latency_cycles[operation][state][distance] * scale)
            assert model.latency_cycles[operation][state][distance] == expected


def test_copy_ns_keeps_the_time() -> None:
    assert machines.load("broadwell_ep_2s").model().latency_cycles[LOAD][0] == (round(80 * 2.1), round(135 * 2.1))


def test_hold_is_half_of_what_another_package_costs_more() -> None:
    assert machines.load("westmere_ep_2s").model().hold_cycles == round((73.7 - 37.2) * 2.67 / 2)


def test_updates_of_the_niagara_differ() -> None:
    model = machines.load("niagara2").model()
    assert [model.latency_cycles[one][MODIFIED][0] for one in (CAS, FETCH_ADD, TEST_AND_SET)] == [66, 99, 55]
    assert (model.nodes, model.private[0].sets, model.last is not None) == (1, 32, True)


def test_a_mesh_goes_from_the_nearest_to_the_farthest_tile() -> None:
    model = machines.load("tilera36").model()
    assert model.distances[0][35] == 10
    assert model.distances[7][8] == 1
    assert model.latency_cycles[LOAD][MODIFIED][1] == 45
    assert model.latency_cycles[LOAD][MODIFIED][10] == 65
    assert model.last is None


def test_costs_of_kernels_are_no_machine() -> None:
    assert machines.cost_names() == ("kernel_kvm_params",)
    assert machines.costs("kernel_kvm_params")["kvm.ple_window"].value == 4096


def test_anchors_are_no_properties() -> None:
    machine = machines.load("opteron48")
    assert machine.anchors["lock_mops.ticket.48t"].value == 0.65
    assert not any(name.startswith("lock_mops") for name in machine.numbers)
