"""Small marks within a line: `==mark==`, `:tada:`, `*[ABBR]: text`, sub- and superscript. Pure."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from feeds.markdown.characters import clean_line
from feeds.markdown.dialects.masks import hide_formulas

_SPACED: Final = r"A-Za-z0-9_\u00c0-\u024f\u0370-\u0dff"
"""Letters of scripts that have blanks between words; in Chinese or Japanese a mark begins anywhere."""
_MARK: Final = re.compile(
    rf"==(?<![={_SPACED}]==)(?=[^\s=])((?:[^=\n]|\n(?![ \t]*\n)){{1,500}}?)(?<=\S)==(?![={_SPACED}])"
)
_EMOJI: Final = re.compile(
    rf":(?<![{_SPACED}:/]:)[a-z0-9_+-]{{1,50}}:(?::[a-z0-9_+-]{{1,50}}:){{0,20}}(?![{_SPACED}:/])"
)
"""Here, as everywhere in this room, what is looked for begins with what it is seldom mistaken for, and not
with what must not stand before it: a search is quick from one colon to the next."""
_ABBREVIATION: Final = re.compile(
    r"^[ \t]{0,3}\*\[([^\]\n]{1,60})\]:[ \t]*([^\n]{1,300})$", re.MULTILINE
)
_SUB: Final = re.compile(r"(?<![~\\])~(?=[^\s~])([^\s~]{1,60})~(?!~)")
_SUP: Final = re.compile(r"(?<![\^\\\[])\^(?=[^\s^\[])([^\s^]{1,60})\^(?!\^)")
_OWN_ID: Final = re.compile(
    r"(?<![ \t])[ \t]*\{:?[ \t]*[#.][\w.:-]{1,100}(?:[ \t][^{}\n]{0,200})?\}[ \t]*#*[ \t]*\Z"
)
"""A heading's own id or class, at its end."""
_CODE: Final = re.compile(r"(?<!`)`([^`\n]{1,200})`(?!`)")
_STRONG: Final = re.compile(
    rf"(?<![{_SPACED}*\\])\*\*(?=[^\s*])([^*\n]{{1,200}})(?<=\S)\*\*(?![{_SPACED}*])"
)
_EMPHASIS: Final = re.compile(
    rf"(?<![{_SPACED}*\\])\*(?=[^\s*])([^*\n]{{1,200}})(?<=\S)\*(?![{_SPACED}*])"
)
_LINK: Final = re.compile(r"(?<!!)\[([^\[\]\n]{1,200})\]\((?:https?://|/|\.)[^()\s]{1,500}\)")
_SHOWN: Final = re.compile(
    r"!\[[^\[\]\n]{0,300}\]\([^()\s]{1,500}(?:\.(?:png|jpe?g|gif|webp|avif|svg))(?:[?#][^()\s]{0,300})?\)",
    re.IGNORECASE,
)
"""A picture, of whose words none belong to a line."""
_PAIRED: Final = re.compile(
    r"<(b|i|em|strong|code|kbd|sub|sup|small|mark|span|u|s|q|cite|abbr)(?:\s[^<>]{0,200})?>([^<>]{0,300})</\1>"
)
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,20});")
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


def bare_words(line: str) -> str:
    """A line without the marks that words within it carry, as a title is shown; emoji by name as emoji."""
    if "==" in line:
        line = _MARK.sub(r"\1", line)
    if "{" in line:
        line = _OWN_ID.sub("", line)
    return _EMOJI.sub(_emoji, line) if line.count(":") > 1 else line


def unmark(line: str) -> str:
    """A line that is no Markdown, whose author wrote some all the same, or HTML: `A *word* &amp; <b>more</b>`.

    What is not whole stays as it is: `a * b`, `Vec<T>`, `<b>`.
    """
    if "`" in line or "*" in line or "](" in line:
        line = _SHOWN.sub("", line) if "![" in line else line
        for mark in (_CODE, _STRONG, _EMPHASIS, _LINK):
            line = mark.sub(r"\1", line)
    if "</" in line:
        line = _PAIRED.sub(r"\2", _PAIRED.sub(r"\2", line))
    return bare_words(_ENTITY.sub(lambda found: unescape(found[0]), line) if "&" in line else line)


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


def plain_line(text: str) -> str:
    """A line that is no Markdown, such as a title, with its formulas in Unicode or as bare TeX, and without
    the marks that it has all the same.
    """
    hidden, formulas = hide_formulas(text)
    return clean_line(formulas.as_plain(unmark(hidden)))
