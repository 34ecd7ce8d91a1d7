"""Peers that keep a connection and give nothing: one that drips, and a way to a server that falls silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Way:
    """A way to a server. Once it is silent nothing passes, and every connection stays open."""

    port: int
    silent: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Event = field(default_factory=threading.Event)
    """Set when somebody has asked for something since it fell silent."""
    over: threading.Event = field(default_factory=threading.Event)
    ends: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """End every connection."""
        self.over.set()
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def way_to(port: int) -> Iterator[Way]:
    """A way to what listens at this port on this machine."""
    with _listening() as server:
        way = Way(server.getsockname()[1])

        def meet(client: socket.socket) -> None:
            if way.over.is_set():
                client.close()
                return
            other = socket.create_connection(("127.0.0.1", port))
            way.ends += [client, other]
            for source, target in ((client, other), (other, client)):
                threading.Thread(target=_pass, args=(way, source, target), daemon=True).start()

        _accept(server, meet)
        try:
            yield way
        finally:
            way.cut()


@contextmanager
def dripping(
    greeting: bytes, drop: bytes, every_s: float = 0.5
) -> Iterator[tuple[int, threading.Event]]:
    """A server that greets and then gives a drop every so often, for ever; its port, and whether
    somebody has come.
    """
    come, over = threading.Event(), threading.Event()

    def meet(client: socket.socket) -> None:
        come.set()
        with client, suppress(OSError):
            client.sendall(greeting)
            while not over.wait(every_s):
                client.sendall(drop)

    with _listening() as server:
        _accept(server, meet)
        try:
            yield server.getsockname()[1], come
        finally:
            over.set()


@contextmanager
def _listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def _accept(server: socket.socket, meet: Callable[[socket.socket], None]) -> None:
    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = server.accept()
                threading.Thread(target=meet, args=(client,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()


def _pass(way: Way, source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while octets := source.recv(65536):
            if way.silent.is_set():
                way.waiting.set()
                way.over.wait()
                return
            target.sendall(octets)
        target.shutdown(socket.SHUT_WR)
