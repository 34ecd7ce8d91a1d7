"""The feed in JSON."""

from __future__ import annotations

import json
from datetime import datetime

from feeds.syndication.feed import build_feed
from feeds.syndication.ids import FeedFormat
from tests.worlds.publishing.fed import IDENTITY, ISSUES, URL


def test_json_feed_keeps_to_its_specification() -> None:
    """The JSON document has the members, types and dates that JSON Feed 1.1 asks for (rule E28)."""
    hub = "https://hub.example.com/"
    document = json.loads(build_feed(FeedFormat.JSON, IDENTITY, ISSUES, hub=hub).body)
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["title"] == "Working Notes"
    assert document["home_page_url"] == URL
    assert document["feed_url"] == f"{URL}/feed.json"
    assert document["language"] == "en-GB"
    assert document["authors"] == [{"name": "Ada Example", "url": URL}]
    assert document["hubs"] == [{"type": "WebSub", "url": hub}]
    for item, issue in zip(document["items"], ISSUES, strict=True):
        assert item["id"] == issue.guid
        assert item["url"] == f"{URL}/issues/{issue.slug}"
        assert item["content_html"] == issue.html
        assert item["tags"] == list(issue.tags)
        for member in ("date_published", "date_modified"):
            assert datetime.fromisoformat(item[member]).tzinfo is not None
