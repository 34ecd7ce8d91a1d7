"""A TCP proxy that makes the way longer: each direction takes a given time.

    python -m scripts.bench.delay PORT MILLISECONDS

Prints its own port, then serves until it is ended. It delays and never limits: any amount can be
under way at once, as on a long fast line.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from typing import cast

from newsletter.service import run_in_loop


class _End(asyncio.Protocol):
    """One end of a connection; what it receives leaves at the other end, later."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._under_way: deque[bytes] = deque()
        self._loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._under_way.append(data)
        self._loop.call_later(self._delay_s, self._arrive)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._loop.call_later(self._delay_s, self._hang_up)

    def _arrive(self) -> None:
        data = self._under_way.popleft()
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def _hang_up(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


class _Entrance(_End):
    """The end that the client sees; it connects the far end before it reads."""

    def __init__(self, delay_s: float, port: int) -> None:
        super().__init__(delay_s)
        self._port = port
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._connecting = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        exit_ = _End(self._delay_s)
        exit_.other = self
        await self._loop.create_connection(lambda: exit_, "127.0.0.1", self._port)
        self.other = exit_


async def _serve(port: int, delay_s: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Entrance(delay_s, port), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    run_in_loop(lambda: _serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
