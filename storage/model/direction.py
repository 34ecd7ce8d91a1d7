"""Which way a language is written (BCP 47). Pure."""

from __future__ import annotations

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


def direction_of(tag: str) -> str:
    """`rtl` or `ltr`: by the script that the tag names, else by its region, else by its language."""
    language, *more = tag.lower().split("-")
    # What follows a single letter is an extension (RFC 5646 2.2.6).
    rest = list(takewhile(lambda tag: len(tag) > 1, more))
    script = next((tag for tag in rest if len(tag) == 4 and tag.isalpha()), "")
    region = next((tag for tag in rest if len(tag) == 2), "")
    rtl = _BY_REGION.get((language, region), language in _LANGUAGES)
    return "rtl" if (script in _SCRIPTS if script else rtl) else "ltr"
