"""The warm-up and the first cohort on real databases, with relays that take, refuse and put off."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mailer.dispatch.dispatcher import Summary
from storage.database import schema
from storage.database.engine import Database
from storage.model.deliveries import DeliveryState
from storage.model.issues import Mailing
from tests.conftest import NOON
from tests.peers.relays.smtp import PIPELINING, Act, Peer
from tests.worlds.sending.gates import (
    DAY,
    MIDNIGHT,
    GatedStore,
    Script,
    careful,
    ramp,
    second,
    warmed,
)
from tests.worlds.store import LEASE, MINUTE

# ── the warm-up ──────────────────────────────────────────────────────────────────────────────


def test_each_day_allows_twice_the_one_before(database: Database) -> None:
    """5, 10, 20, then the rest; what waits is queued and untried (rule B17)."""
    house = warmed(database)
    house.join(40)
    issue = house.publish()
    taken = []
    while (due := house.due()) is not None:
        house.now = max(house.now, due)
        taken.append(house.drain().accepted)
        assert house.drain() == Summary()  # the same day allows no more
        waiting = house.count(issue).get(DeliveryState.QUEUED, 0)
        assert waiting == 40 - sum(taken)
    assert taken == [5, 10, 20, 5]
    assert house.now == MIDNIGHT + 2 * DAY


def test_the_rest_waits_untried_and_with_a_reason(database: Database) -> None:
    """The author sees how many wait, until when, and what the day allowed."""
    house = warmed(database)
    house.join(12)
    issue = house.publish()
    house.drain()
    (wait,) = house.overview.waiting(now=house.now)[issue.id]
    assert (wait.readers, wait.until) == (7, MIDNIGHT)
    assert wait.allowance is not None
    assert (wait.allowance.most, wait.allowance.used, wait.allowance.then) == (5, 5, 10)
    untried = list(house.overview.deliveries(issue.id, state=DeliveryState.QUEUED))
    assert [one.attempts for one in untried] == [0] * 7
    assert house.due() == MIDNIGHT


def test_nothing_is_bounded_without_a_gate(database: Database) -> None:
    """Who configured nothing sends everything at once, and is told of nothing."""
    house = GatedStore(database)
    house.join(40)
    house.publish()
    assert house.drain() == Summary(accepted=40)
    assert house.overview.waiting(now=house.now) == {}


def test_confirmations_are_never_held(database: Database) -> None:
    """Somebody waits for them, and they use nothing of the day's allowance."""
    house = careful(database, size=1, warmup=ramp(2))
    house.join(9)
    issue = house.publish()
    house.drain()
    for number in range(20, 25):
        house.ask(number)
    assert house.drain() == Summary(accepted=5)
    assert house.count(issue)[DeliveryState.ACCEPTED] == 1


def test_all_issues_share_a_days_allowance(database: Database) -> None:
    """The earlier issue goes first; the other gets what is left."""
    house = warmed(database, 8)
    house.join(6)
    first, other = house.publish(), house.publish("second")
    assert house.drain() == Summary(accepted=8)
    assert house.count(first) == {DeliveryState.ACCEPTED: 6}
    assert house.count(other) == {DeliveryState.ACCEPTED: 2, DeliveryState.QUEUED: 4}
    assert list(house.overview.waiting(now=house.now)) == [other.id]


def test_what_was_put_off_is_tried_again_on_a_day_that_is_used_up(database: Database) -> None:
    """A second try is no new reader: greylisting passes while the rest waits (rule B19)."""
    house = warmed(database)
    house.join(20)
    house.publish()
    script: Script = {"RCPT": ["451 4.7.1 greylisted"] * 3 + ["250 ok"]}
    assert house.drain(script) == Summary(accepted=2, deferred=3)
    assert house.due() == house.now + MINUTE
    house.now += MINUTE
    assert house.drain() == Summary(accepted=3)
    assert house.due() == MIDNIGHT


def test_what_a_dead_worker_had_not_begun_can_be_claimed_again(database: Database) -> None:
    """A crash uses up what was begun, and no more of the day."""
    house = warmed(database)
    house.join(20)
    house.publish()
    claims = house.ledger.claim("dead", now=house.now, limit=100, lease=LEASE)
    assert len(claims) == 5
    assert house.ledger.claim("other", now=house.now, limit=100, lease=LEASE) == []
    house.begin(*[claim.delivery_id for claim in claims[:2]], worker="dead")
    rescued = house.rescuer.rescue(now=house.now, resend=False, gone={"dead"})
    assert (rescued.returned, rescued.unknown) == (3, 2)
    assert house.drain() == Summary(accepted=3)


def test_a_day_is_shared_by_all_workers(database: Database, database_url: str) -> None:
    """Two processes that claim at the same moment get the day's allowance together, once."""
    house = warmed(database, 30)
    house.join(100)
    house.publish()
    summaries = drain_twice(house, database_url)
    assert sum(summary.accepted for summary in summaries) == 30
    assert house.rescuer.workers() == []


