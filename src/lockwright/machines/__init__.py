"""What a machine is: topology, latencies and their sources, one TOML file each."""

from lockwright.machines.catalogue import cost_names, cost_texts, costs, load, names, sources
from lockwright.machines.machine import Machine
from lockwright.machines.measured import from_csv
from lockwright.machines.model import MachineModel
from lockwright.machines.number import Number

__all__ = [
    "Machine",
    "MachineModel",
    "Number",
    "cost_names",
    "cost_texts",
    "costs",
    "from_csv",
    "load",
    "names",
    "sources",
]
