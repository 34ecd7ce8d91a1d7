"""What a feed's server does: it has nothing new, moves, goes, fails, and is asked less or again."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from tests.conftest import NOON
from tests.worlds.publishing.entries import THREE, later
from tests.worlds.publishing.following import FeedServer, Following, rss, send


def test_conditional(following: Following, feed: FeedServer) -> None:
    """It is asked with what the last answer was known by; 304 changes nothing, and nobody asks early."""
    feed.headers = {"ETag": '"a"', "Last-Modified": "Thu, 26 Nov 2026 10:00:00 GMT"}
    following.look(rss(*THREE))
    following.look()
    assert following.standing.answer == "it has not changed"
    _path, asked = feed.asked[-1]
    assert asked["if-none-match"] == '"a"'
    assert asked["if-modified-since"] == "Thu, 26 Nov 2026 10:00:00 GMT"
    assert asked["accept-encoding"] == "gzip"
    following.follower.look()
    assert len(feed.asked) == 2
    feed.headers = {"ETag": '"b"'}
    assert len(following.look(rss(later("four"), *THREE)).published) == 1


def test_moved_for_good(following: Following, feed: FeedServer) -> None:
    """301 is remembered and told, 302 is not; with the first failure there the configured address is asked."""

    def handle(handler: object) -> None:
        path = handler.path  # type: ignore[attr-defined]
        where = {"/feed.xml": (301, "/new.xml"), "/new.xml": (302, "/now.xml")}.get(path)
        if where:
            send(handler, where[0], headers={"Location": where[1]})  # type: ignore[arg-type]
        else:
            send(handler, feed.status, feed.body)  # type: ignore[arg-type]

    feed.handle = handle
    following.look(rss(*THREE))
    assert following.standing.url == f"{feed.address}/new.xml"
    assert f"{feed.address}/new.xml" in following.standing.remarks[-1]
    following.look()
    assert [path for path, _ in feed.asked] == [
        *("/feed.xml", "/new.xml", "/now.xml"),
        *("/new.xml", "/now.xml"),
    ]
    feed.status = 404
    following.look()
    assert following.standing.url == ""
    following.clock.move(hours=1)
    following.look()
    assert feed.asked[-3][0] == "/feed.xml"


def test_gone(following: Following, feed: FeedServer) -> None:
    """410 is told, nobody asks again until the author does or names another feed; what is out stays out."""
    following.look(rss(*THREE))
    feed.status = 410
    following.look()
    assert following.standing.ended
    assert "410" in following.standing.answer
    following.clock.move(days=3)
    following.look()
    assert len(feed.asked) == 2
    assert len(following.titles()) == 3
    feed.status = 200
    assert following.follower.ask().is_well
    feed.status = 410
    following.clock.move(days=1)
    following.look()
    following.follow(f"{feed.address}/other.xml")
    feed.status = 200
    following.look()
    assert not following.standing.ended
    assert following.mailed() == []


@pytest.mark.parametrize(
    ("status", "headers", "minutes"),
    [
        (429, {"Retry-After": "7200"}, 120),
        (503, {"Retry-After": format_datetime(NOON + timedelta(minutes=135))}, 120),
        (503, {"Retry-After": "99999999999999"}, 24 * 60),
        (503, {"Retry-After": "soon"}, 15),
        (429, {"Retry-After": "1"}, 15),
        (500, {}, 15),
        (403, {}, 15),
    ],
)  # fmt: skip
def test_later(
    following: Following, feed: FeedServer, status: int, headers: dict[str, str], minutes: int
) -> None:
    """A server that wants to be left alone is: as long as it says, a day at most, our own pace at least."""
    feed.status, feed.headers = status, headers
    following.look()
    standing = following.standing
    assert standing.next_at is not None
    assert standing.next_at - following.clock.now == timedelta(minutes=minutes)
    assert str(status) in standing.answer


def test_failures_slow_down(following: Following, feed: FeedServer) -> None:
    """A feed that fails is asked ever more seldom, at last once in 16 hours, and as before once it is back."""
    feed.status = 500
    waits = []
    for _ in range(9):
        following.clock.now = following.standing.next_at or following.clock.now
        following.follower.look()
        waits.append((following.standing.next_at or NOON) - following.clock.now)
    assert waits[:3] == [timedelta(minutes=15), timedelta(minutes=30), timedelta(minutes=60)]
    assert max(waits) == waits[-1] == timedelta(hours=16)
    feed.status = 200
    following.clock.move(days=1)
    following.look(rss(*THREE))
    assert following.standing.failures == 0


def test_by_hand_it_is_asked_before_its_time_unless_its_server_has_trouble(
    following: Following, feed: FeedServer
) -> None:
    """Who says `send` means now; a server that put us off is left alone until it is time."""
    following.look(rss(*THREE))
    following.follower.look()
    assert len(feed.asked) == 1
    following.follower.look(by_hand=True)
    assert len(feed.asked) == 2
    feed.status = 503
    following.follower.look(by_hand=True)
    following.follower.look(by_hand=True)
    assert len(feed.asked) == 3


def test_what_wakes_somebody(following: Following, feed: FeedServer) -> None:
    """A feed that failed five times in a row is a trouble; a few failures are not."""
    following.look(rss(*THREE))
    feed.status = 500
    for count in range(5):
        assert following.follower.trouble() == "", count
        following.follower.ask()
    assert "500" in following.follower.trouble()
