"""The ledger keeps its promises on real databases: nobody skipped, nobody twice, nobody who left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage.database import schema
from storage.ledger.duties import move_mailing
from storage.model.deliveries import DeliveryKind, DeliveryState
from storage.model.errors import StorageError
from storage.model.issues import Mailing
from storage.model.readers import SuppressionReason
from tests.conftest import NOON
from tests.worlds.store import LEASE, MINUTE, Store, settled

S = DeliveryState


# ── queueing ──────────────────────────────────────────────────────────────────────────────────────


def test_every_active_reader_gets_exactly_one_delivery_and_others_none(store: Store) -> None:
    """Promise 1: active readers have one delivery each; pending, left and suppressed ones none."""
    active = store.join(3)
    store.ask(10)
    (left,) = store.join(1, start=20)
    store.leave(left)
    store.join(1, start=30)
    store.subscribers.suppress("hash-30", "x", SuppressionReason.MANUAL, evidence="asked", at=NOON)
    issue = store.publish()
    found = [delivery.subscriber_id for delivery in store.overview.deliveries(issue.id)]
    assert sorted(found) == active
    assert store.overview.tally(issue.id).counts == {S.QUEUED: 3}


def test_the_database_itself_refuses_a_second_delivery(store: Store) -> None:
    """UNIQUE(issue, subscriber) holds below all code (rule G5)."""
    (reader,) = store.join(1)
    issue = store.publish()
    second = {
        "kind": DeliveryKind.ISSUE.value,
        "issue_id": issue.id,
        "subscriber_id": reader,
        "state": S.QUEUED.value,
        "queued_at": NOON,
    }
    with pytest.raises(StorageError), store.database.transaction() as connection:
        connection.execute(sa.insert(schema.deliveries), second)
    assert store.overview.tally(issue.id).total == 1


def test_an_issue_without_mail_queues_nothing(store: Store) -> None:
    """`email: false` and late notes reach archive and feed only."""
    store.join(2)
    issue = store.publish(mail_at=None)
    assert issue.mailing is Mailing.OFF
    assert store.overview.tally(issue.id).total == 0
    assert store.claim() == []


# ── claiming ──────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_claimed_before_the_hold_ends(store: Store) -> None:
    """The hold is the first due time; `next_due` tells when to look again."""
    store.join(1)
    store.publish(mail_at=NOON + MINUTE)
    assert store.claim() == []
    assert store.ledger.next_due() == NOON + MINUTE
    assert len(store.claim(now=NOON + MINUTE)) == 1
    assert store.ledger.next_due() is None


def test_a_claim_has_all_that_filling_needs(store: Store) -> None:
    """A claim names the reader, the link's nonce and the revision of the issue to fill."""
    (reader,) = store.join(1, name="Ada")
    issue = store.publish()
    (claim,) = store.claim()
    assert (claim.subscriber_id, claim.address, claim.name, claim.nonce) == (
        reader,
        "reader1@example.org",
        "Ada",
        "nonce-1",
    )
    assert (claim.kind, claim.issue_id, claim.issue_revision) == (
        DeliveryKind.ISSUE,
        issue.id,
        issue.revision,
    )
    assert (claim.attempts, claim.queued_at, claim.first_tried_at) == (0, NOON, None)


def test_confirmations_go_in_front_of_issues(store: Store) -> None:
    """Somebody waits for a confirmation: it is claimed before a full queue."""
    store.join(5)
    store.publish()
    waiting = store.ask(100)
    first = store.claim(limit=1)
    assert [(claim.kind, claim.subscriber_id) for claim in first] == [
        (DeliveryKind.CONFIRMATION, waiting)
    ]
    assert len(store.claim()) == 5


def test_issues_are_mailed_oldest_first(store: Store) -> None:
    """What was due earlier is claimed earlier, also across issues."""
    store.join(2)
    late = store.publish("late", mail_at=NOON)
    early = store.publish("early", mail_at=NOON - MINUTE)
    claims = store.claim(limit=3)
    assert [claim.issue_id for claim in claims] == [early.id, early.id, late.id]


