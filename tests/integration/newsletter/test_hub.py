"""The WebSub hub hears of every change, whatever it answers, and nothing waits for it (rule E6)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from newsletter.hub import WAITS, Hub
from storage.archive import Places
from storage.database import Facts
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import URL, Author

MAIN = [f"{URL}/{name}" for name in ("feed.xml", "atom.xml", "feed.json")]
SILENT = 0


@dataclass
class Peer:
    """A hub that answers as it is told to."""

    status: int = 202
    heard: list[str] = field(default_factory=list)
    address: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def told(self) -> list[str]:
        """What it heard since it was last asked."""
        heard, self.heard = self.heard, []
        return heard


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A hub on loopback."""
    hub = Peer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = parse_qs(body)
            assert form["hub.mode"] == ["publish"]
            hub.heard += form["hub.url"]
            if hub.status == SILENT:
                hub.ended.wait()
                return
            self.send_response(hub.status)
            self.send_header("Location", f"{hub.address}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield hub
    hub.ended.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def author(tmp_path: Path, database_url: str, peer: Peer) -> Iterator[Author]:
    """An author with that hub, and one issue."""
    extra = f'[feeds]\nhub = "{peer.address}"\n[storage]\nurl = "{database_url}"\n'
    writer = Author(tmp_path, Clock(NOON), extra)
    writer.publish("one.md", "First.", title="One", tags='["tools"]')
    yield writer
    writer.newsletter.close()


def make_hub(author: Author) -> Hub:
    """What a service that has just started has, with little patience."""
    parts = author.newsletter.parts
    return Hub(
        parts.config,
        archive=parts.archive,
        places=Places(parts.database),
        facts=Facts(parts.database),
        clock=author.clock,
        patience=0.3,
    )


def test_a_hub_is_told_once_of_what_changed(author: Author, peer: Peer) -> None:
    """Each feed that changed is named once: of all issues, and of the tags of the one that did."""
    hub = make_hub(author)
    hub.tell()
    assert peer.told() == MAIN
    hub.tell()
    assert peer.told() == []
    author.clock.move(hours=1)
    author.publish("two.md", "Second.", title="Two", tags='["a/b"]')
    hub.tell()
    assert peer.told() == [*MAIN, *(url.replace(URL, f"{URL}/tags/a%2Fb") for url in MAIN)]


def test_a_restart_forgets_nothing_and_repeats_nothing(author: Author, peer: Peer) -> None:
    """What was told is known to the next process; what was not is told by it."""
    make_hub(author).tell()
    assert peer.told() == MAIN
    make_hub(author).tell()
    assert peer.told() == []
    author.clock.move(hours=1)
    author.publish("two.md", "Second.", title="Two")
    make_hub(author).tell()
    assert peer.told() == MAIN


@pytest.mark.parametrize("status", [500, 503, 429, SILENT])
def test_a_hub_that_cannot_now_is_told_later(author: Author, peer: Peer, status: int) -> None:
    """Asked again after ever longer waits, not before, until it has been told all."""
    hub = make_hub(author)
    peer.status = status
    for wait in (*WAITS, WAITS[-1]):
        hub.tell()
        assert peer.told() == MAIN[:1]
        author.clock.move(seconds=wait.total_seconds() - 1)
        hub.tell()
        assert peer.told() == []
        author.clock.move(seconds=1)
    peer.status = 204
    hub.tell()
    assert peer.told() == MAIN


def test_a_new_process_tries_at_once(author: Author, peer: Peer) -> None:
    """How long to wait is not kept: whoever mends the hub and starts anew need not wait."""
    peer.status = 500
    make_hub(author).tell()
    peer.told()
    peer.status = 202
    make_hub(author).tell()
    assert peer.told() == MAIN


@pytest.mark.parametrize("status", [301, 303, 307, 308, 400, 404, 410])
def test_a_hub_that_refuses_is_not_asked_again(author: Author, peer: Peer, status: int) -> None:
    """It is left alone until there is something new, and no redirect is followed."""
    hub = make_hub(author)
    peer.status = status
    hub.tell()
    assert peer.told() == MAIN
    author.clock.move(seconds=timedelta(days=2).total_seconds())
    hub.tell()
    assert peer.told() == []
    author.publish("two.md", "Second.", title="Two")
    hub.tell()
    assert peer.told() == MAIN
