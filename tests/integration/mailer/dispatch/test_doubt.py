"""Messages in doubt: what a relay that never says it took them may bring a reader."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from storage.database.engine import Database
from storage.model.deliveries import DeliveryState
from tests.integration.mailer.dispatch.test_dispatcher import drain
from tests.integration.mailer.dispatch.test_dispatcher_groups import fill, ids
from tests.peers.relays.smtp import PIPELINING, Act, Move
from tests.worlds.sending.dispatch import House, policy

READERS = 3
HASTY = (timedelta(seconds=2),)
NO_ANSWERS = (
    Act.CLOSE,
    Act.RESET,
    "999 what",
    "199 wait",
    "354 more",
    "000 zero",
    "yes, thank you",
    "250",
)
"""What comes after the dot, and is no answer to it; the last one is: relays do write it."""


@pytest.fixture
def house(database: Database) -> House:
    """Each test's own house, on SQLite and on PostgreSQL."""
    return House(database)


@pytest.mark.parametrize("ehlo", [PIPELINING, "250 peer.test"], ids=["groups", "steps"])
@pytest.mark.parametrize("answer", NO_ANSWERS[:-1])
@pytest.mark.parametrize(("resend", "copies"), [(True, 2), (False, 1)])
def test_a_relay_that_never_answers_the_dot_gets_two_copies_at_most(
    house: House, answer: Move, ehlo: str, resend: bool, copies: int
) -> None:
    """What is no answer is doubt: resent once if so wished, and then it waits for the author,
    however long there is to go (rule B8).
    """
    issue = house.publish(READERS)
    got: Counter[int] = Counter()
    for _ in range(8):
        how = policy(resend=resend, retry=HASTY)
        script = {"EHLO": ehlo, "DOT": answer}
        _, peer = drain(house, script, policy=how, connections=1, fill=fill)
        got.update(ids(peer))
        house.now += timedelta(minutes=1)
    assert set(got.values()) == {copies}
    assert house.count(issue) == {DeliveryState.UNKNOWN: READERS}
    assert [one.due_at for one in house.overview.deliveries(issue.id)] == [None] * READERS


def test_a_code_alone_is_an_answer(house: House) -> None:
    """A reply without words is one (RFC 5321 4.2)."""
    issue = house.publish(READERS)
    drain(house, {"DOT": NO_ANSWERS[-1]})
    assert house.count(issue) == {DeliveryState.ACCEPTED: READERS}


def test_the_author_may_have_them_sent_again(house: House) -> None:
    """Beyond the one time it is the author's wish that counts, once for each."""
    issue = house.publish(READERS)
    got: Counter[int] = Counter()
    for _ in range(2):
        for _ in range(4):
            how = policy(retry=HASTY)
            _, peer = drain(house, {"DOT": Act.CLOSE}, policy=how, connections=1, fill=fill)
            got.update(ids(peer))
            house.now += timedelta(minutes=1)
        assert house.mailings.resend_doubtful(issue.id, now=house.now) == READERS
    assert set(got.values()) == {3}
    summary, _ = drain(house)
    assert summary.accepted == READERS


def test_a_process_that_dies_at_each_try_brings_two_copies_at_most(house: House) -> None:
    """A message on the wire at every crash is resent after the first alone (rules B8, B9)."""
    issue = house.publish(1)
    lease = timedelta(minutes=1)
    begun = 0
    for turn in range(4):
        worker = f"dies{turn}"
        for claim in house.ledger.claim(worker, now=house.now, limit=9, lease=lease):
            begun += len(house.ledger.record(worker, [], [claim.delivery_id], now=house.now))
        house.now += lease
        house.rescuer.rescue(now=house.now, resend=True)
    assert begun == 2
    assert house.count(issue) == {DeliveryState.UNKNOWN: 1}
