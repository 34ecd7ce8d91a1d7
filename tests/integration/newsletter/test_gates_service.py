"""Warm-up and cohort as an author has them: from the file, over a kill, and in the commands."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from newsletter.app import Newsletter
from newsletter.mailing.results import IssueStatus, SendReport
from scripts.cli import main
from storage.model.deliveries import DeliveryState
from storage.model.issues import Mailing
from tests.peers.nursery import Forked
from tests.peers.relays.smtp import PIPELINING, Peer
from tests.worlds.clock import Clock

ROOT = Path(__file__).parents[3]
SEND = """
import sys
from newsletter.app import Newsletter
with Newsletter.open(sys.argv[1], environ={}) as newsletter:
    newsletter.send()
"""
CONFIG = """
[newsletter]
title = "Working Notes"
url = "https://notes.example.com"
sender = "Working Notes <notes@example.com>"
timezone = "Europe/Berlin"
[schedule]
hold = "0s"
[storage]
url = "{storage}"
[smtp]
url = "{relay}"
connections = {connections}
[dispatch]
{keys}
"""


def settle_in(
    folder: Path, storage: str, relay: str, keys: str, *, readers: int, connections: int = 1
) -> Path:
    """A newsletter with readers and one note that is due; its configuration."""
    (folder / "notes").mkdir()
    (folder / "notes" / "note.md").write_text("---\npublish: now\n---\n# Note\n\nHello.\n")
    config = folder / "newsletter.toml"
    config.write_text(
        CONFIG.format(storage=storage, relay=relay, keys=keys, connections=connections)
    )
    with Newsletter.open(config, environ={}) as newsletter:
        for number in range(readers):
            newsletter.subscriptions.add(f"reader{number}@example.com", consent="test")
    return config


@dataclass
class HaltingPeer(Peer):
    """A relay that never answers one of the final dots, until it is let go."""

    halts_at: int = 4
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def _move(self, name: str, writer: asyncio.StreamWriter) -> bool:
        if name == "DOT" and len(self.messages) == self.halts_at and not self.go.is_set():
            self.reached.set()
            await self.go.wait()
        return await super()._move(name, writer)


def send(config: Path, clock: Callable[[], datetime] | None = None) -> SendReport:
    """What `send` does, in this process."""
    times = {} if clock is None else {"clock": clock}
    with Newsletter.open(config, environ={}, **times) as newsletter:
        return newsletter.send()


def look(config: Path) -> IssueStatus:
    """How the note's mail stands."""
    with Newsletter.open(config, environ={}) as newsletter:
        return newsletter.status("note")


# ── a kill ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("keys", ['cohort = 6\ncohort_wait = "1h"', "warmup = 6"])
def test_a_gate_holds_over_a_kill(database_url: str, tmp_path: Path, keys: str) -> None:
    """Killed in the middle of the first six, the next process sends what is missing of the six,
    the one in doubt once more, and nobody else (rules B8, B9).
    """

    async def main() -> None:
        async with HaltingPeer({"EHLO": PIPELINING}).serving() as peer:
            assert isinstance(peer, HaltingPeer)
            relay = f"smtp://127.0.0.1:{peer.port}"
            config = settle_in(tmp_path, database_url, relay, keys, readers=14)
            process = Forked([sys.executable, "-c", SEND, config], cwd=ROOT)
            await asyncio.wait_for(peer.reached.wait(), 120)
            process.kill()
            process.wait()
            peer.go.set()
            report = await asyncio.to_thread(send, config)
            assert report.accepted == 3
            assert len(peer.messages) == 7
            assert len(set(peer.recipients)) == 6

    asyncio.run(main())
    status = look(tmp_path / "newsletter.toml")
    assert status.tally[DeliveryState.ACCEPTED] == 6
    assert status.tally[DeliveryState.QUEUED] == 8
    assert [wait.readers for wait in status.waiting] == [8]


# ── from the file ────────────────────────────────────────────────────────────────────────────


