"""The feeds as libraries of readers' programs read them, which know nothing of the product."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.conftest import NOON
from tests.peers.judges.feedreaders import (
    Reading,
    read_by_javascript,
    read_by_newsboat,
    read_by_python,
    read_by_ruby,
)
from tests.peers.judges.programs import Judges
from tests.worlds.clock import Clock
from tests.worlds.readers.site import URL, Author, Client

PATHS = ("/feed.xml", "/atom.xml", "/feed.json")

_DECODES_TWICE = "feed-parser"
"""It reads entities in HTML that stands as text once more, so that code loses its signs."""


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The same two issues in RSS, Atom and JSON."""
    author = Author(tmp_path_factory.mktemp("feeds"), Clock(NOON))
    author.publish("one.md", "**Fett** & <b>bold</b>, 日本.", title="One & <two>")
    author.clock.move(days=1)
    author.publish("two.md", "```html\n<p>&amp;</p>\n```\n", title="العدد الثاني", tags="[x]")
    with Client(author.newsletter) as reader:
        yield [reader.get(path).text for path in PATHS]
    author.newsletter.close()


def same(feeds: list[str], readings: list[Reading]) -> set[str]:
    """The readers, if each of them read what the JSON says."""
    wanted = json.loads(feeds[2])
    assert wanted["items"][1]["url"] == f"{URL}/issues/one"
    for reading in readings:
        assert reading.title == "Working <Notes>", reading.reader
        for entry, item in zip(reading.entries, wanted["items"], strict=True):
            assert entry.id == item["id"], reading.reader
            assert entry.url == item["url"], reading.reader
            assert entry.title == item["title"], reading.reader
            assert entry.date == item["date_published"][:19], reading.reader
            if reading.reader != _DECODES_TWICE:
                octets = len(item["content_html"].strip().encode())
                assert entry.octets == octets, reading.reader
    return {reading.reader for reading in readings}


def test_libraries_of_javascript_and_python_read_the_same_entries(
    judges: Judges, feeds: list[str]
) -> None:
    """Ids, addresses, titles, times and content: four libraries in RSS and Atom, one in JSON, too."""
    readings = read_by_javascript(judges, feeds) + read_by_python(feeds)
    readers = {"feedsmith", "rss-parser", "feed-parser", "feedparser (Python)"}
    assert same(feeds, readings) == readers
    assert len(readings) == 9


def test_ruby_reads_the_same_entries(feeds: list[str]) -> None:
    """Its library takes valid feeds alone."""
    assert same(feeds, read_by_ruby(feeds)) == {"rss (Ruby)"}


def test_a_reader_for_terminals_reads_the_same_entries(feeds: list[str]) -> None:
    """A whole program in C++, as people use it."""
    assert same(feeds, read_by_newsboat(feeds)) == {"newsboat (C++)"}
