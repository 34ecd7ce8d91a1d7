"""How large a picture is shown, read from its file: PNG, JPEG, GIF, WebP, AVIF and SVG. Pure.

A mail must say it, since Outlook knows no other limit (rule D5), and a page that says it does not
jump while it loads. The only user of imagesize, which is held to a few reads of the file: what is damaged,
endless or of another kind has no size, and nothing is ever raised for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import SEEK_SET
from typing import BinaryIO, Final

MAX_SIDE: Final = 65_535
"""Pixels; a JPEG cannot have more, and nobody shows more."""
MAX_OCTETS: Final = 512_000
"""What is read of one file: a camera's previews and colour profiles stand before a JPEG's size."""
MAX_STEPS: Final = 10_000
"""Reads and jumps in one file; made to loop, it may hold nobody up."""

_BEGINNING: Final = 12
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_GIF: Final = (b"GIF87a", b"GIF89a")
_JPEG: Final = b"\xff\xd8"


_SVG_HEAD: Final = 20_000
_NUMBER: Final = r"([0-9]{1,6}(?:\.[0-9]{1,6})?)"
_SVG: Final = re.compile(r"<svg\b[^>]{0,10000}>")
_SVG_SIDE: Final = re.compile(rf"\s(width|height)\s*=\s*[\"']\s*{_NUMBER}\s*(?:px)?\s*[\"']")
_SVG_BOX: Final = re.compile(
    rf"\sviewBox\s*=\s*[\"']\s*-?[0-9.]{{1,12}}[\s,]+-?[0-9.]{{1,12}}[\s,]+{_NUMBER}[\s,]+{_NUMBER}\s*[\"']"
)


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


def read_size(file: BinaryIO) -> Size | None:
    """The size of the picture in a file that can be sought in; None if it does not tell.

    Raises OSError for what cannot be read, and nothing for what is read.
    """
    bounded = _Bounded(file)
    beginning = file.read(_BEGINNING)
    if beginning.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _read_drawing(beginning + file.read(_SVG_HEAD))
    if not _is_picture(beginning):
        return None
    from imagesize import (
        get,
    )  # it loads a client for the web, and is only needed where there are pictures

    width, height = get(bounded)
    if bounded.failure is not None:
        raise bounded.failure
    fits = 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE
    return Size(width=width, height=height) if fits else None


def _read_drawing(head: bytes) -> Size | None:
    """The size that an SVG says it has, in pixels: its sides, or those of its view."""
    root = _SVG.search(head.decode("utf-8", "replace"))
    if root is None:
        return None
    sides = {name: float(value) for name, value in _SVG_SIDE.findall(root[0])}
    box = _SVG_BOX.search(root[0])
    wide, high = (float(box[1]), float(box[2])) if box else (0.0, 0.0)
    width, height = sides.get("width", 0.0), sides.get("height", 0.0)
    if wide and high:
        width = width or (height * wide / high if height else wide)
        height = height or width * high / wide
    fits = 1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE
    return Size(width=round(width), height=round(height)) if fits else None


def _is_picture(beginning: bytes) -> bool:
    """Whether it is of a kind that is served; others have sizes that are no pixels."""
    return (
        beginning.startswith((_PNG, *_GIF, _JPEG))
        or (beginning[:4], beginning[8:12]) == (b"RIFF", b"WEBP")
        or beginning[4:8] == b"ftyp"
    )


class _Exhausted(Exception):
    """A file asks for more than a picture does."""


class _Bounded:
    """A file of which little can be read. What imagesize swallows of the disk's faults is kept."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._octets = MAX_OCTETS
        self._steps = MAX_STEPS
        self.failure: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        self._step()
        if not 0 <= size <= self._octets:
            raise _Exhausted
        self._octets -= size
        try:
            return self._file.read(size)
        except OSError as error:
            self.failure = error
            raise

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        self._step()
        return self._file.seek(offset, whence)

    def _step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise _Exhausted
