"""A real newsletter in a folder; a client that asks its site without a network; the site over HTTP."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import uvloop

from newsletter.app import Newsletter
from tests.worlds.clock import Clock
from tests.worlds.store import empty_file
from web.routes import Vitals
from web.server import SiteServer
from web.site import create_admin, create_app

URL = "https://notes.example.com"
CONFIG = f"""
[newsletter]
title = "Working <Notes>"
url = "{URL}"
sender = "Working Notes <notes@example.com>"
author = "Ada Example"
description = "Field notes & more"
timezone = "America/Los_Angeles"
links = {{ GitHub = "https://github.com/example" }}
[schedule]
hold = "0s"
[smtp]
url = "outbox:outbox"
"""
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


class Author:
    """Writes notes and has them published."""

    def __init__(self, folder: Path, clock: Clock, extra: str = "") -> None:
        self.notes = folder / "notes"
        self.notes.mkdir()
        config = folder / "newsletter.toml"
        config.write_text(CONFIG + extra)
        if "[storage]" not in extra:
            empty_file(folder)
        self.clock = clock
        self.newsletter = Newsletter.open(config, environ={}, clock=clock)

    def write(self, path: str, text: str | bytes) -> Path:
        """Puts a file in place that has rested for a while."""
        file = self.notes / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        os.utime(file, (1_700_000_000, 1_700_000_000))
        return file

    def have_due(self, path: str, body: str, **keys: str) -> None:
        """Writes a note whose time has come."""
        head = {"publish": self.clock.now.isoformat(), **keys}
        lines = "\n".join(f"{name}: {value}" for name, value in head.items())
        self.write(path, f"---\n{lines}\n---\n{body}\n")

    def publish(self, path: str, body: str, **keys: str) -> None:
        """Writes a note whose time has come, and polls."""
        self.have_due(path, body, **keys)
        report = self.newsletter.poll()
        assert report.faults == ()


class Client:
    """Asks the site under a host name that is not its own."""

    def __init__(self, newsletter: Newsletter, peer: str = "203.0.113.9") -> None:
        vitals = Vitals(newsletter)
        transport = httpx.ASGITransport(
            app=create_app(newsletter, vitals.count, vitals.readership),
            raise_app_exceptions=False,
            client=(peer, 4321),
        )
        watched = httpx.ASGITransport(app=create_admin(vitals, newsletter.config.web.max_body))
        self._runner = asyncio.Runner()
        self._admin = httpx.AsyncClient(transport=watched, base_url="http://127.0.0.1")
        self._http = httpx.AsyncClient(transport=transport, base_url="http://forged.example")
        self._http.headers.pop("accept-encoding")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runner.run(self._http.aclose())
        self._runner.run(self._admin.aclose())
        self._runner.close()

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET; names of headers are written with underscores."""
        return self.ask("GET", path, headers=headers)

    def watch(self, path: str) -> httpx.Response:
        """GET on the operator's listener."""
        return self._runner.run(self._admin.get(path))

    def head(self, path: str, **headers: str) -> httpx.Response:
        """HEAD, likewise."""
        return self.ask("HEAD", path, headers=headers)

    def post(self, path: str, content: bytes = b"", **headers: str) -> httpx.Response:
        """POST of a form, unless a header says otherwise."""
        headers.setdefault("content_type", "application/x-www-form-urlencoded")
        return self.ask("POST", path, content=content, headers=headers)

    def ask(
        self, method: str, path: str, *, content: bytes = b"", headers: dict[str, str]
    ) -> httpx.Response:
        """Any request; redirects are not followed."""
        spelt = {name.replace("_", "-"): value for name, value in headers.items()}
        request = self._http.request(method, path, content=content, headers=spelt)
        return self._runner.run(request)


@contextmanager
def serving(newsletter: Newsletter) -> Iterator[str]:
    """The site over HTTP in a thread of its own; its address."""
    with serving_both(newsletter) as (site, _admin):
        yield site


@contextmanager
def serving_both(newsletter: Newsletter) -> Iterator[tuple[str, str]]:
    """The addresses of the site and of the operator's listener, in a thread of their own."""
    addresses: list[str] = []
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    listening = threading.Event()

    def ready(address: str) -> None:
        addresses.append(address)
        listening.set()

    async def serve() -> None:
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))
        await server(stop=stop, ready=ready)

    server = SiteServer(newsletter)
    thread = threading.Thread(target=lambda: uvloop.run(serve()))
    thread.start()
    try:
        assert listening.wait(60)
        yield addresses[0], server.admin_address
    finally:
        loop, stop = loops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join()
