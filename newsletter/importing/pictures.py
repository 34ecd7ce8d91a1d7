"""Which pictures of a post are in the export, and what they are called beside the note. Pure but for reading.

A post names a picture by its address; an export keeps it by its path. The longest common end of the
two decides, and the file's name at least must be the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote, urlsplit

from newsletter.importing.export import Export

MAX_PICTURE: Final = 50 * 1024 * 1024
FOLDER: Final = "pictures"
_FILES: Final = [
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".webp",
    ".avif",
    ".svg",
    ".mp3",
    ".m4a",
    ".ogg",
    ".opus",
    ".flac",
    ".wav",
    ".mp4",
    ".webm",
    ".pdf",
    ".epub",
    ".zip",
]
_TARGET: Final = re.compile(r"(?<=\]\()([^()\s]+)(?=\))|(?<=src=\")([^\"]+)(?=\")")
_SIZE: Final = re.compile(r"-\d{2,5}x\d{2,5}(?=\.\w+\Z)")
_WORN: Final = re.compile(r"/size/w\d+(?:h\d+)?(?=/)")
"""Ghost's smaller copies stand in a folder of their own, and WordPress's have their size in the name."""


class Pictures:
    """The files of an export that a post may show or offer."""

    def __init__(self, export: Export) -> None:
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for name in export.names:
            if name.lower().endswith(tuple(_FILES)) and name != export.label:
                self._by_name[_base(name).lower()].append(name)

    def find(self, address: str) -> str | None:
        """The file of an address, or None."""
        path = unquote(urlsplit(address.replace("__GHOST_URL__", "")).path)
        for candidate in (path, _WORN.sub("", path), _SIZE.sub("", path)):
            there = self._by_name.get(_base(candidate).lower(), [])
            if there:
                return max(there, key=lambda name: (_common(name, candidate), -len(name)))
        return None


def place(markdown: str, name_of: Callable[[str], str | None]) -> str:
    """The text with each address for which `name_of` knows another name under that name."""

    def replace(found: re.Match[str]) -> str:
        return name_of(found[0]) or found[0]

    return _TARGET.sub(replace, markdown)


def find_addresses(markdown: str) -> list[str]:
    """The addresses of pictures, sounds and files that a text shows from elsewhere, as Ghost has them, too."""
    shown = re.findall(
        r"!\[[^\]]*\]\(((?:(?:https?:)?//|__GHOST_URL__/)[^()\s]+)\)|<(?:audio|video) [^>]*src=\"([^\"]+)\"",
        markdown,
    )
    return [one or other for one, other in shown]


def safe_name(name: str) -> str:
    """A file's name that every file system takes and no address has to escape."""
    base, dot, suffix = _base(name).rpartition(".")
    plain = re.sub(r"[^\w.-]+", "-", base).strip("-.") or "picture"
    return f"{plain[:80]}{dot}{suffix.lower()}"


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _common(one: str, other: str) -> int:
    """How many parts of two paths agree, from their ends."""
    agreed = 0
    for left, right in zip(reversed(one.split("/")), reversed(other.split("/")), strict=False):
        if left.lower() != right.lower():
            break
        agreed += 1
    return agreed
