"""A feed on loopback that answers as a test has it, and a newsletter that follows it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

from newsletter.following.fetching import Fetcher
from newsletter.following.follower import Follower
from newsletter.following.hub import HubSubscription
from newsletter.following.memory import FeedMemory, Followed
from newsletter.following.parser import NoFeed
from newsletter.following.parser import read_feed as parse_feed
from newsletter.following.saying import SaidFeed, read_said
from newsletter.publishing.findings import PollReport
from storage.database.engine import Database
from storage.database.facts import Facts
from storage.model.errors import FetchError
from storage.model.issues import Mailing
from storage.notes.entries import FeedEntries
from storage.notes.folder import FolderNotes
from storage.notes.joined import JoinedNotes
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.publishing.notes import URL, Folder, Room

Handle = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class FeedServer:
    """A server that answers every question as it is told to, and remembers what it was asked."""

    address: str = ""
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    handle: Handle | None = None
    """Instead of all that."""
    told: list[dict[str, str]] = field(default_factory=list)
    """Forms that were posted, as to a hub."""
    hub_status: int = 202
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """(path, headers by small names)."""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """One question."""
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.asked.append((handler.path, headers))
        if self.handle is not None:
            self.handle(handler)
            return
        tag = self.headers.get("ETag")
        is_same = tag is not None and headers.get("if-none-match") == tag
        send(handler, 304 if is_same else self.status, b"" if is_same else self.body, self.headers)


def send(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> None:
    """An answer in one piece."""
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    if status != 304:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def serve_feed() -> Iterator[FeedServer]:
    """The server, on loopback."""
    feed = FeedServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(OSError):  # the other side hangs up, as it should
                feed.answer(self)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            feed.told.append(dict(parse_qsl(self.rfile.read(length).decode())))
            send(self, feed.hub_status)

        def log_message(self, *_args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    feed.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield feed
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Item:
    """An entry as its feed has it."""

    name: str
    at: datetime | None = None
    guid: str | None = ""
    """Empty for one made of the name; None for none."""
    link: str | None = ""
    """Likewise."""
    words: str = ""
    tags: tuple[str, ...] = ()

    def xml(self) -> str:
        """As RSS."""
        guid = f"tag:blog.example,2026:{self.name}" if self.guid == "" else self.guid
        link = f"https://blog.example/{self.name}/" if self.link == "" else self.link
        words = self.words or f"<p>The words of {self.name}, and no others.</p>"
        parts = [
            f"<title>{escape(self.name)}</title>",
            f'<guid isPermaLink="false">{escape(guid)}</guid>' if guid else "",
            f"<link>{escape(link)}</link>" if link else "",
            f"<pubDate>{format_datetime(self.at)}</pubDate>" if self.at else "",
            *(f"<category>{escape(tag)}</category>" for tag in self.tags),
            f"<description>{escape(words)}</description>",
        ]
        return f"<item>{''.join(parts)}</item>"


def rss(*items: Item, extra: str = "") -> bytes:
    """A feed of these, the first one first."""
    inside = "".join(one.xml() for one in items)
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Blog</title>'
        f"<link>https://blog.example/</link>{extra}{inside}</channel></rss>"
    ).encode()


def read_here(body: bytes, media_type: str, url: str) -> SaidFeed:
    """What the program reads, read in this process: a test need not wait for a new one."""
    try:
        return read_said(json.dumps(parse_feed(body, media_type)), url)
    except NoFeed as error:
        raise FetchError(str(error)) from error


class Following:
    """A newsletter that follows a feed, its clock, and one reader."""

    def __init__(
        self, url: str, folder: Path, feed: FeedServer, *, has_folder: bool = False
    ) -> None:
        self.feed = feed
        self.clock = Clock(NOON)
        self.fetcher = Fetcher("test", private=True, whole_s=5)
        self.room = Room(
            url,
            Folder(folder, self.clock),
            store=lambda database: JoinedNotes(
                FolderNotes(folder), FeedEntries(database), has_folder=has_folder
            ),
        )
        self.room.subscribe("reader@example.org")
        self.hub = HubSubscription(
            Facts(self.room.database), self.fetcher, callback=f"{URL}/feed-news/", clock=self.clock
        )
        self.follower = self.follow(f"{feed.address}/feed.xml")

    def follow(self, url: str) -> Follower:
        """Who follows a feed at that address from now on."""
        database: Database = self.room.database
        self.follower = Follower(
            url=url,
            every=timedelta(minutes=15),
            grace=timedelta(hours=24),
            site=URL,
            database=database,
            entries=FeedEntries(database),
            memory=FeedMemory(Facts(database)),
            fetcher=self.fetcher,
            hub=self.hub,
            clock=self.clock,
            read=read_here,
        )
        return self.follower

    def look(self, body: bytes | None = None) -> PollReport:
        """A quarter of an hour later: the feed is looked at, perhaps another one, and then the notes."""
        if body is not None:
            self.feed.body = body
        self.clock.move(minutes=15)
        self.follower.look()
        return self.room.poll()

    @property
    def standing(self) -> Followed:
        """How it stands with the feed."""
        found = self.follower.standing()
        assert found is not None
        return found

    def mailed(self) -> list[str]:
        """Titles of the issues whose mail is on its way, oldest first."""
        found = self.room.archive.everything()
        return [one.title for one in reversed(found) if one.mailing is Mailing.OPEN]

    def titles(self) -> list[str]:
        """What readers see, newest first."""
        return [one.title for one in self.room.archive.live()]
