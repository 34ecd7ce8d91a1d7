"""Where a form stood that somebody sent, and which words stood beside it, as far as can be known. Pure.

It is kept as proof of consent. A browser says which page it was; a program can say anything, and then it
has said so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_LONGEST: Final = 500
_UNSEEN: Final = re.compile(r"[\x00-\x20\x7f-\x9f]")
_SPACE: Final = re.compile(r"\s+")
_LONGEST_WORDS: Final = 1000
_UNTOLD: Final = "(the page did not tell which words it showed)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One form."""

    page: str
    """The address of the page, without what follows `?`."""
    words: str


def find_standing(
    *, home: str, form: str, words: str, referer: str, origin: str, told: str
) -> Standing:
    """From the fields of a request.

    `home` is the newsletter's address, `form` the page of its own form and `words` what stands there:
    both are believed of a request that says nothing else. `told` are the words that a form on another
    site says it showed.
    """
    page = read_page(referer) or read_page(origin)
    if not page:
        return Standing(page=form, words=words)
    if page == home or page.startswith(f"{home}/"):
        return Standing(page=page, words=words)
    shown = _SPACE.sub(" ", told[:_LONGEST_WORDS]).strip()
    return Standing(page=page, words=shown or _UNTOLD)


def read_page(address: str) -> str:
    """A page's address without login, query and fragment; empty for what is none."""
    if len(address) > 4 * _LONGEST or _UNSEEN.search(address):
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme not in ("http", "https") or not host:
        return ""
    return f"{parts.scheme}://{host}{parts.path}".rstrip("/")[:_LONGEST]
