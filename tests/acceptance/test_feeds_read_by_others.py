"""The feeds as libraries of readers' programs read them, which know nothing of the product."""

from __future__ import annotations

import json
from pathlib import Path

import feedparser
from lxml import etree

from tests.conftest import NOON
from tests.peers.judges import Judges
from tests.worlds.clock import Clock
from tests.worlds.site import URL, Author, Client

PATHS = ("/feed.xml", "/atom.xml", "/feed.json")

_DECODES_TWICE = "feed-parser"
"""It reads entities in HTML that stands as text once more, so that code loses its signs."""


def test_four_libraries_read_the_same_entries(judges: Judges, tmp_path: Path) -> None:
    """In RSS, Atom and JSON: ids, addresses, titles, times and content of each entry are equal."""
    author = Author(tmp_path, Clock(NOON))
    author.publish("one.md", "**Fett** & <b>bold</b>, 日本.", title="One & <two>")
    author.clock.move(days=1)
    author.publish("two.md", "```html\n<p>&amp;</p>\n```\n", title="العدد الثاني", tags="[x]")
    with Client(author.newsletter) as reader:
        feeds = [reader.get(path).text for path in PATHS]
    author.newsletter.close()
    told = [judge for verdict in judges.ask("feeds", list(feeds)) for judge in verdict.items()]
    read: list[tuple[str, dict[str, object]]] = [
        (library, dict(feed)) for library, feed in told if isinstance(feed, dict)
    ]
    assert [library for library, _ in read].count("feedsmith") == len(PATHS)
    read += [("feedparser", _by_feedparser(text)) for text in feeds[:2]]
    assert etree.fromstring(feeds[0].encode()).tag == "rss"
    wanted = json.loads(feeds[2])
    for library, feed in read:
        assert feed["title"] == "Working <Notes>", library
        entries = feed["entries"]
        assert isinstance(entries, list)
        for entry, item in zip(entries, wanted["items"], strict=True):
            assert isinstance(entry, dict)
            assert entry["id"] == item["id"], library
            assert entry["url"] == item["url"], library
            assert entry["title"] == item["title"], library
            assert str(entry["date"])[:19] == item["date_published"][:19], library
            if library == _DECODES_TWICE:
                continue
            assert entry["octets"] == len(item["content_html"].strip().encode()), library
    assert wanted["items"][1]["url"] == f"{URL}/issues/one"


def _by_feedparser(text: str) -> dict[str, object]:
    feed = feedparser.parse(text, sanitize_html=False, resolve_relative_uris=False)
    return {
        "title": feed.feed.title,
        "entries": [
            {
                "id": entry.id,
                "url": entry.link,
                "title": entry.title,
                "date": "{}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*entry.published_parsed[:6]),
                "octets": len(entry.content[0].value.strip().encode()),
            }
            for entry in feed.entries
        ],
    }
