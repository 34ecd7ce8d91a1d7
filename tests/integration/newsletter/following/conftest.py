"""A feed on loopback, and a newsletter that follows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worlds.publishing.following import FeedServer, Following, serve_feed


@pytest.fixture(scope="session")
def server() -> Iterator[FeedServer]:
    """One server for all."""
    with serve_feed() as feed:
        yield feed


@pytest.fixture
def feed(server: FeedServer) -> FeedServer:
    """The server, with nothing to say yet."""
    fresh = FeedServer(address=server.address)
    for name in ("body", "status", "headers", "handle", "asked", "told", "hub_status"):
        setattr(server, name, getattr(fresh, name))
    return server


@pytest.fixture
def following(tmp_path: Path, feed: FeedServer) -> Iterator[Following]:
    """A newsletter on SQLite that follows the feed."""
    world = Following(f"sqlite:///{tmp_path / 'newsletter.db'}", tmp_path / "notes", feed)
    yield world
    world.room.database.close()
