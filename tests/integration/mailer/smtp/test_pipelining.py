"""One group and one round trip per message, with relays that misbehave at every reply of a group.

The relay's moves in a group are tried in every combination; what each must mean is told a second
time here, in `expect`, as simply as it can be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeVar

import pytest
import uvloop

from mailer.envelope import Envelope
from mailer.replies.outcome import Fault, Outcome, Phase, Verdict
from mailer.smtp.relay import Relay, Timeouts, Tls
from mailer.smtp.session import Exchange, Session
from tests.peers.relays.smtp import OBEDIENT, PIPELINING, Act, Move, Peer

T = TypeVar("T")

SHORT_S = 0.2
_WAITS = {"RSET": "mail"}
"""The waits that do not bear the name of their command."""
ADA, BOB, EVE = (
    Envelope(
        sender=f"bounce+{name}@news.test",
        recipient=f"{name}@example.org",
        content=f"Subject: to {name}\r\n\r\nHello\r\n".encode(),
    )
    for name in ("ada", "bob", "eve")
)

LINE = b"x" * 78 + b"\r\n"
LATER, NEVER, GOING = "451 4.3.0 later", "550 5.1.1 no such user", "421 4.3.2 going down"
MANY_LINES = "450-4.2.0 come\r\n450-4.2.0 back\r\n450 4.2.0 later"
NONSENSE = "what?"
GOING_ON: tuple[Move, ...] = ("ok", LATER, NEVER, MANY_LINES)
ENDINGS: tuple[Move, ...] = (GOING, Act.CLOSE, Act.RESET, Act.HANG, NONSENSE, "999 odd")
ORDER = (Phase.DOT, Phase.MAIL, Phase.RCPT, Phase.DATA)


def run(start: Callable[[], Awaitable[T]]) -> T:
    """Runs in the event loop of the product."""

    async def main() -> T:
        return await start()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


async def open_to(peer: Peer) -> Session:
    """A session with a loopback relay."""
    relay = Relay(host="127.0.0.1", port=peer.port, tls=Tls.NONE, ehlo="client.test")
    # A short wait only for the reply that is kept back: how fast the machine is decides nothing.
    short = {_WAITS.get(name, name.lower()): SHORT_S for name in peer.hangs_at}
    if short:
        short["quit"] = SHORT_S
    return await Session.open(relay, replace(Timeouts(), **short))


# ── every reply of a group, in every combination ─────────────────────────────────────────────


@dataclass(frozen=True)
class Answers:
    """A relay's moves in the group that ends one message and announces the next."""

    dot: Move
    mail: Move
    rcpt: Move
    data: Move

    def __iter__(self) -> Iterator[tuple[Phase, Move]]:
        return iter(zip(ORDER, (self.dot, self.mail, self.rcpt, self.data), strict=True))


def combinations(dot: Move) -> list[Answers]:
    """All answers that begin with this one; behind an ending nothing more can be said."""
    table = []
    for rest in product(GOING_ON + ENDINGS, repeat=3):
        moves = (dot, *rest)
        ends = next((n for n, move in enumerate(moves) if move in ENDINGS), 3)
        if all(move == "ok" for move in moves[ends + 1 :]):
            table.append(Answers(*moves))
    return table


Meaning = tuple[Verdict, Phase, int | None]


def expect_settled(move: Move) -> Meaning:
    """What the answer to the dot means for the message whose content was sent."""
    if move == "ok":
        return Verdict.ACCEPTED, Phase.DOT, 250
    if move in ENDINGS and move is not GOING:
        return Verdict.UNKNOWN, Phase.DOT, None
    verdict = Verdict.PERMANENT if move is NEVER else Verdict.TRANSIENT
    return verdict, Phase.DOT, int(move[:3])


