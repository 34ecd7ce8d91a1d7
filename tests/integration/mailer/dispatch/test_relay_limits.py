"""How long a relay is waited for and how often a connection is used: from the file to the wire."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.smtp.relay import Relay, Timeouts
from mailer.smtp.session import Session
from newsletter.app import Newsletter
from newsletter.config.config import load_config
from newsletter.mailing.relays import open_relays
from newsletter.mailing.results import SendReport
from tests.peers.relays.smtp import PIPELINING, Act, Peer
from tests.worlds.store import empty_file

CONFIG = """
[newsletter]
title = "Working Notes"
url = "https://notes.example.com"
sender = "Working Notes <notes@example.com>"
postal_address = "1 Main St"
[schedule]
hold = "0s"
[smtp]
url = "smtp://127.0.0.1:{port}"
connections = 1
{keys}
"""
STEPS = ("greeting", "tls", "auth", "mail", "rcpt", "data", "block", "dot", "quit")


def configure(folder: Path, port: int, keys: str) -> Path:
    """A newsletter with one note that is due and such a relay."""
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "notes" / "note.md").write_text("---\npublish: now\n---\n# Note\n\nHello.\n")
    file = folder / "newsletter.toml"
    file.write_text(CONFIG.format(port=port, keys=keys))
    return file


def send(folder: Path, peer: Peer, keys: str, readers: int) -> SendReport:
    """One `send` to so many readers over that peer."""
    empty_file(folder)

    def work() -> SendReport:
        with Newsletter.open(configure(folder, peer.port, keys), environ={}) as newsletter:
            for number in range(readers):
                newsletter.subscriptions.add(f"r{number}@example.com", consent="told me so")
            return newsletter.send()

    async def scenario() -> SendReport:
        async with peer.serving():
            return await asyncio.to_thread(work)

    return asyncio.run(scenario())


async def opened(file: Path) -> tuple[Relay, ...]:
    """The relays that this configuration opens."""
    async with open_relays(load_config(file, {}).relays) as relays:
        return relays


def test_every_limit_of_the_file_reaches_the_relay(tmp_path: Path) -> None:
    """Each key sets its own limit and no other (rules B1, B16)."""
    keys = [f'timeout_{name} = "{600 + n}s"' for n, name in enumerate(STEPS)]
    keys += ['reuse_age = "77s"', "reuse_messages = 7"]
    (relay,) = asyncio.run(opened(configure(tmp_path, 25, "\n".join(keys))))
    wanted = {name: float(600 + n) for n, name in enumerate(STEPS)}
    assert relay.timeouts == Timeouts(**wanted, reuse=77.0, messages=7)  # type: ignore[arg-type]


def test_the_name_of_the_file_is_said_to_the_relay(tmp_path: Path) -> None:
    """A host behind another address, or with no name of its own, greets as its author says (B21)."""
    peer = Peer()
    file = configure(tmp_path, 25, 'ehlo = "Notes.example.com"')

    async def scenario() -> None:
        (relay,) = await opened(file)
        async with peer.serving():
            await (await Session.open(replace(relay, port=peer.port))).close()

    asyncio.run(scenario())
    assert peer.commands[0] == "EHLO notes.example.com"


def test_without_keys_the_limits_are_those_of_the_rfc(tmp_path: Path) -> None:
    """Greeting 5 minutes, MAIL 5, RCPT 5, DATA 2, block 3, dot 10 (rule B1)."""
    file = configure(tmp_path, 25, "")
    (relay,) = asyncio.run(opened(file))
    waits = [timedelta(seconds=getattr(relay.timeouts, step)) for step in STEPS[3:8]]
    assert [wait / timedelta(minutes=1) for wait in waits] == [5, 5, 2, 3, 10]
    assert relay.timeouts == Timeouts()
    assert load_config(file, {}).warnings == ()


def test_limits_below_the_rfc_are_told(tmp_path: Path) -> None:
    """They are taken, for a relay next door, and each is named in a warning (rule B1)."""
    keys = 'timeout_mail = "30s"\ntimeout_dot = "1m"\ntimeout_quit = "1s"'
    warnings = load_config(configure(tmp_path, 25, keys), {}).warnings
    assert [warning.sentence.partition(":")[0] for warning in warnings] == [
        "[smtp] timeout_mail",
        "[smtp] timeout_dot",
    ]
    assert "messages twice" in warnings[1].sentence


@pytest.mark.parametrize(("step", "accepted", "unknown"), [("MAIL", 3, 0), ("DOT", 2, 1)])
def test_a_relay_that_hangs_is_left_when_the_file_says(
    tmp_path: Path, step: str, accepted: int, unknown: int
) -> None:
    """A relay that never answers costs the configured wait, not the RFC's (rule B1)."""
    peer = Peer({"EHLO": PIPELINING, step: ["250 ok", Act.HANG, "250 ok"]})
    report = send(tmp_path, peer, f'timeout_{step.lower()} = "2s"', readers=3)
    assert (report.accepted, report.unknown) == (accepted, unknown)
    assert peer.connections == 2


@pytest.mark.parametrize("ehlo", [PIPELINING, "250 peer.test"])
@pytest.mark.parametrize(("most", "connections"), [(1, 5), (2, 3), (5, 1)])
def test_a_connection_is_replaced_after_so_many_messages(
    tmp_path: Path, most: int, connections: int, ehlo: str
) -> None:
    """Five messages take three connections of two each, and cost nobody anything (rule B16)."""
    peer = Peer({"EHLO": ehlo})
    report = send(tmp_path, peer, f"reuse_messages = {most}", readers=5)
    assert (report.accepted, report.problems) == (5, ())
    assert peer.connections == connections


def test_a_relay_that_names_a_lower_limit_is_obeyed(tmp_path: Path) -> None:
    """No connection carries more than LIMITS MAILMAX, announced ones included (rule B16)."""
    peer = Peer({"EHLO": f"{PIPELINING}\r\n250 LIMITS MAILMAX=2".replace("250 ENH", "250-ENH")})
    report = send(tmp_path, peer, "", readers=5)
    assert (report.accepted, peer.connections) == (5, 3)


@pytest.mark.parametrize("ehlo", ["250 p", PIPELINING])
@pytest.mark.parametrize(
    "words", ["452 4.5.3 Too many recipients: Too many messages sent", "450 too many transactions"]
)
def test_a_relay_that_has_enough_of_a_session_puts_nobody_off(
    tmp_path: Path, ehlo: str, words: str
) -> None:
    """OpenSMTPD's way after a hundred messages: the message goes in a new session, its reader is charged no
    try, and the old session ends with QUIT.
    """
    peer = Peer(
        {"EHLO": ehlo, "MAIL": ["250 ok", "250 ok", words, "250 ok", "250 ok", words, "250"]}
    )
    report = send(tmp_path, peer, "", 5)
    assert (report.accepted, report.deferred) == (5, 0)
    assert peer.connections == 3
    assert peer.verbs.count("QUIT") == 3


def test_enough_from_the_beginning_is_an_answer(tmp_path: Path) -> None:
    """A relay that has enough before anything was sent is not asked again and again."""
    peer = Peer({"EHLO": PIPELINING, "MAIL": "452 4.5.3 Too many messages sent"})
    report = send(tmp_path, peer, "", 5)
    assert (report.accepted, report.deferred) == (0, 5)
    assert peer.connections <= 6
