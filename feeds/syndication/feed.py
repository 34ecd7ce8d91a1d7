"""Owns the feeds: issues become RSS 2.0, Atom and JSON Feed 1.1 documents. Pure, and has no clock.

The same issues give the same bytes, in any thread, locale or process: every date is an issue's
own. Ids are the issues' guids, one per note and equal in all formats (rule E7). This is the only
user of feedgen; the comments name its habits that would break a rule.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Final, TypedDict
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

import feedgen.entry
import feedgen.feed
from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem

from storage.model.deliveries import Identity, Issue

MAX_BYTES: Final = 1_000_000
"""Bodies of all entries together; JSON Feed 1.1 calls a megabyte a burden (rule E23)."""

GENERATOR: Final = "newsletter-service"

_NO_ISSUE_YET: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""What an empty feed calls its last change: Atom demands one, and there is no clock here."""

_ATOM: Final = "http://www.w3.org/2005/Atom"
_DECLARATION_END: Final = b"?>\n"
_SUMMARY_LENGTH: Final = 280

_NOT_ALLOWED: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
)
"""Outside the Char production of XML 1.0 2.2, or allowed there and discouraged: DEL, C1."""

# feedgen's own formatter calls locale.setlocale, which changes the whole process and is not
# thread-safe, and writes three-digit years as such (rule E18). The standard library's does neither.
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = format_datetime


class FeedFormat(StrEnum):
    """The three formats; each holds the same entries under the same ids."""

    RSS = "rss"
    """RSS 2.0, in the dialect of the RSS Advisory Board's profile."""
    ATOM = "atom"
    """RFC 4287."""
    JSON = "json"
    """JSON Feed 1.1."""

    @property
    def path(self) -> str:
        """The document's name on the site, and below a tag's page."""
        return _PATHS[self]

    @property
    def media_type(self) -> str:
        """The Content-Type, with its charset (rule E19)."""
        return f"{self.bare_type}; charset=utf-8"

    @property
    def bare_type(self) -> str:
        """The media type without parameters, as a `<link type=…>` wants it (rule E25)."""
        return _MEDIA_TYPES[self]


