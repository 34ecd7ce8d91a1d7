"""One SMTP session against relays that misbehave at every step."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from mailer.envelope import Envelope
from mailer.replies.outcome import Fault, Outcome, Phase, Verdict
from mailer.smtp.relay import Relay, Timeouts, Tls
from mailer.smtp.session import Session
from storage.model.errors import RelayError
from tests.peers.relays.smtp import ODDITIES, PIPELINING, Act, Move, Peer, Raw

QUICK = Timeouts(
    greeting=0.2, tls=2, auth=0.2, mail=0.2, rcpt=0.2, data=0.2, block=0.2, dot=0.2, quit=0.2
)
LETTER = Envelope(
    sender="bounce+k1@news.test",
    recipient="ada@example.org",
    content=b"Subject: hi\r\n\r\nHello\r\n",
)


def plain(peer: Peer) -> Relay:
    """A loopback relay without TLS."""
    return Relay(host="127.0.0.1", port=peer.port, tls=Tls.NONE, ehlo="client.test")


def patience(peer: Peer) -> Timeouts:
    """Short waits only where the peer keeps a reply back: how fast the machine is decides nothing."""
    return QUICK if peer.hangs else Timeouts()


async def send_to(peer: Peer, *letters: Envelope) -> list[Outcome]:
    """What becomes of each letter in one session."""
    async with peer.serving():
        session = await Session.open(plain(peer), patience(peer))
        outcomes = [await session.send(letter) for letter in letters]
        await session.close()
        return outcomes


def send(script: Mapping[str, Move], letter: Envelope = LETTER) -> tuple[Outcome, Peer]:
    """One letter to a peer with this script."""
    peer = Peer(script)
    return asyncio.run(send_to(peer, letter))[0], peer


@pytest.mark.parametrize("script", [{}, {"EHLO": PIPELINING}])
def test_a_yes_to_something_else_lets_no_content_out(script: Mapping[str, Move]) -> None:
    """A 250 to DATA awaits nothing: it and we mean different commands, and no message is taken (RFC 5321 4.3.2)."""
    outcome, peer = send({**script, "DATA": "250 2.0.0 Ok"})
    assert (outcome.verdict, outcome.fault) == (Verdict.TRANSIENT, Fault.RELAY)
    assert peer.messages == []


def test_a_message_arrives_whole_in_lock_step() -> None:
    """The relay gets the commands in order, the content with doubled dots, and QUIT at the end."""
    letter = Envelope(
        sender="b@news.test", recipient="ada@example.org", content=b".first\r\n\r\n..two\r\nend"
    )
    peer = Peer()
    (outcome,) = asyncio.run(send_to(peer, letter))
    assert outcome.verdict is Verdict.ACCEPTED
    assert peer.commands == [
        "EHLO client.test",
        "MAIL FROM:<b@news.test> SIZE=20",
        "RCPT TO:<ada@example.org>",
        "DATA",
        "QUIT",
    ]
    assert peer.messages == [b"..first\r\n\r\n...two\r\nend\r\n"]


def test_a_refusal_of_our_name_costs_no_reader() -> None:
    """What the session greeted with is ours, also in a reply to RCPT with the code of unknown users
    (rule B5); the same words without it are about the reader.
    """
    ours, _ = send({"RCPT": "550 5.1.1 client.test unknown"})
    assert (ours.fault, ours.is_gone) == (Fault.SENDER, False)
    theirs, _ = send({"RCPT": "550 5.1.1 user unknown"})
    assert (theirs.fault, theirs.is_gone) == (Fault.RECIPIENT, True)


def test_a_refusal_may_call_its_reader_by_name() -> None:
    """Their local part is no word of unknown meaning, and neither are letters of an older code (rule C5)."""
    named, _ = send({"RCPT": "550 5.1.1 User ada unknown"})
    assert (named.fault, named.is_gone) == (Fault.RECIPIENT, True)
    older, _ = send({"RCPT": Raw("550 5.1.1 Empfänger unbekannt\r\n".encode("cp1252"))})
    assert (older.is_gone, older.text) == (True, "5.1.1 Empfänger unbekannt")
    other, _ = send({"RCPT": "550 5.1.1 User grace unknown"})
    assert (other.fault, other.is_gone, other.counts) == (Fault.RECIPIENT, False, True)


@pytest.mark.parametrize(
    ("verb", "phase"),
    [("MAIL", Phase.MAIL), ("RCPT", Phase.RCPT), ("DATA", Phase.DATA), ("DOT", Phase.DOT)],
)
class TestEachPhase:
    """The same misbehaviour at each command of a transaction."""

    def test_4yz_is_transient(self, verb: str, phase: Phase) -> None:
        """A 4yz reply is transient and names the command (rule B3)."""
        outcome, _ = send({verb: "451 4.3.0 later"})
        assert (outcome.verdict, outcome.phase, outcome.code, outcome.status) == (
            Verdict.TRANSIENT,
            phase,
            451,
            "4.3.0",
        )

    def test_5yz_is_permanent(self, verb: str, phase: Phase) -> None:
        """A 5yz reply is final for the message (rule B3)."""
        outcome, _ = send({verb: "550 5.7.1 no"})
        assert (outcome.verdict, outcome.phase) == (Verdict.PERMANENT, phase)
        assert outcome.fault is Fault.SENDER

    def test_multiline_reply_is_read_whole(self, verb: str, phase: Phase) -> None:
        """A reply of several lines is one reply."""
        outcome, _ = send({verb: "550-5.7.26 not\r\n550-5.7.26 authenticated\r\n550 5.7.26 bye"})
        assert outcome.status == "5.7.26"
        assert "authenticated" in outcome.text

    def test_421_is_transient_and_ends_the_session(self, verb: str, phase: Phase) -> None:
        """421 anywhere is the relay's fault, and the connection is not used again (rule B6)."""

        async def scenario() -> tuple[Outcome, bool]:
            async with Peer({verb: "421 4.7.0 going down"}).serving() as peer:
                session = await Session.open(plain(peer), patience(peer))
                outcome = await session.send(LETTER)
                usable = session.usable
                await session.close()
                return outcome, usable

        outcome, usable = asyncio.run(scenario())
        assert (outcome.verdict, outcome.fault) == (Verdict.TRANSIENT, Fault.RELAY)
        assert not usable

    @pytest.mark.parametrize(
        "move", [Act.CLOSE, Act.RESET, Act.HANG, "what?", "25 0", "999 odd", "250-a\r\nzzz"]
    )
    def test_no_reply_is_transient_before_the_dot_and_unknown_after(
        self, verb: str, phase: Phase, move: Move
    ) -> None:
        """Without an intelligible reply the phase alone decides (rules B7, B8)."""
        outcome, _ = send({verb: move})
        expected = Verdict.UNKNOWN if phase is Phase.DOT else Verdict.TRANSIENT
        assert (outcome.verdict, outcome.fault, outcome.code) == (expected, Fault.RELAY, None)
        assert outcome.phase is phase


