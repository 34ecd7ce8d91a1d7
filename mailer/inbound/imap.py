"""A connection to an IMAP server that ends: after a time, and after so many octets, whatever comes.

A timeout for each read is none for a server that gives an octet now and then, and a literal says
itself how long it is.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import threading
from contextlib import suppress
from typing import Final

_LONG_LITERAL: Final = re.compile(rb"\{\d{10,}\}\s*\Z")
"""A literal of a gigabyte or more, or of a length that is no number of octets (RFC 9051 4.3)."""


class BoundedImap(imaplib.IMAP4):
    """An IMAP session of at most `lasting_s` seconds and `octets` octets from the server.

    With a context it is TLS from the first byte. Beyond its bounds it raises `abort` or OSError.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        context: ssl.SSLContext | None,
        timeout_s: float,
        lasting_s: float,
        octets: int,
    ) -> None:
        self._context = context
        self._lasting_s = lasting_s
        self._left = octets
        self._alarm: threading.Timer | None = None
        self._handle: socket.socket | None = None
        super().__init__(host, port, timeout=timeout_s)

    def read(self, size: int) -> bytes:
        """That many octets of a literal."""
        self._take(size)
        return super().read(size)

    def readline(self) -> bytes:
        """One line."""
        line = super().readline()
        self._take(len(line))
        if _LONG_LITERAL.search(line):
            raise self.abort("a literal that nobody can take")
        return line

    def shutdown(self) -> None:
        """Close the connection."""
        try:
            super().shutdown()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        if self._handle is not None:
            self._handle.close()

    def _take(self, octets: int) -> None:
        self._left -= octets
        if self._left < 0:
            raise self.abort("more octets than were asked for")

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), timeout)
        # TLS takes the socket over; this handle still ends the connection, in its handshake too.
        self._handle = plain.dup()
        self._alarm = threading.Timer(self._lasting_s, self._cut)
        self._alarm.daemon = True
        self._alarm.start()
        if self._context is None:
            return plain
        try:
            return self._context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            self._let_go()
            raise

    def _cut(self) -> None:
        if self._handle is not None:
            with suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)
