"""How a connection ends that belongs to a site which stops."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from typing import Any

import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.server import ServerState

from web.http import Bounds, bounded

BOUNDS = Bounds(header=65536, idle=15, connections=20)


class Connections(set[Any]):
    """Those of a server, which tells of each that comes."""

    def __init__(self) -> None:
        super().__init__()
        self.come: asyncio.Queue[Any] = asyncio.Queue()

    def add(self, connection: Any) -> None:
        """One more."""
        super().add(connection)
        self.come.put_nowait(connection)


def test_who_has_just_come_is_answered_by_a_site_that_stops() -> None:
    """A request that was sent before the stop and not read yet is answered, and the connection closed; one on which
    nothing comes is closed, too.
    """

    async def scenario() -> tuple[bytes, bytes]:
        loop = asyncio.get_running_loop()
        config = uvicorn.Config(
            PlainTextResponse("here"), http=bounded(BOUNDS), lifespan="off", log_config=None
        )
        config.load()
        state = ServerState()
        connections = state.connections = Connections()

        def make() -> asyncio.Protocol:
            return config.http_protocol_class(  # type: ignore[union-attr,call-arg]
                config=config, server_state=state, app_state={}
            )

        server = await loop.create_server(make, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        with (
            closing(socket.create_connection(address)) as asks,
            closing(socket.create_connection(address)) as silent,
        ):
            come = [await connections.come.get() for _ in range(2)]
            asks.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            for connection in come:
                connection.shutdown()
            found = [await asyncio.to_thread(read_to_end, one) for one in (asks, silent)]
            server.close()
            return found[0], found[1]

    answer, nothing = asyncio.run(scenario())
    assert answer.endswith(b"here")
    assert nothing == b""


def read_to_end(connection: socket.socket) -> bytes:
    """All that comes until the site closes."""
    connection.settimeout(60)
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)
