"""One function, many spellings: what demanglers, JVMs and compilers make of a name, and the plain form of it.

PolicyMutex<TTASEventMutex<GenericPolicy> >::enter          PolicyMutex::enter
absl::lts_20240722::Mutex::LockSlow(absl::MuHow*, int)      absl::Mutex::LockSlow
<parking_lot::raw_mutex::RawMutex>::lock_slow::h0123...     parking_lot::raw_mutex::RawMutex::lock_slow
Ljava/util/concurrent/locks/ReentrantLock;::lock            java::util::concurrent::locks::ReentrantLock::lock
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FEWEST = 2  # parts of a name that are left when namespaces in front are dropped
_LONGEST = 2000  # letters; nobody's lock has a longer name
_JAVA = re.compile(
    r"(?:[\w.$\[\]]+ )?L?(?P<of>(?:java|javax|jdk|sun)[./][\w./$]+?);?(?:::|[.#;])(?P<method>[\w$]+)(?:\(.*)?"
)
_SHORT = re.compile(r"(?P<of>(?:Reentrant|Abstract|Stamped|LockSupport|Unsafe)[\w$]*)[.#](?P<method>[\w$]+)")
"""A class of Java's own locks without its package, as dumps of stacks and their flame graphs have it."""
_INTERPRETED = re.compile(r"_\[[ijk01]\]$")  # as async-profiler marks frames
_HASH = re.compile(r"::h[0-9a-f]{16}$")
_AS_TRAIT = re.compile(r"^<(?:dyn )?([\w:]+)(?:<.*?>)?(?: as [^>]*(?:<.*?>)?)?>::")
_NOISE = re.compile(
    r"\[abi:\w+\]|\(anonymous namespace\)::|\{anonymous\}::"
    r"|(?:__cxx11|__1|__ndk1|_V2|__cxx1998|lts_\d+|debian\d+|inline_v\d+)::"
)
_INNERMOST = re.compile(r"<[^<>]*>|\([^()]*\)")
_AFTER = re.compile(r"(?:\s*(?:const|volatile|noexcept|&&?|\[clone [^\]]*\]))*\s*$")
_GLIBC, _STUB = "__GI_", "@plt"


def spellings(name: str) -> Iterator[str]:
    """Yield the forms under which a table may have a name, the closest first; the name itself is not among them."""
    if name.startswith(_GLIBC):
        yield name[len(_GLIBC) :]
    if name.endswith(_STUB):
        yield name[: -len(_STUB)]
    if len(name) > _LONGEST or not any(mark in name for mark in ("::", "/", ".", "(")):
        return
    bare = _INTERPRETED.sub("", name)
    found = _SHORT.fullmatch(bare) or _JAVA.fullmatch(bare)
    plain = f"{_dotted(found['of'])}::{found['method']}" if found else _bare(name)
    parts = plain.split("::")
    yield from ("::".join(parts[at:]) for at in range(len(parts) - _FEWEST + 1))
    if len(parts) == 1 and plain != name:
        yield plain


def _dotted(of: str) -> str:
    return of.replace("/", "::").replace(".", "::")


def _bare(name: str) -> str:
    """Return a name of C++ or Rust without arguments of calls and templates, return type, versions and hashes."""
    name = _NOISE.sub("", _HASH.sub("", name))
    name = _AS_TRAIT.sub(r"\1::", name)
    before = ""
    while before != name:
        before, name = name, _INNERMOST.sub("", name)
    name = _AFTER.sub("", name)
    return name.rsplit(" ", 1)[-1]
