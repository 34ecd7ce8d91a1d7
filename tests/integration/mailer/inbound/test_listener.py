"""Mail that comes back by SMTP or LMTP: taken when it is ours, and not before it is recorded."""

from __future__ import annotations

import smtplib
import socket
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.inbound.places import parse_listen
from newsletter.app import Newsletter
from newsletter.inbound.reportdesk import ReportDesk
from newsletter.inbound.softbounces import SoftLimits
from storage.database.engine import Database
from storage.model.errors import ConfigError, DatabaseBusy, SiteError
from storage.model.readers import SubscriberState, SuppressionReason
from storage.readers.reports import Reports
from storage.readers.subscribers import Subscribers
from tests.conftest import NOON
from tests.worlds.inbound.intakes import settle_in
from tests.worlds.inbound.listener import PATIENCE_S, Wire, listener

FIXTURE = Path(__file__).parents[3] / "fixtures" / "reports" / "postfix-hard.eml"
OURS = "notes+i1.s1.000000000000@example.com"
LETTER = b"Subject: hello\r\n\r\n.dots\r\n..more\r\n"


@pytest.fixture
def newsletter(database_url: str, tmp_path: Path) -> Iterator[Newsletter]:
    """A newsletter with one reader, on each engine."""
    config = settle_in(tmp_path / "house", storage=database_url)
    with Newsletter.open(config, environ={}) as opened:
        yield opened


def bounce(newsletter: Newsletter) -> tuple[str, bytes]:
    """The return path of a mail to the reader, and the bounce that comes to it."""
    path = newsletter.parts.tokens.return_path(None, 1, "notes@example.com")
    raw = FIXTURE.read_bytes().replace(b"\n", b"\r\n")
    return path, raw.replace(OURS.encode(), b"somebody@example.com")


class Shelf:
    """Keeps what it is given; told to, it cannot."""

    def __init__(self) -> None:
        self.kept: list[tuple[bytes, str]] = []
        self.fault: Exception | None = None

    def accepts(self, address: str) -> bool:
        """Addresses that begin with `ours`."""
        return address.startswith("ours")

    def process(self, raw: bytes, recipient: str) -> None:
        """Keeps one message."""
        if self.fault is not None:
            raise self.fault
        self.kept.append((raw, recipient))


@pytest.fixture
def shelf() -> Shelf:
    """An empty one."""
    return Shelf()


# ── what is taken ────────────────────────────────────────────────────────────────────────────


def test_a_bounce_is_recorded_before_it_is_answered(newsletter: Newsletter) -> None:
    """250 to a report from the null sender means: the reader is suppressed by now (rule C16)."""
    address, raw = bounce(newsletter)
    desk = newsletter.report_desk
    with (
        listener(desk.accepts, lambda m, to: desk.process(m, envelope_to=to)) as port,
        smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE_S) as client,
    ):
        assert client.sendmail("", [address], raw) == {}
        found = newsletter.subscriptions.suppression("ada@example.org")
    assert found is not None
    assert found.reason is SuppressionReason.HARD_BOUNCE


def test_strangers_are_refused_before_their_content(newsletter: Newsletter) -> None:
    """Only keyed addresses of ours are taken, the domain whatever it is (rules C3, C16)."""
    address, _ = bounce(newsletter)
    leave = f"notes+{newsletter.parts.tokens.leave_key(1)}@example.com"
    local = address.partition("@")[0]
    refused = [
        "notes@example.com",
        "postmaster@example.com",
        address.replace("s1", "s2"),
        f"{local[:-1]}x@example.com",
        leave.replace("u1", "u2"),
        "somebody@example.net",
        "@",
        "a" * 300 + "@example.com",
    ]
    desk = newsletter.report_desk
    with (
        listener(desk.accepts, lambda m, to: desk.process(m, envelope_to=to)) as port,
        Wire(port) as wire,
    ):
        wire.greet()
        assert wire.ask("MAIL FROM:<>").startswith("250")
        for stranger in refused:
            assert wire.ask(f"RCPT TO:<{stranger}>")[0] == "5", stranger
        assert wire.ask("DATA").startswith("503")
        for ours in (address, leave, f"{local.upper()}@elsewhere.example"):
            assert wire.ask(f"RCPT TO:<{ours}>").startswith("250"), ours


