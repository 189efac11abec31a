"""Published cases of lock contention, by class of cure: what was done, what it gained, and why it failed."""

from lockwright.profiles.cures.case import Case
from lockwright.profiles.cures.classes import NAMES, CureClass, cases, cure_class, gains, quartiles

__all__ = ["NAMES", "Case", "CureClass", "cases", "cure_class", "gains", "quartiles"]
