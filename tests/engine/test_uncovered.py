"""What an explorer does not do is said, not passed over."""

from lockwright.check.search import Settings, check
from lockwright.language.compile import compile_text

COUNTS_AT_REST = """
from lockwright.language import Atomic, Workload, relaxed, u32

class Counting(Workload):
    count: Atomic[u32]

    def each_thread(self) -> None:
        self.count.fetch_add(1, relaxed)

    def at_rest(self) -> None:
        assert self.count.fetch_sub(2, relaxed) == 2
        assert self.count.load(relaxed) == 0
"""


def test_at_rest_may_change_memory_except_under_c11():
    result = check(compile_text(COUNTS_AT_REST), Settings(threads=2, acquisitions=(1,)))
    assert [(one.model, one.verdict) for one in result.runs] == [
        ("sc", "proved"),
        ("tso", "proved"),
        ("c11", "not covered"),
    ]
    assert "`at_rest` changes memory" in result.runs[-1].reason


def test_at_rest_that_only_reads_is_covered_everywhere():
    text = COUNTS_AT_REST.replace("fetch_sub(2, relaxed)", "load(relaxed)").replace(" == 0", " == 2")
    assert check(compile_text(text), Settings(threads=2, acquisitions=(1,))).verdict == "proved"
