"""Owns the feeds: issues become RSS 2.0, Atom and JSON Feed 1.1 documents. Pure, and has no clock.

The same issues give the same bytes, in any thread, locale or process: every date is an issue's
own. Ids are the issues' guids, one per note and equal in all formats (rule E7). This is the only
user of feedgen; the comments name its habits that would break a rule.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import feedgen.entry
import feedgen.feed
from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem

from feeds.syndication.entries import (
    ChainLinks,
    Enclosure,
    FeedFacts,
    as_html,
    cleaned,
    content_of,
    one_line,
    summary_of,
    tags_of,
    title_of,
    to_second,
)
from feeds.syndication.ids import (
    FeedFormat,
    archive_url,
    atom_id,
    feed_id,
    feed_url,
    home_of,
    newsletter_namespace,
    place_of,
)
from feeds.syndication.jsonfeed import build_json
from storage.model import Identity, Issue

MAX_BYTES: Final = 1_000_000
"""All entries together; JSON Feed 1.1 calls a megabyte a burden (rule E23)."""

_MARKUP: Final = 400
"""Octets of elements, ids, dates and indentation around each text of an entry, at most."""

GENERATOR: Final = "newsletter-service"

_NO_ISSUE_YET: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""What an empty feed calls its last change: Atom demands one, and there is no clock here."""

_ATOM: Final = "http://www.w3.org/2005/Atom"
_HISTORY: Final = "http://purl.org/syndication/history/1.0"
_DECLARATION_END: Final = b"?>\n"


