"""A profile to what other tools show: folded stacks, speedscope, pprof."""

from lockwright.profiles.writers.folded import folded
from lockwright.profiles.writers.pprof import pprof
from lockwright.profiles.writers.speedscope import speedscope

__all__ = ["folded", "pprof", "speedscope"]
