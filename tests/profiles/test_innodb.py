"""InnoDB's status and mutexes, and wait events of MySQL: latches, rows, and what named locks guard."""

from __future__ import annotations

import pytest
from tests.profiles.captured import content, of, profile

from lockwright.profiles.diagnosis import CONTENDED, MINOR, NO_LOCK, UNDECIDED, diagnose
from lockwright.profiles.diagnosis.known_locks import known_lock
from lockwright.profiles.readers.mysql_waits import READER, time_ns
from lockwright.profiles.standing import BESIDE


@pytest.mark.parametrize("name", ["row-locks-10.11", "one-line-10.11", "locks-listed-10.11"])
def test_sessions_that_want_one_row(name: str) -> None:
    found = profile(f"innodb_status/{name}.txt")
    assert found.provenance.skipped == 0
    assert sum(one.count for one in found.samples) == 6
    assert {(one.lock, one.kind) for one in found.waits} == {("shop.stock PRIMARY@5.4.2", "row lock of InnoDB")}
    assert sum(one.contended for one in found.waits) == 5
    owners = {one.owner for one in found.waits}
    assert owners == ({"thread 6"} if name.startswith("locks") else {""})
    assert max(one.longest_ns for one in found.waits) == pytest.approx(2e9, rel=0.2)


def test_how_long_they_have_waited() -> None:
    found = profile("innodb_status/row-locks-10.11.txt")
    assert sum(one.total_ns for one in found.waits) == (1864431 + 1864611 + 1864729 + 1865588 + 1924146) * 1e3
    said = diagnose(found)
    assert said.verdict == CONTENDED
    assert said.headline == (
        "contended lock: 5 of 6 sessions wait for a row lock of InnoDB shop.stock PRIMARY wanted by update stock set "
        "n = n - ? where id = ?"
    )
    assert [one.name for one in said.cures] == ["shorten hold"]
    assert any(one.sentence.startswith("thread 6 may have the row") for one in said.cautions)
    assert said.record[0].startswith("`SET GLOBAL innodb_status_output_locks = ON`")


def test_who_has_the_row_where_locks_are_listed() -> None:
    said = diagnose(profile("innodb_status/locks-listed-10.11.txt"))
    assert said.headline.endswith("; thread 6 has it, in select sleep(?)")
    assert not any(one.sentence.startswith("thread 6 may") for one in said.cautions)


def test_a_deadlock_of_before_is_no_wait_of_now() -> None:
    found = profile("innodb_status/no-waits-10.11.txt")
    assert not found.waits
    assert found.facts[BESIDE] == (
        "a deadlock of transactions was detected at 2026-11-27 03:50:51: one of them was rolled back"
    )
    said = diagnose(found)
    expected = "no lock in sight at this moment: none of 10 sessions waits for one"
    assert (said.verdict, said.headline) == (NO_LOCK, expected)


def test_counts_since_the_start_are_told_where_nobody_waits() -> None:
    text = (
        "----------\nSEMAPHORES\n----------\nOS WAIT ARRAY INFO: signal count 8293591\n"
        "RW-shared spins 0, rounds 29778623, OS waits 5644464\nRW-excl spins 0, rounds 52192763, OS waits 846515\n"
    )
    said = diagnose(of(text))
    assert said.headline == "no lock in sight at this moment: nobody waits for one"
    assert any("RW-shared 5,644,464, RW-excl 846,515" in one.sentence for one in said.cautions)


def test_latches_and_mutexes() -> None:
    found = profile("innodb_status/semaphores-5.6.txt")
    assert found.provenance.skipped == 0
    assert [(one.lock, one.kind, one.contended, one.total_ns, one.owner) for one in found.waits] == [
        ("buf0buf.cc:1069@7f6133d93840", "latch of InnoDB:R", 2, 14e9, "thread 140053336614656"),
        ("LOCK_SYS@5647f8fbbec0", "mutex of InnoDB", 1, 244e9, ""),
        ("&buf_pool->flush_state_mutex@7ff341085d30", "mutex of InnoDB", 1, 241e9, ""),
    ]
    assert found.blamed[0].stack[0].symbol == "buf0buf.cc:3691"
    said = diagnose(found)
    assert said.verdict == CONTENDED  # one thread, but it has waited for minutes
    assert said.headline == (
        "contended lock: 1 of 5 threads waits for a mutex of InnoDB LOCK_SYS wanted by lock0lock.cc:3785"
    )
    assert any("Mutex 54, RW-shared 67, RW-excl 39" in one.sentence for one in said.cautions)
    assert [link.name for link in said.chain] == ["buf0buf.cc:1069", "&buf_pool->flush_state_mutex"]