# feedgen's own formatter calls locale.setlocale, which changes the whole process and is not
# thread-safe, and writes three-digit years as such (rule E18). The standard library's does neither.
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = format_datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a document stands among a feed and its archives, which are numbered from the oldest."""

    archives: int = 0
    """How many there are."""
    number: int | None = None
    """Of this one; None for the feed itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A finished feed, with what HTTP needs to serve it (rule E20)."""

    body: bytes
    media_type: str
    etag: str
    """Strong and quoted, made from the body: equal bytes, equal tag (RFC 9110 8.8.3)."""
    last_modified: datetime
    """What a later state is later than, in whole seconds; it may be a little ahead of the clock, and
    a server says no later time than its own (RFC 9110 8.8.2.1)."""
    has_files: bool = False
    """Whether it tells the sizes of files, which can change when no issue does (rule E30)."""


_THE_FEED: Final = Spot()


# ── the documents ────────────────────────────────────────────────────────────────────────────


def build_feed(
    feed_format: FeedFormat,
    identity: Identity,
    issues: Sequence[Issue],
    *,
    tag: str | None = None,
    spot: Spot = _THE_FEED,
    hub: str = "",
    stylesheet: str = "",
    namespace: UUID | None = None,
    changed_at: datetime | None = None,
    modified: datetime | None = None,
    enclosures: Mapping[str, Sequence[Enclosure]] = MappingProxyType({}),
    own_url: str = "",
) -> Document:
    """Builds one feed from live issues, which come newest first and stay so (rule E12).

    Entries carry the whole body; the oldest are left out beyond `MAX_BYTES`, the newest never.
    Characters that XML forbids are left out wherever they stand, so no note can break or empty
    the feed (rule E1). An empty feed is valid too.

    `spot` says which document of the feed this is; an archive names no hub, which would not tell of it.
    `hub` is announced in every format (WebSub 4). `stylesheet` is the address of a CSS file for
    people who open an XML feed in a browser (rule E26). `namespace` is needed only by a newsletter
    that has moved; see `newsletter_namespace`. `changed_at` is when the archive last changed in any
    way, which is later than any entry's time when one was withdrawn, or is older than one that stands
    before it; `modified` is the same for HTTP (see Document). Without them it is the newest entry's. `enclosures` are by guid; RSS shows the
    first of an entry. `own_url` is where it is, if that is nowhere that the others know.
    """
    entries = _newest_that_fit(issues)
    newest = max((issue.updated_at for issue in entries), default=_NO_ISSUE_YET)
    feed = FeedFacts(
        identity=identity,
        issues=entries,
        updated=to_second(changed_at or newest),
        home=home_of(identity.url, tag),
        self_url=own_url or _own_url(identity.url, feed_format, tag, spot),
        title=one_line(identity.title if tag is None else f"{identity.title}: {tag}"),
        id=feed_id(namespace or newsletter_namespace(identity.url), tag),
        hub=hub if spot.number is None else "",
        around=_links_around(identity.url, feed_format, tag, spot),
        enclosures=enclosures,
    )
    body = _BUILDERS[feed_format](feed)
    if stylesheet and feed_format is not FeedFormat.JSON:
        body = _with_stylesheet(body, stylesheet)
    return Document(
        body=body,
        media_type=feed_format.media_type,
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        last_modified=to_second(modified) if modified else feed.updated,
        has_files=any(enclosures.values()),
    )


def _own_url(url: str, feed_format: FeedFormat, tag: str | None, spot: Spot) -> str:
    """A page of a JSON feed still names the feed: `feed_url` is what is subscribed to."""
    if spot.number is None or feed_format is FeedFormat.JSON:
        return feed_url(url, feed_format, tag)
    return archive_url(url, feed_format, tag, spot.number)


def _links_around(url: str, feed_format: FeedFormat, tag: str | None, spot: Spot) -> ChainLinks:
    number = spot.archives + 1 if spot.number is None else spot.number

    def archive(wanted: int) -> str:
        there = 1 <= wanted <= spot.archives
        return archive_url(url, feed_format, tag, wanted) if there else ""

    return ChainLinks(
        previous=archive(number - 1),
        next=archive(number + 1),
        current="" if spot.number is None else feed_url(url, feed_format, tag),
    )


def _newest_that_fit(issues: Sequence[Issue]) -> Sequence[Issue]:
    """The newest issues that fit in `MAX_BYTES` with all that is said of them, and the newest in
    any case.

    Measured for the format that needs most, so that every format drops the same entries.
    """
    total = 0
    for kept, issue in enumerate(issues):
        total += _size(issue)
        if kept and total > MAX_BYTES:
            return issues[:kept]
    return issues


def _size(issue: Issue) -> int:
    """Octets of an entry, at most."""
    marks = [title_of(issue), issue.slug, *tags_of(issue)]
    words = [cleaned(issue.html), as_html(summary_of(issue)), *marks]
    return _MARKUP * (len(marks) + 1) + sum(map(_escaped_size, words))


def _escaped_size(text: str) -> int:
    as_json = json.dumps(text, ensure_ascii=False)
    return max(len(html.escape(text).encode()), len(as_json.encode()))


def _build_rss(feed: FeedFacts) -> bytes:
    generator = _generator(feed, FeedFormat.RSS)
    generator.load_extension("dc", atom=False, rss=True)
    for issue in feed.issues:
        entry = _add_entry(generator, feed, issue, FeedFormat.RSS)
        for one in feed.enclosures.get(issue.guid, ())[:1]:  # RSS 2.0 knows one
            entry.enclosure(one.url, one.length, one.type)
        entry.summary(as_html(summary_of(issue)))
        # An RSS author is an e-mail address; a name alone is Dublin Core's creator (rule E27).
        entry.dc.dc_creator(feed.author)
        if issue.language:  # nor has an item a language
            entry.dc.dc_language(issue.language)
    document: bytes = generator.rss_str(pretty=True)
    return document


def _build_atom(feed: FeedFacts) -> bytes:
    generator = _generator(feed, FeedFormat.ATOM)
    for issue in feed.issues:
        entry = _add_entry(generator, feed, issue, FeedFormat.ATOM)
        if enclosures := feed.enclosures.get(issue.guid):
            entry.register_extension("files", partial(_EntryFiles, enclosures), rss=False)
        if issue.language:
            entry.register_extension("language", partial(_EntryLanguage, issue.language), rss=False)
    document: bytes = generator.atom_str(pretty=True)
    return document


def _generator(feed: FeedFacts, feed_format: FeedFormat) -> FeedGenerator:
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.description(feed.description)
    generator.language(feed.identity.language)
    generator.author(name=feed.author)
    generator.generator(GENERATOR)
    generator.docs("https://www.rssboard.org/rss-specification")
    generator.updated(feed.updated)  # feedgen would say now (rule E8)
    if feed_format is FeedFormat.ATOM:
        generator.icon(feed.icon)  # RFC 4287 4.2.5
    else:
        generator.image(url=feed.icon, title=feed.title, link=feed.home)
    if feed.hub and feed_format is FeedFormat.ATOM:
        generator.link(href=feed.hub, rel="hub")
    generator.link(href=feed.self_url, rel="self", type=feed_format.bare_type)
    # The last link of any kind becomes the channel's link (rule E3): the site comes last.
    generator.link(href=feed.home, rel="alternate", type="text/html")
    generator.register_extension("channel", lambda: _ChannelLinks(feed), atom=True, rss=True)
    return generator


def _add_entry(
    generator: FeedGenerator, feed: FeedFacts, issue: Issue, feed_format: FeedFormat
) -> FeedEntry:
    entry = generator.add_entry(order="append")  # feedgen would prepend (rule E12)
    # In RSS this is a guid with isPermaLink="false".
    entry.id(atom_id(issue.guid) if feed_format is FeedFormat.ATOM else issue.guid)
    entry.title(title_of(issue))
    page = place_of(feed.identity.url, issue)
    entry.link(href=page, rel="alternate", type="text/html")
    entry.summary(summary_of(issue))  # without it RSS would have no content:encoded (rule E13)
    # "CDATA" would be written as a type (E14).
    entry.content(content_of(issue, page, feed.identity), type="html")
    entry.published(to_second(issue.published_at))
    entry.updated(to_second(issue.updated_at))
    entry.category([{"term": tag} for tag in tags_of(issue)])
    return entry


class _EntryLanguage:
    """Says what an Atom entry is written in (RFC 4287 2), which feedgen does for whole feeds only."""

    def __init__(self, language: str) -> None:
        self._language = language

    def extend_atom(self, entry: Any) -> None:
        """On the entry itself."""
        entry.set("{http://www.w3.org/XML/1998/namespace}lang", self._language)


class _EntryFiles:
    """Writes an Atom entry's enclosures (RFC 4287 4.2.7.2): feedgen writes an entry's links without
    their relation, type and length.
    """

    def __init__(self, enclosures: Sequence[Enclosure]) -> None:
        self._enclosures = enclosures

    def extend_atom(self, entry: object) -> None:
        """After feedgen's own elements."""
        for one in self._enclosures:
            xml_elem(
                "link", entry, href=one.url, rel="enclosure", type=one.type, length=str(one.length)
            )


