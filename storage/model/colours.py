"""The colours of site and mail: one palette, and what becomes of an author's accent in it. Pure.

Contrast is that of WCAG 2.2: 4.5:1 for text (1.4.3), on the page and on what is washed.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

LIGHT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "paper": "#fcfbf8", "ink": "#1f2226", "quiet": "#5a6068", "soft": "#43484f",
        "line": "#dedad1", "wash": "#f3f1eb", "mark": "#fdf0b5", "on-mark": "#1f2226",
        "accent": "#0b5563", "on-accent": "#ffffff",
        "code-k": "#8a2c6f", "code-s": "#2c6327", "code-c": "#5f656d", "code-f": "#1c4f9c",
        "code-m": "#8d4207", "code-t": "#0b5563", "code-gi": "#2c6327", "code-gd": "#a4262c",
    }
)  # fmt: skip
"""By day: paper and what is washed, ink and what is quieter, highlighted code."""

DARK: Final[Mapping[str, str]] = MappingProxyType(
    {
        "paper": "#16181b", "ink": "#e7e5e0", "quiet": "#a5aab1", "soft": "#c9cbcd",
        "line": "#363a40", "wash": "#1f2226", "mark": "#40391a", "on-mark": "#f3ead2",
        "accent": "#8ccbd8", "on-accent": "#10282d",
        "code-k": "#e3a3cf", "code-s": "#a5d39c", "code-c": "#a5aab1", "code-f": "#a3c4f7",
        "code-m": "#edb98a", "code-t": "#8ccbd8", "code-gi": "#a5d39c", "code-gd": "#f4a6a6",
    }
)  # fmt: skip
"""By night."""

_HEX: Final = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_TEXT: Final = 4.5
_NIGHT: Final = 7.0
"""Of an accent in the dark: letters that glow are read less well than their figure says."""
_VIVID: Final = 0.75
"""No more saturation than this in the dark, where full colours flicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours by name, by day and by night."""

    light: Mapping[str, str]
    dark: Mapping[str, str]


def parse_colour(text: str) -> str:
    """`#0b5` or `#0b5563` as six digits in lower case. Raises ValueError."""
    found = _HEX.fullmatch(text.strip())
    if found is None:
        raise ValueError('must be a colour like "#0b5563"')
    digits = found[1].lower()
    return f"#{digits if len(digits) == 6 else ''.join(digit * 2 for digit in digits)}"


@lru_cache(maxsize=16)
def palette_of(accent: str) -> Palette:
    """The palette with this accent, the product's own without one.

    It is darkened by day, and lightened by night, until it can be read where links stand.
    """
    if not accent:
        return Palette(light=LIGHT, dark=DARK)
    day, night = _darkened(accent), _lightened(accent)
    return Palette(
        light=MappingProxyType({**LIGHT, "accent": day, "on-accent": _on(day), "code-t": day}),
        dark=MappingProxyType({**DARK, "accent": night, "on-accent": _on(night), "code-t": night}),
    )


def contrast(one: str, other: str) -> float:
    """From 1 to 21 (WCAG 2.2, contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _darkened(accent: str) -> str:
    """The accent, or the nearest darker one that can be read by day."""
    hue, lightness, saturation = _parts(accent)
    while min(contrast(accent, LIGHT[ground]) for ground in ("paper", "wash")) < _TEXT:
        lightness = max(0.0, lightness - 0.01)
        accent = _colour(hue, lightness, saturation)
    return accent


def _lightened(accent: str) -> str:
    """The accent's hue as it can be read by night."""
    hue, lightness, saturation = _parts(accent)
    saturation = min(saturation, _VIVID)
    accent = _colour(hue, lightness, saturation)
    while min(contrast(accent, DARK[ground]) for ground in ("paper", "wash")) < _NIGHT:
        lightness = min(1.0, lightness + 0.01)
        accent = _colour(hue, lightness, saturation)
    return accent


def _on(accent: str) -> str:
    """What is read on a button of this colour."""
    return max(("#ffffff", "#101214"), key=lambda ink: contrast(ink, accent))


def _parts(colour: str) -> tuple[float, float, float]:
    return colorsys.rgb_to_hls(*(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)))


def _colour(hue: float, lightness: float, saturation: float) -> str:
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
