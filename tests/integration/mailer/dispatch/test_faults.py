"""Faults of ours, of a relay and of a message: whom they cost nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from mailer.dispatch.dispatcher import Summary
from mailer.envelope import Envelope
from mailer.smtp.relay import Timeouts
from mailer.smtp.session import Session
from storage.model.deliveries import Claim, DeliveryState
from storage.model.errors import MessageError
from storage.model.issues import Mailing
from tests.peers.relays.smtp import Act, Move, Peer
from tests.worlds.sending.dispatch import MINUTE, House, fill, policy
from tests.worlds.sending.draining import drain

# ── faults of ours and of the relay ──────────────────────────────────────────────────────────


def test_a_run_of_our_faults_pauses_the_issue(house: House) -> None:
    """A relay that refuses us stops the issue, not its readers; resumed, all goes out (rule B5)."""
    issue = house.publish(100)
    summary, peer = drain(house, {"RCPT": "550 5.7.26 unauthenticated"}, connections=2)
    assert summary.rejected == 0
    assert len(peer.recipients) <= 6  # five in a row, and one on the other connection
    paused = house.issues.get(issue.id)
    assert paused.mailing is Mailing.PAUSED
    assert "5.7.26 unauthenticated" in paused.mailing_reason
    assert house.subscribers.suppressions() == ()
    assert house.resume(issue)
    summary, _ = drain(house)
    assert summary.accepted == 100


def test_a_list_too_short_for_a_run_is_paused_too(house: House) -> None:
    """Four readers, each refused for a fault of ours: the author hears of it now, and not when
    their time is up (rule B5).
    """
    issue = house.publish(4)
    summary, _ = drain(house, {"RCPT": "550 5.7.26 unauthenticated"})
    assert (summary.rejected, summary.expired) == (0, 0)
    paused = house.issues.get(issue.id)
    assert paused.mailing is Mailing.PAUSED
    assert paused.mailing_reason.startswith("4 refusals in a row that are not the readers' fault")
    assert house.resume(issue)
    summary, _ = drain(house)
    assert summary.accepted == 4


@pytest.mark.parametrize("other", ["250 2.1.5 ok", "450 4.2.0 greylisted"])
def test_one_readers_policy_pauses_nothing(house: House, other: str) -> None:
    """Where others got the issue, or may still, one host's refusal is that host's."""
    issue = house.publish(2)
    drain(house, {"RCPT": [other, "550 5.7.1 not from you"]}, connections=1)
    assert house.issues.get(issue.id).mailing is Mailing.OPEN


def test_a_pause_takes_no_time_from_a_reader(house: House) -> None:
    """Whoever was put off before gets the whole time again when the issue goes on (promise 1)."""
    issue = house.publish(3)
    drain(house, {"RCPT": "450 4.2.0 greylisted"})
    house.ledger.pause_issue(issue.id, "the author said so", now=house.now)
    house.now += timedelta(days=60)
    assert house.resume(issue)
    summary, _ = drain(house, {"RCPT": "450 4.2.0 greylisted"})
    assert (summary.deferred, summary.expired) == (3, 0)
    house.now += timedelta(hours=48)
    summary, _ = drain(house, {"RCPT": "450 4.2.0 greylisted"})
    assert summary.expired == 3


def test_a_relay_that_knows_nobody_costs_few_readers(house: House) -> None:
    """When all are said not to exist, wherever they are, the issue waits for its author (B5)."""
    issue = house.publish(200, domains=40)
    summary, _ = drain(house, {"RCPT": "550 5.1.1 user unknown in virtual table"}, connections=1)
    assert summary.rejected == 25
    paused = house.issues.get(issue.id)
    assert paused.mailing is Mailing.PAUSED
    assert "do not exist, says the relay: 550 5.1.1" in paused.mailing_reason
    assert len(house.subscribers.suppressions()) == 25
    assert house.count(issue) == {DeliveryState.REJECTED: 25, DeliveryState.QUEUED: 175}


def test_a_relay_that_refuses_everybody_in_odd_words_reaches_few_readers(house: House) -> None:
    """What nobody understands suppresses nobody; said of all, wherever they are, the issue waits (B5)."""
    issue = house.publish(200, domains=40)
    summary, _ = drain(house, {"RCPT": "550 5.1.1 no unicorn grazes hither"}, connections=1)
    assert summary.rejected == 25
    paused = house.issues.get(issue.id)
    assert paused.mailing is Mailing.PAUSED
    assert "do not exist, says the relay: 550 5.1.1 no unicorn" in paused.mailing_reason
    assert not house.subscribers.suppressions()


def test_an_oversized_issue_is_paused_before_the_first_reader(house: House) -> None:
    """What the relay's SIZE forbids is not even tried (rule B14)."""
    issue = house.publish(20)
    _, peer = drain(house, {"EHLO": "250-p\r\n250 SIZE 10"}, connections=1)
    assert "MAIL" not in peer.verbs
    assert house.issues.get(issue.id).mailing is Mailing.PAUSED