def test_the_ramp_goes_on_from_day_to_day(tmp_path: Path) -> None:
    """A daily `send` mails 2, 4, and the rest, by the newsletter's own calendar (rule B17)."""
    config = settle_in(tmp_path, "sqlite:///n.db", "outbox:outbox", "warmup = 2", readers=9)
    clock = Clock(datetime.fromisoformat("2026-11-22T09:00+01:00"))
    taken = []
    for _ in range(3):
        taken.append(send(config, clock).accepted)
        clock.move(days=1)
    assert taken == [2, 4, 3]


def test_a_cohort_that_refuses_is_a_problem_of_the_send(tmp_path: Path) -> None:
    """`send` says that the issue is paused and what was seen; after `resume` the rest goes out."""

    async def main() -> tuple[SendReport, SendReport]:
        peer = Peer({"EHLO": PIPELINING, "RCPT": ["550 5.1.1 no such user"] * 3 + ["250 ok"]})
        async with peer.serving():
            keys = "cohort = 10\ncohort_refusals = 0.2"
            relay = f"smtp://127.0.0.1:{peer.port}"
            config = settle_in(tmp_path, "sqlite:///n.db", relay, keys, readers=30)
            first = await asyncio.to_thread(send, config)
            with Newsletter.open(config, environ={}) as newsletter:
                assert newsletter.resume("note").mailing is Mailing.OPEN
            return first, await asyncio.to_thread(send, config)

    first, then = asyncio.run(main())
    (problem,) = first.problems
    assert problem.startswith("note: its mail is paused: of the first")
    assert "3 refused (3 rejected)" in problem
    assert first.waiting == ()
    assert (then.problems, then.waiting) == ((), ())
    assert first.accepted + first.rejected + then.accepted == 30


# ── in the commands ──────────────────────────────────────────────────────────────────────────


def command(capsys: pytest.CaptureFixture[str], config: Path, *arguments: str) -> str:
    """What a command prints; it must end well."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(config), *arguments])
    assert not ended.value.code
    return capsys.readouterr().out


def test_the_warm_up_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`send` and `status` say how many wait, until when, and what the day allowed."""
    config = settle_in(tmp_path, "sqlite:///n.db", "outbox:outbox", "warmup = 2", readers=5)
    sentence = (
        r"3 readers wait until \d{4}-\d\d-\d\d 00:00 CES?T: "
        r"the warm-up allows 2 today \(2 used\), and 4 then"
    )
    assert re.search(rf"(?m)^note: {sentence}$", command(capsys, config, "send"))
    assert re.search(rf"(?m)^waiting +{sentence}$", command(capsys, config, "status", "note"))
    assert re.search(rf"(?m)^note: {sentence}$", command(capsys, config, "status"))
    (wait,) = json.loads(command(capsys, config, "status", "note", "--json"))["waiting"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT2[23]:00:00Z", wait.pop("until"))
    assert wait == {
        "cause": "warm-up",
        "readers": 3,
        "allowed": 2,
        "used": 2,
        "allowed_then": 4,
    }


def test_the_cohort_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`send` and `status` say who went first, how that ended, and when the rest follows."""
    keys = 'cohort = 2\ncohort_wait = "1h"'
    config = settle_in(tmp_path, "sqlite:///n.db", "outbox:outbox", keys, readers=5)
    (wait,) = json.loads(command(capsys, config, "send", "--json"))["waiting"]
    assert wait.pop("until")
    known = {
        "cause": "cohort",
        "readers": 3,
        "size": 2,
        "tried": 2,
        "accepted": 2,
        "refused": 0,
    }
    assert wait == {"slug": "note", **known}
    told = command(capsys, config, "status", "note")
    assert re.search(
        r"(?m)^waiting +3 readers wait until [-\d: A-Z]+: for the cohort of 2: "
        r"2 accepted, 0 refused$",
        told,
    )


def test_nothing_waits_where_nothing_is_bounded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the keys neither command has a word about waiting."""
    config = settle_in(tmp_path, "sqlite:///n.db", "outbox:outbox", "", readers=3)
    assert json.loads(command(capsys, config, "send", "--json"))["waiting"] == []
    assert "wait" not in command(capsys, config, "status", "note")
