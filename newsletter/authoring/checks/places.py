"""Whether a picture says where it was taken: in its Exif data or its XMP, of a JPEG, PNG, WebP or AVIF. Pure.

Exif data is a TIFF file, which begins alike in each of them; what is found there that leads to no place is something else
that looks like one.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final

_TIFF: Final = re.compile(rb"II\*\x00|MM\x00\*")
_XMP: Final = re.compile(rb"exif:GPSL(?:atitude|ongitude)\b")
_GPS: Final = 0x8825
"""The entry that leads to the others."""
_PLACE: Final = frozenset({2, 4})
"""Latitude and longitude: degrees, minutes and seconds, as fractions."""
_MOST_ENTRIES: Final = 500
_MOST_BEGINNINGS: Final = 1_000
_ENTRY: Final = 12


def tells_place(picture: bytes) -> bool:
    """Whether there is a latitude or a longitude in it that is not all zeros."""
    if _XMP.search(picture) is not None:
        return True
    for number, found in enumerate(_TIFF.finditer(picture)):
        if number >= _MOST_BEGINNINGS:
            break
        if _leads_to_place(picture, found.start(), "<" if found[0].startswith(b"I") else ">"):
            return True
    return False


def _leads_to_place(picture: bytes, start: int, order: str) -> bool:
    try:
        (first,) = struct.unpack_from(f"{order}I", picture, start + 4)
        for tag, value in _entries(picture, start + first, order):
            if tag == _GPS:
                places = _entries(picture, start + value, order)
                return any(
                    any(struct.unpack_from(f"{order}I4xI4xI4x", picture, start + at))
                    for name, at in places
                    if name in _PLACE
                )
    except struct.error:
        pass  # it ends too soon: none, or a damaged one
    return False


def _entries(picture: bytes, at: int, order: str) -> Iterator[tuple[int, int]]:
    """Each entry of a directory: what it is, and its value or where that is. Raises struct.error."""
    (count,) = struct.unpack_from(f"{order}H", picture, at)
    for number in range(min(count, _MOST_ENTRIES)):
        tag, value = struct.unpack_from(f"{order}H6xI", picture, at + 2 + number * _ENTRY)
        yield tag, value
