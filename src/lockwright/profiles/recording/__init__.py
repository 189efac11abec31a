"""Recording with `perf`: CPU samples with call graphs and the waits for locks, of one run, as one profile."""

from lockwright.profiles.recording.abilities import Abilities, Lack
from lockwright.profiles.recording.request import CALL_GRAPHS, CallGraph, Request, is_call_graph
from lockwright.profiles.recording.session import Recording, look, record

__all__ = [
    "CALL_GRAPHS",
    "Abilities",
    "CallGraph",
    "Lack",
    "Recording",
    "Request",
    "is_call_graph",
    "look",
    "record",
]
