"""Wait events of PostgreSQL: how many sessions wait for which lock, for which statement, and who blocks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import content, of, profile

from lockwright.profiles.diagnosis import CONTENDED, NO_LOCK, UNDECIDED, diagnose
from lockwright.profiles.diagnosis.known_locks import known_locks
from lockwright.profiles.readers.postgres_waits import READER
from lockwright.profiles.statements import normal

if TYPE_CHECKING:
    from lockwright.profiles import Profile


def counts(found: Profile) -> dict[str, int]:
    sums: dict[str, int] = {}
    for one in found.waits:
        sums[one.lock] = sums.get(one.lock, 0) + one.contended
    return sums


@pytest.mark.parametrize(
    ("name", "sessions", "expected"),
    [
        ("counts-15", 21, {"transactionid": 18, "tuple": 1}),
        ("borders-15", 20, {"transactionid": 12, "tuple": 6}),
        ("rows-with-blockers-15", 24, {"transactionid": 12, "tuple": 3, "LockManager": 1}),
        ("unaligned-15", 25, {"transactionid": 19}),
        ("comma-separated-15", 25, {"transactionid": 18}),
        ("commits-15", 14, {"WALWrite": 13}),
        ("lwlock-named-9.6", 89, {"ProcArrayLock": 41, "buffer_content": 17, "WALWriteLock": 9}),
        ("watched-15", 208, {"transactionid": 155, "tuple": 25, "LockManager": 1}),
    ],
)
def test_tables_of_psql(name: str, sessions: int, expected: dict[str, int]) -> None:
    found = profile(f"postgres_waits/{name}.txt")
    assert found.provenance.skipped == 0
    assert {one.event for one in found.samples} == {"sessions"}
    assert sum(one.count for one in found.samples) == sessions
    assert counts(found) == expected


def test_rows_with_who_blocks_them() -> None:
    """One session, which nobody blocks, blocks most of the others in the end."""
    found = profile("postgres_waits/rows-with-blockers-15.txt")
    blocked = [one for one in found.waits if one.owner]
    assert {one.owner for one in blocked} == {"pid 25090"}
    assert sum(one.contended for one in blocked) == 13
    said = diagnose(found)
    assert said.verdict == CONTENDED
    assert said.headline == (
        "contended lock: 12 of 18 sessions wait for a PostgreSQL lock transactionid wanted by UPDATE pgbench_tellers "
        "SET tbalance = tbalance + ? WHERE tid = ? and UPDATE pgbench_branches SET bbalance = bbalance + ? WHERE bid "
        "= ?; pid 25090 has it, in UPDATE pgbench_branches SET bbalance = bbalance + ? WHERE bid = ?"
    )
    assert [one.name for one in said.cures] == ["shorten hold"]


def test_who_flushes_has_the_lock_of_writing() -> None:
    said = diagnose(profile("postgres_waits/commits-15.txt"))
    assert said.headline == (
        "contended lock: 13 of 14 sessions wait for a PostgreSQL LWLock WALWrite wanted by insert into log (t) values "
        "(?); its holder may be in IO:WALSync"
    )
    assert said.lock is not None
    assert said.lock.standing is not None
    assert "flush" in said.lock.standing.guards
    assert [one.name for one in said.cures] == ["batch"]
    assert "pg_stat_wal" in said.record[0]
    assert said.promise is None


@pytest.mark.parametrize(("name", "looks"), [("sampled-by-process-1.1", 627), ("sampled-sums-1.1", 645)])
def test_a_sampler_that_looked_often(name: str, looks: int) -> None:
    """A background process that always waits tells how often it looked."""
    found = profile(f"postgres_waits/{name}.txt")
    assert found.facts["moments"] == str(looks)
    assert counts(found)["WALWrite"] == 8745
    said = diagnose(found)
    average = f"{8745 / looks:.3g}"
    assert said.headline.startswith(f"contended lock: {average} of 14.")
    assert f"sessions, on average over {looks} looks, wait for a PostgreSQL LWLock WALWrite" in said.headline


def test_expanded_rows() -> None:
    found = profile("postgres_waits/expanded-15.txt")
    assert found.provenance.skipped == 0
    assert sum(one.count for one in found.samples) == 9  # ten rows: the session that looks is none of them
    assert counts(found) == {"transactionid": 7}


def test_waiting_for_the_disk_is_no_lock() -> None:
    rows = "".join(f" {pid} | active | IO | DataFileRead | SELECT count(*) FROM big\n" for pid in range(100, 108))
    head = " pid | state | wait_event_type | wait_event | query\n-----+---+---+---+---\n"
    said = diagnose(of(f"{head}{rows} 200 | active | | | SELECT 1\n(9 rows)\n"))
    assert said.verdict == NO_LOCK
    assert said.headline == "not a lock: 8 of 9 sessions are in IO:DataFileRead, and none waits for a lock"


def test_who_is_idle_in_a_transaction_may_block_all() -> None:
    text = (
        " pid | state               | wait_event_type | wait_event    | pg_blocking_pids | query\n"
        "-----+---------------------+-----------------+---------------+------------------+-----------------\n"
        "  11 | idle in transaction | Client          | ClientRead    | {}               | UPDATE t SET a=1\n"
        "  12 | active              | Lock            | transactionid | {11}             | UPDATE t SET a=2\n"
        "  13 | active              | Lock            | tuple         | {12}             | UPDATE t SET a=3\n"
        "  14 | active              | Lock            | tuple         | {12}             | UPDATE t SET a=4\n"
        "(4 rows)\n"
    )
    said = diagnose(of(text))
    assert "pid 11 has it, and is idle in transaction" in said.headline


def test_one_session_that_waits_decides_nothing() -> None:
    said = diagnose(of("wait_event_type|wait_event|count\nLWLock|BufferMapping|1\n||7\n(2 rows)\n"))
    assert said.verdict == UNDECIDED
    assert said.headline == "undecided: 1 of 8 sessions waits for a PostgreSQL LWLock BufferMapping"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT  *\nFROM t WHERE a = 'x''y' AND b IN (1, 2,3) ;", "SELECT * FROM t WHERE a = ? AND b IN (?)"),
        ("UPDATE t SET n = n + -17 WHERE id = $1", "UPDATE t SET n = n + ? WHERE id = $1"),
        ("SELECT a1 FROM t2 LIMIT 5", "SELECT a1 FROM t2 LIMIT ?"),
    ],
)
def test_statements_without_their_literals(statement: str, expected: str) -> None:
    assert normal(statement) == expected


def test_borders_of_lines_are_borders() -> None:
    text = content("postgres_waits/borders-15.txt").decode()
    drawn = text.replace("-+-", "\u2500\u253c\u2500").replace("|", "\u2502").replace("--", "\u2500\u2500")
    assert of(drawn).waits == of(text).waits
    assert of(text).waits


def test_statements_of_several_lines() -> None:
    text = (
        " pid | wait_event_type | wait_event |   query   \n-----+-----------------+------------+-----------\n"
        "  12 | LWLock          | WALWrite   | INSERT   +\n     |                 |            | INTO t   +\n"
        "     |                 |            | VALUES (1)\n  13 | LWLock          | WALWrite   | COMMIT\n(2 rows)\n"
    )
    assert counts(of(text)) == {"WALWrite": 2}


def test_other_tables_with_such_columns_are_not_claimed() -> None:
    assert not READER.claims(["event | pid", "login | 12", "logout | 13"][1:])
    assert not READER.claims(content("postgres_waits/counts-15.txt").decode().splitlines()[2:])


def test_the_table_of_known_locks() -> None:
    for one in known_locks():
        assert one.source, one.pattern
        assert bool(one.cure) == bool(one.because) == bool(one.do and one.test), one.pattern
