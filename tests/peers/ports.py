"""Ports for programs that must be told theirs before they listen."""

from __future__ import annotations

import random
import socket

BELOW_EPHEMERAL = range(10_000, 32_768)
"""The system gives none of these to a connection: a port stays free until its program listens."""


def free_port() -> int:
    """One that nobody listens on just now, and that another test run will hardly draw."""
    for port in random.SystemRandom().sample(BELOW_EPHEMERAL, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("a hundred ports were taken: what listens on them all?")
