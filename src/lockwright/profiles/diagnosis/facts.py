"""Everything that verdict, promise and cure are decided on, worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import view_of
from lockwright.profiles.diagnosis.groups import sample_groups, wait_groups
from lockwright.profiles.diagnosis.hot import PROFILER, hot_functions, suggests

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.base import View
    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.diagnosis.hot import Hot
    from lockwright.profiles.model import Profile, Sample

_INLINED = frozenset({"spinlock", "rwlock"})
"""Kernel locks whose slow path may be part of the function that takes them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found in a profile.

    Args:
        view: The busy samples.
        groups: Of samples that wait for a lock or take one, the heaviest first.
        releases: Of samples that release one.
        hot: Functions that are no part of locking, the heaviest first.
        waits: Groups of waits, the longest total first.
        waited_ns: All waits together.
        own: Groups that the profiler itself causes.
        others: Samples that are about no lock.
    """

    view: View
    groups: tuple[Group, ...]
    releases: tuple[Group, ...]
    hot: tuple[Hot, ...]
    waits: tuple[Group, ...]
    waited_ns: float
    own: tuple[Group, ...]
    others: tuple[Sample, ...]

    @property
    def has_spinning(self) -> bool:
        """Whether any function was seen that does nothing but wait."""
        return any(one.waiting for one in self.groups)

    def waiting(self, group: Group) -> float:
        """Return what of a group is waiting, or waking those that wait, in percent of busy time.

        Functions that take it count where somebody is seen to wait for it, too: its cache line is on its way then.
        Those that take a spin lock also count where no function of a slow path was seen at all: there it is inlined.
        """
        waiting = group.waiting + group.waking
        inlined = group.kind in _INLINED and not self.has_spinning
        return self.view.busy(group.weight) if waiting or inlined else 0.0

    @property
    def waiting_percent(self) -> float:
        """All waiting, in percent of busy time."""
        return sum(map(self.waiting, self.groups))

    @property
    def lock_percent(self) -> float:
        """All waiting and taking, in percent of busy time."""
        return self.view.busy(sum(one.weight for one in self.groups))

    @property
    def has_sleepers(self) -> bool:
        """Whether any sample is on the way to sleep for a lock, or to wake who sleeps for one."""
        return any(one.waking or one.futex for one in self.groups)

    @property
    def has_masked_clock(self) -> bool:
        """Whether the clock of the profiler is an interrupt, which cannot come while interrupts are off."""
        return self.view.event.partition(":")[0] in {"cpu-clock", "task-clock"}

    @property
    def release_percent(self) -> float:
        """All releasing, in percent of busy time."""
        return self.view.busy(sum(one.releasing for one in self.releases))


def facts_of(profile: Profile) -> Facts:
    """Return what there is to decide on."""
    view = view_of(profile)
    groups, releases, others = sample_groups(view.samples)
    own = [one for one in groups if _is_own(one)]
    waits = wait_groups(profile.waits)
    return Facts(
        view,
        tuple(one for one in groups if one not in own),
        tuple(releases),
        tuple(hot_functions(view)),
        tuple(waits),
        sum(one.total_ns for one in profile.waits),
        tuple(own),
        tuple(others),
    )


def _is_own(group: Group) -> bool:
    """Return whether most of a group is wanted by functions of the profiler."""
    own = sum(
        weight
        for (caller, within, _), weight in group.sites.items()
        if PROFILER in (suggests(caller), suggests(within))
    )
    return own > sum(group.sites.values()) / 2
