"""What the costliest request that a stranger can make of each route costs the event loop.

    python -m scripts.bench.strangers

A real site on loopback; the loop's own thread says how much processor time each request took of it, so
neither the client nor the database counts. Compare with the ordinary page in the first row: everything
of the service waits meanwhile. Nothing may take 0.1 s.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

import structlog

from newsletter import Newsletter
from newsletter.service import run_in_loop
from web.server import SiteServer

LIMIT_S: Final = 0.1
_REPEATS: Final = 5
_PATIENCE_S: Final = 30
_NOTE: Final = "---\npublish: 2026-01-0{0} 09:00\ntags: [x]\n---\n# Issue {0}\n\n![p](p.png)\n\n"
_PIXEL: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
_CONFIG: Final = """
[newsletter]
title = "Strangers"
url = "http://127.0.0.1"
sender = "Strangers <notes@example.com>"
[web]
port = 0
[webhooks]
postmark = "user:password"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Octets that a stranger sends, and what is odd about them."""

    route: str
    what: str
    sent: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What became of a request."""

    request: Request
    status: int
    seconds: float
    """Of the event loop's thread."""


def ordinary() -> Request:
    """A reader's request for a page."""
    return _get("/issues/issue-1", "an ordinary page")


def worst() -> Iterator[Request]:
    """The costliest known, by what they are made of."""
    many = 60_000
    for path in ("/", "/about", "/archive", "/issues/issue-1", "/feed.xml", "/tags/x/atom.xml",
                 "/media/p.png", "/static/site.css", "/sitemap.xml", "/robots.txt", "/subscribe",
                 "/confirm/x", "/unsubscribe/x", "/preferences/x", "/outbox", "/outbox/x"):  # fmt: skip
        yield _get(path, "tags without end", "If-None-Match: " + '"a",' * (many // 4))
        yield _get(path, "encodings", "Accept-Encoding: " + "a;q=0," * (many // 6))
        yield _get(path, "types", "Accept: " + "a/b;q=1," * (many // 8))
        yield _get(path, "cookies", "Cookie: " + "a=b; " * (many // 5))
        yield _get(path, "proxies", "X-Forwarded-For: " + "1.2.3.4," * (many // 8))
        yield _get(path, "ranges", "Range: bytes=" + "0-0," * (many // 4))
        yield _get(path, "a hundred fields", "\r\n".join(f"X-{n}: a" for n in range(97)))
        yield _get(f"{path}?" + "a=b&" * (many // 4), "a query")
    for path in ("/", "/issues/", "/tags/", "/media/", "/confirm/", "/unsubscribe/", "/outbox/"):
        yield _get(path + "a/" * (many // 2), "a deep path")
        yield _get(path + "%2F" * (many // 3), "an encoded path")
        yield _get(path + "%C3%A9" * (many // 6), "a long path")
        yield _get(path + "a" * many + "/", "a trailing slash")
    for path in ("/subscribe", "/confirm/x", "/unsubscribe/x", "/preferences/x", "/nowhere"):
        yield from _forms(path, many)
    yield _post("/webhooks/postmark", "deep JSON", "application/json", b"[" * 1_000_000)
    yield _post("/webhooks/postmark", "long JSON", "application/json", b'{"a":1},' * 100_000)
    yield _post("/webhooks/postmark", "small chunks", "text/plain", _chunks(2000, 1), chunked=True)


def _forms(path: str, many: int) -> Iterator[Request]:
    multipart = "multipart/form-data; boundary=b"
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    disposition = b"--b\r\nContent-Disposition: form-data" + b";" * many + b"\r\n\r\nx\r\n--b--"
    yield _post(path, "type", "multipart/form-data;" + ";" * (many - 100), b"a=b")
    yield _post(path, "part header", multipart, disposition)
    yield _post(path, "parts", multipart, part * (many // len(part)))
    yield _post(path, "delimiters", multipart, b"\n--b" * (many // 4))
    yield _post(path, "fields", "", b"a=b&" * (many // 4))
    yield _post(path, "escapes", "", b"email=" + b"%41" * (many // 3))
    yield _post(path, "an address", "", b"email=" + b"a." * (many // 2) + b"@example.com")
    yield _post(path, "deep JSON", "application/json", b"[" * many)
    yield _post(path, "long JSON", "application/json", b'{"a":' + b"9" * 4000 + b"}")
    yield _post(path, "chunks", "", _chunks(2000, 1), chunked=True)
    yield _post(path, "extension", "", b"1;" + b"a" * 200_000 + b"\r\na\r\n0\r\n\r\n", chunked=True)


def _chunks(number: int, size: int) -> bytes:
    return (b"%x\r\n" % size + b"a" * size + b"\r\n") * number + b"0\r\n\r\n"


def _get(path: str, what: str, field: str = "") -> Request:
    extra = f"{field}\r\n" if field else ""
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{extra}\r\n"
    return Request(route=f"GET {path[:24]}", what=what, sent=head.encode("latin-1"))


def _post(
    path: str, what: str, content_type: str, body: bytes, *, chunked: bool = False
) -> Request:
    size = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    kind = f"Content-Type: {content_type}\r\n" if content_type else ""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{kind}{size}\r\n\r\n"
    return Request(route=f"POST {path}", what=what, sent=head.encode("latin-1") + body)


# ── measuring ────────────────────────────────────────────────────────────────────────────────


class _Site:
    """A site in a thread of its own, and its event loop's clock."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._server = SiteServer(newsletter)
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: run_in_loop(self._serve))
        self._address = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait(_PATIENCE_S)
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await self._server(stop=self._stop, ready=self._ready)

    def _ready(self, address: str) -> None:
        self._address = address
        self._listening.set()

    def cost(self, request: Request) -> Cost:
        """Sends a request once."""
        before = self._clock()
        status = self._ask(request.sent)
        return Cost(request=request, status=status, seconds=self._clock() - before)

    def _clock(self) -> float:
        async def look() -> float:
            return time.thread_time()

        return asyncio.run_coroutine_threadsafe(look(), self._loop).result(_PATIENCE_S)

    def _ask(self, sent: bytes) -> int:
        where = urlsplit(self._address)
        pieces: list[bytes] = []
        with closing(
            socket.create_connection((where.hostname or "", where.port or 0), _PATIENCE_S)
        ) as connection:
            try:
                connection.sendall(sent)
                while piece := connection.recv(65536):
                    pieces.append(piece)
            except ConnectionError:
                pass
        answer = b"".join(pieces)
        return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0


@contextmanager
def _newsletter() -> Iterator[Newsletter]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "notes").mkdir()
        (folder / "newsletter.toml").write_text(_CONFIG, "utf-8")
        (folder / "notes" / "p.png").write_bytes(_PIXEL)
        (folder / "notes" / "about.md").write_text("# About\n\nWords.\n", "utf-8")
        for number in range(1, 4):
            text = _NOTE.format(number) + "Words and *more words*. " * 200
            (folder / "notes" / f"issue-{number}.md").write_text(text, "utf-8")
        with Newsletter.open(folder / "newsletter.toml", environ={}) as newsletter:
            for _ in range(2):
                newsletter.poll()
            yield newsletter


def measure() -> Iterator[Cost]:
    """The ordinary page at its usual cost, then the rest, each once."""
    with _newsletter() as newsletter, _Site(newsletter) as site:
        usual = sorted((site.cost(ordinary()) for _ in range(_REPEATS)), key=lambda c: c.seconds)
        yield usual[_REPEATS // 2]
        for request in worst():
            yield site.cost(request)


def main() -> int:
    """Prints a row for each, the costliest first; 1 when one is beyond the limit."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    usual, *others = measure()
    print(f"{'ms':>7} {'ratio':>6} {'status':>6}  request")
    for cost in [usual, *sorted(others, key=lambda c: -c.seconds)]:
        ratio = cost.seconds / usual.seconds
        print(
            f"{cost.seconds * 1000:7.2f} {ratio:6.1f} {cost.status:6}  "
            f"{cost.request.route}: {cost.request.what}"
        )
    return int(any(cost.seconds > LIMIT_S for cost in others))


if __name__ == "__main__":
    sys.exit(main())
