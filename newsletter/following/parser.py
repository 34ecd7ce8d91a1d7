"""A program that reads one feed: `parser.py TYPE < feed > JSON`. RSS, Atom and JSON Feed.

It is run in a process of its own (newsletter/following/reading.py), bounded in memory and processor time,
and ends with 1 and a sentence for what is no feed. It imports nothing of this project: it is started by its
path. The only user of feedparser, which reads what is nearly a feed, too.
"""

from __future__ import annotations

import calendar
import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final

MOST_ENTRIES: Final = 1_000
"""Of one feed: the first of them, which are the newest."""
MOST_HTML: Final = 500_000
"""Characters of one entry's content; what has more is left out, and told."""
MEMORY: Final = 2_000_000_000
SECONDS: Final = 40
ID: Final = 1_000
"""Characters of an id or an address; what is longer is none."""

_ROOT_END: Final = re.compile(rb"</\s*(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_HTML: Final = re.compile(rb"\A[\s\xef\xbb\xbf]*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)  # fmt: skip
_NAMED: Final = re.compile(
    rb"<link\b[^>]{0,500}\btype\s*=\s*[\"']?application/(?:rss|atom|feed)\+[^>]{0,500}>",
    re.IGNORECASE,
)
_HREF: Final = re.compile(rb"\bhref\s*=\s*[\"']?([^\"'\s>]{1,500})", re.IGNORECASE)
_DATES: Final = ("published", "created", "updated", "date")


class NoFeed(Exception):
    """What came is no feed, or not the whole of one: a sentence for its author."""


def read_feed(body: bytes, media_type: str = "") -> dict[str, Any]:
    """The feed as the values that newsletter/following/reading.py takes. Raises NoFeed."""
    if not body.strip():
        raise NoFeed("what it sends is empty")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _read_json(body)
    if _HTML.match(body):
        raise NoFeed(_tell_page(body))
    return _read_xml(body, media_type)


# ── RSS and Atom ─────────────────────────────────────────────────────────────────────────────