def expect_announced(answers: Answers) -> Meaning:
    """What the rest means for the message announced: the first refusal counts, or the end."""
    for phase, move in answers:
        if phase is Phase.DOT:
            if move in ENDINGS:
                return Verdict.TRANSIENT, Phase.MAIL, None
        elif move in ENDINGS and move is not GOING:
            return Verdict.TRANSIENT, phase, None
        elif move != "ok":
            verdict = Verdict.PERMANENT if move is NEVER else Verdict.TRANSIENT
            return verdict, phase, int(move[:3])
    return Verdict.ACCEPTED, Phase.DATA, None


def must_be_left(answers: Answers) -> bool:
    """Whether it awaits content for a reader though it refused the sender: a dot would mail nothing at all."""
    return answers.mail != "ok" and answers.rcpt == answers.data == "ok"


def meaning(outcome: Outcome | None) -> Meaning:
    """The part of an outcome that decides what is done."""
    assert outcome is not None
    return outcome.verdict, outcome.phase, outcome.code


def in_second_group(name: str, move: Move) -> list[Move]:
    """Obedient before and after the group under test."""
    good = OBEDIENT[name]
    move = good if move == "ok" else move
    return [move, good] if name == "DOT" else [good, move, good]


def peer_with(answers: Answers) -> Peer:
    """A pipelining relay that misbehaves as told in its second group."""
    script: dict[str, Move | list[Move]] = {"EHLO": PIPELINING}
    for phase, move in answers:
        name = phase.value.upper()
        script[name] = in_second_group(name, move)
    return Peer(script)


async def try_answers(answers: Answers) -> None:
    """Ada's message is sent while Bob's is announced; then Eve shows who is still in step."""
    async with peer_with(answers).serving() as peer:
        session = await open_to(peer)
        first = (await session.exchange(None, ADA)).announced
        assert first is not None
        assert first.accepted
        told = await session.exchange(ADA, BOB)
        assert meaning(told.settled) == expect_settled(answers.dot), answers
        assert meaning(told.announced) == expect_announced(answers), answers
        bob_is_in = expect_announced(answers)[0] is Verdict.ACCEPTED
        ended = any(move in ENDINGS for _, move in answers) or must_be_left(answers)
        assert session.usable is not ended or answers.data in ENDINGS, answers
        if bob_is_in:
            assert meaning((await session.exchange(BOB, EVE)).settled)[0] is Verdict.ACCEPTED
        elif session.usable:
            assert meaning((await session.exchange(None, EVE)).announced)[0] is Verdict.ACCEPTED
        if session.usable:
            eve = await session.exchange(EVE, None)
            assert meaning(eve.settled) == (Verdict.ACCEPTED, Phase.DOT, 250), answers
            assert eve.announced is None
        await session.close()
        check_contents(peer, bob_is_in=bob_is_in, eve_is_in=not ended)


def check_contents(peer: Peer, *, bob_is_in: bool, eve_is_in: bool) -> None:
    """Contents are whole, in order, and nobody's but of those who were let in."""
    wanted = [ADA.content] + [BOB.content] * bob_is_in + [EVE.content] * eve_is_in
    assert [content for content in peer.messages if content] == wanted


@pytest.mark.parametrize("dot", GOING_ON + ENDINGS, ids=repr)
def test_both_outcomes_are_right_whatever_a_group_is_answered(dot: Move) -> None:
    """Each reply to the dot, MAIL, RCPT and DATA of a group counts for the message it is about,
    and the session goes on in step or not at all (rules B3, B6, B7, B8, B12).
    """

    async def scenario() -> None:
        table = combinations(dot)
        for start in range(0, len(table), 40):
            await asyncio.gather(*map(try_answers, table[start : start + 40]))

    run(scenario)


# ── the shape of a group ─────────────────────────────────────────────────────────────────────


async def send_all(peer: Peer, *letters: Envelope) -> list[Exchange]:
    """Every letter in one session, each announced while the one before it is sent."""
    async with peer.serving():
        session = await open_to(peer)
        steps = zip((None, *letters), (*letters, None), strict=True)
        told = [await session.exchange(ready, following) for ready, following in steps]
        await session.close()
        return told


