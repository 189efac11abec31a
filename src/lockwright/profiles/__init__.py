"""What people's profilers wrote: readers, one model, and pure functions over it."""

from lockwright.profiles.model import Frame, Profile, Provenance, Sample, Wait
from lockwright.profiles.reading import read, read_from

__all__ = ["Frame", "Profile", "Provenance", "Sample", "Wait", "read", "read_from"]
