"""How large a picture is shown, read from the first bytes of its file: PNG, JPEG and GIF. Pure.

A mail must say it, since Outlook knows no other limit (rule D5), and a page that says it does not
jump while it loads. What is damaged or of another kind has no size; nothing is ever raised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

HEAD: Final = 512_000
"""Bytes that are enough: a camera's previews and colour profiles stand before a JPEG's size."""

MAX_SIDE: Final = 65_535
"""Pixels; a JPEG cannot have more, and nobody shows more."""
MAX_STEPS: Final = 2_000
"""Segments and filling bytes that are passed over, so that no file holds anybody up."""

_PNG: Final = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
_GIF: Final = (b"GIF87a", b"GIF89a")
_JPEG: Final = b"\xff\xd8"
_EXIF: Final = b"Exif\x00\x00"

_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG's size (ITU-T T.81, table B.1)."""
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers that nothing belongs to."""
_LAST: Final = frozenset({0xD9, 0xDA})
"""Markers after which no size can come: the end, and the picture itself."""
_APP1: Final = 0xE1
_ORIENTATION: Final = 0x0112
_LYING: Final = frozenset({5, 6, 7, 8})
"""Orientations that show a picture turned by a quarter (Exif 2.3, 4.6.4)."""

_Order = Literal["big", "little"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Pixels of a picture as it is shown; both from 1 to MAX_SIDE."""

    width: int
    height: int

    def at_width(self, width: int) -> Size:
        """The same picture, that wide."""
        return Size(width=width, height=max(1, round(self.height * width / self.width)))

    def at_height(self, height: int) -> Size:
        """The same picture, that high."""
        return Size(width=max(1, round(self.width * height / self.height)), height=height)


def read_size(head: bytes) -> Size | None:
    """The size of the picture that begins with these bytes; None if they do not tell."""
    if head.startswith(_PNG) and len(head) >= 24:
        return _size(_number(head, 16, 4), _number(head, 20, 4))
    if head.startswith(_GIF) and len(head) >= 10:
        return _size(_number(head, 6, 2, "little"), _number(head, 8, 2, "little"))
    if head.startswith(_JPEG):
        return _read_jpeg(head)
    return None


def _read_jpeg(head: bytes) -> Size | None:
    lies = False
    for marker, segment in _segments(head):
        if marker == _APP1 and segment.startswith(_EXIF):
            lies = _orientation(segment.removeprefix(_EXIF)) in _LYING
        elif marker in _FRAMES and len(segment) >= 5:
            sides = _number(segment, 3, 2), _number(segment, 1, 2)
            return _size(*(reversed(sides) if lies else sides))
    return None


def _segments(head: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, content) of a JPEG's segments, up to the picture itself."""
    at = len(_JPEG)
    for _step in range(MAX_STEPS):
        if at + 4 > len(head) or head[at] != 0xFF:
            return
        marker = head[at + 1]
        if marker in _LAST:
            return
        if marker == 0xFF or marker in _BARE:  # a byte that only fills, or one without content
            at += 1 if marker == 0xFF else 2
            continue
        length = max(2, _number(head, at + 2, 2))
        yield marker, head[at + 4 : at + 2 + length]
        at += 2 + length


def _orientation(tiff: bytes) -> int:
    """How a camera was held, from its Exif data; 0 if it does not say."""
    order: _Order = "big" if tiff.startswith(b"MM") else "little"
    start = _number(tiff, 4, 4, order)
    entries = _number(tiff, start, 2, order)
    for at in range(start + 2, min(start + 2 + 12 * entries, len(tiff)), 12):
        if _number(tiff, at, 2, order) == _ORIENTATION:
            return _number(tiff, at + 8, 2, order)
    return 0


def _size(width: int, height: int) -> Size | None:
    fits = 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE
    return Size(width=width, height=height) if fits else None


def _number(octets: bytes, at: int, length: int, order: _Order = "big") -> int:
    return int.from_bytes(octets[at : at + length], order)
