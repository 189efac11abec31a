"""Published cases of lock contention, by class of cure: what was done, what it gained, and why it failed."""

from lockwright.profiles.cures.case import Case, cases
from lockwright.profiles.cures.classes import CureClass, classes, gains, quartiles

__all__ = ["Case", "CureClass", "cases", "classes", "gains", "quartiles"]
