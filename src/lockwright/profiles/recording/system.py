"""The files in which a machine says what it permits a profiler."""

from __future__ import annotations

import os
import re
from pathlib import Path

_CAP_SYS_ADMIN, _CAP_SYS_NICE, _CAP_PERFMON = 21, 23, 38  # include/uapi/linux/capability.h
_TRACING = ("sys/kernel/tracing", "sys/kernel/debug/tracing")
_BEGIN = "events/lock/contention_begin/id"
_FUTEX = "events/syscalls/sys_enter_futex/id"
_LOOKED_AT = 64  # lines of /proc/kallsyms: one address that is not 0 is enough
_INSTALLED_BY = {
    "debian": "apt install linux-perf",
    "ubuntu": "apt install linux-tools-$(uname -r)",
    "fedora": "dnf install perf",
    "rhel": "dnf install perf",
    "centos": "dnf install perf",
    "amzn": "dnf install perf",
    "arch": "pacman -S perf",
    "alpine": "apk add perf",
    "suse": "zypper install perf",
}
_ANY_INSTALLED_BY = ("apt install linux-perf", "apt install linux-tools-$(uname -r)", "dnf install perf")


class System:
    """What a machine says of itself.

    Args:
        root: `/`, or a folder that looks like it.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    def text(self, path: str) -> str:
        """Return what stands in a file; empty if it is not there, or may not be read."""
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def number(self, path: str, otherwise: int) -> int:
        """Return the number that stands in a file."""
        found = re.match(r"-?\d{1,18}", self.text(path).strip())
        return int(found[0]) if found else otherwise

    @property
    def paranoid(self) -> int:
        """The value of `kernel.perf_event_paranoid`; the kernel's own if nobody set another."""
        return self.number("proc/sys/kernel/perf_event_paranoid", 2)

    @property
    def may_all(self) -> bool:
        """Whether this process may watch everything."""
        return self._holds(_CAP_PERFMON) or self._holds(_CAP_SYS_ADMIN)

    @property
    def may_hurry(self) -> bool:
        """Whether this process may have a real-time priority."""
        return self._holds(_CAP_SYS_NICE)

    def _holds(self, capability: int) -> bool:
        found = re.search(r"^CapEff:\s*([0-9a-f]{1,16})$", self.text("proc/self/status"), re.MULTILINE)
        return bool(found and int(found[1], 16) >> capability & 1)

    @property
    def kernel(self) -> tuple[int, int]:
        """The version of the running kernel; (0, 0) if it does not say."""
        return version_in(self.text("proc/sys/kernel/osrelease"))

    @property
    def has_kernel_names(self) -> bool:
        """Whether /proc/kallsyms tells addresses: not where all are shown as 0."""
        try:
            with (self.root / "proc/kallsyms").open(encoding="utf-8", errors="replace") as file:
                return any(int(line.split()[0], 16) for line, _ in zip(file, range(_LOOKED_AT), strict=False))
        except (OSError, ValueError, IndexError):
            return False

    @property
    def tracing(self) -> Path | None:
        """Where tracefs is mounted and may be read; None if nowhere."""
        folders = (self.root / one for one in _TRACING)
        return next((one for one in folders if _is_folder(one / "events")), None)

    @property
    def hides_tracing(self) -> bool:
        """Whether tracefs is mounted and may not be read."""
        return any(f" /{one} tracefs " in self.text("proc/self/mounts") for one in _TRACING)

    @property
    def has_lock_events(self) -> bool:
        """Whether `lock:contention_begin` is there and may be read."""
        return self._has_event(_BEGIN)

    @property
    def has_futex_events(self) -> bool:
        """Whether `syscalls:sys_enter_futex` is there and may be read."""
        return self._has_event(_FUTEX)

    def _has_event(self, name: str) -> bool:
        folder = self.tracing
        return folder is not None and bool(self.text(str((folder / name).relative_to(self.root))).strip())

    @property
    def is_container(self) -> bool:
        """Whether this looks like a container: then the host decides what may be recorded."""
        marks = ("run/.containerenv", ".dockerenv")
        return any((self.root / one).exists() for one in marks) or "container=" in self.text("proc/1/environ")

    def installing(self) -> tuple[str, ...]:
        """Return the command that installs perf; several, where the distribution is not known."""
        words = " ".join(re.findall(r'^ID(?:_LIKE)?="?([^"\n]*)', self.text("etc/os-release"), re.MULTILINE)).split()
        found = next((one for word in words for name, one in _INSTALLED_BY.items() if name in word), None)
        return tuple(map(as_root, (found,) if found else _ANY_INSTALLED_BY))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a folder above it may not be looked into
        return False


def as_root(command: str) -> str:
    """Return a command as this user has to type it."""
    return command if os.geteuid() == 0 else f"sudo {command}"


def version_in(text: str) -> tuple[int, int]:
    """Return the first version in a text; (0, 0) if there is none."""
    found = re.search(r"(\d{1,4})\.(\d{1,4})", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)
