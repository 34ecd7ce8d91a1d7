"""Serves the site, and the operator's listener beside it, inside the service's event loop.

Strangers get a bounded number of descriptors: the rest of what the process may open is the
database's, the relays' and the notes' (see `_connections`).
"""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Final, Self

import uvicorn
from starlette.applications import Starlette

from mailer.smtp import Relay, cannot_listen
from newsletter import Newsletter
from newsletter.config import Config
from storage.model import Log, SiteError
from web.building import Keeper
from web.http import Bounds, bounded
from web.routes import Vitals
from web.site import create_admin, create_app

_PATIENCE_S: Final = 5
"""How long requests may take to end when the service stops."""
_BACKLOG: Final = 128
"""Connections that the kernel keeps ready, and so how many can be opened at a blow."""
_KEPT_BACK: Final = 256
"""Descriptors for the database, notes, pictures, report intake and logs, with room to spare."""
_OPERATORS: Final = 20
"""Connections of the operator's machines."""
_FEWEST: Final = 16
_LOOPBACK: Final = "127.0.0.1"
_log = Log()


def _is_fault(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's tells of a fault. Where it ends what would not end in time, it says how many
    in one line, and then shows where each was: a page for each of some hundred strangers.
    """
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


class _Server(uvicorn.Server):
    """A server that leaves signals to the service it is part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Doors:
    """Listening sockets that stay open while the service takes a new configuration.

    Whoever comes meanwhile waits in the kernel's queue. As a context they close with it.
    """

    def __init__(self) -> None:
        self._open: dict[tuple[str, int, str], socket.socket] = {}
        self._used: set[tuple[str, int, str]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for door in self._open.values():
            door.close()

    def listen(self, host: str, port: int, key: str) -> socket.socket:
        """A socket that listens there, to be closed by whoever serves it. Raises SiteError."""
        door = self._open.get((host, port, key))
        if door is None:
            door = self._open[host, port, key] = _listen(host, port, key)
        self._used.add((host, port, key))
        return door.dup()

    def settle(self) -> None:
        """Close those that were not asked for since the last time: the configuration has others now."""
        for place in set(self._open) - self._used:
            self._open.pop(place).close()
        self._used = set()


class SiteServer:
    """The site of one newsletter; callable as `newsletter.service.Site`."""

    def __init__(self, newsletter: Newsletter, doors: Doors | None = None) -> None:
        """`doors` are those of the run before, if the service takes a new configuration."""
        self._newsletter = newsletter
        self._doors = doors
        self.admin_address = ""
        """Of the operator's listener, once `ready` was called."""

    async def __call__(self, *, stop: asyncio.Event, ready: Callable[[str], None]) -> None:
        """Listen, tell `ready` the address, serve until `stop`. Raises SiteError."""
        config = self._newsletter.config
        vitals = Vitals(self._newsletter)
        bounds = Bounds(
            header=config.web.max_header,
            idle=config.web.idle.total_seconds(),
            connections=_connections(config),
        )
        with ExitStack() as stack:
            doors = self._doors or stack.enter_context(Doors())
            listener = stack.enter_context(doors.listen(config.web.host, config.web.port, "port"))
            watched = stack.enter_context(_listen_for_operator(config, doors, listener))
            doors.settle()
            site = _server(create_app(self._newsletter, vitals.count, vitals.readership), bounds)
            admin = _server(
                create_admin(vitals, config.web.max_body), replace(bounds, connections=_OPERATORS)
            )
            serving = [
                asyncio.create_task(site.serve(sockets=[listener])),
                asyncio.create_task(admin.serve(sockets=[watched])),
            ]
            directory = config.web.static_dir
            if directory is not None:
                keeper = Keeper(self._newsletter, directory)
                serving.append(asyncio.create_task(keeper.keep(stop)))
            self.admin_address = _address(watched)
            ready(_address(listener))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait([*serving, stopped], return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            site.should_exit = admin.should_exit = True
            await asyncio.gather(*serving)


def _server(app: Starlette, bounds: Bounds) -> _Server:
    logging.getLogger("uvicorn.error").addFilter(_is_fault)
    return _Server(
        uvicorn.Config(
            app,
            http=bounded(bounds),
            ws="none",
            log_config=None,
            access_log=False,  # a token stands in the path of every link in a mail
            proxy_headers=False,  # whom to believe is `[web] trusted_proxies` (rule F6)
            server_header=False,
            lifespan="off",
            backlog=_BACKLOG,
            timeout_keep_alive=max(1, int(bounds.idle)),
            timeout_graceful_shutdown=_PATIENCE_S,
        )
    )


# ── descriptors ──────────────────────────────────────────────────────────────────────────────


def _connections(config: Config) -> int:
    """How many connections the site may have: what is configured, if the process may open so many.

    The soft limit on descriptors is raised as far as the hard one allows. Where that is not enough,
    the site gets fewer, and the log says so.
    """
    wanted = config.web.connections
    relays = sum(one.connections for one in config.relays if isinstance(one, Relay))
    others = _KEPT_BACK + _BACKLOG + _OPERATORS + relays
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    needed = wanted + others
    if soft < needed and (hard == resource.RLIM_INFINITY or hard > soft):
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed = max(_FEWEST, min(wanted, soft - others))
    if allowed < wanted:
        _log.warning("web.connections_lowered", wanted=wanted, allowed=allowed, descriptors=soft)
    return allowed


# ── addresses ────────────────────────────────────────────────────────────────────────────────


def _listen_for_operator(config: Config, doors: Doors, site: socket.socket) -> socket.socket:
    """On loopback at `[web] admin_port`; without one at the port after the site's, or any free one."""
    chosen = config.web.admin_port
    if chosen is not None:
        return doors.listen(_LOOPBACK, chosen, "admin_port")
    next_one = site.getsockname()[1] + 1 if config.web.port else 0
    try:
        return doors.listen(_LOOPBACK, next_one if next_one <= 65535 else 0, "admin_port")
    except SiteError:
        return doors.listen(_LOOPBACK, 0, "admin_port")


def _listen(host: str, port: int, key: str) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        keys = "[web] host or port" if key == "port" else f"[web] {key}"
        raise cannot_listen(f"the site cannot listen on {host}:{port}", error, keys) from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
