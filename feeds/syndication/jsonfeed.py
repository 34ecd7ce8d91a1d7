"""JSON Feed 1.1, which feedgen does not write. Pure."""

from __future__ import annotations

import json
from typing import NotRequired, TypedDict

from feeds.syndication.entries import (
    FeedFacts,
    content_of,
    summary_of,
    tags_of,
    title_of,
    to_second,
)
from feeds.syndication.ids import (
    place_of,
)
from storage.model import Issue


class _Hub(TypedDict):
    type: str
    url: str


class _Author(TypedDict):
    name: str
    url: str


class _Attachment(TypedDict):
    url: str
    mime_type: str
    size_in_bytes: int


class _Item(TypedDict):
    id: str
    url: str
    title: str
    summary: str
    content_html: str
    date_published: str
    date_modified: str
    tags: list[str]
    language: NotRequired[str]
    attachments: NotRequired[list[_Attachment]]


class _JsonFeed(TypedDict, total=False):
    version: str
    title: str
    home_page_url: str
    feed_url: str
    next_url: str
    description: str
    icon: str
    favicon: str
    language: str
    authors: list[_Author]
    hubs: list[_Hub]
    items: list[_Item]


def build_json(feed: FeedFacts) -> bytes:
    """The feed as JSON Feed 1.1 (rule E28), in UTF-8."""
    document = _JsonFeed(
        version="https://jsonfeed.org/version/1.1",
        title=feed.title,
        home_page_url=feed.home,
        feed_url=feed.self_url,
        description=feed.description,
        icon=feed.icon,
        favicon=feed.favicon,
        language=feed.identity.language,
        authors=[_Author(name=feed.author, url=feed.identity.url)],
    )
    if feed.around.previous:
        document["next_url"] = feed.around.previous
    if feed.hub:
        document["hubs"] = [_Hub(type="WebSub", url=feed.hub)]
    document["items"] = [_item(feed, issue) for issue in feed.issues]
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _item(feed: FeedFacts, issue: Issue) -> _Item:
    page = place_of(feed.identity.url, issue)
    item = _Item(
        id=issue.guid,
        url=page,
        title=title_of(issue),
        summary=summary_of(issue),
        content_html=content_of(issue, page, feed.identity),
        date_published=to_second(issue.published_at).isoformat(),
        date_modified=to_second(issue.updated_at).isoformat(),
        tags=tags_of(issue),
    )
    if issue.language:
        item["language"] = issue.language
    if enclosures := feed.enclosures.get(issue.guid):
        item["attachments"] = [
            _Attachment(url=one.url, mime_type=one.type, size_in_bytes=one.length)
            for one in enclosures
        ]
    return item