def drain_twice(house: GatedStore, url: str, script: Script | None = None) -> list[Summary]:
    """Two workers with a database connection each, at the same time."""
    peer = Peer({"EHLO": PIPELINING, **(script or {})})

    async def scenario() -> list[Summary]:
        with second(house, url) as other:
            async with peer.serving():
                return await asyncio.gather(
                    house.worker(peer, "one").drain(), other.worker(peer, "two").drain()
                )

    return asyncio.run(scenario())


# ── the first cohort ─────────────────────────────────────────────────────────────────────────

NO_MAILBOX = "550 5.1.1 no such user"
UNUSUAL = "450 4.7.28 unusual rate of mail"


def test_the_rest_follows_when_the_cohort_was_taken(database: Database) -> None:
    """Ten first, the other thirty after the wait; nobody twice (rule B5)."""
    house = careful(database)
    house.join(40)
    issue = house.publish()
    assert house.drain() == Summary(accepted=10)
    (wait,) = house.overview.waiting(now=house.now)[issue.id]
    assert (wait.readers, wait.until) == (30, NOON + 10 * MINUTE)
    assert wait.cohort is not None
    assert (wait.cohort.accepted, wait.cohort.refused) == (10, 0)
    assert house.due() == NOON + 10 * MINUTE
    house.now += 9 * MINUTE
    assert house.drain() == Summary()
    house.now += MINUTE
    assert house.drain() == Summary(accepted=30)
    assert house.overview.waiting(now=house.now) == {}


def test_without_a_wait_one_run_sends_it_all(database: Database) -> None:
    """The rest follows in the same run as soon as the outcomes are there."""
    house = careful(database, wait=timedelta())
    house.join(40)
    house.publish()
    assert house.drain() == Summary(accepted=40)


def test_a_list_that_fits_into_the_cohort_is_not_held(database: Database) -> None:
    """Nobody is left to wait for."""
    house = careful(database, size=200)
    house.join(40)
    issue = house.publish()
    assert house.drain() == Summary(accepted=40)
    assert house.mailings.finish() == [issue.id]


def test_a_small_list_that_refuses_is_not_paused(database: Database) -> None:
    """Everybody was tried already; what was put off gets its second try."""
    house = careful(database, size=10)
    house.join(8)
    issue = house.publish()
    house.drain({"RCPT": [NO_MAILBOX] * 4 + [UNUSUAL, "250 ok"]}, connections=1)
    house.now += MINUTE
    assert house.drain() == Summary(accepted=1)
    assert house.mailing(issue)[0] is Mailing.OPEN


@pytest.mark.parametrize("answer", [NO_MAILBOX, UNUSUAL, "550 administrative prohibition"])
def test_a_cohort_that_refuses_pauses_the_issue(database: Database, answer: str) -> None:
    """Nobody beyond the cohort is tried; the sentence says what was seen; `resume` goes on."""
    house = careful(database)
    house.join(40)
    issue = house.publish()
    house.drain({"RCPT": ["250 ok"] * 6 + [answer] * 4 + ["250 ok"]}, connections=1)
    assert house.drain() == Summary()
    mailing, reason = house.mailing(issue)
    assert mailing is Mailing.PAUSED
    assert "4 refused" in reason
    assert answer in reason
    tried = 40 - house.count(issue)[DeliveryState.QUEUED]
    assert tried == 10
    house.resume(issue)
    house.now += MINUTE
    assert house.drain().accepted >= 30
    assert house.due() is None


def test_a_verdict_is_final(database: Database) -> None:
    """Once resumed after it the rest goes, also if those who refused are erased meanwhile."""
    house = careful(database)
    house.join(40)
    issue = house.publish()
    house.drain({"RCPT": [NO_MAILBOX] * 3 + ["250 ok"]}, connections=1)
    assert house.mailing(issue)[0] is Mailing.PAUSED
    with database.transaction() as connection:
        rejected = schema.deliveries.c.state == DeliveryState.REJECTED.value
        connection.execute(sa.delete(schema.deliveries).where(rejected))
    house.resume(issue)
    assert house.drain().accepted >= 30
    assert house.due() is None


def test_a_few_refusals_pause_nothing(database: Database) -> None:
    """Two of ten are allowed here."""
    house = careful(database)
    house.join(40)
    house.publish()
    house.drain({"RCPT": [NO_MAILBOX] * 2 + ["250 ok"]}, connections=1)
    house.now += 10 * MINUTE
    assert house.drain() == Summary(accepted=30)


