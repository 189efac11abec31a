"""The study of the POSIX timers: what it fits comes out, and what it predicts it does not know."""

import json

import pytest

from lockwright import api
from lockwright.cli.main import run as command_line
from lockwright.report.study import study_lines
from lockwright.report.study_page import study_page
from lockwright.report.study_records import study_json
from lockwright.studies import posix_timers

MIDDLE = {one.key: one.value for one in posix_timers.ASSUMED}


@pytest.fixture(scope="module")
def result():
    return api.study("posix-timers")


def of(result, what, at):
    return next(one for one in result.figures if (one.what, one.at) == (what, at))


def test_what_is_fitted_comes_out(result):
    assert of(result, "sys", "before").ours.value == pytest.approx(77.180, rel=1e-6)
    assert of(result, "user", "before").ours.value == pytest.approx(1.346, rel=0.05)
    assert [one.to.split(",")[0] for one in result.fitted] == ["sys before", "user before"]


def test_real_and_system_time_after_are_predicted_better_than_guessed(result):
    for what in ("real", "sys"):
        figure = of(result, what, "after")
        assert figure.role == "predicted"
        assert figure.ours.low < figure.ours.value < figure.ours.high
        assert figure.factor < 1.3
    assert result.scores[0].beats_all


def test_the_ticket_lock_is_on_top_before_and_not_after(result):
    assert result.profiles["before"][0][0] == "__ticket_spin_lock"
    assert of(result, "__ticket_spin_lock", "before").ours.value > 90
    assert dict(result.profiles["after"]).get("__ticket_spin_lock", 0) < 0.1


def test_no_figure_of_after_has_a_say(monkeypatch):
    expected = posix_timers.outcome(MIDDLE)
    monkeypatch.setattr(posix_timers, "AFTER", {"real": 1.0, "user": 2.0, "sys": 3.0})
    assert posix_timers.outcome(MIDDLE) == expected


def test_before_has_a_say(monkeypatch):
    expected = posix_timers.outcome(MIDDLE)
    monkeypatch.setattr(posix_timers, "BEFORE", {"real": 40.0, "user": 0.673, "sys": 38.59})
    assert posix_timers.outcome(MIDDLE).calls == pytest.approx(expected.calls / 2)


def test_every_assumption_has_a_range_a_reason_and_a_source():
    for one in posix_timers.ASSUMED:
        assert one.low <= one.value <= one.high
        assert one.why
        assert one.source


def test_it_is_told_in_the_order_of_a_study(result):
    text = [line for line, _ in study_lines(result)]
    heads = list(dict.fromkeys(line[:10].strip() for line in text if line[:1].isalpha() and line[9:10] == " "))
    wanted = ["score", "moves", "given", "assumed", "fitted", "profile", "missed", "note", "rests on"]
    assert [head for head in heads if head in wanted] == wanted
    assert max(len(line) for line in text) <= 100


def test_json_and_page_have_every_figure(result):
    record = json.loads(json.dumps(study_json(result)))
    assert record["schema"] == "lockwright.study/1"
    assert {(one["what"], one["at"]) for one in record["figures"]} == {(one.what, one.at) for one in result.figures}
    page = study_page(result)
    assert "3.296" in page
    assert "(fitted)" in page
    assert "http" not in page.split("<script", maxsplit=1)[0]


def test_an_unknown_study_is_one_error(capsys):
    assert command_line(["study", "posix-timer"]) == 2
    told = capsys.readouterr().err
    assert "did you mean `posix-timers`?" in told


def test_the_list_names_all(capsys):
    assert command_line(["studies"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "lock-scaling-opteron48",
        "posix-timers",
    ]
