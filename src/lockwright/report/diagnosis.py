"""A diagnosis in words: sections of sentences, which a terminal wraps and a page sets."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis import MINOR, NO_LOCK
from lockwright.profiles.diagnosis.headline import has_name
from lockwright.profiles.diagnosis.known_locks import known_lock
from lockwright.profiles.diagnosis.words import duration
from lockwright.profiles.standing import IDLE_IN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.profiles.diagnosis import CaseShown, Cure, Diagnosis, Link, LockFound, Promise, Range, Standing

Line = tuple[str, str]  # a text, and the name of its style
LOCK, BEHIND, GAIN, CURE, TEST = "lock", "behind", "gain", "cure", "test"
BEWARE, RECORD, NOT_COVERED = "beware", "record", "not covered"
_STYLES = {CURE: "help", TEST: "help", RECORD: "help", BEWARE: "warning", NOT_COVERED: "dim"}
_INDENT = 8  # columns of a title
_NARROWEST = 40
_TOLD_APART = frozenset({"spinlock", "rwlock"})
"""Kinds of which one caller seldom wants two: those of the kernel that spin."""
_IF_SO = "if that is so, "
_SAME = 0.05  # percentage points that are not printed
_WORTH_MORE_PERCENT = 10.0  # of busy time: below, what would be above the bound is not told
_LARGE = 100  # times: more needs no digits


def sections(diagnosis: Diagnosis) -> Iterator[tuple[str, list[str]]]:
    """Yield a title and its sentences; names of functions and commands stand in backticks.

    Titles are `lock`, `behind`, `gain`, one `cure` and `test` for each class of cure, `beware`, `record` and
    `not covered`; those that have nothing to say are left out.
    """
    if diagnosis.lock and diagnosis.verdict != NO_LOCK:
        yield LOCK, list(_lock(diagnosis.lock))
    if diagnosis.chain and diagnosis.verdict != NO_LOCK:
        base = "of the waiting" if _is_of_waits(diagnosis) else "of busy time"
        yield BEHIND, [_link(one, base, diagnosis.lock) for one in diagnosis.chain]
    if diagnosis.promise:
        yield GAIN, list(_promise(diagnosis.promise, _IF_SO if diagnosis.is_likely else ""))
    for at, cure in enumerate(diagnosis.cures):
        yield CURE, list(_cure(cure, is_short=at > 0 or diagnosis.verdict == MINOR))
        yield TEST, [cure.test]
    if diagnosis.cautions:
        yield BEWARE, [one.sentence for one in diagnosis.cautions]
    if diagnosis.record:
        yield RECORD, list(diagnosis.record)
    if diagnosis.not_covered:
        yield NOT_COVERED, ["; ".join(diagnosis.not_covered)]


def diagnosis_lines(diagnosis: Diagnosis, columns: int = 100) -> Iterator[Line]:
    """Yield the sections as lines of a terminal, each with the name of its style.

    Args:
        diagnosis: What to tell.
        columns: How wide the terminal is; narrower ones than 40 columns are taken for 40.
    """
    width = max(columns, _NARROWEST)
    for title, sentences in sections(diagnosis):
        for at, sentence in enumerate(sentences):
            text = textwrap.wrap(
                _plain(sentence),
                width,
                initial_indent=" " * _INDENT if at else f"{title:<{_INDENT}}" if len(title) < _INDENT else f"{title}: ",
                subsequent_indent=" " * _INDENT,
                break_long_words=False,
                break_on_hyphens=False,
            )
            yield from ((one.replace("\u00a0", " "), _STYLES.get(title, "")) for one in text)


def _plain(sentence: str) -> str:
    """Return a sentence without backticks, whose numbers stay with their percent signs."""
    return sentence.replace("`", "").replace(" %", "\u00a0%")


def _is_of_waits(diagnosis: Diagnosis) -> bool:
    return diagnosis.lock is not None and diagnosis.lock.share_busy_percent is None


def _lock(lock: LockFound) -> Iterator[str]:
    kind, named = lock.kind or "kind unknown", [one for one in lock.sites if one.caller and one.share_percent >= _SAME]
    if named:
        shown = ", ".join(
            f"`{one.caller}`{f' for `{one.within}`' if one.within else ''} {one.share_percent:.1f} %" for one in named
        )
        lost = sum(one.share_percent for one in lock.sites if not one.caller)
        name = f" `{lock.name}`" if has_name(lock) else ""
        yield f"{kind}{name}, wanted by {shown}" + (f"; {lost:.1f} % without a name" if lost >= _SAME else "")
        yield f"named by {lock.rests_on}" + (f"; taken in `{lock.taken_in}`" if lock.taken_in else "")
    elif lock.name:
        yield f"{kind} `{lock.name}`"
    elif lock.waited_by:
        tasks = ", ".join(f"`{one.caller}` {one.share_percent:.0f} %" for one in lock.waited_by)
        yield f"{kind}, waited for by {tasks}"
    elif lock.function:
        yield f"{kind}, seen in `{lock.function}`; {lock.rests_on}"
    else:
        yield f"{kind}; the file tells neither its name nor who wants it"
    if lock.standing:
        yield from _standing(lock, lock.standing)
        return
    if lock.held_by:
        holders = ", ".join(f"`{one.caller}` {one.share_percent:.0f} %" for one in lock.held_by)
        yield f"held by {holders} while others waited"
    share, waiting = lock.share_busy_percent, lock.waiting_percent
    if share is not None and waiting is not None and _SAME < waiting < share - _SAME:
        yield f"{waiting:.1f} % of busy time waits for it, {share - waiting:.1f} % takes it"
    if lock.inside and lock.inside_percent:
        what = ", ".join(f"`{one.caller}` {one.share_percent:.1f} %" for one in lock.inside)
        yield f"holders, and what else runs where it is taken: {lock.inside_percent:.1f} %, such as {what}"
    elif lock.inside:
        what = ", ".join(f"`{one.caller}` {one.share_percent:.1f} %" for one in lock.inside)
        yield f"its owner can be in what the tasks that wait run in the kernel: {what}"
    if known := known_lock(lock.kind, lock.name):
        yield f"it guards {known.guards}"
    if lock.recorded and lock.recorded.mean_ns is not None:
        total, mean = duration(lock.recorded.total_ns), duration(lock.recorded.mean_ns)
        yield f"recorded beside the samples: {total} of waiting for it in {lock.recorded.contended:,} waits of {mean}"
    yield from _waits(lock)


def _standing(lock: LockFound, found: Standing) -> Iterator[str]:
    """Yield what is known of those that were seen to wait, and of the holder."""
    if found.guards:
        yield f"it guards {found.guards}"
    if found.longest_ns:
        yield f"the longest has waited for {duration(found.longest_ns)} so far"
    holders = ", ".join(f"`{one.caller}`" for one in lock.held_by)
    if holders or found.holder_at:
        where = f" in `{found.holder_at}`" if found.holder_at else ""
        where = f", which is {IDLE_IN}" if found.holder_at == IDLE_IN else where
        through = f", below `{found.holder_in}`" if found.holder_in not in {"", found.holder_at} else ""
        asleep = f", asleep (`{found.holder_sleeps}`)" if found.holder_sleeps else ""
        yield f"held by {holders}{where}{through}{asleep}" if holders else f"perhaps held{where}{through}{asleep}"
    if found.holder_wants:
        yield f"its holder waits for `{found.holder_wants}` itself: look there first"


def _waits(lock: LockFound) -> Iterator[str]:
    waits = lock.waits
    if waits is None:
        return
    if waits.longest_ns:
        yield f"the longest wait {duration(waits.longest_ns)}; {waits.share_percent:.0f} % of the waiting for all locks"
    if waits.waiting_at_once is not None and waits.span_ns is not None:
        yield f"{waits.waiting_at_once:.2g} tasks wait for it at any moment of {duration(waits.span_ns)}"
    if waits.held_ns is not None and waits.acquired and waits.waiters is not None:
        each = duration(waits.held_ns / waits.acquired)
        yield f"taken {waits.acquired:,} times, held {each} each; {waits.waiters:.3g} wait for each that holds it"


def _link(link: Link, base: str, lock: LockFound | None) -> str:
    name = f" `{link.name}`" if link.name else ""
    by = f"{name} wanted by `{link.caller}`" if link.caller else name or ", caller unknown"
    way = {None: "", True: f", on the same path (`{link.through}`)", False: ", on another path"}[link.same_path]
    is_nameless = lock is not None and lock.kind == link.kind and not lock.name and lock.kind not in _TOLD_APART
    same = "; perhaps the same one: no address tells them apart" if is_nameless else ""
    return f"{link.kind or 'a lock'}{by}: {link.share_percent:.1f} % {base}{way}{same}"


def _promise(promise: Promise, if_so: str) -> Iterator[str]:
    then = f"; {_range(promise.with_next)} with the next one gone, too" if promise.with_next else ""
    share = f"{promise.share_percent:.1f} % of {promise.base}"
    if promise.is_least:
        yield f"{if_so}{_range(promise.alone)} times as fast without the {share} that can be seen of it{then}"
        yield "more if what was cut off belongs to it: its share is a lower bound"
    else:
        yield f"{if_so}{_range(promise.alone)} times as fast without its {share}{then}"
    if promise.alone.high < promise.bound:
        yield f"capped by {promise.capped_by}"
    if promise.above and promise.share_percent >= _WORTH_MORE_PERCENT:
        yield f"more only if {'; or if '.join(promise.above)}"


def _range(found: Range) -> str:
    low, high = times(found.low), times(found.high)
    return f"up to {high}" if found.low <= 1 else high if low == high else f"{low} to {high}"


def times(gain: float) -> str:
    """Return how many times, with three digits."""
    return f"{gain:,.0f}" if gain >= _LARGE else f"{gain:.3g}"


def _cure(cure: Cure, *, is_short: bool) -> Iterator[str]:
    yield cure.do
    yield f"because {cure.because}"
    examples = cure.examples[:1] if is_short else cure.examples
    shown = "; ".join(_case(one, has_base=not is_short) for one in examples)
    if cure.quartiles:
        low, middle, high = map(times, cure.quartiles)
        yield f"published: {cure.cases} cases, half of them {low} to {high} times, median {middle}; {shown}"
    elif shown:
        yield f"published: {shown}"
    if cure.failures and not is_short:
        yield f"failed: {'; '.join(cure.failures)}"


def _case(case: CaseShown, *, has_base: bool) -> str:
    """Return a case; with what its gain was measured on, as gains age."""
    base = f" ({case.measured})" if has_base and case.measured else ""
    gain = f": {times(case.gain)} times{base}" if case.gain else ""
    return f"{case.id} {case.project} {case.year}, {case.change}{gain}"
