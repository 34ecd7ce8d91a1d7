"""What pages say of an issue: title, summary, body, its outline, how long it takes. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from math import ceil
from typing import Final

from feeds.markdown import link_footnotes
from feeds.syndication import issue_url
from newsletter.publishing import as_readers_see
from storage.model import Identity, Issue, columns, mark_stress

_TABLE: Final = re.compile(r"<table>(.*?</tr>)", re.DOTALL)
_WIDE: Final = 5
"""Columns of a table that a phone has no room for."""
_CODE: Final = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")
_LONG: Final = 34
"""Characters of a line of code that a phone has no room for."""
_HEADING: Final = re.compile(r'<h([23])\b[^>]*\bid="([^"]+)"[^>]*>(.*?)</h\1>', re.DOTALL)
_REFERENCE: Final = re.compile(r"<sup\b[^>]*>.*?</sup>", re.DOTALL)
_HEADINGS: Final = 4
"""How many headings make an outline worth its place."""
_WORTH: Final = 4
"""Minutes of an issue that has an outline."""
_WORDS: Final = 230
"""Words in a minute (Brysbaert 2019: 238 in English, fewer in most others)."""
_LETTERS: Final = 450
"""Letters in a minute where words have no blanks between them."""
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A line of an issue's outline."""

    level: int
    """2 or 3."""
    id: str
    text: str


def issue_path(issue: Issue) -> str:
    """The path of an issue's page below the newsletter's address."""
    return issue_url("", issue.slug)


def preview_path(issue: Issue) -> str:
    """The path, not quoted, of the preview picture that is made from an issue's title."""
    return f"/media/.preview/{issue.slug}.png"


_FORMULA: Final = re.compile(r"<math\b.*?</math>", re.DOTALL)
_WITH_FORMULA: Final = re.compile(
    r"<p>((?:(?!</p>).){0,4000}?<math\b(?:(?!</p>).){0,20000}?)</p>", re.DOTALL
)
_SAYING: Final = 3
"""Letters of a piece that are no chance."""
_PARAGRAPHS: Final = 12
"""Those with formulas that are compared with the summary: one of the first is what it is made of."""


def issue_title(issue: Issue) -> str:
    """The title, with the defaults of its merge fields: a page has no recipient."""
    return as_readers_see(issue).title or issue.slug


def issue_summary(issue: Issue) -> str:
    """The summary, with the defaults of its merge fields."""
    return as_readers_see(issue).summary


def issue_lead(issue: Issue) -> str:
    """The summary that stands under the title; empty where the text says it anyway."""
    seen = as_readers_see(issue)
    summary = _bare(seen.summary.rstrip("….").rstrip())
    html = _REFERENCE.sub("", seen.html)
    said = summary in _bare(_text(html)) or _says_around_formulas(html, summary)
    return "" if said else seen.summary


def _says_around_formulas(html: str, summary: str) -> bool:
    """Whether a paragraph says what the summary does, which has its formulas in other letters."""
    for paragraph in _WITH_FORMULA.findall(html)[:_PARAGRAPHS]:
        *pieces, last = (_bare(_text(piece)) for piece in _FORMULA.split(paragraph))
        pieces.append(last.rstrip("…."))
        if any(len(piece) >= _SAYING for piece in pieces) and _is_made_of(summary, pieces):
            return True
    return False


def _is_made_of(summary: str, pieces: Sequence[str]) -> bool:
    """Whether the summary is these pieces with something short between each two, or is cut within one."""
    if not summary.startswith(pieces[0]):
        return False
    at = len(pieces[0])
    for piece in pieces[1:]:
        found = summary.find(piece, at)
        if found < 0:
            rest = summary[at:]
            ends = range(max(0, len(rest) - len(piece)), len(rest) - _SAYING + 1)
            return any(piece.startswith(rest[start:]) for start in ends)
        at = found + len(piece)
    return at == len(summary) or not pieces[-1]


def issue_body(issue: Issue) -> str:
    """The sanitised HTML, with the defaults of its merge fields and footnotes to click on."""
    return mark_stress(let_scroll(link_footnotes(as_readers_see(issue).html)))


def issue_outline(issue: Issue) -> list[Heading]:
    """The headings of a long issue; empty for a short one, and for one that lists its parts itself."""
    html = as_readers_see(issue).html
    if 'class="contents"' in html or issue_minutes(issue) < _WORTH:
        return []
    found = [
        Heading(
            level=int(level),
            id=unescape(name),
            text=" ".join(_text(_REFERENCE.sub("", words)).split()),
        )
        for level, name, words in _HEADING.findall(html)
    ]
    return found if len(found) >= _HEADINGS else []


def issue_minutes(issue: Issue) -> int:
    """How long it takes to read, code and notes included; at least 1."""
    text = as_readers_see(issue).text
    letters = len(_UNSPACED.findall(text))
    words = len(_UNSPACED.sub(" ", text).split())
    return max(1, ceil(words / _WORDS + letters / _LETTERS))


def issue_data(issue: Issue, identity: Identity, url: str, image: str) -> str:
    """The issue as a BlogPosting (schema.org), as JSON that may stand in HTML."""
    seen = as_readers_see(issue)
    profiles = [url for _, url in identity.links if url.startswith("http")]
    author = {"@type": "Person", "name": identity.author, "url": f"{identity.url}/about"}
    data = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": issue_title(issue),
        "description": seen.summary,
        "url": url,
        "mainEntityOfPage": url,
        "datePublished": issue.published_at.isoformat(timespec="seconds"),
        "dateModified": issue.updated_at.isoformat(timespec="seconds"),
        "inLanguage": issue.language or identity.language,
        "keywords": list(issue.tags),
        "image": image,
        "author": author | ({"sameAs": profiles} if profiles else {}),
        "publisher": {"@type": "Organization", "name": identity.title, "url": identity.url},
        "isPartOf": {"@type": "Blog", "name": identity.title, "url": f"{identity.url}/"},
    }
    said = json.dumps({name: value for name, value in data.items() if value}, ensure_ascii=False)
    for sign, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        said = said.replace(sign, code)
    return said


def let_scroll(html: str) -> str:
    """HTML in which whatever does not fit a phone can have the focus, to be scrolled there."""
    return _CODE.sub(_let_code_scroll, _TABLE.sub(_let_table_scroll, html))


def _let_table_scroll(table: re.Match[str]) -> str:
    """A table that does not fit a phone scrolls there, also by keyboard (WCAG 2.1.1)."""
    is_wide = table[1].count("<th") + table[1].count("<td") >= _WIDE
    return f'<table tabindex="0">{table[1]}' if is_wide else table[0]


def _let_code_scroll(code: re.Match[str]) -> str:
    """So does code with a line that does not fit."""
    lines = _text(code[1]).expandtabs(4).splitlines()
    is_wide = any(columns(line) > _LONG for line in lines)
    return f'<pre tabindex="0">{code[1]}</pre>' if is_wide else code[0]


def _text(html: str) -> str:
    return unescape(_TAG.sub("", html))


def _bare(text: str) -> str:
    return "".join(text.split())
