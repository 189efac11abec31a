"""`perf stat`: how often events happened in a whole run, for people, with a separator (`-x`), in intervals (`-I`).

No function is named, so it is no profile (tools/perf/util/stat-display.c).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.reader import Reader, refusing

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "perf stat"
_LONGEST = 4096
_HEAD = re.compile(r"\s*+Performance counter stats for .*:\s*|#\s+time\s+(?:\S+\s+)*counts\s+(?:unit\s+)?events\s*")
_ROW = re.compile(
    r"\s*+(?:\d+\.\d{9}\s+)?(?:S\d+\S*\s+\d+\s+|CPU\d+\s+)?(?:(?P<missing><not (?:counted|supported)>)|[\d,.]{1,30})\s+"
    r"(?:(?:msec|ns|Joules|MiB|C)\s+)?[a-zA-Z][\w:./,=-]*(?(missing)|(?:\s+#|\s+\(\s*[\d.]+%\)|\s+\( \+-)).*"
)
_TIME = re.compile(r"\s*+[\d.,]+ (?:\+- [\d.]+ )?seconds (?:time elapsed|user|sys)\b.*")
_SEPARATED = re.compile(r"(?:[\d.]+|<not \w+>)([,;])(?:msec|ns|)\1[a-zA-Z][\w:./=-]*\1\d+\1\d+\.\d\d(?:\1.*)?")
_JSON = re.compile(r'\{"(?:interval" : [\d.]+, "|[\w-]+" : "[^"]*", ")*counter-value" : .*\}')


def _claims(head: Sequence[str]) -> list[int]:
    patterns = (_HEAD, _ROW, _TIME, _SEPARATED, _JSON)
    return [
        number
        for number, line in enumerate(head)
        if len(line) < _LONGEST and any(one.fullmatch(line) for one in patterns)
    ]


READER = Reader(
    NAME,
    "the head `Performance counter stats for`, and rows such as `1,372 page-faults # 2.1 K/sec`",
    _claims,
    ("performance counter stats", "seconds time elapsed", "task-clock"),
    refusing(NAME, "samples of the same run: `perf record -g`, then `perf script`"),
)
