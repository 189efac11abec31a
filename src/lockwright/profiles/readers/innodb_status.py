r"""`SHOW ENGINE INNODB STATUS`: who waits for which latch (SEMAPHORES), and for which row or table (TRANSACTIONS).

`--Thread 14 has waited at row0sel.c line 2930 for 0.00 seconds the semaphore:` (MySQL, storage/innobase/sync/
sync0arr.cc, sync_array_cell_print; MariaDB until 10.5), in error logs, too; `TRX HAS BEEN WAITING 5 SEC FOR THIS LOCK`
(lock/lock0lock.cc).  As the server prints it, with `\G`, and on one line with `\n` as `mysql -e` does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Profile
from lockwright.profiles.reader import Gathered, Reader
from lockwright.profiles.standing import BESIDE, IDLE_IN, SESSIONS, THREADS, Task, profile_of
from lockwright.profiles.statements import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockwright.profiles.lines import Lines

NAME = "InnoDB's status"
LATCH, MUTEX, ROW, TABLE = "latch of InnoDB", "mutex of InnoDB", "row lock of InnoDB", "table lock of InnoDB"
_LONGEST = 1 << 20
_BEGIN = re.compile(r".{0,80}\bINNODB MONITOR OUTPUT\s*|\s*SEMAPHORES\s*|\s*LIST OF TRANSACTIONS FOR EACH SESSION:\s*")
_END = re.compile(r"\s*END OF INNODB MONITOR OUTPUT\s*")
_SECTION = re.compile(
    r"\s*(?P<name>BACKGROUND THREAD|SEMAPHORES|LATEST FOREIGN KEY ERROR|LATEST DETECTED DEADLOCK|TRANSACTIONS|FILE I/O"
    r"|INSERT BUFFER AND ADAPTIVE HASH INDEX|LOG|BUFFER POOL AND MEMORY|INDIVIDUAL BUFFER POOL INFO|ROW OPERATIONS)\s*"
)
_ABOUT = re.compile(
    r"\s*(?:[-=]{3,}|\*+ 1\. row \*+|Type: InnoDB|Name: ?|Status: ?|Type\tName\tStatus|InnoDB\s*|InnoDB\t\t.*)\s*"
)
_THREAD = re.compile(
    r".{0,80}--Thread (?P<thread>\d+) has waited at (?P<file>\S+) line (?P<line>\d+) for (?P<seconds>[\d.]+) seconds"
    r"(?: the)?(?: semaphore:?)?\s*"
)
_LATCH = re.compile(
    r".{0,60}\b(?P<mode>S|X|SX)-lock(?: \(wait_ex\))? on RW-latch at (?P<address>(?:0x)?[0-9a-f]+)"
    r"(?: '(?P<name>[^']+)')?(?: created in file (?P<file>\S+) line (?P<line>\d+))?.*"
)
_MUTEX = re.compile(
    r".{0,60}\bMutex at (?P<address>(?:0x)?[0-9a-f]+),? ?(?:'(?P<quoted>[^']+)'|Mutex (?P<name>\S+) created \S+"
    r"|created file (?P<file>\S+) line (?P<line>\d+))?.{0,200}"
)
_WRITER = re.compile(
    r".*\ba writer \(thread id (?P<thread>\d+)\) has reserved it.*|.*\bHolder thread (?P<holder>[1-9]\d*)\b.*"
)
_WRITTEN = re.compile(r".*\bLast time write locked in file (?P<file>\S+) line (?P<line>\d+)\s*")
_SPINS = re.compile(
    r"\s*(?:Mutex spin waits|RW-\w+ spins) \d+,(?: rounds \d+,)? OS waits \d+"
    r"(?:; RW-\w+ spins \d+,(?: rounds \d+,)? OS waits \d+)?\s*"
)
_OS_WAITS = re.compile(r"(?P<what>Mutex|RW-\w+) spin[\w ]* \d+,(?: rounds \d+,)? OS waits (?P<waits>\d+)")
_TRX = re.compile(r"\s*---TRANSACTION [\w ()]+, (?:not started|ACTIVE(?: \(PREPARED\))? (?P<seconds>\d+) sec)?.*")
_SESSION = re.compile(r"\s*(?:MySQL|MariaDB) thread id (?P<id>\d+), .*")
_WAITING = re.compile(r"\s*-+ ?TRX HAS BEEN WAITING (?P<time>\d+) ?(?P<unit>SEC|us|ns|ms) FOR THIS LOCK.*")
_ROW = re.compile(
    r"\s*RECORD LOCKS space id (?P<space>\d+) page no (?P<page>\d+) .*?\bindex `?(?P<index>[^` ]+)`? of table "
    r"(?P<table>\S+) .*?trx id \S+ (?P<mode>.*)"
)
_TABLE = re.compile(r"\s*TABLE LOCK table (?P<table>\S+) trx id \S+ (?P<mode>.*)")
_HEAP = re.compile(r"\s*Record lock, heap no (?P<heap>\d+) .*")
_NO_STATEMENT = re.compile(
    r"\s*(?:mysql tables in use .*|LOCK WAIT .*|\d+ lock struct\(s\).*|Trx .*|ROLLING BACK.*"
    r"|Record lock,.*|\d+: len .*|-+|TABLE LOCK .*|RECORD LOCKS .*|[#*]+.*)\s*"
)
_ROWS = re.compile(r".*?(?P<rows>\d+) row lock\(s\).*")
_NS = {"SEC": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0}


def _claims(head: Sequence[str]) -> list[int]:
    """Claim waits for latches wherever they stand, and all of what stands between the beginning and the end."""
    claimed, inside = [], False
    for number, line in enumerate(head):
        if not line.strip():
            continue
        inside = inside or _BEGIN.fullmatch(line) is not None
        if (
            inside
            or (len(line) < _LONGEST and (_THREAD.fullmatch(line) or _LATCH.fullmatch(line)))
            or _is_one_line(line)
        ):
            claimed.append(number)
        inside = inside and _END.fullmatch(line) is None
    return claimed


def _is_one_line(line: str) -> bool:
    return "\\n" in line and line.lstrip().startswith("InnoDB") and "INNODB MONITOR OUTPUT" in line


def _split(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    r"""Yield lines with their numbers, those that have `\n` for ends as several."""
    for number, line in enumerate(lines, 1):
        for part in line.split("\\n") if _is_one_line(line) else (line,):
            yield number, part


@dataclass(slots=True)
class _Trx:
    """A transaction."""

    seconds: int = -1  # that it is active; -1 if it has not begun
    thread: str = ""
    statement: list[str] = field(default_factory=list)
    is_waiting: bool = False
    row_locks: int = 0
    wants: str = ""
    kind: str = ""
    waited_ns: float = 0.0
    holds: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"thread {self.thread}" if self.thread else "a transaction"

    def task(self) -> Task:
        """Return where it stands."""
        statement = normal(" ".join(self.statement))
        where = "lock_wait" if self.kind else "running" if statement else IDLE_IN
        stack = (Frame(where), *((Frame(statement),) if statement else ()))
        return Task(self.name, stack, self.wants, self.kind, 0, self.holds, waited_ns=self.waited_ns)


class _Status:
    """The state of reading."""

    def __init__(self) -> None:
        self.section = ""
        self.tasks: list[Task] = []
        self.places: dict[str, str] = {}  # where who has a latch took it, by thread
        self.spins: dict[str, int] = {}
        self.trx: _Trx | None = None
        self.trxs: list[_Trx] = []
        self.lock: str = ""  # that is listed: its rows follow
        self.is_wanted = False
        self.detected = ""
        self.is_begun = False

    def take(self, line: str) -> bool:
        """Take in a line; return whether it belongs to a status."""
        if _ABOUT.fullmatch(line):
            return True
        if section := _SECTION.fullmatch(line):
            self.section, self.is_begun = section["name"], True
            self.trx = None
            return True
        if _BEGIN.fullmatch(line):
            self.is_begun = True
            self.section = "TRANSACTIONS" if "LIST OF" in line else self.section
            return True
        if self._semaphore(line):
            return True
        if self.section == "TRANSACTIONS" or _TRX.fullmatch(line):
            self._transaction(line)
            return True
        if self.section == "LATEST DETECTED DEADLOCK" and not self.detected and re.match(r"\s*\d{2,4}-?\d\d", line):
            self.detected = " ".join(line.split()[:2])
        if _END.fullmatch(line):
            self.is_begun, self.section = False, ""
            return True
        return self.is_begun

    def _semaphore(self, line: str) -> bool:
        if got := _THREAD.fullmatch(line):
            stack = (Frame("sync_array_wait_event"), Frame(f"{_file(got['file'])}:{got['line']}"))
            waited_ns = float(got["seconds"].rstrip(".") or 0) * _NS["SEC"]
            self.tasks.append(Task(f"thread {got['thread']}", stack, "", "", 0, waited_ns=waited_ns))
            return True
        last = self.tasks[-1] if self.tasks else None
        if last and not last.kind and (got := _LATCH.fullmatch(line)):
            name = got["name"] or (f"{_file(got['file'])}:{got['line']}" if got["file"] else "")
            last.kind = f"{LATCH}:{'R' if got['mode'] == 'S' else 'W'}"
            last.wants = _lock(name, got["address"])
        elif last and not last.kind and (got := _MUTEX.fullmatch(line)):
            name = got["quoted"] or got["name"] or (f"{_file(got['file'])}:{got['line']}" if got["file"] else "")
            last.kind, last.wants = MUTEX, _lock(name, got["address"])
        elif last and last.kind and (got := _WRITER.fullmatch(line)):
            last.owner = f"thread {got['thread'] or got['holder']}"
        elif last and last.owner and (got := _WRITTEN.fullmatch(line)):
            self.places.setdefault(last.owner, f"{_file(got['file'])}:{got['line']}")
        elif _SPINS.fullmatch(line):
            for one in _OS_WAITS.finditer(line):
                self.spins[one["what"]] = int(one["waits"])
        else:
            return False
        return True

    def _transaction(self, line: str) -> None:
        if got := _TRX.fullmatch(line):
            self.trx = _Trx(int(got["seconds"]) if got["seconds"] else -1)
            self.trxs.append(self.trx)
            self.lock = ""
            return
        trx = self.trx
        if trx is None:
            return
        if got := _SESSION.fullmatch(line):
            trx.thread = got["id"]
        elif got := _WAITING.fullmatch(line):
            trx.waited_ns, self.is_wanted = float(got["time"]) * _NS[got["unit"]], True
        elif got := _ROW.fullmatch(line) or _TABLE.fullmatch(line):
            self._lock(trx, got)
        elif got := _HEAP.fullmatch(line):
            self._row(trx, got["heap"])
        elif got := _ROWS.fullmatch(line):
            trx.row_locks, trx.is_waiting = int(got["rows"]), "LOCK WAIT" in line
        elif trx.thread and line.strip() and not self.lock and not _NO_STATEMENT.fullmatch(line):
            trx.statement.append(line.strip())

    def _lock(self, trx: _Trx, got: re.Match[str]) -> None:
        """Take in a lock that a transaction waits for or, where they are printed, that it has."""
        of = got.groupdict()
        table = of["table"].replace("`", "")
        name = f"{table} {of['index']}" if of.get("index") else table
        where = f"{of['space']}.{of['page']}" if of.get("page") else table
        self.lock = f"{name}@{where}"
        if of["mode"].rstrip().endswith("waiting") and not trx.kind:
            trx.kind, trx.wants = ROW if of.get("index") else TABLE, self.lock
            self.is_wanted = True
        elif not of["mode"].rstrip().endswith("waiting"):
            self.is_wanted = False
            if not of.get("index"):
                trx.holds.append(self.lock)

    def _row(self, trx: _Trx, heap: str) -> None:
        """Take in the row of a lock; the first is that which is waited for."""
        if self.is_wanted and trx.wants == self.lock:
            trx.wants = self.lock = f"{trx.wants}.{heap}"
        elif not self.is_wanted and self.lock:
            trx.holds.append(f"{self.lock}.{heap}")

    def facts(self) -> dict[str, str]:
        """Return what it says beside who waits."""
        said = []
        free = [one for one in self.trxs if one.seconds >= 0 and one.row_locks and not one.kind]
        oldest = max(free, key=lambda one: one.seconds, default=None)
        if oldest and any(one.kind == ROW and not self._is_held(one.wants) for one in self.trxs):
            rows = f"{oldest.row_locks:,} row lock{'s' * (oldest.row_locks != 1)}"
            doing = f", in {normal(' '.join(oldest.statement))}" if oldest.statement else ", idle"
            said.append(
                f"{oldest.name} may have the row: of the transactions that wait for no lock and have rows it is the "
                f"oldest ({oldest.seconds} s, {rows}{doing})"
            )
        if any(self.spins.values()):
            counts = ", ".join(f"{one} {number:,}" for one, number in self.spins.items() if number)
            said.append(f"since the server started threads slept for latches this often: {counts}")
        if self.detected:
            said.append(f"a deadlock of transactions was detected at {self.detected}: one of them was rolled back")
        return {BESIDE: "\n".join(said)} if said else {}

    def _is_held(self, lock: str) -> bool:
        return any(lock in one.holds for one in self.trxs)

    def all_tasks(self) -> list[Task]:
        """Return everybody who waits or runs, and those that have a latch."""
        tasks = [one for one in self.tasks if one.kind]
        tasks += [one.task() for one in self.trxs if one.seconds >= 0]
        known = {one.name for one in tasks}
        tasks += [Task(name, (Frame(place),)) for name, place in self.places.items() if name not in known]
        return tasks or [Task("main thread", (Frame("srv_master_thread"),))]


def _file(path: str) -> str:
    return path.rpartition("/")[2]


def _lock(name: str, address: str) -> str:
    short = address.removeprefix("0x")
    return f"{name}@{short}" if name else f"0x{short}"


def read(lines: Lines) -> Profile:
    """Read who waits, for what, and for how long so far."""
    found, status = Gathered(), _Status()
    for number, line in _split(lines):
        if line.strip() and not (len(line) < _LONGEST and status.take(line)) and number != found.first_skipped:
            found.skip(number)
    origin = found.profile(NAME, lines, "samples").provenance
    event = SESSIONS if status.trxs and not any(one.kind for one in status.tasks) else THREADS
    return profile_of([status.all_tasks()], origin, event, {**found.facts, **status.facts()})


READER = Reader(
    NAME,
    "`SEMAPHORES` with `--Thread 1 has waited at`, and `---TRANSACTION 1, ACTIVE 1 sec` with `LOCK WAIT`",
    _claims,
    ("innodb monitor output", "seconds the semaphore", "rw-latch", "lock struct(s)"),
    read,
)
