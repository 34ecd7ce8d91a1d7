"""Asks a real site, its operator's listener and its listener for bounces, all in one loop, on loopback.

The loop's own thread says how much processor time each request took of it, so neither the client nor the
database counts. Compare with the ordinary page in the first row: everything of the service waits meanwhile.
"""

from __future__ import annotations

import asyncio
import re
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final, Self, TypeVar
from urllib.parse import urlsplit

from mailer.inbound import ListenAddress, listening
from newsletter import Newsletter
from newsletter.service import run_in_loop
from scripts.bench.folder import PIXEL
from scripts.bench.strangers.asking import Door, Links, Request, ordinary, worst
from web.server import SiteServer

T = TypeVar("T")

_REPEATS: Final = 5
_PATIENCE_S: Final = 30
_LOOPBACK: Final = "127.0.0.1"
_SENDER: Final = "notes@example.com"
_NOTE: Final = "---\npublish: 2026-01-0{0} 09:00\ntags: [x]\n---\n# Issue {0}\n\n![p](p.png)\n\n"
_CONFIG: Final = f"""
[newsletter]
title = "Strangers"
url = "http://127.0.0.1"
sender = "Strangers <{_SENDER}>"
[web]
port = 0
trusted_proxies = ["127.0.0.1"]
[desk]
enabled = true
[subscribers]
name_field = true
[webhooks]
postmark = "user:password"
mailgun = "key-0123456789"
ses = ["arn:aws:sns:eu-west-1:123456789012:bounces"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What became of a request."""

    request: Request
    status: int
    """Of an answer; of a conversation by SMTP its last."""
    seconds: float
    """Of the event loop's thread; of a conversation by SMTP, which is many requests, its longest turn."""


class _Turns:
    """Has the loop turn all the while, and keeps the longest of its turns."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._before = time.thread_time()
        self._is_over = False
        self.longest = 0.0

    def look(self) -> None:
        """At each turn."""
        now = time.thread_time()
        self.longest, self._before = max(self.longest, now - self._before), now
        if not self._is_over:
            self._loop.call_soon(self.look)

    def end(self) -> None:
        """Look no more."""
        self._is_over = True


class _Service:
    """All that listens, in a thread of its own, and its event loop's clock."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._newsletter = newsletter
        self._server = SiteServer(newsletter)
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: run_in_loop(self._serve))
        self._ports: dict[Door, int] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait(_PATIENCE_S)
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        desk = self._newsletter.parts.report_desk
        at = ListenAddress(lmtp=False, host=_LOOPBACK)
        async with listening(at, desk.accepts, self._take) as port:
            self._ports[Door.MAIL] = port
            await self._server(stop=self._stop, ready=self._ready)

    def _take(self, raw: bytes, recipient: str) -> None:
        self._newsletter.parts.report_desk.process(raw, envelope_to=recipient)

    def _ready(self, address: str) -> None:
        for door, at in ((Door.SITE, address), (Door.ADMIN, self._server.admin_address)):
            self._ports[door] = urlsplit(at).port or 0
        self._listening.set()

    def cost(self, request: Request) -> Cost:
        """Sends a request once."""
        if request.door is Door.MAIL:
            turns = self._do(_Turns, self._loop)
            self._do(turns.look)
            status = self._ask(request)
            self._do(turns.end)
            return Cost(request=request, status=status, seconds=turns.longest)
        before = self._do(time.thread_time)
        status = self._ask(request)
        return Cost(request=request, status=status, seconds=self._do(time.thread_time) - before)

    def _do(self, work: Callable[..., T], *about: object) -> T:
        """Has the loop's thread do this, in a turn of its own."""

        async def do() -> T:
            return work(*about)

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result(_PATIENCE_S)

    def _ask(self, request: Request) -> int:
        place, heard = (_LOOPBACK, self._ports[request.door]), bytearray()
        with closing(socket.create_connection(place, _PATIENCE_S)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            hearing = threading.Thread(target=_hear, args=(connection, heard))
            hearing.start()
            with suppress(ConnectionError):
                size = request.piece or len(request.sent)
                for start in range(0, len(request.sent), size):
                    connection.sendall(request.sent[start : start + size])
            hearing.join()
        return _status(request.door, bytes(heard))


def _hear(connection: socket.socket, heard: bytearray) -> None:
    """All that is answered, until the other side hangs up."""
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            heard += piece


def _status(door: Door, heard: bytes) -> int:
    if door is Door.MAIL:
        return int((re.findall(rb"(?m)^(\d{3}) ", heard) or [b"0"])[-1])
    return int(heard[9:12]) if heard.startswith(b"HTTP/1.1 ") else 0


@contextmanager
def _newsletter() -> Iterator[Newsletter]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "notes").mkdir()
        (folder / "newsletter.toml").write_text(_CONFIG, "utf-8")
        (folder / "notes" / "p.png").write_bytes(PIXEL)
        (folder / "notes" / "about.md").write_text("# About\n\nWords.\n", "utf-8")
        for number in range(1, 4):
            text = _NOTE.format(number) + "Words and *more words*. " * 200
            (folder / "notes" / f"issue-{number}.md").write_text(text, "utf-8")
        with Newsletter.open(folder / "newsletter.toml", environ={}) as newsletter:
            for _ in range(2):
                newsletter.poll()
            yield newsletter


def _links(newsletter: Newsletter) -> Links:
    """Those of a reader."""
    newsletter.subscriptions.add("ada@example.org")
    reader = newsletter.subscriptions.find("ada@example.org")
    tokens, desk = newsletter.parts.tokens, newsletter.parts.readers.preferences
    own = tokens.preferences(reader.id)
    desk.renew_feed(own, ip="", wanted=True)
    page = desk.view(own)
    return Links(
        preferences=own,
        unsubscribe=tokens.unsubscribe(reader.id),
        confirm=tokens.confirm(reader.id, reader.nonce, datetime.now(UTC)),
        feed=page.feed_token if page else "",
        return_path=tokens.return_path(None, reader.id, _SENDER),
    )


def measure(*, step: int = 1) -> Iterator[Cost]:
    """The ordinary page at its usual cost, then each of the rest, or one in so many, once."""
    with _newsletter() as newsletter, _Service(newsletter) as service:
        usual = sorted((service.cost(ordinary()) for _ in range(_REPEATS)), key=lambda c: c.seconds)
        yield usual[_REPEATS // 2]
        for request in islice(worst(_links(newsletter)), 0, None, step):
            yield service.cost(request)
