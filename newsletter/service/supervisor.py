"""Whoever started us, if it wants to be told: systemd's protocol of notifications (sd_notify(3)).

Datagrams to the socket that NOTIFY_SOCKET names; without one nobody is told, at no cost.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from typing import Final

from storage.model import Log

log = Log()

_PARTS: Final = 3
"""How many signs of life are given in the time after which we are taken for dead."""
_PATIENCE_S: Final = 2.0
"""How long a change of state waits for a listener whose queue is full, as a busy system's is: one
that is lost ends in a service that is taken for one that never started. A sign of life does not wait.
"""


class Supervisor:
    """Told when we are ready, alive, reloading and stopping."""

    def __init__(self, environ: Mapping[str, str], pid: int) -> None:
        """`pid` is ours: a watchdog that is meant for another process is not fed."""
        self._address = environ.get("NOTIFY_SOCKET", "")
        is_meant = environ.get("WATCHDOG_PID", str(pid)) == str(pid)
        micros = environ.get("WATCHDOG_USEC", "") if is_meant else ""
        self.watchdog_s = int(micros) / 1e6 if micros.isascii() and micros.isdigit() else 0.0
        """Seconds after which silence is taken for death; 0 = nobody watches."""

    def ready(self, status: str) -> None:
        """We do what we are for; `status` is a line for whoever asks systemd."""
        self._tell(f"READY=1\nSTATUS={status}")

    def reloading(self) -> None:
        """A new configuration is taken; `ready` comes again."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def waiting(self, why: str) -> None:
        """We cannot do yet what we are for, and live; to be said more often than every few seconds."""
        self._tell(f"WATCHDOG=1\nSTATUS={why}", patience_s=0.0)

    def stopping(self) -> None:
        """We finish what is under way."""
        self._tell("STOPPING=1\nSTATUS=finishing what is on the wire")

    async def feed(self) -> None:
        """Signs of life for as long as the event loop comes round."""
        while self.watchdog_s:
            self._tell("WATCHDOG=1", patience_s=0.0)
            await asyncio.sleep(self.watchdog_s / _PARTS)

    def _tell(self, words: str, patience_s: float = _PATIENCE_S) -> None:
        if not self._address:
            return
        # "@" stands for the zero octet of an abstract socket.
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
                # Of a socket that is not connected, poll(2) does not tell that the other's queue is full.
                speaker.connect(address)
                speaker.settimeout(patience_s)
                speaker.send(words.encode())
        except OSError as error:
            log.warning("supervisor.deaf", reason=error.strerror or str(error))
