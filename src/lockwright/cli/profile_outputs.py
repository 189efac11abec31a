"""Where `lockwright profile` writes besides the terminal: a page, and what other tools show."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lockwright.cli.output import STANDARD_OUTPUT, refuse_unwritable, write

if TYPE_CHECKING:
    from lockwright.profiles import Profile
    from lockwright.profiles.diagnosis import Diagnosis

Target = Annotated[str | None, Parameter(allow_leading_hyphen=True)]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go besides the terminal; `-` is standard output.

    Args:
        json: Write everything as JSON.
        html: Write one page with the verdict, flame graphs and tables; it needs no network.
        folded: Write folded stacks of the first event, for `flamegraph.pl`.
        speedscope: Write all events and waits for speedscope.
        pprof: Write all events and waits for `go tool pprof`.
    """

    json: Target = None
    html: Target = None
    folded: Target = None
    speedscope: Target = None
    pprof: Target = None

    def by_option(self) -> dict[str, str | None]:
        """Return the targets by the options that name them."""
        return {
            "--json": self.json,
            "--html": self.html,
            "--folded": self.folded,
            "--speedscope": self.speedscope,
            "--pprof": self.pprof,
        }

    @property
    def is_streaming(self) -> bool:
        """Whether one of them has standard output for itself."""
        return STANDARD_OUTPUT in self.by_option().values()

    def refuse_unwritable(self) -> None:
        """Refuse what cannot be written, before the file is read.

        Raises:
            LockwrightError: A target cannot be written, or two go to standard output.
        """
        refuse_unwritable(self.by_option(), streams=tuple(self.by_option()))

    def write(self, profile: Profile, diagnosis: Diagnosis | None = None) -> None:
        """Write what was asked for, nothing of it before all of it is made.

        Args:
            profile: What was read.
            diagnosis: What it says about locks, if that is known already.

        Raises:
            LockwrightError: One of the formats cannot say what is in the profile.
        """
        asked = [(option, target) for option, target in self.by_option().items() if target is not None]
        made = [(target, _made(option, profile, diagnosis)) for option, target in asked]
        for target, content in made:
            write(target, content)


def _made(option: str, profile: Profile, diagnosis: Diagnosis | None) -> str | bytes:
    """Return a profile as what an option asks for; what it needs is imported only then."""
    if option == "--json":
        import msgspec

        from lockwright.report.profile import profile_json

        return msgspec.json.format(msgspec.json.encode(profile_json(profile, diagnosis)), indent=2).decode()
    if option == "--html":
        from lockwright.profiles.diagnosis import diagnose
        from lockwright.report.profile_page import profile_page

        return profile_page(profile, diagnosis or diagnose(profile))
    from lockwright.profiles import writers

    if option == "--speedscope":
        return writers.speedscope(profile)
    return writers.pprof(profile) if option == "--pprof" else _folded(profile)


def _folded(profile: Profile) -> str:
    """Return the first event as folded stacks; say which those are where there are more."""
    from lockwright.profiles.writers import folded
    from lockwright.profiles.writers.series import writable_series

    first, *others = writable_series(profile)
    if others:
        names = ", ".join(one.name for one in others)
        print(f"note: `--folded` writes {first.name} alone; `--speedscope` and `--pprof` add {names}", file=sys.stderr)
    return folded(first)