def test_a_mail_arrives_as_it_was(shelf: Shelf) -> None:
    """Dots come back off, the envelope stands on top, and the rest is untouched."""
    with listener(shelf.accepts, shelf.process) as port, Wire(port) as wire:
        wire.greet()
        wire.begin("ours@example.com")
        assert wire.finish(LETTER).startswith("250")
    ((raw, recipient),) = shelf.kept
    trace = b"Return-Path: <>\r\nDelivered-To: ours@example.com\r\n"
    assert (raw, recipient) == (trace + LETTER + b"\r\n", "ours@example.com")


@pytest.mark.parametrize("line", [b"..", b"", b"a" * 70])
def test_a_long_mail_arrives_as_it_was(shelf: Shelf, line: bytes) -> None:
    """Also one of lines that all begin with a dot, which is looked at a part at a time."""
    letter = LETTER + b"\r\n" + b"\r\n".join([line] * (600_000 // (len(line) + 2)))
    with listener(shelf.accepts, shelf.process) as port, Wire(port) as wire:
        wire.greet()
        wire.begin("ours@example.com")
        assert wire.finish(letter).startswith("250")
    assert shelf.kept[0][0].endswith(b"\r\n" + letter + b"\r\n")


def test_several_recipients_are_several_reports(shelf: Shelf) -> None:
    """Each address is looked at for itself."""
    with listener(shelf.accepts, shelf.process) as port, Wire(port) as wire:
        wire.greet()
        wire.begin("ours-1@example.com", "ours-2@example.com")
        assert wire.finish(LETTER).startswith("250")
    assert [recipient for _, recipient in shelf.kept] == [
        "ours-1@example.com",
        "ours-2@example.com",
    ]


def test_too_many_recipients_come_later(shelf: Shelf) -> None:
    """The hundred and first is put off, not refused (RFC 5321 4.5.3.1.10)."""
    with listener(shelf.accepts, shelf.process) as port, Wire(port) as wire:
        wire.greet()
        wire.ask("MAIL FROM:<>")
        for number in range(100):
            assert wire.ask(f"RCPT TO:<ours{number}@example.com>").startswith("250")
        assert wire.ask("RCPT TO:<ours@example.com>").startswith("452")


def test_a_group_of_commands_is_answered_in_order(shelf: Shelf) -> None:
    """A client that does not wait gets every reply (RFC 2920)."""
    with listener(shelf.accepts, shelf.process) as port, Wire(port) as wire:
        assert wire.hear().startswith("220")
        assert "PIPELINING" in wire.ask("EHLO mx.example.net")
        wire.send(
            b"MAIL FROM:<>\r\nRCPT TO:<else@example.com>\r\nRCPT TO:<ours@example.com>\r\nDATA\r\n"
        )
        assert [wire.hear()[:3] for _ in range(4)] == ["250", "550", "250", "354"]
        wire.send(LETTER + b"\r\n.\r\nMAIL FROM:<>\r\nQUIT\r\n")
        assert [wire.hear()[:3] for _ in range(3)] == ["250", "250", "221"]


# ── what is put off ──────────────────────────────────────────────────────────────────────────


def test_a_busy_database_is_waited_for(tmp_path: Path) -> None:
    """451 while it is locked, nothing recorded; the next try is taken (rule C12)."""
    config = settle_in(tmp_path / "house", storage="sqlite:///newsletter.db")
    with Newsletter.open(config, environ={}) as newsletter:
        tokens, (address, raw) = newsletter.parts.tokens, bounce(newsletter)
    file = config.parent / "newsletter.db"
    database = Database.open(f"sqlite:///{file}", wait_s=0.01)
    reports = Reports(database)
    desk = ReportDesk(
        reports,
        Subscribers(database),
        tokens,
        limits=SoftLimits(count=5, span=timedelta(days=14), clean=timedelta(days=30)),
        clock=lambda: NOON,
    )
    other = sqlite3.connect(file, isolation_level=None)
    with (
        listener(desk.accepts, lambda m, to: desk.process(m, envelope_to=to)) as port,
        Wire(port) as wire,
    ):
        wire.greet()
        other.execute("BEGIN IMMEDIATE")
        wire.begin(address)
        assert wire.finish(raw).startswith("451 4.3.0")
        other.execute("ROLLBACK")
        assert not reports.counts()
        wire.begin(address)
        assert wire.finish(raw).startswith("250")
        assert len(reports.counts()) == 1
    other.close()
    database.close()


@pytest.mark.parametrize("fault", [DatabaseBusy("busy"), RuntimeError("a fault of ours")])
def test_a_fault_of_ours_loses_nothing(shelf: Shelf, fault: Exception) -> None:
    """Whatever breaks behind the listener, the client keeps the mail and tries again (rule C12)."""
    shelf.fault = fault
    with listener(shelf.accepts, shelf.process) as port, Wire(port) as wire:
        wire.greet()
        wire.begin("ours@example.com")
        assert wire.finish(LETTER).startswith("451")
        shelf.fault = None
        wire.begin("ours@example.com")
        assert wire.finish(LETTER).startswith("250")
    assert len(shelf.kept) == 1


# ── LMTP and sockets ─────────────────────────────────────────────────────────────────────────


def test_lmtp_answers_for_each_recipient(shelf: Shelf) -> None:
    """LHLO, and after the dot a reply per recipient (RFC 2033 4.1, 4.2)."""
    with listener(shelf.accepts, shelf.process, lmtp=True) as port, Wire(port) as wire:
        assert wire.hear().startswith("220")
        assert wire.ask("EHLO mx.example.net")[0] == "5"
        assert "PIPELINING" in wire.ask("LHLO mx.example.net")
        wire.begin("ours-1@example.com", "ours-2@example.com")
        assert wire.finish(LETTER).startswith("250")
        assert wire.hear().startswith("250")
        assert wire.ask("QUIT").startswith("221")
    assert len(shelf.kept) == 2


def test_a_socket_is_left_and_found_clean(shelf: Shelf, tmp_path: Path) -> None:
    """A path that a dead process left is used again; after an orderly end nothing is there."""
    path = tmp_path / "lmtp"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    with listener(shelf.accepts, shelf.process, lmtp=True, path=path), Wire(path=path) as wire:
        wire.greet("LHLO")
        wire.begin("ours@example.com")
        assert wire.finish(LETTER).startswith("250")
    assert not path.exists()


def test_a_place_in_use_is_told(shelf: Shelf, tmp_path: Path) -> None:
    """A second listener at the same place is an error with a reason, and leaves the first alone."""
    path = tmp_path / "lmtp"
    with listener(shelf.accepts, shelf.process, path=path):
        with pytest.raises(SiteError, match="listen"), listener(None, None, path=path):  # type: ignore[arg-type]
            pass
        with Wire(path=path) as wire:
            wire.greet()
    file = tmp_path / "file"
    file.write_text("precious")
    with pytest.raises(SiteError), listener(shelf.accepts, shelf.process, path=file):
        pass
    assert file.read_text() == "precious"


# ── configuration and service ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("127.0.0.1:2525", "smtp://127.0.0.1:2525"),
        ("smtp://[::1]:25", "smtp://[::1]:25"),
        ("lmtp://localhost:24", "lmtp://localhost:24"),
        ("lmtp:///run/newsletter/lmtp", "lmtp:///run/newsletter/lmtp"),
        ("smtp:///run/smtp", "smtp:///run/smtp"),
    ],
)
def test_places_are_read(text: str, spelt: str) -> None:
    """Host and port, or a socket, in either protocol."""
    assert str(parse_listen(text)) == spelt


