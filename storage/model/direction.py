"""Which way a language is written (BCP 47). Pure."""

from __future__ import annotations

import re
from itertools import takewhile
from types import MappingProxyType
from typing import Final

_LANGUAGES: Final = frozenset(
    [
        "acm",
        "acq",
        "aeb",
        "afb",
        "ajp",
        "apc",
        "apd",
        "ar",
        "arb",
        "arc",
        "ars",
        "ary",
        "arz",
        "azb",
        "bal",
        "bgn",
        "bqi",
        "ckb",
        "dv",
        "fa",
        "glk",
        "haz",
        "he",
        "iw",
        "ji",
        "ks",
        "lrc",
        "luz",
        "mzn",
        "nqo",
        "pes",
        "pnb",
        "prs",
        "ps",
        "sd",
        "sdh",
        "skr",
        "syc",
        "syr",
        "trw",
        "ug",
        "ur",
        "yi",
    ]
)
"""Languages that are written so where neither script nor region says otherwise; Kurdish without
either is Kurmanji, in Latin letters."""

_SCRIPTS: Final = frozenset(
    ["adlm", "arab", "aran", "hebr", "mand", "mend", "nkoo", "rohg", "samr", "syrc", "thaa"]
)
"""Scripts that are written so (ISO 15924)."""

_BY_REGION: Final = MappingProxyType(
    {
        ("az", "iq"): True, ("az", "ir"): True, ("kk", "cn"): True, ("ku", "iq"): True,
        ("ku", "ir"): True, ("ky", "cn"): True, ("pa", "pk"): True, ("uz", "af"): True,
        ("sd", "in"): False, ("ug", "kz"): False,
    }
)  # fmt: skip
"""Where a language is written in another direction than elsewhere."""

_LETTERS: Final = re.compile(r"[^\W\d_]+")
_FROM_THE_RIGHT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001eeff]+"
)
"""Letters of such scripts (the blocks that UAX 9 keeps for them)."""
_LOOKED_AT: Final = 2000
"""Characters of a text by which its direction is told."""
_NEARLY_ALL: Final = 0.9


def direction_of(tag: str) -> str:
    """`rtl` or `ltr`: by the script that the tag names, else by its region, else by its language."""
    language, *more = tag.lower().split("-")
    # What follows a single letter is an extension (RFC 5646 2.2.6).
    rest = list(takewhile(lambda tag: len(tag) > 1, more))
    script = next((tag for tag in rest if len(tag) == 4 and tag.isalpha()), "")
    region = next((tag for tag in rest if len(tag) == 2), "")
    rtl = _BY_REGION.get((language, region), language in _LANGUAGES)
    return "rtl" if (script in _SCRIPTS if script else rtl) else "ltr"


def direction_seen(title: str, text: str) -> str:
    """`rtl` or `ltr` where the letters of a text say so clearly: nearly all of them, and none of its title otherwise.

    Empty where they do not: words of another script within a text, code above all, are no language of it.
    """
    titled, told = _share_from_the_right(title), _share_from_the_right(text[:_LOOKED_AT])
    if told is None:
        told = titled
    if told is None:
        return ""
    if told >= _NEARLY_ALL and titled in (None, 1.0):
        return "rtl"
    return "ltr" if told <= 1 - _NEARLY_ALL and titled in (None, 0.0) else ""


def _share_from_the_right(text: str) -> float | None:
    """Of its letters; nothing if it has none."""
    letters = "".join(_LETTERS.findall(text))
    return 1 - len(_FROM_THE_RIGHT.sub("", letters)) / len(letters) if letters else None
