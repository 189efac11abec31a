"""What a machine is: topology, latencies and their sources, one TOML file each."""

from lockwright.machines.catalogue import cost_names, cost_texts, costs, load, names, sources
from lockwright.machines.latencies import row_of
from lockwright.machines.machine import Machine
from lockwright.machines.measured import from_csv
from lockwright.machines.model import OPERATIONS, STATES, MachineModel
from lockwright.machines.number import Number, shown
from lockwright.machines.schema import tables

__all__ = [
    "OPERATIONS",
    "STATES",
    "Machine",
    "MachineModel",
    "Number",
    "cost_names",
    "cost_texts",
    "costs",
    "from_csv",
    "load",
    "names",
    "row_of",
    "shown",
    "sources",
    "tables",
]