def test_long_waits_of_an_error_log() -> None:
    text = (
        "2021-04-15  3:17:06 0 [Warning] InnoDB: A long semaphore wait:\n"
        "--Thread 140013451687680 has waited at btr0cur.cc line 6219 for 244.00 seconds the semaphore:\n"
        "S-lock on RW-latch at 0x7f574c004478 created in file buf0buf.cc line 1221\n"
        "a writer (thread id 140012871993088) has reserved it in mode  exclusive\n"
        "number of readers 0, waiters flag 1, lock_word: 0\n"
        "Last time write locked in file row0row.cc line 1301\n"
    )
    (wait,) = of(text).waits
    assert (wait.lock, wait.owner, wait.longest_ns) == (
        "buf0buf.cc:1221@7f574c004478",
        "thread 140012871993088",
        244e9,
    )
    assert "thread 140012871993088 has it, in row0row.cc:1301" in diagnose(of(text)).headline


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "table-8.0",
            [("dict0dict.cc:2457", 3), ("fil0fil.cc:3167", 9), ("log0log.cc:846", 1226), ("buf0buf.cc:777", 30861)],
        ),
        ("tabs-5.5", [("&log_sys->mutex", 1817), ("btr0sea.c:171", 25010), ("buf0buf.c:916", 404)]),
        ("vertical-5.7", [("TRX_SYS", 1207), ("btr0sea.cc:195", 88210)]),
    ],
)
def test_mutexes_that_are_counted(name: str, expected: list[tuple[str, int]]) -> None:
    found = profile(f"innodb_mutex/{name}.txt")
    assert found.provenance.skipped == 0
    assert [(one.lock, one.contended) for one in found.waits] == expected
    said = diagnose(found)
    most = max(expected, key=lambda pair: pair[1])
    assert said.verdict == UNDECIDED
    assert said.headline == (f"undecided: {most[1]:,} waits for a latch of InnoDB {most[0]}, counted without times")


@pytest.mark.parametrize("name", ["global-10.11", "vertical-10.11", "tabs-10.11"])
def test_counters_of_the_performance_schema(name: str) -> None:
    found = profile(f"mysql_waits/{name}.txt")
    assert found.provenance.skipped == 0
    first = found.waits[0]
    assert (first.lock, first.kind, first.contended) == ("index_tree_rw_lock", "rwlock of InnoDB", 80828)
    assert first.total_ns == pytest.approx(1921002842.28)
    assert first.longest_ns == pytest.approx(27221328.21)
    assert len(found.waits) == 10  # of twelve rows two are of conditions
    said = diagnose(found)
    assert said.verdict == UNDECIDED
    assert said.headline == (
        "undecided: an rwlock of InnoDB index_tree_rw_lock, 1.92 s of waiting in 80,828 acquisitions of 23.8 us; over "
        "how long is not told"
    )
    assert [one.name for one in said.cures] == ["split"]


def test_instances_of_one_lock_are_told_apart() -> None:
    found = profile("mysql_waits/by-instance-10.11.txt")
    assert [one.lock for one in found.waits[:2]] == [
        "index_tree_rw_lock@30000029b0000",
        "index_tree_rw_lock@30000029c0000",
    ]


def test_a_view_with_units() -> None:
    found = profile("mysql_waits/sys-8.0.txt")
    assert [(one.lock, one.contended, round(one.total_ns)) for one in found.waits] == [
        ("trx_sys_mutex", 1937282, 80_400_000_000),
        ("btr_search_latch", 8811023, 9_170_000_000),
        ("LOCK_table_cache", 301223, 310_220_000),
    ]
    said = diagnose(found)
    assert [one.name for one in said.cures] == ["fewer acquirers"]


def test_short_waits_of_a_probe_are_minor() -> None:
    head = "EVENT_NAME\tCOUNT_STAR\tSUM_TIMER_WAIT\n"
    said = diagnose(of(f"{head}wait/synch/mutex/sql/THD::LOCK_thd_data\t360365\t38840062500\n"))
    assert said.verdict == MINOR


@pytest.mark.parametrize(
    ("text", "expected"), [("2119302", 2119.302), ("1.34 m", 80.4e9), ("41.62 us", 41620), ("588 ps", 0.588), ("", 0)]
)
def test_times(text: str, expected: float) -> None:
    assert time_ns(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("latch of InnoDB", "btr0sea.cc:195", "adaptive hash"),
        ("mutex of InnoDB", "LOCK_SYS", "row locks"),
        ("rwlock of InnoDB", "btr_search_latch", "adaptive hash"),
        ("mutex of MySQL", "LOCK_table_cache", "open tables"),
        ("mutex of MySQL", "MYSQL_BIN_LOG::LOCK_log", "binary log"),
        ("row lock of InnoDB", "shop.stock PRIMARY@5.4.2", "row"),
    ],
)
def test_what_named_locks_guard(kind: str, name: str, words: str) -> None:
    known = known_lock(kind, name)
    assert known is not None
    assert words in known.guards


def test_other_tables_of_a_client_are_no_mutexes() -> None:
    lines = content("mysql_waits/global-10.11.txt").decode().replace("wait/synch", "wait/io")
    assert not READER.claims(lines.splitlines())
