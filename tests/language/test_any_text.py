"""Whatever a file holds, compiling it gives a program or messages; and nothing in it is ever executed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockwright.diagnostics.render import render_all
from lockwright.errors import LockwrightError
from lockwright.ir.program import Program
from lockwright.ir.verify import find_problems
from lockwright.language.compile import builtin_locks, compile_target, compile_text

FOLDER = Path(__file__).parent / "programs"
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.py"))}
SOURCES |= {f"lock_{name}": Path(path).read_text(encoding="utf-8") for name, path in builtin_locks().items()}
PIECES = (
    *("self", "None", "0", "1", "-1", "1.5", '"text"', "u8", "u64", "i64", "Ptr", "Atomic", "pause()", "thread()", "="),
    *("(", ")", "[", "]", ":", "not", "is", "==", "lambda: 0", "[1]", "x", "lock", "return", "None | None", "**", "\n"),
    *("{}", "await x", "yield", "*self", "del x", "u8(1) + True", "self.lock", "class", "\t", "\\", "é", "\x00"),
)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str]:
    """Return a source in the language with one to three lines or tokens changed, and its name."""
    name = draw(st.sampled_from(sorted(SOURCES)))
    lines = SOURCES[name].split("\n")
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(["delete", "double", "swap", "token", "insert", "other"]))
        if change == "delete" and len(lines) > 1:
            del lines[at]
        elif change == "double":
            lines.insert(at, lines[at])
        elif change == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        elif change == "other":
            lines[at] = draw(st.sampled_from(SOURCES[draw(st.sampled_from(sorted(SOURCES)))].split("\n")))
        else:
            lines[at] = _with_other_token(draw, lines[at], keep=change == "insert")
    return "\n".join(lines), name


def _with_other_token(draw: st.DrawFn, line: str, *, keep: bool) -> str:
    """Return a line in which a token is replaced, or preceded by another."""
    indent = line[: len(line) - len(line.lstrip())]
    tokens = line.split() or [""]
    at = draw(st.integers(0, len(tokens) - 1))
    piece = draw(st.sampled_from(PIECES))
    tokens[at] = f"{piece} {tokens[at]}" if keep else piece
    return indent + " ".join(tokens)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(damaged())
def test_damaged_source_is_compiled_or_refused(source: tuple[str, str]) -> None:
    text, name = source
    found = _compiled(text, f"{name}.py")
    if isinstance(found, Program):
        assert find_problems(found) == []
        return
    assert 1 <= len(found.diagnostics) <= 10
    for one in found.diagnostics:
        _check_place(one.primary.span.line, one.primary.span.column, text)
    assert render_all(found.diagnostics, found.sources) == str(found)


def _compiled(text: str, name: str) -> Program | LockwrightError:
    try:
        return compile_text(text, name)
    except LockwrightError as error:
        return error


def _check_place(line: int, column: int, text: str) -> None:
    lines = text.splitlines() or [""]
    assert 0 <= line <= len(lines) + 1
    if 1 <= line <= len(lines):
        assert 1 <= column <= len(lines[line - 1]) + 2


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_any_text_is_refused_with_messages(text: str) -> None:
    with pytest.raises(LockwrightError):
        compile_text(text)


def test_nothing_is_executed(tmp_path: Path) -> None:
    """The file deletes another when Python runs it, at its top and in its lock: no way of looking at it does."""
    victim = tmp_path / "victim.txt"
    victim.write_text("still here", encoding="utf-8")
    removal = f"__import__('pathlib').Path({str(victim)!r}).unlink()"
    lock = tmp_path / "hostile.py"
    lock.write_text(
        f"""from lockwright.language import Atomic, Lock, u8

{removal}


class HostileLock(Lock):
    held: Atomic[u8] = {removal}

    def lock(self) -> None:
        {removal}

    def unlock(self, node: {removal} = {removal}) -> None:
        self.held.store(0)
""",
        encoding="utf-8",
    )
    with pytest.raises(LockwrightError) as raised:
        compile_target(str(lock))
    assert raised.value.diagnostics[0].code == "L006"
    assert victim.read_text(encoding="utf-8") == "still here"
