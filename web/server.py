"""Serves the site over HTTP with uvicorn, inside the service's own event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from newsletter.app import Newsletter
from storage.errors import ConfigError
from web.site import create_app

_BACKLOG: Final = 512
_GRACE_SECONDS: Final = 5
"""How long an answer under way may take once the service stops."""


class SiteServer:
    """The site of one newsletter on `[web] host` and `port`; what `Newsletter.run` is given."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._newsletter = newsletter

    async def __call__(self, *, stop: asyncio.Event, ready: Callable[[str], None]) -> None:
        """Listens, tells `ready` the address, and serves until `stop` is set.

        Raises ConfigError when the address cannot be listened on.
        """
        listener = self._listen()
        server = _Server(_settings(create_app(self._newsletter)))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stopping = asyncio.create_task(stop.wait())
        try:
            ready(_spell(listener))
            await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            server.should_exit = True
            await serving
            listener.close()

    def _listen(self) -> socket.socket:
        web = self._newsletter.config.web
        family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((web.host, web.port))
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            problem = f"[web] cannot listen on {web.host} port {web.port}: {error.strerror}"
            raise ConfigError(str(self._newsletter.config.source), [problem]) from error
        listener.setblocking(False)
        return listener


class _Server(uvicorn.Server):
    """Leaves signals to the service, which stops the site last."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


def _settings(app: Callable[..., Awaitable[None]]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,  # it would keep readers' links and addresses (rule A37)
        proxy_headers=False,  # whom to believe is decided by [web] trusted_proxies
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def _spell(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
