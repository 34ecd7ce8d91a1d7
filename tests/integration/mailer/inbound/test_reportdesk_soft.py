"""Soft bounces: how many, of how many issues and over how long, wear an address out."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from mailer.policy.settlement import RetryPolicy, decide_settlement
from mailer.replies.outcome import Phase, parse_reply
from storage.database import schema
from storage.database.engine import Database
from storage.model.readers import SubscriberState, SuppressionReason
from storage.model.reports import Effect
from tests.conftest import NOON
from tests.worlds.inbound.reports import DAY, House, house_over
from tests.worlds.store import settled


@pytest.fixture
def house(database: Database) -> House:
    """Three readers, on each engine."""
    return house_over(database)


def test_soft_bounces_of_several_issues_suppress(house: House) -> None:
    """The fifth issue in two weeks is one too many; the first four only count (rule C6)."""
    done = []
    for number in range(5):
        issue = house.mail(f"issue-{number}")
        house.clock[0] += 4 * DAY
        raw = house.report("gmail-full", issue, 1, at=house.clock[0])
        done.append(house.desk.process(raw).action)
    assert done == [Effect.COUNTED] * 4 + [Effect.SUPPRESSED]
    assert house.reason(1) is SuppressionReason.SOFT_BOUNCES
    assert house.consent(1) is SubscriberState.ACTIVE


def test_soft_bounces_in_one_week_are_not_enough(house: House) -> None:
    """Five issues on five days may be one full mailbox on a holiday (rule C6)."""
    for number in range(6):
        issue = house.mail(f"issue-{number}")
        house.clock[0] += DAY
        house.desk.process(house.report("gmail-full", issue, 1, at=house.clock[0]))
    assert house.reason(1) is None


def test_a_clean_period_begins_the_count_anew(house: House) -> None:
    """A month in which mail arrived wipes out what was before; a month without mail does not (C6)."""
    for number in range(4):
        issue = house.mail(f"issue-{number}")
        house.clock[0] += 7 * DAY
        for reader in (1, 2):
            house.desk.process(house.report("gmail-full", issue, reader, at=house.clock[0]))
    house.clock[0] += 45 * DAY
    issue = house.mail("after the holidays")
    with house.store.database.transaction() as connection:  # reader 1 got one in between
        d = schema.deliveries.c
        connection.execute(
            sa.update(schema.deliveries)
            .where(d.issue_id == issue.id)
            .values(settled_at=house.clock[0] - 20 * DAY)
        )
    last = house.mail("last")
    house.desk.process(house.report("gmail-full", last, 1, at=house.clock[0]))
    house.desk.process(house.report("gmail-full", issue, 2, at=house.clock[0] - DAY))
    assert house.reason(1) is None
    assert house.reason(2) is SuppressionReason.SOFT_BOUNCES


def test_many_reports_of_one_issue_are_one(house: House) -> None:
    """Only distinct issues count (rule C6)."""
    issue = house.mail()
    for _ in range(9):
        house.clock[0] += 4 * DAY
        house.desk.process(house.report("gmail-full", issue, 1, at=house.clock[0]))
    assert house.reason(1) is None


def test_a_lift_begins_the_count_of_soft_bounces_anew(house: House) -> None:
    """After a lift it takes as many soft bounces as before it, and nobody else's count is touched:
    a lift that the next full mailbox undoes would be none (rule C6).
    """
    done: dict[int, list[Effect]] = {1: [], 2: []}
    for number in range(10):
        issue = house.mail(f"issue-{number}")
        house.clock[0] += 4 * DAY
        for reader in done if number < 4 else [1]:
            raw = house.report("gmail-full", issue, reader, at=house.clock[0])
            done[reader].append(house.desk.process(raw).action)
        if number == 4:
            assert house.store.subscribers.lift("hash-1")
    assert done[1] == ([Effect.COUNTED] * 4 + [Effect.SUPPRESSED]) * 2
    assert house.soft_bounces(2) == 4
    assert house.reason(1) is SuppressionReason.SOFT_BOUNCES


def test_soft_refusals_in_the_session_wear_out_as_reports_do(house: House) -> None:
    """Five issues refused over two weeks are enough, whether by reply or by report (rule C6)."""
    outcome = parse_reply(550, "5.4.1 Recipient address rejected: Access denied", phase=Phase.RCPT)
    policy = RetryPolicy(retry=(DAY,), expire=2 * DAY)
    for number in range(5):
        assert not house.desk.wear_out()
        house.store.publish(f"issue{number}")
        claims = house.store.claim()
        at = NOON + number * 4 * DAY
        house.store.settle(
            *(
                decide_settlement(outcome, claim, at, policy)
                if claim.subscriber_id == 1
                else settled(claim.delivery_id)
                for claim in claims
            )
        )
    house.clock[0] = NOON + 20 * DAY
    assert house.desk.wear_out() == 1
    assert house.reason(1) is SuppressionReason.SOFT_BOUNCES
    assert house.reason(2) is None
    assert not house.desk.wear_out()
