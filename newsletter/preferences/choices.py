"""What a reader may choose from: languages, each by its own name, and zones. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final
from zoneinfo import available_timezones

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
def zones() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The zones of the IANA database by continent or ocean, and UTC."""
    groups: dict[str, list[str]] = {}
    for name in sorted(available_timezones()):
        region, slash, _ = name.partition("/")
        if slash and region not in _NO_PLACES:
            groups.setdefault(region, []).append(name)
    return (("UTC", ("UTC",)), *((region, tuple(names)) for region, names in groups.items()))


@cache
def is_zone(name: str) -> bool:
    """Whether it is one of these."""
    return any(name in names for _, names in zones())
