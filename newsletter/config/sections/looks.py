"""Owns `[site]`: how site and mail look, and which words they use."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, PlainValidator, ValidationInfo

from feeds.markdown import read_size
from newsletter.config.fields import Line, OptionalPath, Section, folder_of
from newsletter.config.uris import parse_link
from newsletter.config.values import parse_path
from storage.model import parse_colour

LOGO_PLACE: Final = (240, 44)
"""Pixels that a logo may take, in the bar and in mail."""
_LARGEST: Final = 10_000_000
"""Octets of a picture."""
_MOST_PIXELS: Final = 40_000_000
"""Of a picture; what draws it (newsletter/drawing/artist.py) reads no more, nor a larger SVG than the next."""
_LARGEST_SVG: Final = 2_000_000
_LONGEST: Final = 20_000
"""Octets of a humans.txt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePicture:
    """A picture of the author's, as it was when the configuration was read."""

    file: Path
    digest: str
    """Of its content."""
    width: int
    height: int

    def within(self, width: int, height: int, *, crop: bool = False) -> tuple[int, int]:
        """The size at which it fits into a place; the place's own where it is cropped to it."""
        if crop:
            return width, height
        scale = min(width / self.width, height / self.height)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


def _picture(value: object, info: ValidationInfo) -> SitePicture | None:
    if isinstance(value, SitePicture) or value in {"", None}:
        return value or None  # type: ignore[return-value]
    file = folder_of(info) / parse_path(value)
    try:
        with file.open("rb") as stream:
            raw = stream.read(_LARGEST + 1)
            stream.seek(0)
            size = read_size(stream)
    except OSError as error:
        raise ValueError(f"cannot be read: {file}: {error.strerror}") from error
    if len(raw) > _LARGEST:
        raise ValueError(f"is larger than {_LARGEST // 1_000_000} MB: {file}")
    if size is None:
        raise ValueError(f"is no PNG, JPEG, GIF, WebP, AVIF or SVG with a size: {file}")
    if reason := _undrawable(raw, size.width * size.height):
        raise ValueError(f"{reason}: {file}")
    digest = hashlib.sha256(raw).hexdigest()
    return SitePicture(file=file, digest=digest, width=size.width, height=size.height)


def _undrawable(raw: bytes, pixels: int) -> str:
    """Why nothing would be drawn, so that each page had a gap; empty where nothing is in the way."""
    if not raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return f"has more than {_MOST_PIXELS // 1_000_000} million pixels" * (pixels > _MOST_PIXELS)
    if len(raw) > _LARGEST_SVG:
        return f"is an SVG of more than {_LARGEST_SVG // 1_000_000} MB"
    return "is an SVG that defines entities; save it as plain SVG" * (b"<!ENTITY" in raw.upper())


def _folder(path: Path | None) -> Path | None:
    if path is not None and not path.is_dir():
        raise ValueError(f"there is no folder {path}")
    return path


def _usable_words(folder: Path | None) -> Path | None:
    from words import (
        CatalogueError,
        check_own,
    )  # only needed where there are words of the author's own

    if folder is None:
        return None
    try:
        faults = check_own(folder)
    except CatalogueError as error:
        faults = [str(error)]
    if faults:
        raise ValueError(f"holds what cannot be used: {'; '.join(faults[:5])}")
    return folder


def _text(path: Path | None) -> Path | None:
    if path is not None and not (path.is_file() and path.stat().st_size <= _LONGEST):
        raise ValueError(f"must be a file of {_LONGEST // 1000} kB at most: {path}")
    return path


class SiteSection(Section):
    """`[site]`: looks and words."""

    accent: Annotated[Line, AfterValidator(lambda text: text and parse_colour(text))] = ""
    logo: Annotated[SitePicture | None, PlainValidator(_picture)] = None
    portrait: Annotated[SitePicture | None, PlainValidator(_picture)] = None
    cover: Annotated[SitePicture | None, PlainValidator(_picture)] = None
    theme: Annotated[OptionalPath, AfterValidator(_folder)] = None
    """Templates and styles of the author's, over the product's file by file."""
    words: Annotated[OptionalPath, AfterValidator(_folder), AfterValidator(_usable_words)] = None
    """A folder of the author's own catalogues, `sv.po`, over the words of the product."""
    humans: Annotated[OptionalPath, AfterValidator(_text)] = None
    """A text that `/humans.txt` answers with."""
    security_contact: Annotated[Line, AfterValidator(lambda text: text and parse_link(text))] = ""
    """Where faults of the site's safety are told (RFC 9116)."""