class _ChannelLinks:
    """Writes what feedgen does not: the hub into RSS (rule E5), and the archives' links (rule E24)."""

    def __init__(self, feed: FeedFacts) -> None:
        self._feed = feed
        self._around = [
            ("prev-archive", feed.around.previous),
            ("next-archive", feed.around.next),
            ("current", feed.around.current),
        ]

    def extend_ns(self) -> dict[str, str]:
        """The history's prefix, where it is used."""
        return {"fh": _HISTORY} if self._feed.around.current else {}

    def extend_atom(self, root: object) -> None:
        """In feedgen's tree of Atom no element has a namespace; its root says which it is."""
        self._write(root, "link", self._around)

    def extend_rss(self, root: Sequence[object]) -> None:
        """Links in RSS are Atom's."""
        self._write(root[0], f"{{{_ATOM}}}link", [("hub", self._feed.hub), *self._around])

    def _write(self, parent: object, link: str, links: Sequence[tuple[str, str]]) -> None:
        if self._feed.around.current:
            xml_elem(f"{{{_HISTORY}}}archive", parent)
        for rel, href in links:
            if href:
                xml_elem(link, parent, href=href, rel=rel)


def _with_stylesheet(body: bytes, href: str) -> bytes:
    instruction = f'<?xml-stylesheet type="text/css" href="{html.escape(href)}"?>\n'.encode()
    declaration, end, document = body.partition(_DECLARATION_END)
    return declaration + end + instruction + document


_BUILDERS: Final = {
    FeedFormat.RSS: _build_rss,
    FeedFormat.ATOM: _build_atom,
    FeedFormat.JSON: build_json,
}
