"""The hub of a feed: subscribed to, asked back, heard, renewed; and nobody else has a say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.following.hub import find_hub
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.publishing.following import FeedServer, Following, Item, rss
from tests.worlds.readers.site import Author, Client

ONE = Item("one", NOON - timedelta(hours=1))
TOPIC = "https://blog.example/feed.xml"


def feed_of(feed: FeedServer, *items: Item) -> bytes:
    """A feed that names a hub, and itself."""
    links = (
        f'<atom:link rel="hub" href="{feed.address}/hub"/><atom:link rel="self" href="{TOPIC}"/>'
    )
    return rss(*items, extra=links)


def confirm(following: Following, key: str, **changes: str) -> str | None:
    """The hub asks whether it is meant."""
    asked = {"mode": "subscribe", "topic": TOPIC, "challenge": "c", "lease_seconds": "864000"}
    return following.hub.verify(key, {f"hub.{name}": v for name, v in (asked | changes).items()})


def test_a_hub_is_subscribed_to_and_heard(following: Following, feed: FeedServer) -> None:
    """It is asked once, answered when it asks back, and what it tells has the feed asked for at once, but no
    more often than every half minute; before its lease ends it is asked again.
    """
    following.look(feed_of(feed, ONE))
    (form,) = feed.told
    assert (form["hub.mode"], form["hub.topic"]) == ("subscribe", TOPIC)
    before, _, key = form["hub.callback"].rpartition("/")
    assert before == "https://notes.example.com/feed-news"
    assert confirm(following, key) == "c"
    following.look()
    assert len(feed.told) == 1
    asked = len(feed.asked)
    following.clock.move(minutes=2)
    assert following.hub.take(key)
    following.follower.look()
    assert len(feed.asked) == asked + 1
    following.clock.move(seconds=5)
    assert following.hub.take(key)
    following.follower.look()
    assert len(feed.asked) == asked + 1
    following.clock.move(seconds=30)
    following.follower.look()
    assert len(feed.asked) == asked + 2
    following.clock.move(days=9, hours=1)
    following.look()
    assert len(feed.told) == 2
    assert feed.told[1]["hub.callback"] == form["hub.callback"]


def test_nobody_else_has_a_say(following: Following, feed: FeedServer) -> None:
    """Without the key, about another topic, or before anybody was asked, there is nothing; a denial is one."""
    assert not following.hub.take("")
    assert confirm(following, "") is None
    following.look(feed_of(feed, ONE))
    key = feed.told[0]["hub.callback"].rpartition("/")[2]
    assert confirm(following, "guess") is None
    assert confirm(following, key, topic="https://evil.example/") is None
    assert confirm(following, key, mode="unsubscribe") is None
    assert not following.hub.take("guess")
    assert confirm(following, key, lease_seconds="9" * 40, mode="subscribe") == "c"
    assert confirm(following, key, mode="denied") == ""
    following.clock.move(hours=7)
    following.look()
    assert len(feed.told) == 2


def test_a_hub_that_fails_is_asked_again_later(following: Following, feed: FeedServer) -> None:
    """Whatever it answers, the feed is polled as before, and the hub asked again after hours."""
    feed.hub_status = 500
    following.look(feed_of(feed, ONE))
    following.look()
    assert len(feed.told) == 1
    assert following.standing.is_well
    following.clock.move(hours=6)
    following.look()
    assert len(feed.told) == 2


@pytest.mark.parametrize(
    ("header", "hubs", "found"),
    [
        ("", (), ("", "")),
        ("", ("https://h/",), ("https://h/", "https://f/")),
        (
            '<https://a/>; rel="hub", <https://s/>; rel=self',
            ("https://h/",),
            ("https://a/", "https://s/"),
        ),
        ('<https://a/>; title="x, y"; rel="next hub"', (), ("https://a/", "https://f/")),
        ("<javascript:x>; rel=hub", (), ("", "")),
        ("<" * 20_000, (), ("", "")),
    ],
)
def test_where_the_hub_is(header: str, hubs: tuple[str, ...], found: tuple[str, str]) -> None:
    """In the header or in the feed, the header first; what is no address is none."""
    assert find_hub(header, hubs, "", "https://f/") == found


def test_where_a_hub_calls(tmp_path: Path, feed: FeedServer) -> None:
    """The site repeats a challenge to whoever has the key, hears what is posted there, and is 404 to others and
    where no feed is followed.
    """
    extra = f'[notes]\nfeed = "{feed.address}/feed.xml"\nfeed_private = true\n'
    author = Author(tmp_path, Clock(NOON), extra)
    feed.body = feed_of(feed, ONE)
    author.newsletter.feed.look()
    path = feed.told[0]["hub.callback"].removeprefix("https://notes.example.com")
    asked = f"?hub.mode=subscribe&hub.topic={TOPIC}&hub.challenge=a%3Cb&hub.lease_seconds=9"
    with Client(author.newsletter) as client:
        answer = client.get(path + asked)
        assert (answer.status_code, answer.text) == (200, "a<b")
        assert answer.headers["content-type"].startswith("text/plain")
        assert client.post(path, b"<feed/>" * 20_000).status_code == 202
        assert client.get(f"/feed-news/guess{asked}").status_code == 404
        assert client.post("/feed-news/guess", b"x").status_code == 404
    author.newsletter.close()
    (tmp_path / "other").mkdir()
    plain = Author(tmp_path / "other", Clock(NOON))
    with Client(plain.newsletter) as client:
        assert client.get(path + asked).status_code == 404
    plain.newsletter.close()