def test_a_relay_that_is_down_touches_nobody(house: House) -> None:
    """The drain gives up after growing waits and says why; every claim is back (promise 7)."""
    issue = house.publish(20)
    summary, peer = drain(house, {"GREET": "554 5.7.1 go away"})
    assert (summary.accepted, summary.deferred) == (0, 0)
    assert "554 5.7.1 go away" in summary.relay_error
    assert house.count(issue) == {DeliveryState.QUEUED: 20}
    assert all(delivery.attempts == 0 for delivery in house.overview.deliveries(issue.id))
    assert peer.connections == 4
    assert house.slept == [1.0, 2.0, 4.0]


def test_a_relay_that_comes_back_is_used(house: House) -> None:
    """A fault at the start costs a wait, no reader."""
    house.publish(10)
    greetings = ["421 4.3.2 starting", "421 4.3.2 starting", "220 peer.test"]
    summary, _ = drain(house, {"GREET": greetings})
    assert summary == Summary(accepted=10)


@pytest.mark.parametrize("farewell", ["421 4.4.2 idle", Act.CLOSE])
def test_a_relay_that_limits_messages_per_connection_costs_nobody(
    house: House, farewell: Move
) -> None:
    """Closing between messages is normal: the message goes out on the next one (rule B16)."""
    house.publish(20)
    moves = (["250 ok"] * 5 + [farewell]) * 10
    summary, peer = drain(house, {"MAIL": moves}, connections=1)
    assert summary == Summary(accepted=20)
    assert len(peer.messages) == 20


def test_a_relay_that_always_hangs_up_is_given_up(house: House) -> None:
    """421 to every message burns a handful of tries, uncounted, not the whole list (rule B6)."""
    issue = house.publish(200)
    summary, _ = drain(house, {"MAIL": "421 4.7.0 try later"}, connections=5)
    assert summary.deferred <= 25
    assert "421" in summary.relay_error
    assert all(delivery.attempts == 0 for delivery in house.overview.deliveries(issue.id))
    assert house.count(issue)[DeliveryState.QUEUED] >= 175


def test_the_other_relay_takes_over(house: House) -> None:
    """With two relays, one that is down costs nobody anything."""
    house.publish(20)
    good, bad = Peer(), Peer({"GREET": "554 no"})

    async def scenario() -> Summary:
        async with good.serving(), bad.serving():
            return await house.dispatcher(bad, good).drain()

    assert asyncio.run(scenario()) == Summary(accepted=20)


@pytest.mark.parametrize("move", [Act.CLOSE, Act.HANG])
@pytest.mark.parametrize("resend", [True, False])
def test_doubt_is_recorded_and_resent_only_if_wished(
    house: House, move: Move, resend: bool
) -> None:
    """A connection lost after the dot leaves one message in doubt (rule B8)."""
    issue = house.publish(3)
    summary, _ = drain(
        house,
        {"DOT": ["250 ok", move, "250 ok"]},
        connections=1,
        policy=policy(resend=resend),
        connect=lambda relay: Session.open(relay, Timeouts(dot=2)),
    )
    assert summary == Summary(accepted=2, unknown=1)
    house.now += MINUTE
    summary, _ = drain(house, policy=policy(resend=resend))
    assert summary.accepted == int(resend)
    left = {} if resend else {DeliveryState.UNKNOWN: 1}
    assert house.count(issue) == {DeliveryState.ACCEPTED: 2 + int(resend), **left}


# ── messages that cannot be made ─────────────────────────────────────────────────────────────


def spoil(error: Exception, spoiled: int) -> Callable[[Claim], Envelope]:
    """A fill that fails for the first readers."""

    def failing(claim: Claim) -> Envelope:
        if claim.subscriber_id <= spoiled:
            raise error
        return fill(claim)

    return failing


def test_one_message_that_must_not_be_sent_stops_no_other(house: House) -> None:
    """Bad data of one reader is refused with its reason."""
    issue = house.publish(5)
    summary, _ = drain(house, fill=spoil(MessageError("the name has a line break"), 1))
    assert summary == Summary(accepted=4, rejected=1)
    (refused,) = house.overview.deliveries(issue.id, state=DeliveryState.REJECTED)
    assert refused.reason == "the name has a line break"


def test_a_fault_in_our_own_code_costs_no_reader_the_issue(house: House) -> None:
    """Unexpected errors put deliveries back, and a run of them pauses the issue."""
    issue = house.publish(50)
    summary, peer = drain(house, fill=spoil(KeyError("slot"), 50), connections=1)
    assert (summary.accepted, summary.rejected) == (0, 0)
    assert not peer.recipients
    assert house.issues.get(issue.id).mailing is Mailing.PAUSED