@pytest.mark.parametrize("patient", ["mail", "rcpt"])
def test_each_reply_is_waited_for_as_long_as_it_may_take(patient: str) -> None:
    """A long wait that is over leaves a short one as short as it is (rule B1)."""
    timeouts = replace(QUICK, **{patient: 10_000.0})

    async def scenario() -> Outcome:
        async with Peer({"DATA": Act.HANG}).serving() as peer:
            session = await Session.open(plain(peer), timeouts)
            return await session.send(LETTER)

    assert asyncio.run(scenario()).text == "no reply within 0.2 s (data)"


def test_a_refused_recipient_leaves_the_session_in_step() -> None:
    """After a refusal the relay's envelope is reset and the next message goes through."""
    peer = Peer({"RCPT": ["550 5.1.1 no such user", "250 ok"]})
    first, second = asyncio.run(send_to(peer, LETTER, LETTER))
    assert first.verdict is Verdict.PERMANENT
    assert second.verdict is Verdict.ACCEPTED
    assert peer.verbs[4:6] == ["RSET", "MAIL"] or peer.verbs[3:5] == ["RSET", "MAIL"]


def test_a_refused_sender_does_not_poison_the_next_message() -> None:
    """A 5yz to MAIL is not remembered (rule B23)."""
    peer = Peer({"MAIL": ["550 5.7.1 no", "250 ok"]})
    first, second = asyncio.run(send_to(peer, LETTER, LETTER))
    assert (first.verdict, second.verdict) == (Verdict.PERMANENT, Verdict.ACCEPTED)


