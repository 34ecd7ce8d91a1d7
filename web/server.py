"""Serves the site over HTTP inside the service's event loop, for as long as the service runs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from newsletter import Newsletter
from storage.model import SiteError
from web.site import create_app

_PATIENCE_S: Final = 5
"""How long requests may take to end when the service stops."""


class _Server(uvicorn.Server):
    """A server that leaves signals to the service it is part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class SiteServer:
    """The site of one newsletter; callable as `newsletter.service.Site`."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._newsletter = newsletter

    async def __call__(self, *, stop: asyncio.Event, ready: Callable[[str], None]) -> None:
        """Listen, tell `ready` the address, serve until `stop`. Raises SiteError."""
        listener = self._listen()
        with listener:
            server = _Server(
                uvicorn.Config(
                    create_app(self._newsletter),
                    log_config=None,
                    access_log=False,  # a token stands in the path of every link in a mail
                    proxy_headers=False,  # whom to believe is `[web] trusted_proxies` (rule F6)
                    server_header=False,
                    lifespan="off",
                    timeout_graceful_shutdown=_PATIENCE_S,
                )
            )
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            ready(_address(listener))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            server.should_exit = True
            await serving

    def _listen(self) -> socket.socket:
        web = self._newsletter.config.web
        try:
            family, *_, address = socket.getaddrinfo(web.host, web.port, type=socket.SOCK_STREAM)[0]
            return socket.create_server(address[:2], family=family, backlog=2048)
        except OSError as error:
            raise SiteError(
                f"the site cannot listen on {web.host}:{web.port} ({error.strerror}); "
                "change [web] host or port, or stop what uses it"
            ) from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
