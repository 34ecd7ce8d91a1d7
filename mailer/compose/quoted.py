"""Quoted-printable, in a form that can be put together from pieces (RFC 2045 6.7). Pure.

Every piece starts at the beginning of a line, so pieces encoded once stay valid wherever they are
joined by a soft line break. No line begins with a dot or with "From ": neither dot-stuffing
(RFC 5321 4.5.2) nor an mbox has anything to change, and a signature survives both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

SOFT_BREAK: Final = b"=\r\n"
"""A line end that is not part of the text."""

LINE: Final = 75
"""Octets of a line before the "=" of a soft line break (RFC 2045 6.7 rule 5: 76 with it)."""

_ROOM: Final = LINE - 2
"""Octets filled when a line is wrapped: what guards its beginning may need two more."""

_SAFE: Final = re.compile(rb"[!-<>-~](?:[ -<>-~]*[!-<>-~])?")
_PLAIN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z .@:/+_~%-]*(?<! )")
"""What stands for itself in plain text, HTML and quoted-printable, as far as it fits on a line."""
_NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END: Final = re.compile(r"\r\n?|[\u2028\u2029]")
_UNSAFE: Final = re.compile(rb"[^\t -<>-~]{1,64}")
"""Octets in a row of which each is escaped."""


def clean_body(text: str) -> str:
    """The text with LF as its only line end, without control characters and lone surrogates."""
    return _NOT_TEXT.sub("", _LINE_END.sub("\n", text.replace("\x85", "\n")))


def encode(text: str) -> bytes:
    """A clean text as lines of at most 76 octets; each line end becomes a CRLF."""
    return b"\r\n".join(map(_encode_line, text.split("\n")))


def encode_value(value: str) -> bytes:
    """A value of one line, to stand between two soft line breaks. Quick for ASCII such as a URL."""
    if value.isascii() and value.isprintable() and not value.endswith(" "):
        encoded = value.replace("=", "=3D")
        if len(encoded) <= _ROOM:
            return _guard(encoded).encode()
        return "=\r\n".join(_wrap(encoded)).encode()
    return _encode_line(clean_body(value).replace("\n", " "))


def encode_plain(value: str) -> bytes | None:
    """What `encode_value` makes of most names and links; None when one takes more care.

    The same in HTML: nothing in it is to be escaped. This runs several times for every copy.
    """
    if _PLAIN.fullmatch(value) is None:
        return None
    if len(value) <= _ROOM:
        return None if value.startswith("From ") else value.encode()
    head, tail = value[:_ROOM], value[_ROOM:]
    if len(tail) <= _ROOM and tail[0] not in ".F":  # nearly every link is two lines long
        return f"{head}=\r\n{tail}".encode()
    return "=\r\n".join(_wrap(value)).encode()


def _is_safe(raw: bytes) -> bool:
    """Whether a short line may stand as it is."""
    return not raw or (_SAFE.fullmatch(raw) is not None and not raw.startswith((b".", b"From ")))


def _encode_line(line: str) -> bytes:
    raw = line.encode("utf-8", "replace")
    if len(raw) <= LINE and _is_safe(raw):
        return raw
    encoded = _UNSAFE.sub(lambda run: _escape_all(run[0]), raw).decode("ascii")
    if encoded.endswith((" ", "\t")):  # a relay may cut blanks at a line's end
        encoded = encoded[:-1] + _escape(encoded[-1])
    return "=\r\n".join(_wrap(encoded)).encode("ascii")


def _wrap(encoded: str) -> Iterator[str]:
    """Lines of at most 75 characters; no escape is divided between two."""
    start = 0
    while len(encoded) - start > _ROOM:
        end = start + _ROOM
        mark = encoded.rfind("=", end - 2, end)
        if mark >= 0:
            end = mark
        yield _guard(encoded[start:end])
        start = end
    yield _guard(encoded[start:])


def _guard(line: str) -> str:
    """The line, its first character escaped where SMTP would double it (a dot) or an mbox put a ">" before
    it ("From ", RFC 4155).
    """
    if line.startswith((".", "From ")):
        return _escape(line[0]) + line[1:]
    return line


def _escape(character: str) -> str:
    return f"={ord(character):02X}"


@lru_cache(maxsize=1024)
def _escape_all(octets: bytes) -> bytes:
    """The same letters and words come again and again."""
    return b"=" + octets.hex("=").upper().encode()
