"""Small marks within a line: `==mark==`, `:tada:`, `*[ABBR]: text`, sub- and superscript. Pure."""

from __future__ import annotations

import re
from typing import Final

_MARK: Final = re.compile(r"==(?<![=\w]==)(?=[^\s=])([^=\n]{1,500}?)(?<=\S)==(?![=\w])")
_EMOJI: Final = re.compile(r":(?<![\w:/]:)([a-z0-9_+-]{1,50}):(?![\w:/])")
"""Here, as everywhere in this room, what is looked for begins with what it is seldom mistaken for, and not
with what must not stand before it: a search is quick from one colon to the next."""
_ABBREVIATION: Final = re.compile(
    r"^[ \t]{0,3}\*\[([^\]\n]{1,60})\]:[ \t]*([^\n]{1,300})$", re.MULTILINE
)
_SUB: Final = re.compile(r"(?<![~\\])~(?=[^\s~])([^\s~]{1,60})~(?!~)")
_SUP: Final = re.compile(r"(?<![\^\\\[])\^(?=[^\s^\[])([^\s^]{1,60})\^(?!\^)")
_MOST: Final = 200
"""Abbreviations of one note."""


def mark_words(text: str, *, scripts: bool) -> str:
    """The text with marks and emoji; `scripts` says whether `~a~` and `^a^` are meant."""
    if "==" in text:
        text = _MARK.sub(r"<mark>\1</mark>", text)
    if ":" in text:
        text = _EMOJI.sub(_emoji, text)
    if scripts:
        text = _SUP.sub(r"<sup>\1</sup>", _SUB.sub(r"<sub>\1</sub>", text))
    return text


def take_abbreviations(text: str) -> tuple[str, dict[str, str]]:
    """The text without the definitions of abbreviations, and what they say."""
    found: dict[str, str] = {}
    if "*[" not in text:
        return text, found
    for match in _ABBREVIATION.finditer(text):
        if len(found) < _MOST:
            found.setdefault(match[1].strip(), match[2].strip())
    return (_ABBREVIATION.sub("", text) if found else text), found


def _emoji(found: re.Match[str]) -> str:
    from emoji import emojize

    return emojize(found[0], language="alias")