def test_one_group_per_message() -> None:
    """Content, dot, MAIL, RCPT and DATA leave together: a relay that answers none of them before
    it has all is served (RFC 2920 3.1, rule B12).
    """
    peer = Peer({"EHLO": PIPELINING}, patient_until=3)
    told = run(lambda: send_all(peer, ADA, BOB, EVE))
    assert [meaning(one.settled)[0] for one in told[1:]] == [Verdict.ACCEPTED] * 3
    opening, *groups, quit_ = peer.chunks[1:]
    assert opening == announcement(ADA)
    assert groups == [
        ADA.content + b".\r\n" + announcement(BOB),
        BOB.content + b".\r\n" + announcement(EVE),
        EVE.content + b".\r\n",
    ]
    assert quit_ == b"QUIT\r\n"


def announcement(letter: Envelope) -> bytes:
    """MAIL, RCPT and DATA as they stand on the wire."""
    size = len(letter.content)
    return (
        f"MAIL FROM:<{letter.sender}> SIZE={size}\r\nRCPT TO:<{letter.recipient}>\r\nDATA\r\n"
    ).encode()


def test_lock_step_where_no_groups_are_offered() -> None:
    """Without PIPELINING nothing is sent before the last command was answered (rule B12)."""
    peer = Peer()
    told = run(lambda: send_all(peer, ADA, BOB))
    assert [meaning(one.settled)[0] for one in told[1:]] == [Verdict.ACCEPTED] * 2
    commands = [chunk for chunk in peer.chunks if not chunk.startswith(b"Subject")]
    assert all(chunk.count(b"\r\n") == 1 and chunk.endswith(b"\r\n") for chunk in commands)
    contents = [chunk for chunk in peer.chunks if chunk.startswith(b"Subject")]
    assert not any(b"MAIL" in chunk for chunk in contents)


@pytest.mark.parametrize("refused", [("RCPT",), ("MAIL", "RCPT")])
def test_content_awaited_after_a_refusal_gets_a_dot_alone(refused: tuple[str, ...]) -> None:
    """A relay that says 354 although it refused the reader gets an empty end, and nobody's message."""
    taken = {"RCPT": OBEDIENT["RCPT"], "DATA": OBEDIENT["DATA"]}
    refusing = {verb: [OBEDIENT[verb], NEVER, OBEDIENT[verb]] for verb in refused}
    peer = Peer({"EHLO": PIPELINING} | taken | refusing)

    async def scenario() -> None:
        async with peer.serving():
            session = await open_to(peer)
            await session.exchange(None, ADA)
            told = await session.exchange(ADA, BOB)
            assert meaning(told.announced)[2] == 550
            assert meaning((await session.exchange(None, EVE)).announced)[0] is Verdict.ACCEPTED
            await session.exchange(EVE, None)
            await session.close()

    run(scenario)
    assert peer.messages == [ADA.content, b"", EVE.content]


@pytest.mark.parametrize("refusal", [NEVER, LATER])
def test_no_dot_where_a_reader_was_taken_for_a_refused_sender(refusal: str) -> None:
    """A relay that refuses MAIL and says yes to RCPT and DATA would mail an empty message: it gets no dot, and the
    next message another connection.
    """
    peer = Peer(
        {
            "EHLO": PIPELINING,
            "MAIL": [OBEDIENT["MAIL"], refusal],
            "RCPT": OBEDIENT["RCPT"],
            "DATA": OBEDIENT["DATA"],
        }
    )

    async def scenario() -> None:
        async with peer.serving():
            session = await open_to(peer)
            await session.exchange(None, ADA)
            told = await session.exchange(ADA, BOB)
            assert meaning(told.settled)[0] is Verdict.ACCEPTED
            assert meaning(told.announced)[2] == int(refusal[:3])
            assert not session.usable
            await session.close()

    run(scenario)
    assert peer.messages == [ADA.content]


