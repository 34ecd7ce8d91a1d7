"""What the time zones are called, and of when they are: by the machine's copy of the IANA database where it has one,
else by the product's, as Python takes them (rule G12).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_TABLE: Final = "zone.tab"
"""Of places: a country, where it lies, and the name of its zone in each line."""
_SOURCE: Final = "tzdata.zi"
"""All zones as text, with their version in the first line."""
_ANY: Final = "UTC"
"""A zone that each copy has: Python goes on to the next one where it is missing."""


def zones_in_use() -> frozenset[str]:
    """The names of zones that are in use for a place; none where no copy has the table of places."""
    for folder in _folders():
        with suppress(OSError):
            lines = (folder / _TABLE).read_text("utf-8").splitlines()
            places = (line.split("\t") for line in lines if not line.startswith("#"))
            return frozenset(place[2] for place in places if len(place) > 2)
    return frozenset()


def find_zone(name: str, otherwise: str) -> ZoneInfo:
    """The zone of this name; the other one where there is no name, or it names none any more: what a reader chose
    years ago may be gone from a later copy.
    """
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name or otherwise)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(otherwise)


def zones_version() -> str | None:
    """The version of the zones that Python takes, like `2026a`; None where their copy does not tell."""
    for folder in _folders():
        with suppress(OSError), (folder / _SOURCE).open(encoding="utf-8") as lines:
            return lines.readline().removeprefix("# version").strip()
        if (folder / _ANY).is_file():
            break
    return None


def _folders() -> Iterator[Path]:
    """Where Python looks for zones, in its order."""
    # Only here: whoever says a word imports this room, and hardly anybody asks for zones.
    import zoneinfo
    from importlib.resources import files

    yield from map(Path, zoneinfo.TZPATH)
    yield Path(str(files("tzdata"))) / "zoneinfo"
