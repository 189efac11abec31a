"""A race names the word that is raced for, wherever else the thread read in the same statement."""

from lockwright.check.search import Settings, check
from lockwright.language.compile import compile_text
from lockwright.language.modules import PACKAGE


def race(lock: str, old: str, new: str):
    text = (PACKAGE / "locks" / f"{lock}.py").read_text()
    assert old in text
    settings = Settings(threads=2, acquisitions=(1,), models=("c11",), cures=False)
    (fault,) = check(compile_text(text.replace(old, new), f"{lock}.py"), settings).faults
    return fault


def test_a_race_behind_other_reads_of_its_statement():
    fault = race("clh", "left.busy.store(0, release)", "left.busy.store(0, relaxed)")
    assert fault.kind == "data_race"
    assert fault.sentence.startswith("data race on counter: T1 wrote it in step ")
    assert fault.rows[-1].text == "reads counter"
    assert fault.primary.text.startswith("T2 reads counter, step")


def test_an_update_says_whose_value_it_took():
    fault = race("ttas", "self.held.store(0, release)", "self.held.store(0, relaxed)")
    assert any(row.text.startswith("lock: held 0 → 1 (T1, step ") for row in fault.rows if row.thread == 1)
