"""Owns what of a report's bytes any parser sees: so many octets, in lines, and no field without end. Pure.

The standard library's parser bounds nothing. It takes the square of the length of a Content-Type's
parameters, and makes a message of each empty line in a status part.
"""

from __future__ import annotations

import re
from typing import Final

MAX_OCTETS: Final = 524_288
"""Octets of a report that are read. What counts stands before the returned message."""

MAX_PARTS: Final = 50
"""MIME containers of a report. More is nobody's report, and nesting costs a stack frame each."""

_MAX_BLANKS: Final = 3000
"""Empty lines that are read over."""

_MAX_TYPE: Final = 1000
"""Octets of a Content-Type: an honest one has a few parameters, and a boundary of at most 70 characters
(RFC 2046 5.1.1)."""

_CONTAINER: Final = re.compile(
    rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE
)
_LONG_TYPE: Final = re.compile(
    rb"^(content-type[ \t]*:(?:[^\n]|\n[ \t]){%d})[^\n]*(?:\n[ \t][^\n]*)*" % _MAX_TYPE,
    re.IGNORECASE | re.MULTILINE,
)


def normalise(raw: bytes) -> bytes:
    """At most MAX_OCTETS of a message, with LF, without an mbox's first line."""
    # Twice as many, for each line end may be two octets: where it is cut must not depend on them.
    enough = raw[: 2 * MAX_OCTETS]
    lines = enough.replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    if lines.startswith((b"From ", b">From ")):
        lines = lines.partition(b"\n")[2]
    return lines[:MAX_OCTETS]


def bound_octets(raw: bytes) -> bytes:
    """What a parser may see of a message: normalised, and cut where it would cost too much."""
    normal = b"\n\n".join(normalise(raw).split(b"\n\n", _MAX_BLANKS)[:_MAX_BLANKS])
    return _LONG_TYPE.sub(rb"\1", normal)


def is_too_deep(normal: bytes) -> bool:
    """Whether a message has more containers than anybody's."""
    return len(_CONTAINER.findall(normal)) > MAX_PARTS