@pytest.mark.parametrize(
    "text",
    [
        "2525",
        "127.0.0.1",
        "http://a:1",
        "smtp://a:b@c:25",
        "lmtp://",
        "lmtp:///",
        "a:99999",
        "a:b:c",
    ],
)
def test_other_places_are_refused_at_start(text: str, tmp_path: Path) -> None:
    """The configuration says what to write instead."""
    extra = f'listen = "{text}"'
    with pytest.raises(ConfigError, match="must be like"):
        settle_in(tmp_path / "house", storage="sqlite:///newsletter.db", extra=extra)


def test_a_mail_to_leave_is_taken(newsletter: Newsletter) -> None:
    """The address in List-Unsubscribe is one that the listener takes (rules C11, C16)."""
    key = newsletter.parts.tokens.leave_key(1)
    desk = newsletter.report_desk
    with (
        listener(desk.accepts, lambda m, to: desk.process(m, envelope_to=to)) as port,
        Wire(port) as wire,
    ):
        wire.greet()
        wire.ask("MAIL FROM:<eve@example.net>")
        wire.ask(f"RCPT TO:<notes+{key}@example.com>")
        wire.ask("DATA")
        assert wire.finish(b"").startswith("250")
        known = newsletter.subscribers.get(1)
    assert known is not None
    assert known.state is SubscriberState.UNSUBSCRIBED
