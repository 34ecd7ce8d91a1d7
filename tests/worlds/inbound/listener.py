"""A listener in a thread of the test, and a client that says exactly what it is told to."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from mailer.inbound.listener import LIMITS, Accepts, Process, listening
from mailer.inbound.places import ListenAddress
from mailer.smtp.server import Limits

PATIENCE_S = 120
"""After so long a test that waits for a reply has failed."""


@contextmanager
def listener(
    accepts: Accepts,
    process: Process,
    *,
    lmtp: bool = False,
    limits: Limits = LIMITS,
    path: Path | None = None,
    port: int = 0,
) -> Iterator[int]:
    """Listens on loopback, on a free port unless told which, or at a path; yields the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    stack = AsyncExitStack()
    host = "" if path else "127.0.0.1"
    address = ListenAddress(lmtp=lmtp, host=host, port=port, path=path)

    async def start() -> int:
        return await stack.enter_async_context(listening(address, accepts, process, limits=limits))

    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result(PATIENCE_S)
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


@dataclass
class Wire:
    """One connection, spoken by hand."""

    port: int = 0
    path: Path | None = None
    _socket: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        if self.path is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
        else:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(PATIENCE_S)
            self._socket.connect(str(self.path))
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up without a word."""
        self._file.close()
        self._socket.close()

    def send(self, octets: bytes) -> None:
        """Says this, and waits for nothing."""
        self._socket.sendall(octets)

    def hear(self) -> str:
        """One whole reply, its lines joined; empty when the other side has hung up."""
        lines = []
        while True:
            try:
                line = self._file.readline().decode("utf-8", "replace").rstrip("\r\n")
            except ConnectionError:
                return ""
            lines.append(line)
            if line[3:4] != "-":
                return "\n".join(lines)

    def ask(self, line: str) -> str:
        """One command, and its reply."""
        self.send(f"{line}\r\n".encode("utf-8", "surrogateescape"))
        return self.hear()

    def greet(self, hello: str = "EHLO") -> None:
        """Greeting and EHLO."""
        assert self.hear().startswith("220")
        assert self.ask(f"{hello} mx.example.net").startswith("250")

    def begin(self, *recipients: str) -> None:
        """Everything up to the content, from the null sender."""
        assert self.ask("MAIL FROM:<>").startswith("250")
        for recipient in recipients:
            assert self.ask(f"RCPT TO:<{recipient}>").startswith("250")
        assert self.ask("DATA").startswith("354")

    def finish(self, content: bytes) -> str:
        """Content and final dot; the reply to it."""
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        self.send(stuffed + b"\r\n.\r\n")
        return self.hear()
