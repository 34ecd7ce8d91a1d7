"""What every format says of a feed and of an entry: titles, summaries, tags as plain text. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from storage.model import Identity, Issue

_SUMMARY_LENGTH: Final = 280


_NOT_ALLOWED: Final = "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
"""Outside the Char production of XML 1.0 2.2, or allowed there and discouraged: DEL, C1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLinks:
    """The documents around one of a feed's (RFC 5005 4); what is empty is not there."""

    previous: str = ""
    """The archive of the next older issues."""
    next: str = ""
    """The archive of the next newer ones."""
    current: str = ""
    """The feed itself; only an archive says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A sound, a film or a document that goes with an entry (rule E30)."""

    url: str
    """Absolute."""
    length: int
    """Octets."""
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFacts:
    """What all formats say, each in its own words. Its strings are free of forbidden characters."""

    identity: Identity
    issues: Sequence[Issue]
    updated: datetime
    home: str
    self_url: str
    title: str
    id: str
    hub: str
    around: ChainLinks
    enclosures: Mapping[str, Sequence[Enclosure]]
    """By the guids of the issues that have any."""

    @property
    def author(self) -> str:
        """The author's name, or the title where there is none."""
        return one_line(self.identity.author) or self.title

    @property
    def description(self) -> str:
        """What the newsletter is about, or its title."""
        return one_line(self.identity.description) or self.title

    @property
    def icon(self) -> str:
        """A square picture of the newsletter, where the site keeps one for ever."""
        return f"{self.identity.url}/apple-touch-icon.png"

    @property
    def favicon(self) -> str:
        """The same, small."""
        return f"{self.identity.url}/favicon.ico"


def title_of(issue: Issue) -> str:
    """One line of plain text, never empty: Atom demands a title (RFC 4287 4.1.2)."""
    return one_line(issue.title) or one_line(issue.slug) or "Untitled"


def summary_of(issue: Issue) -> str:
    """The author's summary, else the beginning of the text, else the title."""
    return one_line(issue.summary) or _beginning(one_line(issue.text)) or title_of(issue)


def _beginning(text: str) -> str:
    if len(text) <= _SUMMARY_LENGTH:
        return text
    return text[:_SUMMARY_LENGTH].rpartition(" ")[0].rstrip(" ,;:") + " …"


def tags_of(issue: Issue) -> list[str]:
    """The issue's tags as plain text, without those that are blank."""
    return [line for tag in issue.tags if (line := one_line(tag))]


def one_line(text: str) -> str:
    """Plain text on one line."""
    return " ".join(cleaned(text).split())


def as_html(text: str) -> str:
    """Plain text as HTML, which is what an RSS description is (RSS 2.0, `<description>`)."""
    return html.escape(text, quote=False)


def content_of(issue: Issue, page: str, identity: Identity) -> str:
    """The issue's HTML; links to its own parts lead to its `page`, where they work (rule E16).

    It says itself what it is written in, where that is not the feed's language, or not from left to
    right: what shows a feed knows neither of an entry.
    """
    content = cleaned(issue.html).replace('<a href="#', f'<a href="{html.escape(page)}#')
    direction = issue.direction or identity.direction
    if not issue.language and direction == identity.direction == "ltr":
        return content
    language = issue.language or identity.language
    return f'<div lang="{html.escape(language)}" dir="{direction}">\n{content}\n</div>'


def cleaned(text: str) -> str:
    """The text without characters that XML 1.0 does not allow (section 2.2)."""
    return re.sub(_NOT_ALLOWED, "", text)  # compiled when a feed is written, not at every start


def to_second(moment: datetime) -> datetime:
    """UTC in whole seconds: what every date format here, and HTTP, can say."""
    return moment.astimezone(UTC).replace(microsecond=0)
