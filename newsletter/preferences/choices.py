"""What a reader may choose from: languages, each by its own name, and zones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final
from zoneinfo import available_timezones

from words import zones_in_use

LANGUAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "English",
        "de": "Deutsch",
        "fr": "Français",
        "es": "Español",
        "it": "Italiano",
        "pt": "Português",
        "nl": "Nederlands",
        "ja": "日本語",
        "zh": "中文（简体）",
        "zh-Hant": "中文（繁體）",
        "ar": "العربية",
    }
)
"""The languages in which the mails and pages speak."""

_NO_PLACES: Final = ("Etc", "SystemV", "US", "Brazil", "Canada", "Chile", "Mexico")
"""Older names of zones that have a place in a continent."""


@cache
def zones(chosen: str = "") -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The zones to choose from by continent or ocean, and UTC: of each place the name that is in use, and an older one
    for whoever has chosen it.
    """
    groups: dict[str, list[str]] = {}
    known = _all_zones()
    for name in sorted(_in_use() & known | {chosen} & known or known):
        groups.setdefault(name.partition("/")[0], []).append(name)
    return (("UTC", ("UTC",)), *((region, tuple(names)) for region, names in groups.items()))


@cache
def is_zone(name: str) -> bool:
    """Whether it is a zone, also by an older name of it."""
    return name == "UTC" or name in _all_zones()


@cache
def _all_zones() -> frozenset[str]:
    """Those of the IANA database that have a place, UTC apart."""
    names = (name.partition("/") for name in available_timezones())
    return frozenset(
        f"{region}/{place}" for region, _, place in names if place and region not in _NO_PLACES
    )


@cache
def _in_use() -> frozenset[str]:
    return zones_in_use()
