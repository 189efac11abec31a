"""What happens to a text on its way: each kind of file, under everything that loses nothing, is the same profile."""

from __future__ import annotations

import base64
import gzip
import html
import quopri
from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import READ, beginning, of

from lockwright.errors import LockwrightError
from lockwright.profiles.wrapped import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lockwright.profiles import Profile


def each_line(change: Callable[[int, str], str]) -> Callable[[str], str]:
    return lambda text: "".join(f"{change(number, line)}\n" for number, line in enumerate(text.splitlines(), 1))


def quoted_printable(text: str) -> str:
    return quopri.encodestring(text.encode(), quotetabs=False).decode()


def as_page(text: str) -> str:
    head = "<!DOCTYPE html>\n<html><head><title>Re: slow</title></head>\n<body><p>Hello 12 &amp; 13</p>\n"
    return f"{head}<div class=x><pre>{html.escape(text)}</pre></div>\n<a href='#'>42</a></body></html>\n"


def with_breaks(text: str) -> str:
    def line(one: str) -> str:
        bare = one.lstrip(" ")
        return "&nbsp;" * (len(one) - len(bare)) + html.escape(bare)

    return "<div>" + "<br>".join(line(one.expandtabs(8)) for one in text.splitlines()) + "</div>\n"


TEXTS: dict[str, Callable[[str], str]] = {
    "quoted": each_line(lambda _, line: f"> {line}"),
    "quoted twice": each_line(lambda _, line: f">> {line}"),
    "quoted by two": each_line(lambda _, line: f"> > {line}"),
    "quoted without blanks": each_line(lambda _, line: f">{line}" if line else ">"),
    "with the ends of lines of Windows": lambda text: text.replace("\n", "\r\n"),
    "with the ends of lines of old": lambda text: text.replace("\n", "\r"),
    "with blanks at the end": each_line(lambda _, line: f"{line}   "),
    "with empty lines around": lambda text: f"\n\n{text}\n\n\n",
    "indented": each_line(lambda _, line: f"    {line}" if line else ""),
    "quoted-printable": quoted_printable,
    "quoted-printable and quoted": lambda text: TEXTS["quoted"](quoted_printable(text)),
    "quoted and quoted-printable": lambda text: quoted_printable(TEXTS["quoted"](text)),
    "in a mail": lambda text: f"From: a@example.org\nSubject: slow\n\nHello,\n\n{text}\nThanks\n",
    "in base64": lambda text: (
        "From: a@example.org\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(text.encode()).decode()
    ),
    "in a page": as_page,
    "quoted in a page": lambda text: as_page(TEXTS["quoted"](text)),
    "with HTML for breaks and blanks": with_breaks,
    "with entities": html.escape,
    "coloured": each_line(lambda number, line: f"\x1b[3{number % 8}m{line}\x1b[0m"),
    "with a colour left over": each_line(lambda number, line: f"\x1b[K{line}" if number == 1 else line),
    "numbered by cat": each_line(lambda number, line: f"{number:>6}\t{line}"),
    "numbered by grep": each_line(lambda number, line: f"{number}:{line}"),
    "numbered by an editor": each_line(lambda number, line: f"{number:>5} {line}"),
    "numbered with bars": each_line(lambda number, line: f"{number:>4} | {line}"),
    "behind bars": each_line(lambda _, line: f"| {line}"),
    "between bars": each_line(lambda _, line: f"| {line.expandtabs(8):<120} |"),
    "from the kernel's log": each_line(lambda number, line: f"[{number / 7 + 100:12.6f}] {line}"),
    "from a system's log": each_line(lambda number, line: f"Nov 26 23:45:{number % 60:02} host perf[{number}]: {line}"),
    "from a log of a build": each_line(lambda number, line: f"2026-11-26T23:45:{number % 60:02}.1234567Z {line}"),
    "fenced": lambda text: f"```text\n{text}```\n",
    "fenced in a ticket": lambda text: f"{{noformat}}\n{text}{{noformat}}\n",
    "with a scroll bar": each_line(lambda number, line: f"{line:<100} {'◆' if number == 1 else '▒'}"),
    "with hard blanks": lambda text: text.replace("  ", " \u00a0").replace("\n", "\u00a0\n"),
    "fenced and quoted": lambda text: TEXTS["quoted"](TEXTS["fenced"](text)),
    "numbered and quoted": lambda text: TEXTS["quoted"](TEXTS["numbered by cat"](text)),
}
BYTES: dict[str, Callable[[str], bytes]] = {
    "with the mark of UTF-8": lambda text: text.encode("utf-8-sig"),
    "in UTF-16": lambda text: text.encode("utf-16"),
    "in UTF-16, little": lambda text: text.encode("utf-16-le"),
    "in UTF-16, big": lambda text: text.encode("utf-16-be"),
    "in gzip": lambda text: gzip.compress(text.encode(), mtime=0),
    "in UTF-16 in gzip": lambda text: gzip.compress(text.encode("utf-16"), mtime=0),
}


