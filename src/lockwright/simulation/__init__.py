"""`simulate`: from locks as a person names them to points on a modelled machine."""

from lockwright.simulation.running import Simulation, simulate

__all__ = ["Simulation", "simulate"]
