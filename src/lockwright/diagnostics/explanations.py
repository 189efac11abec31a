"""What stands behind a code: `lockwright explain L012`."""

from __future__ import annotations

import difflib
from functools import cache
from inspect import cleandoc

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.explained_machines import MACHINES
from lockwright.diagnostics.explained_profiles import PROFILES
from lockwright.diagnostics.explained_structure import STRUCTURE
from lockwright.diagnostics.explained_values import VALUES
from lockwright.diagnostics.explained_verdicts import USAGE, VERDICTS
from lockwright.diagnostics.explanation import Explanation
from lockwright.diagnostics.span import NOWHERE


@cache
def explanations() -> dict[str, Explanation]:
    """Return every explanation by its code, in order."""
    every = (*STRUCTURE, *VALUES, *USAGE, *VERDICTS, *MACHINES, *PROFILES)
    listed = [Explanation(*map(cleandoc, one)) for one in every]
    return {one.code: one for one in sorted(listed, key=lambda one: one.code)}


def explain(code: str) -> str | None:
    """Return the explanation of a code as text, without a line end at the end; None if there is no such code."""
    found = explanations().get(code.strip().upper())
    if found is None:
        return None
    parts = [f"{found.code}: {found.title}", found.text]
    parts += [_example(heading, text) for heading, text in (("wrong", found.wrong), ("right", found.right)) if text]
    return "\n\n".join(parts)


def _example(heading: str, text: str) -> str:
    return "\n".join([f"{heading}:", "", *(f"    {line}".rstrip() for line in text.splitlines())])


def unknown_code(code: str) -> Diagnostic:
    """Return the message for a code that there is not, with the nearest one."""
    letter, digits = code.strip().upper()[:1], code.strip()[1:]
    near = difflib.get_close_matches(f"{letter}{digits:0>3}", explanations(), n=1, cutoff=0.5)
    helps = [f"did you mean `{near[0]}`?"] if near else []
    helps.append(
        "codes are L001 ... for the language, V001 ... for verdicts, M001 ... for machines, P001 ... for profiles, "
        "U003 ... for the rest"
    )
    return Diagnostic("U007", f"there is no code `{code}`", Label(NOWHERE), helps=tuple(helps))
