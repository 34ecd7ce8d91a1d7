"""Quoted-printable, in a form that can be put together from pieces (RFC 2045 6.7). Pure.

Every piece starts at the beginning of a line, so pieces encoded once stay valid wherever they are
joined by a soft line break. No line begins with a dot or with "From ": neither dot-stuffing
(RFC 5321 4.5.2) nor an mbox has anything to change, and a signature survives both.
"""

from __future__ import annotations

import re
from typing import Final

SOFT_BREAK: Final = b"=\r\n"
"""A line end that is not part of the text."""

LINE: Final = 75
"""Octets of a line before the "=" of a soft line break (RFC 2045 6.7 rule 5: 76 with it)."""

_ROOM: Final = LINE - 2
"""Octets filled when a line is wrapped: what guards its beginning may need two more."""

_SAFE: Final = re.compile(rb"[!-<>-~][ -<>-~]*(?<! )")
_NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END: Final = re.compile(r"\r\n?|[\u2028\u2029]")
_PLAIN: Final = frozenset(map(chr, (9, *range(32, 61), *range(62, 127))))


def clean_body(text: str) -> str:
    """The text with LF as its only line end, without control characters and lone surrogates."""
    return _NOT_TEXT.sub("", _LINE_END.sub("\n", text.replace("\x85", "\n")))


def encode(text: str) -> bytes:
    """A clean text as lines of at most 76 octets; each line end becomes a CRLF."""
    return b"\r\n".join(map(_encode_line, text.split("\n")))


def encode_value(value: str) -> bytes:
    """A value of one line, to stand between two soft line breaks. Quick for ASCII such as a URL."""
    raw = value.encode("utf-8", "replace")
    if len(raw) <= LINE and _is_safe(raw):
        return raw
    return _encode_line(clean_body(value).replace("\n", " "))


def _is_safe(raw: bytes) -> bool:
    """Whether a short line may stand as it is."""
    return not raw or (_SAFE.fullmatch(raw) is not None and not raw.startswith((b".", b"From ")))


def _encode_line(line: str) -> bytes:
    raw = line.encode("utf-8", "replace")
    if len(raw) <= LINE and _is_safe(raw):
        return raw
    tokens = [char if char in _PLAIN else _escape(char) for char in line]
    if tokens and tokens[-1] in {" ", "\t"}:
        tokens[-1] = _escape(tokens[-1])  # a relay may cut blanks at a line's end
    return "=\r\n".join(_wrap(tokens)).encode("ascii")


def _escape(char: str) -> str:
    return "".join(f"={octet:02X}" for octet in char.encode("utf-8", "replace"))


def _wrap(tokens: list[str]) -> list[str]:
    """Lines of at most 75 octets; no character is divided between two."""
    lines: list[str] = []
    line = ""
    for piece in tokens:
        if len(line) + len(piece) > _ROOM:
            lines.append(_guard(line))
            line = ""
        line += _escape(piece) if not line and piece == "." else piece
    lines.append(_guard(line))
    return lines


def _guard(line: str) -> str:
    """`From ` at a line's beginning would grow a ">" in an mbox (RFC 4155)."""
    return f"=46{line[1:]}" if line.startswith("From ") else line
