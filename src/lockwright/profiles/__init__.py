"""What people's profilers wrote: readers, one model, and pure functions over it."""

from lockwright.profiles.model import Frame, Holding, LineAccess, Profile, Provenance, Sample, SharedLine, Wait
from lockwright.profiles.reading import read, read_from

__all__ = [
    "Frame",
    "Holding",
    "LineAccess",
    "Profile",
    "Provenance",
    "Sample",
    "SharedLine",
    "Wait",
    "read",
    "read_from",
]
