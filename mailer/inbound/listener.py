"""Owns the listener: bounces and readers' mails that a mail system, or a stranger, hands over itself.

Takes mail for addresses of our making and for no others, says 250 when what the mail says is in the
database, and sends nothing, ever (rules C7, C16).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from mailer.inbound.places import ListenAddress
from mailer.smtp import Incoming, Limits, SmtpServer, cannot_listen
from storage.model import Log, StorageError

_log = Log()

LIMITS: Final = Limits(
    octets=8 * 1024 * 1024,
    connections=20,
    commands=1000,
    session_octets=64 * 1024 * 1024,
    kept=8,
    stranger_idle_s=60,
    stranger_session_s=600,
)
"""A report returns at most the message that we sent. All connections together stay in memory.

Places are kept for our own mail system, or strangers who say nothing would lock it out."""

_AT_ONCE: Final = 2
"""Messages looked at at a time: the database writes one, and threads are shared with the rest."""

Peers = IPv4Network | IPv6Network

Accepts = Callable[[str], bool]
"""Whether an address is one of ours that mail may come to. Quick, and never raises."""

Process = Callable[[bytes, str], object]
"""Records one message for one recipient. Called in a thread; raises StorageError."""


@asynccontextmanager
async def listening(
    address: ListenAddress,
    accepts: Accepts,
    process: Process,
    *,
    limits: Limits = LIMITS,
    peers: Sequence[Peers] = (),
) -> AsyncIterator[int]:
    """Listens for as long as the context lasts; yields the port, 0 for a socket. Raises SiteError.

    `peers` are networks of our own mail system, which finds a place when strangers have taken theirs.

    At its end what is being taken is finished first.
    """
    server = SmtpServer(
        _Desk(accepts, process),
        limits,
        name="bounces",
        lmtp=address.lmtp,
        is_known=lambda ip: is_own(ip, peers),
    )
    try:
        if address.path is not None:
            await server.listen_at(address.path)
            port = 0
        else:
            port = await server.listen(address.host, address.port)
    except OSError as error:
        what = f"bounces cannot be listened for at {address}"
        raise cannot_listen(what, error, "[bounces] listen") from error
    try:
        yield port
    finally:
        await server.stop()


def is_own(ip: str, peers: Sequence[Peers]) -> bool:
    """Whether an address is this machine's, or in a network of our own mail system."""
    address = ip_address(ip)
    return address.is_loopback or any(address in network for network in peers)


class _Desk:
    """A Reception that refuses strangers at once and answers for a message when it is recorded."""

    def __init__(self, accepts: Accepts, process: Process) -> None:
        self._accepts = accepts
        self._process = process
        self._turn = asyncio.Semaphore(_AT_ONCE)

    def refuse(self, recipient: str) -> str:
        """Addresses without a key of ours are nobody's (rule C3)."""
        return "" if self._accepts(recipient) else "550 5.1.1 There is no such address here"

    async def take(self, mail: Incoming) -> Sequence[str]:
        """A reply for each recipient: 250 once it is recorded, 451 while the database cannot."""
        async with self._turn:
            return [
                await asyncio.to_thread(self._record, mail, recipient)
                for recipient in mail.recipients
            ]

    def _record(self, mail: Incoming, recipient: str) -> str:
        try:
            self._process(_traced(mail, recipient), recipient)
        except StorageError as error:
            _log.warning("listener.put_off", error=type(error).__name__)
            return "451 4.3.0 The database is busy, come back later"
        return "250 2.0.0 Taken"


def _traced(mail: Incoming, recipient: str) -> bytes:
    """The message with what its envelope said on top, as final delivery notes it (RFC 5321 4.4)."""
    trace = f"Return-Path: <{mail.sender}>\r\nDelivered-To: {recipient}\r\n"
    return trace.encode("utf-8", "surrogateescape") + mail.content