_PATHS: Final = {
    FeedFormat.RSS: "feed.xml",
    FeedFormat.ATOM: "atom.xml",
    FeedFormat.JSON: "feed.json",
}
_MEDIA_TYPES: Final = {
    FeedFormat.RSS: "application/rss+xml",
    FeedFormat.ATOM: "application/atom+xml",
    FeedFormat.JSON: "application/feed+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A finished feed, with what HTTP needs to serve it (rule E20)."""

    body: bytes
    media_type: str
    etag: str
    """Strong and quoted, made from the body: equal bytes, equal tag (RFC 9110 8.8.3)."""
    last_modified: datetime
    """The newest change of an entry, in whole seconds. It can step back when an issue is
    withdrawn; the etag cannot be fooled and is the one to compare first (RFC 9110 13.2.2)."""


# ── ids and addresses ────────────────────────────────────────────────────────────────────────


def newsletter_namespace(url: str) -> UUID:
    """The root of a newsletter's ids, from its address; http and https give the same.

    Deterministic, so that a store rebuilt from the notes gets the same ids. Whoever moves to
    another domain keeps the guids already stored, and hands the old namespace to `build_feed`.
    """
    parts = urlsplit(url)
    return uuid5(NAMESPACE_URL, f"https://{parts.netloc.lower()}{parts.path.rstrip('/')}")


def note_guid(namespace: UUID, note_id: str) -> str:
    """The `urn:uuid:…` of a note in every format, for ever (rule E7; RFC 9562 5.5).

    The id is taken in NFC, since file systems disagree about the spelling of one path.
    """
    name = unicodedata.normalize("NFC", note_id).encode("utf-8", "backslashreplace").decode()
    return f"urn:uuid:{uuid5(namespace, f'note/{name}')}"


def feed_id(namespace: UUID, tag: str | None = None) -> str:
    """The `urn:uuid:…` of the feed itself, or of a tag's feed (RFC 4287 4.2.6)."""
    return f"urn:uuid:{uuid5(namespace, 'feed' if tag is None else f'feed/{_line(tag)}')}"


def feed_url(url: str, feed_format: FeedFormat, tag: str | None = None) -> str:
    """Where a feed is published; `url` is the newsletter's, without a trailing slash."""
    return f"{_home(url, tag)}/{feed_format.path}"


def issue_url(url: str, slug: str) -> str:
    """Where the page of an issue is published."""
    return f"{url}/issues/{quote(slug, safe='')}"


def _home(url: str, tag: str | None) -> str:
    """The page that a feed is the feed of."""
    return url if tag is None else f"{url}/tags/{quote(tag, safe='')}"


# ── the documents ────────────────────────────────────────────────────────────────────────────


def build_feed(
    feed_format: FeedFormat,
    identity: Identity,
    issues: Sequence[Issue],
    *,
    tag: str | None = None,
    hub: str = "",
    stylesheet: str = "",
    namespace: UUID | None = None,
) -> Document:
    """Builds one feed from live issues, which come newest first and stay so (rule E12).

    Entries carry the whole body; the oldest are left out beyond `MAX_BYTES`, the newest never.
    Characters that XML forbids are left out wherever they stand, so no note can break or empty
    the feed (rule E1). An empty feed is valid too.

    `hub` is announced in every format (WebSub 4). `stylesheet` is the address of a CSS file for
    people who open an XML feed in a browser (rule E26). `namespace` is needed only by a newsletter
    that has moved; see `newsletter_namespace`.
    """
    entries = _newest_that_fit(issues)
    feed = _Feed(
        identity=identity,
        issues=entries,
        updated=_second(max((issue.updated_at for issue in entries), default=_NO_ISSUE_YET)),
        home=_home(identity.url, tag),
        self_url=feed_url(identity.url, feed_format, tag),
        title=_line(identity.title if tag is None else f"{identity.title}: {tag}"),
        id=feed_id(namespace or newsletter_namespace(identity.url), tag),
        hub=hub,
    )
    body = _BUILDERS[feed_format](feed)
    if stylesheet and feed_format is not FeedFormat.JSON:
        body = _with_stylesheet(body, stylesheet)
    return Document(
        body=body,
        media_type=feed_format.media_type,
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        last_modified=feed.updated,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feed:
    """What all formats say, each in its own words. Its strings are free of forbidden characters."""

    identity: Identity
    issues: Sequence[Issue]
    updated: datetime
    home: str
    self_url: str
    title: str
    id: str
    hub: str

    @property
    def author(self) -> str:
        return _line(self.identity.author) or self.title

    @property
    def description(self) -> str:
        return _line(self.identity.description) or self.title


def _newest_that_fit(issues: Sequence[Issue]) -> Sequence[Issue]:
    """The newest issues whose bodies fit in `MAX_BYTES`, and the newest in any case.

    Measured as XML escapes them, so that every format drops the same entries.
    """
    total = 0
    for kept, issue in enumerate(issues):
        total += len(html.escape(issue.html).encode("utf-8", "replace"))
        if kept and total > MAX_BYTES:
            return issues[:kept]
    return issues


def _build_rss(feed: _Feed) -> bytes:
    generator = _generator(feed, FeedFormat.RSS)
    generator.load_extension("dc", atom=False, rss=True)
    if feed.hub:
        generator.register_extension("hub", lambda: _HubLink(feed.hub), atom=False, rss=True)
    for issue in feed.issues:
        entry = _add_entry(generator, feed, issue)
        # An RSS author is an e-mail address; a name alone is Dublin Core's creator (rule E27).
        entry.dc.dc_creator(feed.author)
    document: bytes = generator.rss_str(pretty=True)
    return document


def _build_atom(feed: _Feed) -> bytes:
    generator = _generator(feed, FeedFormat.ATOM)
    for issue in feed.issues:
        _add_entry(generator, feed, issue)
    document: bytes = generator.atom_str(pretty=True)
    return document


def _generator(feed: _Feed, feed_format: FeedFormat) -> FeedGenerator:
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.description(feed.description)
    generator.language(feed.identity.language)
    generator.author(name=feed.author)
    generator.generator(GENERATOR)
    generator.docs("https://www.rssboard.org/rss-specification")
    generator.updated(feed.updated)  # feedgen would say now (rule E8)
    if feed.hub and feed_format is FeedFormat.ATOM:
        generator.link(href=feed.hub, rel="hub")
    generator.link(href=feed.self_url, rel="self", type=feed_format.bare_type)
    # The last link of any kind becomes the channel's link (rule E3): the site comes last.
    generator.link(href=feed.home, rel="alternate", type="text/html")
    return generator


def _add_entry(generator: FeedGenerator, feed: _Feed, issue: Issue) -> FeedEntry:
    entry = generator.add_entry(order="append")  # feedgen would prepend (rule E12)
    entry.id(issue.guid)  # in RSS this is a guid with isPermaLink="false"
    entry.title(_title(issue))
    entry.link(href=issue_url(feed.identity.url, issue.slug), rel="alternate", type="text/html")
    entry.summary(_summary(issue))  # without it RSS would have no content:encoded (rule E13)
    entry.content(_cleaned(issue.html), type="html")  # "CDATA" would be written as a type (E14)
    entry.published(_second(issue.published_at))
    entry.updated(_second(issue.updated_at))
    for tag in _tags(issue):
        entry.category(term=tag)
    return entry


class _HubLink:
    """Writes the WebSub hub into an RSS channel, which feedgen never does (rule E5)."""

    def __init__(self, href: str) -> None:
        self._href = href

    def extend_ns(self) -> dict[str, str]:
        return {}

    def extend_rss(self, root: Sequence[object]) -> None:
        xml_elem(f"{{{_ATOM}}}link", root[0], href=self._href, rel="hub")


def _with_stylesheet(body: bytes, href: str) -> bytes:
    instruction = f'<?xml-stylesheet type="text/css" href="{html.escape(href)}"?>\n'.encode()
    declaration, end, document = body.partition(_DECLARATION_END)
    return declaration + end + instruction + document


# ── JSON Feed ────────────────────────────────────────────────────────────────────────────────


class _Hub(TypedDict):
    type: str
    url: str


class _Author(TypedDict):
    name: str
    url: str


class _Item(TypedDict):
    id: str
    url: str
    title: str
    summary: str
    content_html: str
    date_published: str
    date_modified: str
    tags: list[str]


class _JsonFeed(TypedDict, total=False):
    version: str
    title: str
    home_page_url: str
    feed_url: str
    description: str
    language: str
    authors: list[_Author]
    hubs: list[_Hub]
    items: list[_Item]


def _build_json(feed: _Feed) -> bytes:
    document = _JsonFeed(
        version="https://jsonfeed.org/version/1.1",
        title=feed.title,
        home_page_url=feed.home,
        feed_url=feed.self_url,
        description=feed.description,
        language=feed.identity.language,
        authors=[_Author(name=feed.author, url=feed.identity.url)],
    )
    if feed.hub:
        document["hubs"] = [_Hub(type="WebSub", url=feed.hub)]
    document["items"] = [_item(feed, issue) for issue in feed.issues]
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _item(feed: _Feed, issue: Issue) -> _Item:
    return _Item(
        id=issue.guid,
        url=issue_url(feed.identity.url, issue.slug),
        title=_title(issue),
        summary=_summary(issue),
        content_html=_cleaned(issue.html),
        date_published=_second(issue.published_at).isoformat(),
        date_modified=_second(issue.updated_at).isoformat(),
        tags=_tags(issue),
    )


_BUILDERS: Final = {
    FeedFormat.RSS: _build_rss,
    FeedFormat.ATOM: _build_atom,
    FeedFormat.JSON: _build_json,
}


# ── what an entry says ───────────────────────────────────────────────────────────────────────


def _title(issue: Issue) -> str:
    """One line of plain text, never empty: Atom demands a title (RFC 4287 4.1.2)."""
    return _line(issue.title) or _line(issue.slug) or "Untitled"


def _summary(issue: Issue) -> str:
    """The author's summary, else the beginning of the text, else the title."""
    return _line(issue.summary) or _beginning(_line(issue.text)) or _title(issue)


def _beginning(text: str) -> str:
    if len(text) <= _SUMMARY_LENGTH:
        return text
    return text[:_SUMMARY_LENGTH].rpartition(" ")[0].rstrip(" ,;:") + " …"


def _tags(issue: Issue) -> list[str]:
    return [line for tag in issue.tags if (line := _line(tag))]


def _line(text: str) -> str:
    """Plain text on one line."""
    return " ".join(_cleaned(text).split())


def _cleaned(text: str) -> str:
    return _NOT_ALLOWED.sub("", text)


def _second(moment: datetime) -> datetime:
    """UTC in whole seconds: what every date format here, and HTTP, can say."""
    return moment.astimezone(UTC).replace(microsecond=0)
