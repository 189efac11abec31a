"""Thread dumps of a JVM: what each thread waits for, what it has, and where it stands.

`jstack PID`, `jcmd PID Thread.print`, or what `kill -3` prints (OpenJDK, src/hotspot/share/runtime/vframe.cpp,
javaVFrame::print_lock_info_on, and javaThread.cpp); `jcmd PID Thread.dump_to_file` (java.base, jdk/internal/vm/
ThreadDumper.java); and the text that java.lang.management.ThreadInfo makes of itself.  A thread that waits for a
monitor stands in the method that wants it; the frame of the JVM in which it sleeps is put below it.  Several dumps in
one file are several moments.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.profiles.jvm import MONITOR, OWNABLE, lock_name, parked_kind
from lockwright.profiles.model import Frame, Profile
from lockwright.profiles.reader import Gathered, Reader
from lockwright.profiles.standing import THREADS, Task, profile_of, wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "a thread dump of a JVM"
_LONGEST = 4096
_DUMP = re.compile(r"\s*Full thread dump .*")
_THREAD = re.compile(
    r'\s*"(?P<name>.{0,300}?)"(?: #\d+)?(?: \[\d+\])?(?: daemon| virtual)*(?: prio=-?\d+)?(?: os_prio=-?\d+)?'
    r"(?: (?:cpu|elapsed|allocated|defined_classes)=\S+)* tid=(?:0x[0-9a-f]+|\d+)(?: nid=\S+)?(?: .*)?"
)
_INFO = re.compile(
    r'\s*"(?P<name>.{0,300}?)"(?: daemon)?(?: prio=\d+)? Id=\d+ (?P<state>[A-Z_]+)'
    r'(?: on (?P<of>\S+)@(?P<address>[0-9a-f]+))?(?: owned by "(?P<owner>.{0,300}?)" Id=\d+)?'
    r"(?: \([a-z ]{1,20}\)){0,2}\s*"
)
"""As java.lang.management.ThreadInfo prints itself."""
_TO_FILE = re.compile(r'\s*#\d+ "(?P<name>.{0,300}?)"(?: virtual)?(?: (?P<state>[A-Z_]+))?(?: \d{4}-\d\d-\d\dT\S+)?\s*')
"""As `jcmd Thread.dump_to_file` writes it, also of virtual threads; locks stand below it since JDK 25."""
_BARE_FRAME = re.compile(r"\s{4,}(?P<method>[\w.$/@]{1,500}\.[\w$<>]{1,200})\((?P<where>[^()]*)\)\s*")
_INFO_LOCK = re.compile(
    r"\s*-\s+(?:(?P<does>waiting on|blocked on|locked)\s+)?(?P<of>[\w.$/\[;]+)@(?P<address>[0-9a-f]{1,8})\s*"
)
_STATE = re.compile(r"\s*java\.lang\.Thread\.State: (?P<state>[A-Z_]+).*")
_FRAME = re.compile(r"\s*at (?P<method>[\w.$/<>\[\]@\-]{1,1000})\((?P<where>[^()]*)\)\s*")
_LOCK = re.compile(
    r"\s*- (?P<does>waiting to lock|waiting on|waiting to re-lock in wait\(\)|parking to wait for|locked|eliminated)"
    r"\s+<(?:(?P<address>0x[0-9a-f]+|owner is scalar replaced|no object reference available)"
    r"|(?P<class>[\w.$/\[;]+)@(?P<hash>[0-9a-f]{1,8}))>(?: \(an? (?P<of>[^()]*)\))?\s*"
)
_OWNED = re.compile(r"\s*- <(?P<address>0x[0-9a-f]+)> \(an? (?P<of>[^()]*)\)\s*")
_OWNED_HEAD = re.compile(r"\s*Locked ownable synchronizers:\s*")
_DEADLOCKS = re.compile(r"\s*Found (?:one|a) (?:total of )?.*[Dd]eadlock.*|\s*Found \d+ deadlocks?\.\s*")
_ABOUT = re.compile(
    r"\s*(?:\d+\.\d+\.\d+\S*|\d+"
    r"|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d.*|Threads class SMR info:|_java_thread_list=.*|_to_delete_list=.*"
    r"|(?:0x[0-9a-f]{8,16}(?:, ?)?)+|\}|\d{1,9}:|JNI global ref\w*:.*|os_prio=.*|No compile task|Compiling: .*|- None"
    r"|Carrying virtual thread #\d+|Mounted on .*|Attaching to process ID .*|Debugger attached .*"
    r"|Heap|JVM version is .*|Server compiler detected\.|Deadlock Detection:|No deadlocks found\."
    r"|\$ ?j(?:stack|cmd) .*)\s*"
)
_BLOCKED = "BLOCKED"


_FIRST = re.compile(r"""\s*(?:["#-]|java\.lang|Full)""")  # of what they begin with


def _claims(head: Sequence[str]) -> list[int]:
    """Claim heads of threads, their states and locks; frames only below one of them."""
    claimed, inside = [], False
    for number, line in enumerate(head):
        if len(line) >= _LONGEST or not line.strip():
            inside = inside and bool(line.strip())
            continue
        own = _FIRST.match(line) is not None and any(
            one.fullmatch(line) for one in (_THREAD, _STATE, _LOCK, _DUMP, _INFO, _INFO_LOCK, _TO_FILE)
        )
        inside = own or inside
        if own or (inside and (_FRAME.fullmatch(line) or _BARE_FRAME.fullmatch(line))):
            claimed.append(number)
    return claimed


class _Dumps:
    """The state of reading: the tasks of each dump, and the thread that is open."""

    def __init__(self) -> None:
        self.moments: list[list[Task]] = [[]]
        self.state, self.is_owned, self.is_over = "", False, False
        self.frames: list[Frame] = []
        self.waits_on = ""  # the monitor that it gave back in Object.wait
        self.task: Task | None = None

    def take(self, line: str) -> bool:
        """Take in a line; return whether it says anything."""
        if _DUMP.fullmatch(line):
            self.close()
            self.is_over = False
            if self.moments[-1]:
                self.moments.append([])
            return True
        if _DEADLOCKS.fullmatch(line):
            self.close()
            self.is_over = True
        if self.is_over:
            return True  # the threads of a deadlock once more
        head = _THREAD.fullmatch(line)
        if head:
            self.close()
            self.task = Task(head["name"], ())
            return True
        if written := _TO_FILE.fullmatch(line):
            self.close()
            self.task, self.state = Task(written["name"], ()), written["state"] or ""
            return True
        if info := _INFO.fullmatch(line):
            self.close()
            self._begin(info)
            return True
        return self._inside(line) if self.task else _STATE.fullmatch(line) is not None

    def _begin(self, info: re.Match[str]) -> None:
        """Begin a thread whose head says what it waits for."""
        self.task, self.state = Task(info["name"], (), owner=info["owner"] or ""), info["state"]
        if info["of"]:
            name = lock_name(info["of"], info["address"])
            kind = MONITOR if self.state == _BLOCKED else parked_kind(info["of"])
            self.task.kind, self.task.wants = kind, name if kind else ""
            self.waits_on = "" if kind else name

    def _inside(self, line: str) -> bool:
        task = self.task
        if task is None:
            return False
        if frame := _FRAME.fullmatch(line) or _BARE_FRAME.fullmatch(line):
            self.frames.append(Frame(_method(frame["method"])))
        elif state := _STATE.fullmatch(line):
            self.state = state["state"]
        elif lock := _LOCK.fullmatch(line):
            self._lock(task, lock)
        elif _OWNED_HEAD.fullmatch(line):
            self.is_owned = True
        elif other := _INFO_LOCK.fullmatch(line):
            if other["does"] in {"locked", None}:
                task.holds.append(lock_name(other["of"], other["address"]))
        elif self.is_owned and (owned := _OWNED.fullmatch(line)):
            task.holds.append(_named(owned))
        else:
            return False
        return True

    def _lock(self, task: Task, lock: re.Match[str]) -> None:
        name = _named(lock)
        match lock["does"]:
            case "waiting to lock" | "waiting to re-lock in wait()":
                task.wants, task.kind = name, MONITOR
            case "waiting on":
                self.waits_on = name
                if self.state == _BLOCKED:
                    task.wants, task.kind = name, MONITOR
            case "parking to wait for":
                task.kind = parked_kind(lock["class"] or lock["of"] or "")
                task.wants = name if task.kind else ""
            case "locked" if name not in {self.waits_on, task.wants} and name:
                task.holds.append(name)

    def close(self) -> None:
        """End the thread that is open."""
        if self.task and (self.frames or self.task.kind or self.task.holds):
            if self.state == _BLOCKED and not self.task.kind and self.task.holds:
                self.task.kind, self.task.wants = MONITOR, self.task.holds.pop(0)
                self.task.holds = [one for one in self.task.holds if one != self.task.wants]
            if self.task.kind == MONITOR:
                self.frames.insert(0, Frame("ObjectMonitor::enter"))
            stack = tuple(self.frames)
            kind, at = wanted(stack) if self.task.kind else ("", 0)
            kind = kind if self.task.kind == OWNABLE and kind.startswith(OWNABLE) else self.task.kind
            self.moments[-1].append(replace(self.task, stack=stack, kind=kind, waits_at=at))
        self.task, self.frames, self.state, self.waits_on, self.is_owned = None, [], "", "", False


def _method(text: str) -> str:
    """Return a method without its module or loader: `app//a.B.run` and `java.base@17/a.B.run` are `a.B.run`."""
    return _MODULE.sub("", text)


_MODULE = re.compile(r"^(?:[\w.@\-]*/){1,2}(?=[A-Za-z_$])")


def _named(lock: re.Match[str]) -> str:
    """Return the class of a lock and its address; empty where the compiler did away with it."""
    found = lock.groupdict()
    if found.get("class"):
        return lock_name(found["class"], found["hash"])
    address = found["address"]
    return lock_name(lock["of"] or "", f"{int(address, 16):x}") if address.startswith("0x") else ""


def read(lines: Lines) -> Profile:
    """Read the threads of all dumps."""
    found, dumps = Gathered(), _Dumps()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if len(line) >= _LONGEST or not (dumps.take(line) or _ABOUT.fullmatch(line)):
            found.skip(number)
    dumps.close()
    origin = found.profile(NAME, lines, "samples").provenance
    return profile_of([one for one in dumps.moments if one], origin, THREADS, found.facts)


READER = Reader(
    NAME,
    '`"thread" #1 prio=5 tid=0x...` with `at package.Class.method(File.java:1)` below it',
    _claims,
    ("java.lang.thread.state", "full thread dump", "waiting to lock", "parking to wait for"),
    read,
)
