"""Flow statistics of Open vSwitch: no packet is lost, in any of the three forms, with allocation failing anywhere."""

import pytest
from tests.structures.proving import MODELS, prove

from lockwright.api import check


@pytest.mark.parametrize("target", ["Single", "PerCpu", "PerNode", "Dumped"])
def test_proved_with_three_threads_on_two_nodes(target):
    result = prove(f"openvswitch:{target}")
    assert [(one.model, one.threads, one.verdict) for one in result.runs] == [(one, 3, "proved") for one in MODELS]


def test_proved_with_two_packets_each():
    result = prove("openvswitch:PerNode:each=2")
    assert [one.verdict for one in result.runs] == ["proved"] * 3


@pytest.mark.parametrize("lock", ["tas", "mcs", "linux_ticket"])
def test_any_lock_will_do(lock):
    assert prove(f"openvswitch:PerNode[{lock}]", models=("sc",)).verdict == "proved"


def test_the_api_takes_a_workload_by_its_name():
    assert check("openvswitch:Single", memory="sc").name == "openvswitch:Single"


def test_the_softirq_of_the_cpu_that_sums_waits_for_nobody():
    result = prove("openvswitch:Interrupted", models=("sc", "tso"))
    assert [one.verdict for one in result.runs] == ["proved"] * 2


@pytest.mark.parametrize(
    ("target", "threads", "models"),
    [
        ("Removed", None, ("sc", "tso")),
        ("SetUp", 2, MODELS),
        ("PerCpuSetUp", 2, MODELS),
        pytest.param("SetUp", 3, ("sc", "tso"), marks=pytest.mark.slow),
        pytest.param("PerCpuSetUp", 3, ("sc", "tso"), marks=pytest.mark.slow),
    ],
)
def test_flows_come_and_go(target, threads, models):
    result = prove(f"openvswitch:{target}", threads=threads, models=models)
    assert [(one.model, one.verdict) for one in result.runs] == [(one, "proved") for one in models]
