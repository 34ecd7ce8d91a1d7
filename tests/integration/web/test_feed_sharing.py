"""Feeds in browsers: a person sees a page, a script of another site may read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import URL, Author, Client

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PATHS = ["/feed.xml", "/atom.xml", "/feed.json", "/tags/tools/feed.xml"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Somebody who reads an author of two issues."""
    folder: Path = tmp_path_factory.mktemp("feeds")
    writer = Author(folder, Clock(NOON), "[feeds]\nitems = 1\n")
    writer.publish("one.md", "First.", title="One & <two>", tags='["tools"]')
    writer.clock.move(hours=1)
    writer.publish("two.md", "Second.", title="Second", tags='["tools"]')
    with Client(writer.newsletter) as reader:
        yield reader
    writer.newsletter.close()


def test_a_feed_before_the_first_issue_says_so(tmp_path: Path) -> None:
    """No heading stands above nothing."""
    writer = Author(tmp_path, Clock(NOON))
    with Client(writer.newsletter) as reader:
        page = reader.get("/feed.xml", accept=BROWSER).text
    writer.newsletter.close()
    assert "The first issue is still to come." in page.partition("What the feed holds")[2]


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_sees_what_a_feed_is(client: Client, path: str) -> None:
    """It gets a page with the feed's address and its issues; programs get the feed (rule E26)."""
    page = client.get(path, accept=BROWSER)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<code>{URL}{path}</code>" in page.text
    assert "Second" in page.text
    assert "noindex" in page.text
    feed = client.get(path, accept="application/rss+xml, text/html;q=0.5")
    assert "html" not in feed.headers["content-type"]
    for answer in (page, feed):
        assert answer.headers["vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_and_a_program_never_get_each_others_answer(client: Client, path: str) -> None:
    """Each has a tag of its own, also where answers are remembered (RFC 9110 12.5.5)."""
    tags = {accept: client.get(path, accept=accept).headers["etag"] for accept in (BROWSER, "*/*")}
    assert tags[BROWSER] != tags["*/*"]
    for _ in range(2):
        for accept, etag in tags.items():
            again = client.get(path, accept=accept, if_none_match=etag)
            assert again.status_code == 304
            assert again.headers["vary"] == "Accept, Accept-Encoding"
            assert again.headers["etag"] == etag
        crossed = client.get(path, accept=BROWSER, if_none_match=tags["*/*"])
        assert crossed.status_code == 200
        assert "html" in crossed.headers["content-type"]


SHARED = [*PATHS, "/archive/1.xml", "/archive/1.json", "/archive/9.xml", "/feed", "/rss.xml"]


@pytest.mark.parametrize("path", [*SHARED, "/tags/none/feed.xml"])
def test_scripts_of_other_sites_may_read_feeds(client: Client, path: str) -> None:
    """A feed, an archive, a 404 and a redirect of theirs are open to every origin, with the tag."""
    answer = client.get(path, origin="https://reader.example")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "ETag" in answer.headers["access-control-expose-headers"]
    if answer.status_code == 200:
        for _ in range(2):
            same = client.get(path, if_none_match=answer.headers["etag"])
            assert same.status_code == 304
            assert same.headers["access-control-allow-origin"] == "*"
            assert "ETag" in same.headers["access-control-expose-headers"]


@pytest.mark.parametrize("path", SHARED)
def test_scripts_may_ask_whether_a_feed_has_changed(client: Client, path: str) -> None:
    """The question before one with If-None-Match is answered: yes, anybody (Fetch, CORS-preflight)."""
    headers = {
        "origin": "https://reader.example",
        "access_control_request_method": "GET",
        "access_control_request_headers": "if-none-match",
    }
    answer = client.ask("OPTIONS", path, headers=headers)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert "if-none-match" in answer.headers["access-control-allow-headers"].lower()
    assert int(answer.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize("path", ["/", "/subscribe", "/issues/second", "/nope", "/archive"])
def test_pages_are_not_shared(client: Client, path: str) -> None:
    """What is no feed is closed to scripts of other sites."""
    assert "access-control-allow-origin" not in client.get(path).headers
    headers = {"origin": "https://reader.example", "access_control_request_method": "GET"}
    assert client.ask("OPTIONS", path, headers=headers).status_code in (404, 405)


def test_followers_stand_in_the_metrics(client: Client) -> None:
    """A fetch by an aggregator counts also where it is answered from memory."""
    etag = client.get("/feed.xml").headers["etag"]
    for number in (5, 6, 8):
        agent = f"Feedly/1.0 ({number} subscribers)"
        client.get("/feed.xml", if_none_match=etag, user_agent=agent)
    metrics = client.watch("/metrics").text
    assert 'newsletter_feed_followers{aggregator="feedly"} 8.0' in metrics
