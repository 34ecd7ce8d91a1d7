"""Mail that comes back by SMTP or LMTP: taken when it is ours, and not before it is recorded."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import socket
import sqlite3
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.inbound.listener import LIMITS, _Desk, is_own
from mailer.inbound.places import parse_listen
from mailer.smtp.server import SmtpServer, is_no_stranger
from newsletter.app import Newsletter
from newsletter.inbound.reportdesk import ReportDesk
from newsletter.inbound.softbounces import SoftLimits
from storage.database.engine import Database
from storage.model.errors import ConfigError, DatabaseBusy, SiteError
from storage.model.readers import SubscriberState, SuppressionReason
from storage.readers.reports import Reports
from storage.readers.subscribers import Subscribers
from tests.conftest import NOON
from tests.worlds.intakes import settle_in
from tests.worlds.listener import PATIENCE_S, Wire, listener

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


# ── clients that misbehave ───────────────────────────────────────────────────────────────────


def test_too_large_a_mail_is_refused(shelf: Shelf) -> None:
    """By what it announces, and by what it sends; the next client is served (RFC 1870 6)."""
    limits = replace(LIMITS, octets=10_000)
    with listener(shelf.accepts, shelf.process, limits=limits) as port:
        with Wire(port) as wire:
            wire.greet()
            assert wire.ask("MAIL FROM:<> SIZE=10001").startswith("552")
            wire.begin("ours@example.com")
            assert wire.finish(b"x" * 20_000).startswith("552")
            assert wire.hear() == ""
        with Wire(port) as wire:
            wire.greet()
            wire.begin("ours@example.com")
            wire.send(b"line\r\n" * 5_000)
            assert wire.finish(b"").startswith("552")
        with Wire(port) as wire:
            wire.greet()
            wire.begin("ours@example.com")
            assert wire.finish(LETTER).startswith("250")
    assert len(shelf.kept) == 1


def test_connections_are_bounded(shelf: Shelf) -> None:
    """One too many is told to come back; when one ends, the next is welcome (RFC 5321 3.8)."""
    limits = replace(LIMITS, connections=2)
    with (
        listener(shelf.accepts, shelf.process, limits=limits) as port,
        Wire(port) as first,
        Wire(port) as second,
    ):
        first.greet()
        second.greet()
        with Wire(port) as third:
            assert third.hear().startswith("421")
            assert third.hear() == ""
        assert second.ask("QUIT").startswith("221")
        assert second.hear() == ""
        with Wire(port) as fourth:
            fourth.greet()
        first.begin("ours@example.com")
        assert first.finish(LETTER).startswith("250")


def test_a_burst_of_connections_is_bounded(shelf: Shelf) -> None:
    """Many at the same moment are counted one by one."""
    limits = replace(LIMITS, connections=3)
    with (
        listener(shelf.accepts, shelf.process, limits=limits) as port,
        contextlib.ExitStack() as all_,
    ):
        wires = [all_.enter_context(Wire(port)) for _ in range(30)]
        answers = [wire.hear()[:3] for wire in wires]
    assert (answers.count("220"), answers.count("421")) == (3, 27)


def test_our_own_mail_system_is_known() -> None:
    """Loopback and the networks of `listen_peers`, in either spelling of IPv4."""
    peers = (ip_network("192.0.2.0/28"),)

    def knows(ip: object) -> bool:
        return is_no_stranger((ip, 4000), lambda ip: is_own(ip, peers))

    assert all(map(knows, ("192.0.2.9", "::ffff:192.0.2.9", "127.8.8.8", "::1")))
    assert not any(map(knows, ("192.0.2.25", "2001:db8::1", "nonsense")))
    assert is_no_stranger("", lambda _: False)


def test_strangers_do_not_lock_our_own_mail_system_out(shelf: Shelf) -> None:
    """Strangers who say nothing have their share of the places and are hung up on early; whoever is
    known still finds the others.
    """
    limits = replace(LIMITS, connections=5, kept=2, stranger_idle_s=0.2)

    async def come(port: int, host: str) -> tuple[StreamReader, StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))

    async def main() -> None:
        known = {"127.0.0.2"}.__contains__
        server = SmtpServer(_Desk(shelf.accepts, shelf.process), limits, name="x", is_known=known)
        port = await server.listen("127.0.0.1", 0)
        arrivals = [await come(port, "127.0.0.1") for _ in range(6)]
        arrivals += [await come(port, "127.0.0.2") for _ in range(3)]
        heard = [(await reader.readline())[:3] for reader, _ in arrivals]
        assert heard == [b"220"] * 3 + [b"421"] * 3 + [b"220"] * 2 + [b"421"]
        for reader, _ in arrivals[:3]:  # the strangers' time is over
            await reader.read()
        assert not any(reader.at_eof() for reader, _ in arrivals[6:8])
        for _, writer in arrivals:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        await server.stop()

    asyncio.run(main())


def test_one_connection_hands_over_so_much(shelf: Shelf) -> None:
    """Message after message does not hold a connection for ever; the rest comes by the next."""
    limits = replace(LIMITS, session_octets=100)
    with listener(shelf.accepts, shelf.process, limits=limits) as port, Wire(port) as wire:
        wire.greet()
        wire.begin("ours@example.com")
        assert wire.finish(LETTER + b"x" * 200).startswith("250")
        assert wire.ask("MAIL FROM:<>").startswith("250")
        assert wire.ask("RCPT TO:<ours@example.com>").startswith("250")
        assert wire.ask("DATA").startswith("421")
        assert wire.hear() == ""


@pytest.mark.parametrize("said", [b"", b"EHLO a\r\n", b"EHLO a\r\nMAIL FROM:<>\r\n", b"EHLO"])
def test_a_silent_client_is_hung_up_on(shelf: Shelf, said: bytes) -> None:
    """Who says no more does not keep a connection for ever."""
    limits = replace(LIMITS, idle_s=0.05)
    with listener(shelf.accepts, shelf.process, limits=limits) as port, Wire(port) as wire:
        wire.send(said)
        while wire.hear():
            pass


def test_a_mail_that_never_ends_is_hung_up_on(shelf: Shelf) -> None:
    """Content that stops in the middle is no mail."""
    limits = replace(LIMITS, idle_s=0.2)
    with listener(shelf.accepts, shelf.process, limits=limits) as port, Wire(port) as wire:
        wire.greet()
        wire.begin("ours@example.com")
        wire.send(b"Subject: and so\r\n\r\n")
        assert wire.hear() == ""
    assert not shelf.kept


def test_a_client_that_is_never_done_is_hung_up_on(shelf: Shelf) -> None:
    """Neither many commands nor much time hold a connection."""
    limits = replace(LIMITS, commands=5)
    with listener(shelf.accepts, shelf.process, limits=limits) as port, Wire(port) as wire:
        wire.greet()
        for _ in range(5):
            assert wire.ask("NOOP").startswith("250")
        assert wire.ask("NOOP").startswith("421")
        assert wire.hear() == ""
    limits = replace(LIMITS, session_s=0.05)
    with listener(shelf.accepts, shelf.process, limits=limits) as port, Wire(port) as wire:
        while wire.hear():
            wire.send(b"NOOP\r\n")


@pytest.mark.parametrize("line", [b"\r\n", b"A" * 5000 + b"\r\n", b"\xff\r\n"])
def test_a_client_that_says_no_commands_is_hung_up_on(shelf: Shelf, line: bytes) -> None:
    """Lines that are empty, too long or no text cost, too: a hundred are enough for one connection."""
    with listener(shelf.accepts, shelf.process) as port, Wire(port) as wire:
        wire.greet()
        wire.send(line * 101)
        replies = [wire.hear()[:3] for _ in range(102)]
    assert replies == ["500"] * 100 + ["421", ""]


@pytest.mark.parametrize("ending", [b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r"])
def test_only_the_real_end_ends_a_mail(shelf: Shelf, ending: bytes) -> None:
    """No other line ends smuggle a second mail into the first (RFC 5321 2.3.8)."""
    with listener(shelf.accepts, shelf.process) as port, Wire(port) as wire:
        wire.greet()
        wire.begin("ours@example.com")
        smuggled = b"MAIL FROM:<>\r\nRCPT TO:<ours-2@example.com>\r\nDATA\r\nsecond"
        wire.send(b"first" + ending + smuggled)
        assert wire.finish(b"").startswith("250")
    ((raw, recipient),) = shelf.kept
    assert recipient == "ours@example.com"
    assert b"second" in raw


def test_a_client_that_leaves_early_has_sent_nothing(shelf: Shelf) -> None:
    """Content without its final dot is no mail, and the next client is served."""
    with listener(shelf.accepts, shelf.process) as port:
        with Wire(port) as wire:
            wire.greet()
            wire.begin("ours@example.com")
            wire.send(b"Subject: half\r\n\r\nof it")
        with Wire(port) as wire:
            wire.greet()
            wire.begin("ours@example.com")
            assert wire.finish(LETTER).startswith("250")
    assert len(shelf.kept) == 1


def test_a_client_that_leaves_after_the_dot_has_sent_it(shelf: Shelf) -> None:
    """What is being recorded is recorded, heard or not; also when the service ends meanwhile."""
    reached, go = threading.Event(), threading.Event()

    def process(raw: bytes, recipient: str) -> None:
        reached.set()
        assert go.wait(PATIENCE_S)
        shelf.process(raw, recipient)

    with listener(shelf.accepts, process) as port:
        with Wire(port) as wire:
            wire.greet()
            wire.begin("ours-1@example.com", "ours-2@example.com")
            wire.send(LETTER + b"\r\n.\r\n")
            assert reached.wait(PATIENCE_S)
        threading.Timer(0.05, go.set).start()
    assert len(shelf.kept) == 2


WORDS = st.sampled_from(
    [
        "EHLO a",
        "HELO a",
        "LHLO a",
        "MAIL FROM:<>",
        "MAIL FROM:<a@b> SIZE=x",
        'MAIL FROM:<"a b"@c>',
        "MAIL FROM:<",
        "RCPT TO:<ours@example.com>",
        "RCPT TO:<else@example.com>",
        'RCPT TO:<"@',
        "RCPT TO:<@a:ours@b>",
        "DATA",
        "DATA x",
        "RSET",
        "NOOP",
        "VRFY \udcff",
        "HELP data",
        "AUTH PLAIN AA==",
        "AUTH LOGIN",
        "STARTTLS",
        "BDAT 3",
        "EXPN x",
        ".",
        "",
    ]
)
LINES = st.one_of(
    WORDS.map(lambda word: word.encode("utf-8", "surrogateescape")), st.binary(max_size=60)
)


def talk_nonsense(lines: list[bytes], *, lmtp: bool) -> None:
    """A client of any kind, then one that knows how: it is served, and all that was taken is kept."""
    shelf = Shelf()
    hello = "LHLO" if lmtp else "EHLO"
    limits = replace(LIMITS, idle_s=2)  # for content that holds no end
    with listener(shelf.accepts, shelf.process, lmtp=lmtp, limits=limits) as port:
        with Wire(port) as wire:
            with contextlib.suppress(ConnectionError):  # it may have hung up by now
                wire.send(b"\r\n".join([*lines, b"", b".", b"QUIT", b""]))
            replies = list(iter(wire.hear, ""))
        assert replies
        assert replies.count("250 2.0.0 Taken") <= len(shelf.kept)
        before = len(shelf.kept)
        with Wire(port) as wire:
            wire.greet(hello)
            wire.begin("ours@example.com")
            assert wire.finish(LETTER).startswith("250")
        assert len(shelf.kept) == before + 1
        assert all(recipient.startswith("ours") for _, recipient in shelf.kept)


@pytest.mark.parametrize("lmtp", [False, True], ids=["smtp", "lmtp"])
def test_any_client_is_survived(lmtp: bool, slow: bool) -> None:
    """Whatever a client says, the next one is served and nothing breaks (rule C12)."""

    @settings(
        max_examples=1500 if slow else 20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.booleans(), st.lists(LINES, max_size=30))
    def check(politely: bool, lines: list[bytes]) -> None:
        hello = b"LHLO a" if lmtp else b"EHLO a"
        opening = [hello, b"MAIL FROM:<>", b"RCPT TO:<ours@example.com>"] if politely else []
        talk_nonsense([*opening, *lines], lmtp=lmtp)

    check()


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
