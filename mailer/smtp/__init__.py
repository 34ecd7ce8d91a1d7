"""SMTP spoken both ways: the relay, its session and wire, and servers that take mail."""

from mailer.smtp.login import Login
from mailer.smtp.names import names_of_host
from mailer.smtp.outbox import OutboxContent, OutboxServer, load_message, read_outbox
from mailer.smtp.probe import Distrust, RelayFacts, Stage, probe_relay
from mailer.smtp.server import Incoming, Limits, SmtpServer, cannot_listen
from mailer.smtp.session import Exchange, Session
from mailer.smtp.ways import Outbox, Relay, Timeouts, Tls, is_loopback

__all__ = [
    "Distrust",
    "Exchange",
    "Incoming",
    "Limits",
    "Login",
    "Outbox",
    "OutboxContent",
    "OutboxServer",
    "Relay",
    "RelayFacts",
    "Session",
    "SmtpServer",
    "Stage",
    "Timeouts",
    "Tls",
    "cannot_listen",
    "is_loopback",
    "load_message",
    "names_of_host",
    "probe_relay",
    "read_outbox",
]
