"""Ctrl-C while a file is read: what was read is shown, and said to be a part; and how far it is, while it is read."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import content

from lockwright.cli.main import run
from lockwright.profiles import read_from
from lockwright.profiles.lines import Lines
from lockwright.profiles.watch import Watch

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_one_ends_the_reading() -> None:
    text = "".join(f"main;work{number} 1\n" for number in range(10_000)).encode()

    def stop_later(watch: Watch) -> None:
        if watch.done_bytes:
            watch.is_waiting = False
            watch.stop()

    found = read_from(io.BytesIO(text), "long.txt", watch=Watch(stop_later))
    assert 0 < len(found.samples) < 10_000
    assert found.provenance.cut == f"reading was interrupted after line {found.provenance.lines:,}"


def test_the_second_one_ends_everything() -> None:
    watch = Watch()
    watch.stop()
    with pytest.raises(KeyboardInterrupt):
        watch.stop()


def test_one_that_comes_while_it_waits_for_more() -> None:
    class Slow(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            got = super().read1(size if size is not None else -1)
            if not got:
                watch.stop()  # as the handler of the signal does
            return got

    watch = Watch()
    found = read_from(Slow(b"main;work 1\nmain;rest 2\nmain;hal"), "pipe", watch=watch)
    assert [one.weight for one in found.samples] == [1, 2]
    assert found.provenance.cut == "reading was interrupted while it waited for more"


def interrupted(monkeypatch: pytest.MonkeyPatch, text: bytes) -> int:
    """Run the command on a pipe that brings a text and then nothing, and press Ctrl-C once it waits."""
    usual = signal.getsignal(signal.SIGINT)
    reads, writes = os.pipe()
    with os.fdopen(writes, "wb") as sender, os.fdopen(reads, "rb") as receiver:

        def press() -> None:
            sender.write(text)
            sender.flush()
            while signal.getsignal(signal.SIGINT) == usual:
                time.sleep(0.01)
            time.sleep(1.0)  # to read what there is
            os.kill(os.getpid(), signal.SIGINT)

        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(receiver))
        presser = threading.Thread(target=press, daemon=True)
        presser.start()
        status = run(["profile", "-"])
        presser.join()
        assert signal.getsignal(signal.SIGINT) == usual
    return status


def test_the_command_shows_what_came_through_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert interrupted(monkeypatch, content("timer-gettime.cpu.script.gz")) == 130
    page = capsys.readouterr().out
    assert "breaks off: reading was interrupted" in page
    assert "do_timer_gettime" in page


def test_one_before_anything_was_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert interrupted(monkeypatch, b"") == 130
    assert capsys.readouterr().err == "interrupted before anything was finished\n"


def test_how_far_it_is(tmp_path: Path) -> None:
    seen = []
    watch = Watch(lambda one: seen.append((one.done_bytes, one.total_bytes)))
    path = tmp_path / "stacks.txt"
    path.write_text("".join(f"main;work{number} 1\n" for number in range(50_000)))
    from lockwright.profiles import read

    read(str(path), watch=watch)
    assert seen == sorted(seen)
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


def test_a_bar_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "stacks.txt"
    path.write_text("main;work 1\n" * 50_000)
    assert run(["profile", str(path)]) == 0
    assert not capsys.readouterr().err
    from lockwright.cli import reading

    monkeypatch.setattr(reading, "_EVERY_S", 0.0)
    monkeypatch.setattr(reading, "_SURE_S", 0.0)
    monkeypatch.setattr(reading, "SHORT_S", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run(["profile", str(path)]) == 0
    said = capsys.readouterr().err
    assert f"reading {path.name}" in said.replace("\n", "") or "MB of" in said


def test_numbers_of_lines_are_those_given_out() -> None:
    lines = Lines("x", io.BytesIO(b"a\nb\nc\n"))
    assert list(lines) == ["a", "b", "c"]
    assert lines.count == 3


def test_what_is_kept_of_a_long_file_does_not_grow() -> None:
    lines = Lines("long", io.BytesIO(b"main;work 1\n" * 600_000))
    assert sum(1 for _ in lines) == 600_000
    assert len(lines.probes) <= 66
    assert lines.probes[-1][0] > 599_000
