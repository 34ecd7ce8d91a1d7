"""How large a picture is shown, read from its file: PNG, JPEG, GIF, WebP and AVIF. Pure.

A mail must say it, since Outlook knows no other limit (rule D5), and a page that says it does not
jump while it loads. The only user of imagesize, which is held to a few reads of the file: what is damaged,
endless or of another kind has no size, and nothing is ever raised for it.
"""

from __future__ import annotations

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
    if not _is_picture(file.read(_BEGINNING)):
        return None
    from imagesize import get  # it loads a client for the web; only who has pictures needs it

    width, height = get(bounded)
    if bounded.failure is not None:
        raise bounded.failure
    fits = 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE
    return Size(width=width, height=height) if fits else None


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
