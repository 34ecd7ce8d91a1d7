"""A relay that refuses, defers, drops and hangs at random, and a sender that is killed meanwhile:
each reader's delivery ends in the state that the relay's words mean.
"""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from newsletter import Newsletter
from storage.model.deliveries import DeliveryState
from tests.acceptance.faults.hasty import send
from tests.peers.relays.counting import CLOSE, HANG, TAKE_AND_CLOSE, TAKE_AND_HANG, Phase, Relay
from tests.worlds.service.installed import CONNECTIONS, House, address, build, tell

ROOT = Path(__file__).parents[3]
NO_MAILBOX = "550 5.1.1 no such user"
LATER = {
    Phase.MAIL: "451 4.3.0 busy",
    Phase.RCPT: "450 4.2.0 try later",
    Phase.DATA: "451 4.3.2 not now",
    Phase.DOT: "452 4.3.1 disk full",
}


class Whims:
    """What the relay does instead of its duty: reproducible, and never for ever."""

    def __init__(self, seed: int, *, refusals: float, breaks: float) -> None:
        self._chance = random.Random(seed)
        self._refusals = refusals
        self._breaks = breaks
        self.counts: Counter[str] = Counter()

    def __call__(self, phase: Phase, recipient: str) -> str | None:
        """The move for this phase; None to do what is asked."""
        if phase is Phase.RCPT and is_gone(recipient):
            return NO_MAILBOX
        drawn = self._chance.random()
        if phase in LATER and drawn < self._refusals:
            return self._note("later", LATER[phase])
        if drawn > 1 - self._breaks * (4 if phase is Phase.DOT else 1):  # where it costs most
            return self._break(phase)
        return None

    def _break(self, phase: Phase) -> str:
        moves = ["421 4.3.2 going down", CLOSE, HANG]
        if phase is Phase.DOT:
            moves += [TAKE_AND_CLOSE, TAKE_AND_HANG]
        move = self._chance.choice(moves)
        return self._note(f"{phase}: {move}", move)

    def _note(self, name: str, move: str) -> str:
        self.counts[name] += 1
        return move


def is_gone(recipient: str) -> bool:
    """Whether the mailbox does not exist: every twentieth."""
    return not recipient or hash_of(recipient) % 20 == 0


def hash_of(recipient: str) -> int:
    """The reader's number."""
    return int(recipient.partition("@")[0].removeprefix("reader"))


def send_and_be_killed(house: House, relay: Relay, moment: Phase, countdown: int) -> bool:
    """One send that is killed, unless it is over before; whether it was."""
    program = [sys.executable, "-m", "tests.acceptance.faults.hasty", str(house.config)]
    process = house.start(*program, at=ROOT)
    relay.kill(process.pid, moment, countdown)
    _, err = process.communicate(timeout=600)
    killed = not relay.spare()
    assert killed or process.returncode == 0, err
    return killed


@pytest.mark.timeout(1800)
def test_each_delivery_ends_as_the_relay_said(
    database_url: str, tmp_path: Path, *, slow: bool
) -> None:
    """Promises 1 and 2 against a relay that obeys no rule and a sender killed again and again."""
    recipients, kills = (20_000, 10) if slow else (500, 3)
    whims = Whims(3, refusals=0.03, breaks=0.0005 if slow else 0.004)
    chance = random.Random(5)
    with Relay(whims).serving() as relay:
        smtp = f"smtp://127.0.0.1:{relay.port}?tls=none"
        house = build(tmp_path / "home", storage=database_url, smtp=smtp, recipients=recipients)
        killed = 0
        for _ in range(kills):
            moment = chance.choice([Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT, Phase.TAKEN])
            countdown = chance.randint(1, recipients // kills // 2)
            killed += send_and_be_killed(house, relay, moment, countdown)
        send_to_the_end(house)
    everybody = {address(number) for number in range(recipients)}
    refused = {reader for reader in everybody if is_gone(reader)}
    tell(
        recipients=recipients,
        kills=killed,
        missed=len(everybody - refused - set(relay.accepted)),
        copies=relay.copies,
        taken_without_a_word=relay.doubtful,
        whims=whims.counts.total(),
    )
    assert killed
    assert set(relay.accepted) == everybody - refused
    assert relay.rejected == refused
    states = {delivery.address: delivery.state for delivery in house.deliveries()}
    assert states == {
        reader: DeliveryState.REJECTED if reader in refused else DeliveryState.ACCEPTED
        for reader in everybody
    }
    assert relay.copies <= relay.doubtful + CONNECTIONS * killed


def send_to_the_end(house: House) -> None:
    """Sends, as a timer would, until every delivery has its last outcome; what is in doubt a second
    time waits for its author, who has it sent again. Nobody is killed, so it is done in this process.
    """
    for _ in range(200):
        with Newsletter.open(house.config, environ={}) as newsletter:
            send(newsletter)
        if not any(one.due_at for one in house.deliveries()) and not house.resend_doubtful():
            return
        threading.Event().wait(0.3)  # the timer's, of a real clock
    pytest.fail("it does not come to an end")
