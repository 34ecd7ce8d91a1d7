"""What a relay says, in whatever pieces it comes."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.smtp.wire import Reply, Wire, WireLost
from tests.sizes import examples


class Nowhere:
    """The transport of a connection that goes nowhere."""

    def __init__(self) -> None:
        self.closed = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Nobody else listens."""

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        """Nothing is written."""

    def is_closing(self) -> bool:
        """Whether it was ended."""
        return self.closed

    def abort(self) -> None:
        """It is ended."""
        self.closed = True


_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
_REPLIES = st.lists(
    st.tuples(st.integers(200, 599), st.lists(_TEXT, min_size=1, max_size=3)),
    min_size=1,
    max_size=6,
)


def on_the_wire(code: int, lines: list[str]) -> str:
    """A reply of so many lines (RFC 5321 4.2.1)."""
    marks = ["-"] * (len(lines) - 1) + [" "]
    return "".join(f"{code}{mark}{line}\r\n" for mark, line in zip(marks, lines, strict=True))


async def read(chunks: list[bytes], count: int) -> list[Reply]:
    """So many replies out of these pieces."""
    wire = Wire(cast("asyncio.Transport", Nowhere()))
    for chunk in chunks:
        wire.data_received(chunk)
    return [await wire.reply(1) for _ in range(count)]


@given(_REPLIES, st.lists(st.integers(0, 400), max_size=8))
@settings(max_examples=examples(200), deadline=None)
def test_pieces_make_no_difference(replies: list[tuple[int, list[str]]], cuts: list[int]) -> None:
    """However the network cuts them, the same replies are read (RFC 5321 4.2)."""
    said = "".join(on_the_wire(code, lines) for code, lines in replies).encode()
    edges = sorted({0, len(said), *(cut for cut in cuts if cut < len(said))})
    chunks = [said[start:end] for start, end in pairwise(edges)]
    expected = [Reply(code, "\n".join(lines)) for code, lines in replies]
    assert asyncio.run(read(chunks, len(replies))) == expected


@given(st.lists(st.binary(max_size=80) | st.sampled_from([b"250 ok\r\n", b"2", b"\n"])))
@settings(max_examples=examples(200), deadline=None)
def test_nonsense_ends_the_connection_and_nothing_else(chunks: list[bytes]) -> None:
    """A relay may say anything: it is read, or the connection is dropped with a reason."""

    async def scenario() -> None:
        transport = Nowhere()
        wire = Wire(cast("asyncio.Transport", transport))
        for chunk in chunks:
            if not transport.closed:
                wire.data_received(chunk)
        while wire.spoke:
            assert 0 <= (await wire.reply(1)).code <= 999
        if transport.closed:
            with pytest.raises(WireLost, match="the relay's reply"):
                await wire.reply(1)

    asyncio.run(scenario())


def test_replies_are_taken_together_only_if_they_are_the_expected_ones() -> None:
    """The short cut for a usual group touches nothing in an unusual one (rule B12)."""

    async def scenario() -> None:
        wire = Wire(cast("asyncio.Transport", Nowhere()))
        wire.data_received(b"250 a\r\n550 no\r\n354 go\r\n")
        assert not wire.take(250, 250, 354)
        assert [(await wire.reply(1)).code for _ in range(3)] == [250, 550, 354]
        wire.data_received(b"250 a\r\n250 b\r\n354 go\r\n250 more\r\n")
        assert not wire.take(250, 250, 354)
        assert wire.take(250, 250, 354, 250)
        assert not wire.spoke

    asyncio.run(scenario())


def test_a_reply_of_empty_lines_without_end_is_ended() -> None:
    """Each counts, also if it says nothing, and costs no more for those before it: 64 kB in all, each time anew."""

    async def scenario() -> None:
        wire = Wire(cast("asyncio.Transport", Nowhere()))
        for _ in range(2):
            wire.data_received(b"250-\r\n" * 65_000 + b"250 done\r\n")
            assert (await wire.reply(1)).code == 250
        wire.data_received(b"250-\r\n" * 66_000)
        with pytest.raises(WireLost, match="made no sense"):
            await wire.reply(1)

    asyncio.run(scenario())


async def ask_when_lost() -> None:
    """Asks for a reply after the peer has closed."""
    wire = Wire(cast("asyncio.Transport", Nowhere()))
    wire.connection_lost(None)
    async with asyncio.timeout(10):
        await wire.reply(3600)


def test_nobody_waits_for_a_connection_that_is_gone() -> None:
    """Whoever asks for a reply afterwards is told at once, whatever the time limit of that reply."""
    with pytest.raises(WireLost, match="closed"):
        asyncio.run(ask_when_lost())