def _read_xml(body: bytes, media_type: str) -> dict[str, Any]:
    import feedparser

    headers = {"content-type": media_type} if media_type else {}
    found = feedparser.parse(
        BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not found.get("version"):
        raise NoFeed("what it sends is neither RSS nor Atom nor JSON Feed")
    is_broken = bool(found.get("bozo")) and "SAX" in type(found.get("bozo_exception")).__name__
    plain = body.replace(b"\0", b"")  # UTF-16 as well
    if not _ROOT_END.search(plain[-2_000:]):
        raise NoFeed("it breaks off in the middle")
    entries = found.entries
    return {
        "entries": [_entry(one) for one in entries[:MOST_ENTRIES]],
        "more": max(0, len(entries) - MOST_ENTRIES),
        "broken": is_broken,
        "hubs": _links(found.feed, "hub")[:3],
        "self": "".join(_links(found.feed, "self")[:1]),
        "language": _text(found.feed.get("language"))[:40],
    }


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    contents = [one for one in entry.get("content") or [] if one.get("value")]
    summary = entry.get("summary_detail") or {}
    best = max(contents, key=_rank, default=None)
    body = best or summary
    link = _link(entry)
    short = "" if best is None or summary.get("value") == best.get("value") else _text(entry.get("summary"))  # fmt: skip
    html = _as_html(body)
    title, tags = entry.get("title_detail") or {}, entry.get("tags") or []
    return {
        "id": _text(entry.get("id"))[: ID + 1],
        "link": link,
        "base": _text(body.get("base")),
        "title": _text(title.get("value")),
        "title_is_html": title.get("type") != "text/plain",
        "html": html[:MOST_HTML],
        "too_long": len(html) > MOST_HTML,
        "summary": short[:5_000],
        "published": _date(entry, _DATES),
        "updated": _date(entry, ("updated",)),
        "tags": [_text(tag.get("label") or tag.get("term")) for tag in tags[:100]],
        "language": _text(body.get("language"))[:40],
        "image": _image(entry),
    }


def _links(feed: Mapping[str, Any], relation: str) -> list[str]:
    links = [link for link in feed.get("links") or [] if link.get("rel") == relation]
    return [link["href"] for link in links if isinstance(link.get("href"), str)]


def _rank(content: Mapping[str, Any]) -> tuple[bool, int]:
    return "html" in str(content.get("type")), len(str(content.get("value")))


def _as_html(content: Mapping[str, Any]) -> str:
    """The content as HTML; plain text gets its paragraphs back."""
    from html import escape

    value = _text(content.get("value"))
    if content.get("type") != "text/plain" or "<" in value:
        return value
    parts = re.split(r"\n[ \t]*\n", value)
    return "".join(f"<p>{escape(part, quote=False)}</p>\n" for part in parts if part.strip())


def _link(entry: Mapping[str, Any]) -> str:
    links = [one for one in entry.get("links") or [] if one.get("rel", "alternate") == "alternate"]
    pages = [one for one in links if "html" in str(one.get("type", "html"))] or links
    return _text(pages[0].get("href")) if pages else _text(entry.get("link"))


def _image(entry: Mapping[str, Any]) -> str:
    for name in ("media_content", "media_thumbnail"):
        for one in entry.get(name) or []:
            kind = str(one.get("medium") or one.get("type") or "image")
            if kind.startswith("image") and one.get("url"):
                return _text(one["url"])
    for one in entry.get("links") or []:
        if one.get("rel") == "enclosure" and str(one.get("type", "")).startswith("image/"):
            return _text(one.get("href"))
    return ""


def _date(entry: Mapping[str, Any], names: tuple[str, ...]) -> float | None:
    """Seconds since 1970 of the first of these dates that can be read."""
    for name in names:
        parsed = entry.get(f"{name}_parsed") if f"{name}_parsed" in entry else None
        if parsed is not None:
            try:
                return float(calendar.timegm(parsed))
            except (ValueError, OverflowError, TypeError):
                continue
    return None


# ── JSON Feed ────────────────────────────────────────────────────────────────────────────────


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoFeed("it is JSON that cannot be read, or breaks off in the middle") from error
    version = document.get("version") if isinstance(document, dict) else None
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(version, str) or "jsonfeed.org" not in version or not isinstance(items, list):
        raise NoFeed("it is JSON, and no JSON Feed")
    items = [one for one in items if isinstance(one, dict)]
    hubs = document.get("hubs")
    return {
        "entries": [_item(one) for one in items[:MOST_ENTRIES]],
        "more": max(0, len(items) - MOST_ENTRIES),
        "broken": False,
        "hubs": [
            _text(one.get("url"))
            for one in (hubs if isinstance(hubs, list) else [])
            if isinstance(one, dict)
        ][:3],
        "self": _text(document.get("feed_url")),
        "language": _text(document.get("language"))[:40],
    }


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    html = _text(item.get("content_html"))
    if not html:
        html = _as_html({"value": _text(item.get("content_text")), "type": "text/plain"})
    tags = item.get("tags")
    given = item.get("id")
    return {
        "id": str(given)[: ID + 1] if isinstance(given, str | int | float) else "",
        "link": _text(item.get("url")) or _text(item.get("external_url")),
        "base": "",
        "title": _text(item.get("title")),
        "title_is_html": False,
        "html": html[:MOST_HTML],
        "too_long": len(html) > MOST_HTML,
        "summary": _text(item.get("summary"))[:5_000],
        "published": _iso(item.get("date_published")) or _iso(item.get("date_modified")),
        "updated": _iso(item.get("date_modified")),
        "tags": [_text(one) for one in (tags if isinstance(tags, list) else [])][:100],
        "language": _text(item.get("language"))[:40],
        "image": _text(item.get("image")) or _text(item.get("banner_image")),
    }


def _iso(value: object) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


# ── what is no feed ──────────────────────────────────────────────────────────────────────────


def _tell_page(body: bytes) -> str:
    told = "it is a page for people, not a feed"
    for link in _NAMED.findall(body[:200_000]):
        if href := _HREF.search(link):
            return f"{told}; the page names its feed: {href[1].decode('utf-8', 'replace')}"
    return told


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _bound() -> None:
    """Bounds the memory and the processor time of this process: a feed may be made to cost any amount."""
    try:
        import resource
    except ImportError:  # not on Windows; whoever started us stops us
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def main() -> None:
    """Reads what comes in."""
    _bound()
    try:
        result = read_feed(sys.stdin.buffer.read(), *sys.argv[1:2])
    except NoFeed as error:
        sys.exit(str(error))
    except MemoryError:
        sys.exit("it takes more memory than a feed should")
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