def test_a_refused_rset_loses_the_session_not_the_message() -> None:
    """A relay that cannot reset is left, and the message is untouched."""
    peer = Peer({"RCPT": "450 later", "RSET": "500 what"})
    _, second = asyncio.run(send_to(peer, LETTER, LETTER))
    assert (second.verdict, second.phase) == (Verdict.TRANSIENT, Phase.MAIL)


def test_a_refusal_in_the_middle_of_the_content_keeps_the_dot_back() -> None:
    """A relay that refuses while reading has not got the message."""

    async def scenario() -> Outcome:
        peer = Peer({"DATA": "354 go\r\n552 5.3.4 too big"})
        async with peer.serving():
            session = await Session.open(plain(peer), patience(peer))
            outcome = await session.send(LETTER)
            await session.close()
            assert not peer.messages
            return outcome

    outcome = asyncio.run(scenario())
    assert (outcome.verdict, outcome.fault) == (Verdict.PERMANENT, Fault.CONTENT)


@pytest.mark.parametrize("oddity", ODDITIES)
def test_quit_never_raises(oddity: str) -> None:
    """The end of a session is bounded and harmless, whatever the relay does (rule B22)."""
    outcome, _ = send({"QUIT": ODDITIES[oddity]})
    assert outcome.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("ehlo", ["250 peer.test", PIPELINING])
@pytest.mark.parametrize("oddity", ODDITIES)
def test_a_reset_answered_oddly_never_touches_a_message(oddity: str, ehlo: str) -> None:
    """It counts for nobody: the next message is taken or put off, and the one before keeps its answer."""
    data = ["503 5.5.1 no", "354 go"] if ehlo == PIPELINING else ["354 go"]
    script = {"EHLO": ehlo, "RCPT": ["450 4.2.0 later", "250 ok"], "DATA": data}
    peer = Peer({**script, "RSET": ODDITIES[oddity]})
    first, second = asyncio.run(send_to(peer, LETTER, LETTER))
    assert (first.code, first.verdict) == (450, Verdict.TRANSIENT)
    was_obeyed = len(peer.messages)
    assert second.verdict is (Verdict.ACCEPTED if was_obeyed else Verdict.TRANSIENT)
    assert second.fault is not Fault.RECIPIENT


@pytest.mark.parametrize("move", [Act.CLOSE, Act.HANG, "554 5.7.1 go away", "garbage"])
@pytest.mark.parametrize("verb", ["GREET", "EHLO"])
def test_a_relay_that_does_not_let_us_in_is_an_error(verb: str, move: Move) -> None:
    """No session, no message: the caller gets RelayError."""

    async def scenario() -> None:
        async with Peer({verb: move, "HELO": move}).serving() as peer:
            await Session.open(plain(peer), patience(peer))

    with pytest.raises(RelayError):
        asyncio.run(scenario())


def test_nobody_listening_is_an_error() -> None:
    """A refused connection is RelayError and says where."""

    async def scenario() -> None:
        async with Peer().serving() as peer:
            relay = plain(peer)
        await Session.open(relay)

    with pytest.raises(RelayError, match=r"127\.0\.0\.1"):
        asyncio.run(scenario())


# ── what is refused before a word is said ────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "address", ["a@b> AUTH=<x@y", "a@b\r\nRSET", "a b@c", "a\x00@b", "", "a@b\u2028"]
)
def test_an_address_that_could_extend_a_command_never_reaches_the_relay(address: str) -> None:
    """Injection is stopped at the last door (rule B25)."""
    letter = Envelope(sender="b@news.test", recipient=address, content=b"x\r\n")
    outcome, peer = send({}, letter)
    assert (outcome.verdict, outcome.fault) == (Verdict.PERMANENT, Fault.RECIPIENT)
    assert "MAIL" not in peer.verbs


def test_a_local_part_outside_ascii_is_held_without_smtputf8() -> None:
    """Without the extension nothing is said, and it is not a bounce (rule A28)."""
    letter = Envelope(sender="b@news.test", recipient="用户@example.org", content=b"x\r\n")
    outcome, peer = send({}, letter)
    assert (outcome.verdict, outcome.code) == (Verdict.TRANSIENT, None)
    assert "SMTPUTF8" in outcome.text
    assert "MAIL" not in peer.verbs