@pytest.mark.parametrize("refused", ["MAIL", "RCPT"])
def test_no_content_no_dot(refused: str) -> None:
    """A relay that refuses DATA too gets no dot; its envelope is reset in the next group."""
    good = OBEDIENT[refused]
    peer = Peer({"EHLO": PIPELINING, refused: [NEVER, good], "DATA": ["503 5.5.1 no", "354 go"]})

    async def scenario() -> None:
        async with peer.serving():
            session = await open_to(peer)
            await session.exchange(None, ADA)
            assert meaning((await session.exchange(None, BOB)).announced)[0] is Verdict.ACCEPTED
            await session.exchange(BOB, None)
            await session.close()

    run(scenario)
    assert peer.messages == [BOB.content]
    assert peer.verbs.count("RSET") == (refused == "RCPT")


@pytest.mark.parametrize("move", [LATER, GOING, Act.CLOSE, Act.RESET, Act.HANG, NONSENSE])
def test_a_relay_that_cannot_reset_is_left(move: Move) -> None:
    """Where RSET is not obeyed the message behind it is untouched and the session over."""
    peer = Peer({"EHLO": PIPELINING, "RCPT": [NEVER, "250 ok"], "DATA": "503 no", "RSET": move})

    async def scenario() -> None:
        async with peer.serving():
            session = await open_to(peer)
            await session.exchange(None, ADA)
            told = await session.exchange(None, BOB)
            assert meaning(told.announced) == (Verdict.TRANSIENT, Phase.MAIL, None)
            assert not session.usable
            await session.close()

    run(scenario)
    assert not peer.messages


def test_a_refusal_before_the_content_keeps_it_back() -> None:
    """What the relay says after its 354 is its answer: neither content nor announcement leave."""
    peer = Peer({"EHLO": PIPELINING, "DATA": "354 go\r\n552 5.3.4 too big"})

    async def scenario() -> Exchange:
        async with peer.serving():
            session = await open_to(peer)
            await session.exchange(None, ADA)
            await _until_spoken(session)
            told = await session.exchange(ADA, BOB)
            assert not session.usable
            await session.close()
            return told

    told = run(scenario)
    assert meaning(told.settled) == (Verdict.PERMANENT, Phase.CONTENT, 552)
    assert told.settled is not None
    assert told.settled.fault is Fault.CONTENT
    assert meaning(told.announced) == (Verdict.TRANSIENT, Phase.MAIL, None)
    assert peer.recipients == ["ada@example.org"]
    assert not peer.messages


async def _until_spoken(session: Session) -> None:
    """Until what the relay said unasked has come."""
    while session.usable:  # noqa: ASYNC110 - nothing tells but this
        await asyncio.sleep(0)


def test_a_refusal_in_the_middle_of_a_large_content_is_heard() -> None:
    """A relay that refuses and closes while content is still being written has said why: the
    message is refused, not in doubt.
    """

    async def refuse_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 p\r\n")
        await reader.readuntil(b"\r\n")
        writer.write(f"{PIPELINING}\r\n".encode())
        await reader.readuntil(b"DATA\r\n")
        writer.write(b"250 ok\r\n250 ok\r\n354 go\r\n")
        await reader.readexactly(100_000)
        writer.write(b"552 5.3.4 too big\r\n")
        writer.write_eof()
        await hung_up.wait()
        writer.transport.abort()

    async def scenario() -> Exchange:
        server = await asyncio.start_server(refuse_early, "127.0.0.1", 0)
        peer = Peer(port=server.sockets[0].getsockname()[1])
        try:
            session = await open_to(peer)
            await session.exchange(None, large)
            told = await session.exchange(large, BOB)
            await session.close()
            return told
        finally:
            hung_up.set()
            server.close()
            await server.wait_closed()

    hung_up = asyncio.Event()
    large = Envelope(sender="b@news.test", recipient="a@b.test", content=LINE * 200_000)
    told = run(scenario)
    assert meaning(told.settled) == (Verdict.PERMANENT, Phase.DOT, 552)
    assert meaning(told.announced) == (Verdict.TRANSIENT, Phase.MAIL, None)
