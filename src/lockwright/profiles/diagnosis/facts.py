"""Everything that verdict, promise and cure are decided on, worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.choosing import IDLE_PERCENT
from lockwright.profiles.diagnosis.base import is_masked, view_of
from lockwright.profiles.diagnosis.groups import joined, sample_groups, wait_groups
from lockwright.profiles.diagnosis.hot import hot_functions
from lockwright.profiles.diagnosis.owners import CONDITION
from lockwright.profiles.diagnosis.sleepers import with_sleepers

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.base import View
    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.diagnosis.hot import Hot
    from lockwright.profiles.model import Profile, Sample

_INLINED = frozenset({"spinlock", "rwlock"})
"""Kernel locks whose slow path may be part of the function that takes them."""


_RUN = ("user_s", "system_s", "elapsed_s", "cpus")
"""The facts of a run that tell how busy the CPUs were."""
_BESIDE = 0.1  # of taking: with less waiting than that, taking is no part of waiting


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
        conditions: Groups that wait for a condition: for work, not for a lock.
        own_waits: Groups of waits that the profiler itself causes.
    """

    view: View
    groups: tuple[Group, ...]
    releases: tuple[Group, ...]
    hot: tuple[Hot, ...]
    waits: tuple[Group, ...]
    waited_ns: float
    own: tuple[Group, ...]
    others: tuple[Sample, ...]
    conditions: tuple[Group, ...] = ()
    own_waits: tuple[Group, ...] = ()

    @property
    def has_spinning(self) -> bool:
        """Whether any function was seen that does nothing but wait for a spin lock of the kernel."""
        return any(one.waiting for one in self.groups if one.kind in _INLINED)

    def waiting(self, group: Group) -> float:
        """Return what of a group is waiting, or waking those that wait, in percent of busy time.

        Functions that take it count where waiting is seen beside them, too: its cache line is on its way then.  Those
        that take a spin lock also count where no function of a slow path was seen at all: there it is inlined.
        """
        waiting = group.waiting + group.waking
        inlined = group.kind in _INLINED and not self.has_spinning
        return self.view.busy(group.weight if inlined or waiting >= _BESIDE * group.taking else waiting)

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
    def idle_percent(self) -> float:
        """How much of the CPUs' time nothing ran: of the run where its CPU time is known, else of the samples."""
        facts = self.view.profile.facts
        if IDLE_PERCENT in facts:
            return float(facts[IDLE_PERCENT])
        try:
            user_s, system_s, elapsed_s, cpus = (
                float(facts[one]) for one in ("user_s", "system_s", "elapsed_s", "cpus")
            )
        except (KeyError, ValueError):
            return 100 * (1 - self.view.busy_weight / self.view.all_weight)
        whole = elapsed_s * cpus
        return min(100.0, max(0.0, 100 * (1 - (user_s + system_s) / whole))) if whole > 0 else 0.0

    @property
    def has_masked_clock(self) -> bool:
        """Whether the clock of the profiler is an interrupt, which cannot come while interrupts are off."""
        return is_masked(self.view.event)

    @property
    def release_percent(self) -> float:
        """All releasing, in percent of busy time."""
        return self.view.busy(sum(one.releasing for one in self.releases))


def facts_of(profile: Profile) -> Facts:
    """Return what there is to decide on."""
    view = view_of(profile)
    groups, releases, others = sample_groups(view.samples)
    groups = with_sleepers(groups)
    own = [one for one in groups if one.is_own]
    waits = wait_groups(profile.waits)
    own_waits = [one for one in waits if one.is_own]
    return Facts(
        view,
        tuple(joined([one for one in groups if not one.is_own and one.kind != CONDITION], waits)),
        tuple(releases),
        tuple(hot_functions(view)),
        tuple(one for one in waits if not one.is_own),
        sum(one.total_ns for one in waits if not one.is_own),
        tuple(own),
        tuple(others),
        tuple(one for one in groups if one.kind == CONDITION),
        tuple(own_waits),
    )