def test_smtputf8_is_declared_where_it_is_offered() -> None:
    """With the extension the parameter goes with MAIL."""
    letter = Envelope(sender="b@news.test", recipient="用户@example.org", content=b"x\r\n")
    outcome, peer = send({"EHLO": "250-p\r\n250-8BITMIME\r\n250 SMTPUTF8"}, letter)
    assert outcome.accepted
    assert "MAIL FROM:<b@news.test> SMTPUTF8" in peer.commands
    assert peer.recipients == ["用户@example.org"]


def test_a_message_over_the_relays_size_is_not_sent() -> None:
    """SIZE is compared before the first command (rule B14)."""
    letter = Envelope(sender="b@news.test", recipient="a@b.test", content=b"x" * 200 + b"\r\n")
    outcome, peer = send({"EHLO": "250-p\r\n250 SIZE 100"}, letter)
    assert (outcome.verdict, outcome.fault) == (Verdict.PERMANENT, Fault.CONTENT)
    assert "MAIL" not in peer.verbs


@pytest.mark.parametrize("content", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\nb\r\n"])
def test_a_bare_line_end_is_not_sent(content: bytes) -> None:
    """Bare CR or LF is how a second message is smuggled in (RFC 5321 2.3.8)."""
    outcome, peer = send({}, Envelope(sender="b@n.test", recipient="a@b.test", content=content))
    assert outcome.fault is Fault.CONTENT
    assert not peer.messages


def test_delivery_reports_are_asked_for_only_where_offered() -> None:
    """RET, ENVID, NOTIFY and ORCPT go to a relay with DSN and to no other (rule B15)."""
    letter = Envelope(sender="b+k=1@n.test", recipient="a+x@b.test", content=b"x\r\n")
    _, silent = send({}, letter)
    assert not any("NOTIFY" in line or "ENVID" in line for line in silent.commands)
    _, peer = send({"EHLO": "250-p\r\n250 DSN"}, letter)
    assert "MAIL FROM:<b+k=1@n.test> RET=HDRS ENVID=b+2Bk+3D1" in peer.commands
    assert "RCPT TO:<a+x@b.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bx@b.test" in peer.commands


def test_a_connection_wears_out_at_the_limit_the_relay_names() -> None:
    """MAILMAX is honoured (RFC 9422)."""

    async def scenario() -> list[bool]:
        async with Peer({"EHLO": "250-p\r\n250 LIMITS MAILMAX=2 RCPTMAX=1"}).serving() as peer:
            session = await Session.open(plain(peer), patience(peer))
            usable = []
            for _ in range(2):
                await session.send(LETTER)
                usable.append(session.usable)
            await session.close()
            return usable

    assert asyncio.run(scenario()) == [True, False]


def test_our_name_is_never_localhost() -> None:
    """EHLO says a qualified name or an address literal (rule B21)."""

    async def scenario(peer: Peer) -> None:
        async with peer.serving():
            relay = Relay(host="127.0.0.1", port=peer.port, tls=Tls.NONE)
            await (await Session.open(relay)).close()

    peer = Peer()
    asyncio.run(scenario(peer))
    name = peer.commands[0].removeprefix("EHLO ")
    assert "." in name
    assert "localhost" not in name


@pytest.mark.parametrize(("ehlo", "messages"), [("250 p", 8), (PIPELINING, 4)])
def test_a_session_ends_before_refusals_make_it_slow(ehlo: str, messages: int) -> None:
    """Postfix answers slower from the tenth error reply on without a message taken, and a group that is
    refused makes two; one message taken and they count anew.
    """

    async def scenario() -> list[bool]:
        refusals = ["450 4.2.0 later"] * (messages - 1)
        peer = Peer(
            {
                "EHLO": ehlo,
                "RCPT": [*refusals, "250 ok", *refusals, "450 4.2.0 later"],
                "DATA": [
                    *["554 5.5.1 no valid recipients"] * (0 if messages == 8 else messages - 1),
                    "354 go on",
                    "554 5.5.1 no valid recipients",
                ],
            }
        )
        async with peer.serving():
            session = await Session.open(plain(peer), patience(peer))
            usable = []
            for _ in range(2 * messages):
                await session.send(LETTER)
                usable.append(session.usable)
            await session.close()
            return usable

    assert asyncio.run(scenario()) == [True] * (2 * messages - 1) + [False]
