"""Makes the HTML: templates, the frame around every page, and the words for dates and states.

Reads its templates and style sheets once. Every link is made from the newsletter's configured
address, never from what a request says of the host (rule F8).
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from html import unescape
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from feeds.markdown import link_footnotes
from feeds.syndication import FeedFormat, feed_url, issue_url, tag_path
from newsletter.publishing import as_readers_see
from storage.model import Identity, Issue, columns
from words import LANGUAGES, words_of

_HERE: Final = Path(__file__).parent
_TABLE: Final = re.compile(r"<table>(.*?</tr>)", re.DOTALL)
_WIDE: Final = 5
"""Columns of a table that a phone has no room for."""
_CODE: Final = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")
_LONG: Final = 34
"""Characters of a line of code that a phone has no room for."""
_FEED_NAMES: Final = MappingProxyType(
    {FeedFormat.RSS: "RSS", FeedFormat.ATOM: "Atom", FeedFormat.JSON: "JSON Feed"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """One feed, as a page announces it (rule E25)."""

    name: str
    url: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the frame around a page says of it."""

    title: str
    """Of the page alone; empty on the home page."""
    path: str = ""
    """Below the newsletter's address; empty for a page that has none of its own (an error)."""
    description: str = ""
    tag: str | None = None
    """Its feeds are announced beside the newsletter's."""
    indexed: bool = True
    kind: str = "website"
    """The Open Graph type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file of the site's own, kept in memory."""

    body: bytes
    media_type: str
    etag: str


class Pages:
    """Renders the site's pages for one newsletter. Safe to share among threads."""

    def __init__(
        self, identity: Identity, *, forms_elsewhere: bool = False, name_field: bool = False
    ) -> None:
        """With `forms_elsewhere` forms lead to the newsletter's whole address: files take none. With
        `name_field` they ask for a name.
        """
        self.identity = identity
        self.words = words_of(identity.language, identity.words)
        self.assets = _load_assets()
        self._others: dict[str, Pages] = {}
        self._lock = threading.Lock()
        self.root = urlsplit(identity.url).path
        """What comes before every path of the site; empty for one that has a host to itself."""
        self._zone = ZoneInfo(identity.timezone)
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals |= {
            "identity": identity,
            "mailbox": parseaddr(identity.sender)[1],
            "link": self.link,
            "asset": self.asset_url,
            "absolute": self.absolute,
            "consent": self.consent,
            "name_field": name_field,
            "_": self.words.html,
            "_n": self.words.html_count,
            "form": self.absolute if forms_elsewhere else self.link,
        }
        self._environment.filters |= {
            "day": self._day,
            "moment": self._moment,
            "language_name": self.words.language_name,
            "local_day": self.words.day,
            "title": issue_title,
            "summary": issue_summary,
            "body": issue_body,
            "tag_segment": lambda tag: quote(tag_path(tag), safe=""),
            "segment": lambda text: quote(text, safe=""),
        }

    def render(self, template: str, frame: Frame, **context: object) -> str:
        """One page. Everything in `context` is escaped unless the template calls it safe."""
        return self._environment.get_template(template).render(
            frame=frame, feeds=self.feeds(frame.tag), **context
        )

    @property
    def consent(self) -> str:
        """The wording that a reader agrees to, as it is shown and kept (rule F9). Version 1."""
        return self.words.say(
            "Send me new issues of {title} by mail. I can leave at any time, with one click "
            "in any issue.",
            title=self.identity.title,
        )

    def in_language(self, language: str) -> Pages:
        """The same pages in a reader's language; these, without one of their own."""
        if language not in LANGUAGES or language == self.identity.language:
            return self
        with self._lock:
            found = self._others.get(language)
            if found is None:
                found = self._others[language] = Pages(replace(self.identity, language=language))
        return found

    def link(self, path: str) -> str:
        """A path of the site as a page links to it: `/archive`."""
        return f"{self.root}{path}"

    def absolute(self, path: str) -> str:
        """A path of the site with the newsletter's address before it."""
        return f"{self.identity.url}{path}"

    def asset_url(self, name: str) -> str:
        """The address of a file of the site's own, which changes whenever its content does."""
        return self.link(f"/static/{name}?{self.assets[name].etag.strip(chr(34))[:8]}")

    def feeds(self, tag: str | None = None) -> list[FeedLink]:
        """The feeds that a page announces: a tag's own before the newsletter's."""
        wanted = [tag, None] if tag is not None else [None]
        return [
            FeedLink(
                name=_feed_name(self.identity.title, which, feed_format),
                url=feed_url(self.identity.url, feed_format, which),
                media_type=feed_format.bare_type,
            )
            for which in wanted
            for feed_format in FeedFormat
        ]

    def spell_day(self, moment: datetime) -> str:
        """The day in the newsletter's zone, in words: `2 October 2026`."""
        return self.words.day(moment.astimezone(self._zone))

    def _day(self, moment: datetime) -> str:
        """`<time>` with the day."""
        return _time(moment.astimezone(self._zone), self.spell_day(moment))

    def _moment(self, moment: datetime) -> str:
        """`<time>` with day and minute in the newsletter's zone."""
        local = moment.astimezone(self._zone)
        return _time(local, self.words.moment(local))

    def year(self, issue: Issue) -> int:
        """The year in which an issue was published, in the newsletter's zone."""
        return issue.published_at.astimezone(self._zone).year


