"""A newsletter of three issues for feeds, and a feed read as programs read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import feedparser
from lxml import etree

from feeds.syndication.feed import Document
from feeds.syndication.ids import FeedFormat, newsletter_namespace, note_guid
from storage.model.issues import Identity, Issue
from tests.worlds.publishing.issues import an_issue

URL = "https://notes.example.com"
IDENTITY = Identity(
    title="Working Notes",
    url=URL,
    sender="Working Notes <notes@example.com>",
    author="Ada Example",
    description="Field notes on shipping things",
    language="en-GB",
)
NAMESPACE = newsletter_namespace(URL)
DAY = datetime(2026, 11, 3, 9, 0, 0, 123456, tzinfo=UTC)
XML = (FeedFormat.RSS, FeedFormat.ATOM)
NS = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
}


def make_issue(number: int = 1, **changes: object) -> Issue:
    """An issue published `number` days after the first."""
    base = an_issue(
        id=number,
        note_id=f"note-{number}",
        path=f"note-{number}.md",
        guid=note_guid(NAMESPACE, f"note-{number}"),
        slug=f"note-{number}",
        title=f"Note {number}",
        summary=f"About {number}",
        html=f'<p>Body {number} &amp; <a href="{URL}/issues/x">more</a></p>',
        text=f"Body {number} & more",
        tags=("tools", "shipping things"),
        published_at=DAY + timedelta(days=number),
        updated_at=DAY + timedelta(days=number, hours=1),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


ISSUES = tuple(make_issue(number) for number in (3, 2, 1))


def parse(document: Document) -> feedparser.FeedParserDict:
    """Reads a feed the way a feed reader does, and insists that nothing is malformed."""
    parsed = feedparser.parse(document.body, response_headers={"content-type": document.media_type})
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def tree(document: Document) -> etree._Element:
    """The document's root element."""
    return etree.fromstring(document.body)