def test_claims_of_many_workers_never_overlap(store: Store) -> None:
    """Workers that claim at once get everything, and nothing twice."""
    store.join(200)
    store.publish()

    def work(number: int) -> list[int]:
        taken: list[int] = []
        while claims := store.claim(f"worker-{number}", limit=7):
            taken += [claim.delivery_id for claim in claims]
        return taken

    with ThreadPoolExecutor(6) as pool:
        taken = [id_ for ids in pool.map(work, range(6)) for id_ in ids]
    # A worker skips what another is just taking, and so may stop early: the rest is not lost.
    taken += [claim.delivery_id for claim in store.claim("last")]
    assert sorted(taken) == sorted(store.rows())


def test_one_worker_may_take_its_first_claim_and_lease_at_once(store: Store) -> None:
    """Claiming and renewing from two threads make one lease, not an error."""
    store.join(8)
    store.publish()

    def both(number: int) -> int:
        if number % 2:
            store.ledger.renew("w", now=NOON, lease=LEASE)
            return 0
        return len(store.claim(limit=2))

    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(both, range(8)))
    assert taken + len(store.claim()) == 8
    assert store.rescuer.workers() == ["w"]


def test_a_claim_passes_over_readers_who_left_and_is_still_full(store: Store) -> None:
    """A reader whose delivery was in flight when they left is not tried again (promise 3)."""
    readers = store.join(4)
    issue = store.publish()
    ids = [claim.delivery_id for claim in store.claim()]
    store.begin(*ids)
    for reader in readers[:2]:
        store.leave(reader)
    store.settle(*(settled(id_, S.DEFERRED) for id_ in ids))
    again = store.claim(limit=2, now=NOON + MINUTE)
    assert [claim.subscriber_id for claim in again] == readers[2:]
    assert store.overview.tally(issue.id)[S.SUPPRESSED] == 2


def test_an_address_suppressed_while_in_flight_is_not_tried_again(store: Store) -> None:
    """A complaint that arrives during a deferral ends the delivery, though consent stands."""
    (reader,) = store.join(1)
    issue = store.publish()
    (claim,) = store.claim()
    store.begin(claim.delivery_id)
    store.subscribers.suppress("hash-1", "x", SuppressionReason.COMPLAINT, evidence="arf", at=NOON)
    store.settle(settled(claim.delivery_id, S.DEFERRED))
    assert store.claim(now=NOON + MINUTE) == []
    assert store.delivery(issue, reader).state is S.SUPPRESSED


def test_an_issue_of_which_nothing_is_due_costs_a_claim_one_question(store: Store) -> None:
    """As most of many open issues at most times. On SQLite, where what is due is asked for and then taken."""
    if not store.database.is_sqlite:
        return  # there it is one statement whatever is due
    store.join(1)
    for name in ("one", "two", "three"):
        store.publish(name, mail_at=NOON + MINUTE)
    said: list[str] = []
    engine = store.database._engine
    sa.event.listen(engine, "checkout", lambda driver, *_: driver.set_trace_callback(said.append))
    assert store.claim() == []
    assert sum("FROM deliveries" in one for one in said) == 4, "three issues, and mail of none"
    assert not [one for one in said if one.startswith("UPDATE deliveries")]
    assert len(store.claim(now=NOON + MINUTE)) == 3


# ── begin is refused ──────────────────────────────────────────────────────────────────────────────


def test_begin_is_refused_for_a_reader_who_left(store: Store) -> None:
    """Leaving stops even a message that is claimed already (rule A8)."""
    reader, other = store.join(2)
    issue = store.publish()
    ids = [claim.delivery_id for claim in store.claim()]
    store.leave(reader)
    assert store.begin(*ids) == {store.delivery(issue, other).id}
    assert store.delivery(issue, reader).state is S.SUPPRESSED


@pytest.mark.parametrize("how", ["pause", "gate", "cancel", "withdraw"])
def test_begin_is_refused_when_the_issue_is_stopped(store: Store, how: str) -> None:
    """Pausing, cancelling and withdrawing hold from the next message on."""
    store.join(2)
    issue = store.publish()
    ids = [claim.delivery_id for claim in store.claim()]
    if how == "pause":
        store.ledger.pause_issue(issue.id, "by the author", now=NOON)
    elif how == "gate":
        with store.database.transaction() as connection:
            assert move_mailing(connection, issue.id, Mailing.PAUSED, "too many refusals")
    elif how == "cancel":
        assert store.mailings.cancel(issue.id) == 2
    else:
        store.issues.withdraw(issue.id, "the note is away", now=NOON)
    assert store.begin(*ids) == frozenset()
    waiting = S.CANCELLED if how == "cancel" else S.QUEUED
    assert store.overview.tally(issue.id).counts == {waiting: 2}


