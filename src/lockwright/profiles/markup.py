"""Text inside of other text: quoted-printable and base64 (RFC 2045, sections 6.7 and 6.8), and HTML."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Undo = Callable[[Iterable[str]], Iterator[str]]

_SAYS_QUOTED = re.compile(r"content-transfer-encoding:\s*quoted-printable\s*", re.IGNORECASE)
_SAYS_BASE64 = re.compile(r"content-transfer-encoding:\s*base64\s*", re.IGNORECASE)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4}){1,250}|(?:[A-Za-z0-9+/]{4}){0,250}(?:[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)")
_ESCAPE = re.compile(r"=([0-9A-F]{2})")
_WRONG = re.compile(r"=(?![0-9A-F]{2}|\s*$)")
_SURE = re.compile(r"=(?:3D|20\s*$|09|\s*$|C2=A0|E2=80)")
_MOST_JOINED = 1 << 16  # characters

_TAG_NAMES = (
    "a|abbr|article|b|blockquote|body|br|button|center|code|dd|details|div|dl|dt|em|font|footer|form|h[1-6]|head|header"
    "|hr|html|i|img|input|kbd|label|li|link|main|mark|meta|nav|ol|p|path|pre|samp|script|section|small|span|strong|style"
    "|sub|summary|sup|svg|table|tbody|td|textarea|th|thead|title|tr|tt|u|ul|wbr|!doctype|!--"
)
_TAG = re.compile(rf"</?(?:{_TAG_NAMES})(?:[\s/][^<>]*)?>", re.IGNORECASE)
_SAYS_HTML = re.compile(
    r"<pre[\s>]|</pre>|<br\s*/?>|<!doctype html|<html[\s>]|</(?:div|p|body|code|textarea|span|blockquote)>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|tr|li|pre|h[1-6])>", re.IGNORECASE)
_OPENS = re.compile(r"<(pre|textarea)(?:\s[^<>]*)?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:lt|gt|amp|nbsp|quot|apos|hellip|#\d{1,6}|#x[0-9a-fA-F]{1,5});")


def quoted_printable(head: Sequence[str]) -> tuple[str, Undo] | None:
    """Recognise quoted-printable: the head of a mail says so, or no `=` stands there but as its mark."""
    says_so = any(_SAYS_QUOTED.fullmatch(one) for one in head)
    with_mark = [one for one in head if "=" in one]
    if not says_so and (any(map(_WRONG.search, with_mark)) or not any(map(_SURE.search, with_mark))):
        return None
    return "quoted-printable", _decoded


def _decoded(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines as they were before they were encoded."""
    soft = ""
    for line in lines:
        stripped = line.rstrip()
        if stripped.endswith("=") and len(soft) < _MOST_JOINED:
            soft += stripped[:-1]
            continue
        whole, soft = soft + line, ""
        yield _bytes(whole) if "=" in whole else whole
    if soft:
        yield _bytes(soft)


def _bytes(line: str) -> str:
    """Return a line with its escaped bytes put back."""
    parts = enumerate(_ESCAPE.split(line))  # every second one is two digits
    raw = b"".join(bytes.fromhex(one) if at % 2 else one.encode("utf-8", "replace") for at, one in parts)
    return raw.decode("utf-8", "replace").replace("\n", " ").replace("\r", "")


def base64(head: Sequence[str]) -> tuple[str, Undo] | None:
    """Recognise base64 by the head of a mail."""
    return ("base64", _unpacked) if any(map(_SAYS_BASE64.fullmatch, head)) else None


def _unpacked(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a mail, those below the head of a part decoded."""
    announced = is_inside = False
    rest = b""
    for line in lines:
        text = line.strip()
        if is_inside and _BASE64.fullmatch(text):
            *whole, rest = (rest + b64decode(text)).split(b"\n")
            yield from (one.decode("utf-8", "replace").removesuffix("\r") for one in whole)
            continue
        if rest:
            yield rest.decode("utf-8", "replace")
        rest, is_inside = b"", announced and not text
        announced = (announced or _SAYS_BASE64.fullmatch(line) is not None) and bool(text)
        if not _SAYS_BASE64.fullmatch(line):  # or it would be found again
            yield line
    if rest:
        yield rest.decode("utf-8", "replace")


def html(head: Sequence[str]) -> tuple[str, Undo] | None:
    """Recognise tags of HTML; where there is preformatted text, only that is kept."""
    if not any(map(_SAYS_HTML.search, head)):
        return None
    only_inside = any(map(_OPENS.search, head))
    return "HTML", lambda lines: _without_tags(lines, only_inside=only_inside)


def _without_tags(lines: Iterable[str], *, only_inside: bool) -> Iterator[str]:
    from html import unescape

    inside = ""
    for line in lines:
        for part in _BREAK.sub(lambda got: f"{got[0]}\n", line).split("\n") if "<" in line else (line,):
            kept, inside = _kept(part, inside) if only_inside else (part, "")
            if kept is not None:
                text = _TAG.sub("", kept) if "<" in kept else kept
                yield unescape(text).replace("\u00a0", " ") if "&" in text else text


def _kept(line: str, inside: str) -> tuple[str | None, str]:
    """Return what of a line lies inside of preformatted text, None for nothing, and the tag that is still open."""
    found: list[str] = []
    rest = line
    while True:
        if inside:
            before, closed, after = _partition(rest, inside)
            found.append(before)
            if not closed:
                return "".join(found), inside
            rest, inside = after, ""
        got = _OPENS.search(rest)
        if got is None:
            return ("".join(found) if any(found) else None), ""
        inside, rest = got[1].lower(), rest[got.end() :]
        if not rest and not found:
            return None, inside


def _partition(text: str, tag: str) -> tuple[str, bool, str]:
    at = text.lower().find(f"</{tag}>")
    return (text, False, "") if at < 0 else (text[:at], True, text[at + len(tag) + 3 :])


def entities(head: Sequence[str]) -> tuple[str, Undo] | None:
    """Recognise `&lt;` and its like outside of HTML."""
    if not any(map(_ENTITY.search, head)):
        return None
    from html import unescape

    def plain(got: re.Match[str]) -> str:
        return unescape(got[0]).replace("\u00a0", " ")

    return "HTML", lambda lines: (_ENTITY.sub(plain, one) if "&" in one else one for one in lines)
