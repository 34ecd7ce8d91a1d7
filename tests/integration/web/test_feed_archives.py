"""Older issues in feeds: a reader's program follows the archives and has all of them (rule E24)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from tests.conftest import NOON
from tests.integration.conftest import ENGINES, fresh_database
from tests.worlds.clock import Clock
from tests.worlds.readers.site import URL, Author, Client

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
COUNT = 17
WITHDRAWN = 3


def make_author(folder: Path, url: str) -> Author:
    """An author with many issues and short feeds; every other issue has a tag, one is gone."""
    extra = f'[feeds]\nitems = 6\n[storage]\nurl = "{url}"\n'
    writer = Author(folder, Clock(NOON), extra)
    for number in range(COUNT):
        tags = {"tags": '["a/b"]'} if number % 2 else {}
        writer.have_due(f"{number}.md", f"Body {number}.", title=f"Note {number}", **tags)
        writer.clock.move(hours=1)
    writer.newsletter.poll()
    (writer.notes / f"{WITHDRAWN}.md").unlink()
    for _ in range(5):
        writer.clock.move(minutes=10)
        writer.newsletter.poll()
    return writer


@pytest.fixture(scope="module", params=ENGINES)
def reader(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """Somebody who reads such an author, on each engine, and changes nothing."""
    folder = tmp_path_factory.mktemp("archives")
    with fresh_database(request, request.param, folder) as url:
        author = make_author(folder, url)
        with Client(author.newsletter) as asking:
            yield asking
        author.newsletter.close()


def links(document: bytes) -> dict[str, str]:
    """The links of a feed itself by their relation."""
    root = etree.fromstring(document)
    found = [*root.findall(f"{ATOM}link"), *root.findall(f"channel/{ATOM}link")]
    return {link.get("rel"): link.get("href").removeprefix(URL) for link in found}


@pytest.mark.parametrize("place", ["", "/tags/a%2Fb"])
@pytest.mark.parametrize("name", ["feed.xml", "atom.xml"])
def test_the_archives_hold_every_issue_once(reader: Client, place: str, name: str) -> None:
    """Following prev-archive from a feed gives every live issue, each once, newest first."""
    path, seen, trail = f"{place}/{name}", [], []
    while path:
        document = reader.get(path)
        assert document.status_code == 200
        parsed = feedparser.parse(document.content)
        assert not parsed.bozo
        seen += [entry.title for entry in parsed.entries]
        trail.append(path)
        path = links(document.content).get("prev-archive", "")
    numbers = [n for n in range(COUNT) if n != WITHDRAWN and (n % 2 or not place)]
    assert seen == [f"Note {number}" for number in reversed(numbers)]
    assert trail[-1] == f"{place}/archive/1.xml"
    assert len(trail) > 2 or place


@pytest.mark.parametrize("place", ["", "/tags/a%2Fb"])
def test_the_pages_of_a_json_feed_hold_every_issue_once(reader: Client, place: str) -> None:
    """Following next_url gives every live issue once, and no page calls itself the next."""
    path, seen = f"{place}/feed.json", []
    while path:
        document = json.loads(reader.get(path).content)
        seen += [item["title"] for item in document["items"]]
        following = document.get("next_url", "")
        assert document["feed_url"] == f"{URL}{place}/feed.json" != following
        path = following.removeprefix(URL)
    assert len(seen) == len(set(seen))
    assert len(seen) == len([n for n in range(COUNT) if n != WITHDRAWN and (n % 2 or not place)])


def test_an_archive_says_what_it_is(reader: Client) -> None:
    """It is marked as an archive and names its neighbours, itself and the feed (RFC 5005 4)."""
    document = reader.get("/archive/2.xml").content
    assert etree.fromstring(document).find(f"{HISTORY}archive") is not None
    assert links(document) == {
        "self": "/archive/2.xml",
        "alternate": "",
        "current": "/atom.xml",
        "prev-archive": "/archive/1.xml",
        "next-archive": "/archive/3.xml",
    }
    assert etree.fromstring(reader.get("/atom.xml").content).find(f"{HISTORY}archive") is None


def test_a_full_archive_does_not_change(tmp_path: Path, database_url: str) -> None:
    """What has a successor is the same document, byte by byte, whatever is published later."""
    author = make_author(tmp_path, database_url)
    paths = [f"/archive/{number}.{end}" for number in (1, 2) for end in ("xml", "json")]
    with Client(author.newsletter) as reader:
        before = [reader.get(path).content for path in paths]
        for number in range(4):
            author.publish(f"later-{number}.md", "Later.", title=f"Later {number}")
            author.clock.move(hours=1)
        assert [reader.get(path).content for path in paths] == before
    author.newsletter.close()


@pytest.mark.parametrize(
    "path",
    [*(f"/archive/{name}" for name in ("0.xml", "01.xml", "99.xml", "x.xml", "9" * 5000 + ".xml"))],
)
def test_there_are_no_other_archives(reader: Client, path: str) -> None:
    """A number that no archive has is 404, which a program on any page may read."""
    answer = reader.get(path)
    assert answer.status_code == 404
    assert answer.headers["access-control-allow-origin"] == "*"


def test_an_archive_of_a_tag_is_found_in_another_case(reader: Client) -> None:
    """As its feed is: 301 to the case in which the archive is linked; a number that is none, from there, 404."""
    for name in ("1.xml", "1.json", "99.xml"):
        moved = reader.get(f"/tags/A%2FB/archive/{name}")
        assert moved.status_code == 301
        assert moved.headers["location"] == f"{URL}/tags/a%2Fb/archive/{name}"
        assert moved.headers["access-control-allow-origin"] == "*"
    assert reader.get("/tags/a%2Fb/archive/1.xml").status_code == 200
    assert reader.get("/tags/a%2Fb/archive/99.xml").status_code == 404
    assert reader.get("/tags/nobody/archive/1.xml").status_code == 404