# ── an issue, read by nobody in particular ───────────────────────────────────────────────────


def issue_title(issue: Issue) -> str:
    """The title, with the defaults of its merge fields: a page has no recipient."""
    return as_readers_see(issue).title or issue.slug


def issue_summary(issue: Issue) -> str:
    """The summary, with the defaults of its merge fields."""
    return as_readers_see(issue).summary


def issue_body(issue: Issue) -> str:
    """The sanitised HTML, with the defaults of its merge fields and footnotes to click on."""
    return let_scroll(link_footnotes(as_readers_see(issue).html))


def let_scroll(html: str) -> str:
    """HTML in which whatever does not fit a phone can have the focus, to be scrolled there."""
    return _CODE.sub(_let_code_scroll, _TABLE.sub(_let_table_scroll, html))


def _let_table_scroll(table: re.Match[str]) -> str:
    """A table that does not fit a phone scrolls there, also by keyboard (WCAG 2.1.1)."""
    is_wide = table[1].count("<th") + table[1].count("<td") >= _WIDE
    return f'<table tabindex="0">{table[1]}' if is_wide else table[0]


def _let_code_scroll(code: re.Match[str]) -> str:
    """So does code with a line that does not fit."""
    lines = unescape(_TAG.sub("", code[1])).expandtabs(4).splitlines()
    is_wide = any(columns(line) > _LONG for line in lines)
    return f'<pre tabindex="0">{code[1]}</pre>' if is_wide else code[0]


def by_year(pages: Pages, issues: Sequence[Issue]) -> list[tuple[int, list[Issue]]]:
    """Issues in their order, under the year they came out in."""
    grouped: list[tuple[int, list[Issue]]] = []
    for issue in issues:
        year = pages.year(issue)
        if not grouped or grouped[-1][0] != year:
            grouped.append((year, []))
        grouped[-1][1].append(issue)
    return grouped


def issue_path(issue: Issue) -> str:
    """The path of an issue's page below the newsletter's address."""
    return issue_url("", issue.slug)


def _time(local: datetime, words: str) -> str:
    return f'<time datetime="{local.isoformat(timespec="seconds")}">{words}</time>'


def _feed_name(title: str, tag: str | None, feed_format: FeedFormat) -> str:
    about = title if tag is None else f"{title}: {tag}"
    return f"{about} ({_FEED_NAMES[feed_format]})"


_ASSET_TYPES: Final = MappingProxyType(
    {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"},
)


def _load_assets() -> dict[str, Asset]:
    assets = {}
    for file in sorted((_HERE / "static").iterdir()):
        if file.suffix in _ASSET_TYPES:
            body = file.read_bytes()
            assets[file.name] = Asset(
                body=body,
                media_type=_ASSET_TYPES[file.suffix],
                etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
            )
    return assets