def same(found: Profile, expected: Profile) -> None:
    assert found.provenance.reader == expected.provenance.reader
    assert found.samples == expected.samples
    assert found.waits == expected.waits
    assert found.holdings == expected.holdings
    assert found.shared_lines == expected.shared_lines
    assert [one.samples for one in found.compared] == [one.samples for one in expected.compared]
    assert found.unit == expected.unit
    assert found.provenance.mixed == expected.provenance.mixed


def hold(name: str, ways: Iterable[str]) -> None:
    """Hold a text to be the same profile in each of some ways."""
    text = beginning(name)
    expected = of(text)
    for how in ways:
        try:
            same(of(TEXTS[how](text) if how in TEXTS else BYTES[how](text)), expected)
        except (AssertionError, LockwrightError) as error:
            raise AssertionError(f"{name} {how}: {error}") from error


WAYS = (*TEXTS, *BYTES)
FEW = 5


@pytest.mark.parametrize("name", READ)
def test_some_ways(name: str) -> None:
    """Each text in some of the ways, another choice for each."""
    hold(name, WAYS[READ.index(name) % FEW :: FEW])


@pytest.mark.slow
@pytest.mark.parametrize("name", READ)
def test_all_ways(name: str) -> None:
    hold(name, WAYS)


def wrapped(text: str, width: int) -> str:
    """Wrap lines as mail programs do: at blanks, which are lost where many of them stand."""
    out = []
    for line in text.splitlines():
        rest = line.rstrip()
        while len(rest) > width and (at := rest.rstrip().rfind(" ", 1, width + 1)) > len(rest) - len(rest.lstrip()):
            out.append(rest[:at].rstrip())
            rest = rest[at:].lstrip()
        out.append(rest)
    return "\n".join(out) + "\n"


@pytest.mark.parametrize("quoting", ["", "> "])
@pytest.mark.parametrize(
    "name",
    [
        "lock_stat/mmap-0.4.txt",
        "lock_stat/memcg-0.3.txt",
        "timer-gettime.lock-contention.txt",
        "commits/ipvs-before.txt",
        "klockstat/pipes.txt",
        "timer-gettime.cpu.script.gz",
        "bpftrace/sampled.txt",
    ],
)
@pytest.mark.parametrize("width", [72, 76])
def test_lines_that_a_mail_wrapped(name: str, width: int, quoting: str) -> None:
    text = beginning(name)
    found = of("".join(f"{quoting}{line}\n" for line in wrapped(text, width).splitlines()))
    same(found, of(text))


def folded_by_columns(line: str, width: int) -> list[str]:
    """Fold a line as `fold -s` and some mail programs do: behind a blank, which stays."""
    pieces = []
    while len(line) > width:
        at = line.rfind(" ", 0, width) + 1 or width
        pieces.append(line[:at])
        line = line[at:]
    return [*pieces, line]


@pytest.mark.parametrize("quoting", ["", "> "])
@pytest.mark.parametrize("name", ["create-unlink.report.txt", "create-unlink.lock-contention.txt"])
def test_lines_that_were_folded_after_they_were_quoted(name: str, quoting: str) -> None:
    """The lines that go on have no mark in front; blanks between columns stay at the ends of lines."""
    text = beginning(name)
    lines = [piece for line in text.splitlines() for piece in folded_by_columns(f"{quoting}{line}", 72)]
    assert any(not one.startswith("> ") for one in lines)
    intro = "On Monday somebody wrote:\n" if quoting else ""
    same(of(intro + "\n".join(lines) + "\n"), of(text))


def test_a_reply_below_a_quoted_line_is_no_part_of_it() -> None:
    row = "> {:6.2f}%  ledger  [kernel.kallsyms]  [k] {:<60}\n"
    quoted = "".join(row.format(10 - at, f"function_{at}").replace(" \n", "\n") for at in range(9))
    (last,) = [one for one in of(quoted + "So which lock is it?\n").samples if one.weight == 2]
    assert last.stack[0].symbol == "function_8"


def test_what_goes_on_below_a_quoted_line_has_an_end() -> None:
    """A reply of many long lines is not gathered as one."""
    row = "> # Overhead  Command  Shared Object      Symbol   and of what it is a part"
    reply = "nobody knows which of the locks of this machine is meant by all of that text"
    head = [row, "of all"] * 90
    found = quoted(head)
    assert found is not None
    lines = list(found[1]([*head, *[reply] * 900]))
    assert lines[0] == f"{row} of all"
    assert max(map(len, lines)) < 20 * len(reply)
    assert sum(map(len, lines)) >= 900 * len(reply)
