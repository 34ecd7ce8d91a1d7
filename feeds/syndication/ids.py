"""Names and addresses of feeds and their entries, the same whenever they are built again. Pure."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from feeds.syndication.entries import one_line
from storage.model import Issue


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


_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+")
_DOTS: Final = frozenset({"", ".", ".."})
_FEEDS: Final = frozenset(
    {*_PATHS.values(), "rss.xml", "index.xml", "rss", "feed", "atom", "feed.atom"}
)
"""The feeds' names, and what readers' programs try."""
_ARCHIVE: Final = re.compile(r"(?P<number>[1-9][0-9]{0,8})\.(?P<suffix>xml|json)")


_MEDIA_TYPES: Final = {
    FeedFormat.RSS: "application/rss+xml",
    FeedFormat.ATOM: "application/atom+xml",
    FeedFormat.JSON: "application/feed+json",
}


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
    return f"urn:uuid:{uuid5(namespace, 'feed' if tag is None else f'feed/{one_line(tag)}')}"


def feed_url(url: str, feed_format: FeedFormat, tag: str | None = None) -> str:
    """Where a feed is published; `url` is the newsletter's, without a trailing slash."""
    return f"{home_of(url, tag)}/{feed_format.path}"


def archive_url(url: str, feed_format: FeedFormat, tag: str | None, number: int) -> str:
    """Where an archive of a feed is published (RFC 5005 4). RSS and Atom share those in Atom."""
    suffix = "json" if feed_format is FeedFormat.JSON else "xml"
    return f"{home_of(url, tag)}/archive/{number}.{suffix}"


def read_archive(name: str) -> tuple[FeedFormat, int] | None:
    """The format and number of an archive by its file's name; None for what is none."""
    found = _ARCHIVE.fullmatch(name)
    if found is None:
        return None
    feed_format = FeedFormat.JSON if found["suffix"] == "json" else FeedFormat.ATOM
    return feed_format, int(found["number"])


def is_feed_path(path: str) -> bool:
    """Whether a path is a feed's, an archive's, or one that readers' programs try; an archive's number that is
    none, too, for that it is none is said to them as well.
    """
    *before, name = path.rstrip("/").split("/")
    in_archive = before[-1:] == ["archive"] and name.endswith((".xml", ".json"))
    return in_archive or name in _FEEDS


def media_url(site_url: str, path: str) -> str:
    """Where the site serves a file of a published note, by its path."""
    return f"{site_url}/media/{quote(path)}"


def issue_url(url: str, slug: str) -> str:
    """Where the page of an issue is published."""
    return f"{url}/issues/{quote(slug, safe='')}"


def place_of(url: str, issue: Issue) -> str:
    """Where an issue is read: where it stands first, else on its page."""
    return issue.canonical or issue_url(url, issue.slug)


def atom_id(guid: str) -> str:
    """A guid as RFC 4287 4.2.6 wants it: what is no IRI gets one, always the same."""
    return guid if _IRI.fullmatch(guid) else f"urn:uuid:{uuid5(NAMESPACE_URL, guid)}"


def home_of(url: str, tag: str | None) -> str:
    """The page that a feed is the feed of."""
    return url if tag is None else f"{url}/tags/{quote(tag_path(tag), safe='')}"


def tag_path(tag: str) -> str:
    """A tag as a path that nothing on the way reads otherwise; `read_tag` turns it back.

    Clients and proxies take `.` and `..` out of a path however they are encoded (RFC 3986 5.2.4), and
    some decode `%2F`, so that a tag `x/feed.xml` would be the feed of `x`. What could be read so, and
    what ends like it, gets a `~`.
    """
    first, *rest = tag.split("/")
    last = len(rest) - 1
    parts = [_guard(first, _DOTS)]
    parts += [_guard(part, _DOTS | _FEEDS if n == last else _DOTS) for n, part in enumerate(rest)]
    if read_archive(parts[-1]) is not None:
        parts[-1] += "~"
    return "/".join(parts)


def read_tag(path: str) -> str:
    """The tag whose `tag_path` this is."""
    return "/".join(part.removesuffix("~") for part in path.split("/"))


def _guard(part: str, taken: frozenset[str]) -> str:
    return f"{part}~" if part in taken or part.endswith("~") else part