def test_announcing_marks_nothing_and_is_refused_like_a_begin(store: Store) -> None:
    """A message whose envelope is about to go out is still wanted, or is given back."""
    gone, held, begun = store.join(3)
    store.publish()
    ids = {claim.subscriber_id: claim.delivery_id for claim in store.claim()}
    store.begin(ids[begun])
    store.leave(gone)
    asked = store.ledger.record("w", [], [], list(ids.values()), now=NOON + MINUTE)
    assert asked == {ids[held]}
    assert not store.rows()[ids[held]].began
    assert store.begin(ids[held]) == {ids[held]}


def test_what_a_lost_claim_reports_changes_nothing(store: Store) -> None:
    """After a rescue neither begins nor settlements of the former holder count."""
    store.join(2)
    store.publish()
    begun, waiting = (claim.delivery_id for claim in store.claim("slow"))
    store.begin(begun, worker="slow")
    store.rescuer.rescue(now=NOON + LEASE, resend=True)
    before = store.rows()
    late = [settled(begun), settled(waiting, suppress=SuppressionReason.HARD_BOUNCE)]
    assert store.ledger.record("slow", late, [waiting], now=NOON + LEASE) == frozenset()
    assert store.rows() == before
    assert store.subscribers.suppressions() == ()


def test_a_rescued_delivery_belongs_to_its_new_worker_alone(store: Store) -> None:
    """Between two workers who both claimed it, only the last may settle."""
    store.join(1)
    store.publish()
    (claim,) = store.claim("old")
    store.rescuer.rescue(now=NOON + LEASE, resend=True)
    (again,) = store.claim("new", now=NOON + LEASE)
    assert again.delivery_id == claim.delivery_id
    store.settle(settled(claim.delivery_id, S.REJECTED), worker="old")
    assert store.begin(claim.delivery_id, worker="old") == frozenset()
    assert store.begin(claim.delivery_id, worker="new") == {claim.delivery_id}


# ── reading ───────────────────────────────────────────────────────────────────────────────────────


def test_tallies_count_issues_and_leave_confirmations_out(store: Store) -> None:
    """The author's numbers are of issues; by issue, and all together."""
    store.join(2)
    first = store.publish("first")
    second = store.publish("second")
    store.ask(50)
    store.mailings.cancel(second.id)
    assert store.overview.tally().counts == {S.QUEUED: 2, S.CANCELLED: 2}
    by_issue = {id_: tally.counts for id_, tally in store.overview.tallies().items()}
    assert by_issue == {first.id: {S.QUEUED: 2}, second.id: {S.CANCELLED: 2}}


def test_deliveries_are_read_completely_in_portions(store: Store) -> None:
    """More rows than one portion come in order, each once; a state narrows them."""
    readers = store.join(2100)
    issue = store.publish()
    found = [delivery.subscriber_id for delivery in store.overview.deliveries(issue.id)]
    assert found == sorted(readers)
    store.leave(readers[7])
    left = list(store.overview.deliveries(issue.id, state=S.SUPPRESSED))
    assert [delivery.subscriber_id for delivery in left] == [readers[7]]
    assert left[0].reason == "the reader unsubscribed"


def test_next_due_looks_at_confirmations_and_open_issues_only(store: Store) -> None:
    """The dispatcher sleeps until the earliest of what may be claimed."""
    store.join(1)
    store.publish("later", mail_at=NOON + 2 * MINUTE)
    paused = store.publish("paused", mail_at=NOON + MINUTE)
    store.ledger.pause_issue(paused.id, "by the author", now=NOON)
    assert store.ledger.next_due() == NOON + 2 * MINUTE
    store.ask(9, now=NOON + timedelta(seconds=5))
    assert store.ledger.next_due() == NOON + timedelta(seconds=5)
