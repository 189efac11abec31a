"""Flow statistics of Open vSwitch: no packet is lost, in any of the three forms, with allocation failing anywhere."""

import pytest
from tests.structures.proving import prove

from lockwright.api import check


@pytest.mark.parametrize(
    ("target", "states"),
    [
        ("Single", (99, 126, 54)),
        ("PerCpu", (216, 343, 125)),
        ("PerNode", (927, 1459, 492)),
        ("Dumped", (980, 1796, 1422)),
    ],
)
def test_proved_with_three_threads_on_two_nodes(target, states):
    result = prove(f"openvswitch:{target}")
    assert result.verdict == "proved", result.faults
    assert [(one.threads, one.states) for one in result.runs] == [(3, one) for one in states]


def test_proved_with_two_packets_each():
    result = prove("openvswitch:PerNode:each=2")
    assert [one.verdict for one in result.runs] == ["proved"] * 3


@pytest.mark.parametrize("lock", ["tas", "mcs", "linux_ticket"])
def test_any_lock_will_do(lock):
    assert prove(f"openvswitch:PerNode[{lock}]", models=("sc",)).verdict == "proved"


def test_the_api_takes_a_workload_by_its_name():
    assert check("openvswitch:Single", memory="sc").name == "openvswitch:Single"