def test_what_comes_back_during_the_wait_counts(database: Database) -> None:
    """Bounces and complaints are why there is a wait at all."""
    house = careful(database)
    house.join(40)
    issue = house.publish()
    house.drain()
    first = [one.id for one in house.overview.deliveries(issue.id, state=DeliveryState.ACCEPTED)]
    with database.transaction() as connection:
        connection.execute(
            sa.update(schema.deliveries)
            .where(schema.deliveries.c.id.in_(first[:3]))
            .values(state=DeliveryState.BOUNCED.value)
        )
    house.now += 10 * MINUTE
    assert house.drain() == Summary()
    mailing, reason = house.mailing(issue)
    assert (mailing, "3 bounced" in reason) == (Mailing.PAUSED, True)


def test_outcomes_that_are_missing_are_waited_for(database: Database) -> None:
    """What another worker has begun is part of the cohort, and not decided over without it."""
    house = careful(database, wait=timedelta())
    house.join(40)
    issue = house.publish()
    claims = house.ledger.claim("slow", now=house.now, limit=4, lease=LEASE)
    house.begin(*[claim.delivery_id for claim in claims], worker="slow")
    assert house.drain() == Summary(accepted=6)
    (wait,) = house.overview.waiting(now=house.now)[issue.id]
    assert (wait.readers, wait.until) == (30, None)
    assert house.due() is None
    house.rescuer.rescue(now=house.now, resend=False, gone={"slow"})
    assert house.drain() == Summary(accepted=30)


def test_a_pause_for_our_faults_is_excused_by_resume(database: Database) -> None:
    """What the author has seen and resumed after does not pause the issue a second time."""
    house = careful(database)
    house.join(40)
    issue = house.publish()
    house.drain({"RCPT": "550 5.7.26 unauthenticated"}, connections=1)
    assert "5.7.26" in house.mailing(issue)[1]
    house.resume(issue)
    house.now += MINUTE
    assert house.drain() == Summary(accepted=40)


def test_a_pause_by_the_author_opens_no_gate(database: Database) -> None:
    """Resumed after a word of the author's own, the rest still waits for the cohort."""
    house = careful(database)
    house.join(40)
    issue = house.publish()
    house.ledger.pause_issue(issue.id, "a typo", now=house.now)
    house.resume(issue)
    assert house.drain() == Summary(accepted=10)


def test_the_cohort_is_one_for_all_workers(database: Database, database_url: str) -> None:
    """Two workers at once fill one cohort, and one verdict holds for both."""
    house = careful(database, size=30)
    house.join(200)
    issue = house.publish()
    summaries = drain_twice(house, database_url)
    assert sum(summary.accepted for summary in summaries) == 30
    house.now += 10 * MINUTE
    with second(house, database_url) as other:
        assert other.drain() == Summary(accepted=170)
    assert house.drain() == Summary()
    assert house.count(issue) == {DeliveryState.ACCEPTED: 200}


def test_a_refusing_relay_stops_both_workers(database: Database, database_url: str) -> None:
    """No more readers are tried than the cohort has, by all workers together."""
    house = careful(database, size=30)
    house.join(200)
    issue = house.publish()
    drain_twice(house, database_url, {"RCPT": NO_MAILBOX})
    mailing, reason = house.mailing(issue)
    assert (mailing, "refused" in reason) == (Mailing.PAUSED, True)
    assert house.count(issue)[DeliveryState.REJECTED] <= 30
    assert house.rescuer.workers() == []


def test_both_gates_hold_together(database: Database) -> None:
    """The smaller of the two rooms counts; the day's allowance is not used by who waits."""
    house = careful(database, size=4, wait=MINUTE, warmup=ramp(10))
    house.join(40)
    issue = house.publish()
    assert house.drain() == Summary(accepted=4)
    waits = house.overview.waiting(now=house.now)[issue.id]
    assert [(wait.readers, wait.until) for wait in waits] == [
        (36, NOON + MINUTE),
        (30, MIDNIGHT),
    ]
    house.now += MINUTE
    assert house.drain() == Summary(accepted=6)
    assert house.due() == MIDNIGHT


def test_the_service_goes_on_by_itself(database: Database) -> None:
    """`run` sends the rest when the wait is over, without being told."""
    house = careful(database)
    house.join(40)
    house.publish()
    peer, stop = Peer({"EHLO": PIPELINING}), asyncio.Event()

    def see(summary: Summary) -> None:
        if summary.accepted == 10:
            house.now += 10 * MINUTE
        if summary.accepted == 40:
            stop.set()

    async def scenario() -> None:
        async with peer.serving():
            await asyncio.wait_for(house.worker(peer, progress=see).run(stop), 120)

    asyncio.run(scenario())
    assert len(peer.messages) == 40


def test_a_connection_that_dies_in_the_cohort_is_no_refusal(database: Database) -> None:
    """Who is in doubt or was never answered is waited for no longer, and refuses nothing."""
    house = careful(database, wait=timedelta())
    house.join(20)
    house.publish()
    script: Script = {"DOT": ["250 ok", Act.CLOSE] * 3 + ["250 ok"]}
    summary = house.drain(script, connections=1)
    assert (summary.accepted, summary.unknown) == (17, 3)
