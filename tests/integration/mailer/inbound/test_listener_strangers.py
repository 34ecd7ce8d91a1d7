"""A listener and clients that misbehave: too much, too slow, never done, gone in the middle."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from asyncio import StreamReader, StreamWriter
from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.inbound.listener import LIMITS, _Desk, is_own
from mailer.smtp.server import SmtpServer, is_no_stranger
from tests.integration.mailer.inbound.test_listener import LETTER, Shelf
from tests.worlds.inbound.listener import PATIENCE_S, Wire, listener


@pytest.fixture
def shelf() -> Shelf:
    """An empty one."""
    return Shelf()


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
        replies = [reply[:3] for reply in iter(wire.hear, "")]
    assert replies == ["220", *["250"] * said.count(b"\r\n")]
    assert not shelf.kept


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
    limits = replace(LIMITS, session_s=0.05, commands=10**9)
    with listener(shelf.accepts, shelf.process, limits=limits) as port, Wire(port) as wire:
        with contextlib.suppress(ConnectionError):
            for _ in range(100_000):
                if not wire.hear():
                    break
                wire.send(b"NOOP\r\n")
        assert wire.hear() == ""


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
