"""What a profile says about locks, and what each claim rests on: pure functions over the model."""

from lockwright.profiles.diagnosis.diagnose import diagnose
from lockwright.profiles.diagnosis.result import (
    CONTENDED,
    LINE,
    MINOR,
    NO_LOCK,
    UNDECIDED,
    VERDICTS,
    CaseShown,
    Caution,
    Cure,
    Diagnosis,
    Evidence,
    Link,
    LockFound,
    Promise,
    Range,
    Site,
    WaitTimes,
)

__all__ = [
    "CONTENDED",
    "LINE",
    "MINOR",
    "NO_LOCK",
    "UNDECIDED",
    "VERDICTS",
    "CaseShown",
    "Caution",
    "Cure",
    "Diagnosis",
    "Evidence",
    "Link",
    "LockFound",
    "Promise",
    "Range",
    "Site",
    "WaitTimes",
    "diagnose",
]
