"""What people's profilers wrote: readers, one model, and pure functions over it."""

from lockwright.profiles.model import Frame, Holding, Profile, Provenance, Sample, Wait
from lockwright.profiles.reading import read, read_from

__all__ = ["Frame", "Holding", "Profile", "Provenance", "Sample", "Wait", "read", "read_from"]
