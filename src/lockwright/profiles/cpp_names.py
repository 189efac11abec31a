"""Names of C++ as short as a person would write them."""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST, _SHORT = 4000, 40  # letters
_STRING = "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >"
_DEFAULT = re.compile(r", std::(?:allocator|less|hash|equal_to)<[^<>]*(?:<[^<>]*>[^<>]*)* ?>(?= ?[,>])")
_SPACE = re.compile(r"(?<=\w) >")
_OPENING, _CLOSING = "<{", ">}"
_NAMELESS = "(anonymous namespace)"


@lru_cache(maxsize=1 << 16)
def shortened(symbol: str) -> str:
    """Return a name without the types of its arguments, with strings and containers as they are called in sources."""
    if len(symbol) > _LONGEST or not ("<" in symbol or "(" in symbol):
        return symbol
    before = ""
    while before != symbol and len(symbol) > _SHORT:
        before, symbol = symbol, _SPACE.sub(">", _DEFAULT.sub("", symbol.replace(_STRING, "std::string")))
    return symbol[: _arguments(symbol)].rstrip() or symbol


def _arguments(symbol: str) -> int:
    """Return where the types of the arguments begin; the length of the name if there are none."""
    depth = 0
    for at, letter in enumerate(symbol):
        is_arrow = letter == ">" and symbol[:at].endswith("-")
        is_operator = symbol[:at].rstrip("<>=").endswith("operator")
        if letter in _OPENING and not is_operator:
            depth += 1
        elif letter in _CLOSING and not (is_arrow or is_operator):
            depth = max(0, depth - 1)
        elif letter == "(" and at and not (depth or is_operator or symbol.startswith(_NAMELESS, at)):
            return at
    return len(symbol)
