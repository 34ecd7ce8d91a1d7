"""Owns what may stand at the other end: a relay or the embedded outbox, and how each is used. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from mailer.smtp.login import Login


class Tls(StrEnum):
    """How the connection is protected (RFC 8314, rule A36). There is no "if offered"."""

    NONE = "none"
    """Not at all: loopback, or the author's explicit wish. Never with a login, but to loopback."""
    STARTTLS = "starttls"
    """Mandatory STARTTLS; no mail without it."""
    IMPLICIT = "implicit"
    """TLS from the first byte (port 465)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait, and when a connection is worn out; the defaults are the least that RFC 5321 4.5.3.2 allows (rule B1)."""

    greeting: float = 300
    """TCP and the greeting; also EHLO, which the RFC does not name."""
    tls: float = 60
    auth: float = 300
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    block: float = 180
    """For the relay to read on while content is being written."""
    dot: float = 600
    quit: float = 5
    """A courtesy; the mail is already taken (rule B22)."""
    farewell: float = 1
    """For TLS to be taken down; then the connection is cut."""
    reuse: float = 300
    """Age at which a connection is replaced (rule B16)."""
    messages: int = 10_000
    """After so many, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The SMTP server we submit to, and how hard we may use it."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = Tls.STARTTLS
    ca: Path | None = None
    """Certificates to trust instead of the system's."""
    login: Login | None = None
    """The method to log in by; None: the first that both know."""
    client_cert: Path | None = None
    """Our certificate and its key, in one PEM file, for a relay that knows us by it."""
    pipelining: bool = True
    """Whether commands may go in groups where the relay takes them (RFC 2920)."""
    connections: int = 10
    rate: float = 0.0
    """Messages per second over all connections; 0 is as fast as the relay takes them."""
    share: int = 0
    """Its part of the messages beside the parts of other relays; 0: what its connections take."""
    ehlo: str = ""
    """Our name: a FQDN or an address literal (rule B21). Empty: this host's."""
    timeouts: Timeouts = field(default_factory=Timeouts)

    @property
    def is_local(self) -> bool:
        """Whether the relay is on this machine, where nobody listens in between."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host name or IP address is this machine's own (RFC 6761 6.3)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """The embedded outbox, where a relay could be: a Maildir, and how its server is used."""

    directory: Path
    """The Maildir."""
    relay: Relay = field(default_factory=lambda: Relay(host="127.0.0.1", port=0, tls=Tls.NONE))
    """Its server as a relay. Port 0: it listens on whatever port is free."""
