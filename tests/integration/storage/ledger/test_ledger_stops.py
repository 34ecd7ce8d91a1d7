"""How sending ends early: crashes, stops, pauses, cancels and readers who leave."""

from __future__ import annotations

import pytest

from storage.model.deliveries import DeliveryState
from storage.model.errors import Conflict
from storage.model.issues import Issue, Mailing
from tests.conftest import NOON
from tests.worlds.store import LEASE, MINUTE, Store, settled

S = DeliveryState


def resume(store: Store, issue: Issue) -> bool:
    """What the author's `resume` does."""
    return store.mailings.resume(issue.id, now=NOON)


# ── rescue, release, retire ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("resend", [True, False])
def test_a_rescue_returns_what_was_not_begun_and_doubts_what_was(
    store: Store, resend: bool
) -> None:
    """After a crash it is known which messages may have left (rules B8, B9)."""
    store.join(3)
    issue = store.publish()
    begun, *waiting = (claim.delivery_id for claim in store.claim("dead"))
    store.begin(begun, worker="dead")
    rescued = store.rescuer.rescue(now=NOON + LEASE, resend=resend)
    assert (rescued.returned, rescued.unknown) == (2, 1)
    rows = store.rows()
    assert [rows[id_].state for id_ in waiting] == [S.QUEUED, S.QUEUED]
    assert [rows[id_].attempts for id_ in waiting] == [0, 0]
    assert (rows[begun].state, rows[begun].due, rows[begun].attempts) == (S.UNKNOWN, resend, 1)
    assert store.rescuer.workers() == []
    due = [claim.delivery_id for claim in store.claim(now=NOON + LEASE)]
    assert sorted(due) == sorted([*waiting, begun] if resend else waiting)
    assert store.overview.tally(issue.id).total == 3


def test_a_doubtful_try_is_in_the_history_without_the_reply_of_an_earlier_one(
    store: Store,
) -> None:
    """The row says that no reply came, and the attempts have no gap."""
    (reader,) = store.join(1)
    issue = store.publish()
    (claim,) = store.claim()
    store.begin(claim.delivery_id)
    store.settle(settled(claim.delivery_id, S.DEFERRED, reply="busy", status="4.2.1"))
    store.claim("dead", now=NOON + MINUTE)
    store.begin(claim.delivery_id, worker="dead")
    store.rescuer.rescue(now=NOON + MINUTE + LEASE, resend=False)
    delivery = store.delivery(issue, reader)
    assert (delivery.code, delivery.status, delivery.reply) == (None, "", "")
    history = store.overview.attempts(delivery.id)[delivery.id]
    assert [(try_.number, try_.state, try_.code) for try_ in history] == [
        (1, S.DEFERRED, 450),
        (2, S.UNKNOWN, None),
    ]


def test_a_worker_that_renewed_is_left_alone(store: Store) -> None:
    """A lease that was renewed keeps every claim, however old the claims are."""
    store.join(2)
    store.publish()
    claims = store.claim()
    store.ledger.renew("w", now=NOON + LEASE / 2, lease=LEASE)
    rescued = store.rescuer.rescue(now=NOON + LEASE, resend=True)
    assert (rescued.returned, rescued.unknown) == (0, 0)
    assert store.begin(*(claim.delivery_id for claim in claims)) == set(store.rows())


def test_a_worker_known_to_be_gone_is_rescued_before_its_lease_ends(store: Store) -> None:
    """A restart need not wait for the lease of the process it replaces; others keep theirs."""
    store.join(4)
    store.publish()
    store.claim("gone", limit=2)
    store.claim("alive", limit=2)
    assert store.rescuer.rescue(now=NOON, resend=True, gone={"gone", "stranger"}).returned == 2
    assert store.rescuer.workers() == ["alive"]


def test_a_release_uses_no_attempt_and_leaves_what_is_begun(store: Store) -> None:
    """A graceful stop gives back exactly what is not on the wire."""
    store.join(3)
    store.publish()
    ids = [claim.delivery_id for claim in store.claim()]
    store.begin(ids[0])
    assert store.ledger.release("w", now=NOON, delivery_ids=ids[:2]) == 1
    assert store.ledger.release("w", now=NOON) == 1
    rows = store.rows()
    assert [rows[id_].state for id_ in ids] == [S.SENDING, S.QUEUED, S.QUEUED]
    assert {rows[id_].attempts for id_ in ids} == {0}
    assert len(store.claim()) == 2


def test_a_release_touches_no_other_workers_claims(store: Store) -> None:
    """One worker's stop is not another's."""
    store.join(2)
    store.publish()
    (mine,) = store.claim("a", limit=1)
    (other,) = store.claim("b", limit=1)
    assert store.ledger.release("a", now=NOON, delivery_ids=[mine.delivery_id, other.delivery_id])
    assert store.begin(other.delivery_id, worker="b") == {other.delivery_id}


def test_a_delivery_tried_before_goes_back_as_deferred(store: Store) -> None:
    """What was tried once stays visible as such when a later claim is given back."""
    store.join(1)
    store.publish()
    (claim,) = store.claim()
    store.begin(claim.delivery_id)
    store.settle(settled(claim.delivery_id, S.DEFERRED))
    store.claim(now=NOON + MINUTE)
    store.ledger.release("w", now=NOON + MINUTE)
    assert store.states() == {claim.delivery_id: S.DEFERRED}


def test_a_retired_worker_leaves_nothing_behind(store: Store) -> None:
    """An orderly end returns the claims and the lease."""
    store.join(2)
    store.publish()
    store.claim()
    assert store.ledger.retire("w", now=NOON) == 2
    assert store.rescuer.workers() == []
    assert set(store.states().values()) == {S.QUEUED}


def test_what_a_retired_worker_had_begun_is_found_by_a_rescue(store: Store) -> None:
    """A message begun and never settled is not forgotten with its worker."""
    store.join(2)
    store.publish()
    ids = [claim.delivery_id for claim in store.claim()]
    store.begin(ids[0])
    assert store.ledger.retire("w", now=NOON) == 1
    assert store.rescuer.rescue(now=NOON, resend=True).unknown == 1
    assert store.states() == {ids[0]: S.UNKNOWN, ids[1]: S.QUEUED}


# ── stopping ──────────────────────────────────────────────────────────────────────────────────────


def each_state(store: Store) -> tuple[Issue, dict[str, int]]:
    """An issue with deliveries in each state a run can have; delivery ids by name."""
    names = ["accepted", "rejected", "deferred", "resend", "held", "begun", "claimed", "queued"]
    store.join(len(names))
    issue = store.publish()
    ids = dict(zip(names, sorted(store.rows()), strict=True))
    store.claim(limit=len(names) - 1)
    store.begin(*(ids[name] for name in names[:6]))
    store.settle(
        settled(ids["accepted"]),
        settled(ids["rejected"], S.REJECTED),
        settled(ids["deferred"], S.DEFERRED),
        settled(ids["resend"], S.UNKNOWN, due_at=NOON + MINUTE),
        settled(ids["held"], S.UNKNOWN),
    )
    return issue, ids


def test_leaving_stops_queued_deferred_and_claimed_deliveries_and_no_other(store: Store) -> None:
    """What is on the wire or has an outcome keeps its truth; what is in doubt is not resent."""
    issue, ids = each_state(store)
    for delivery in list(store.overview.deliveries(issue.id)):
        store.leave(delivery.subscriber_id)
    states, due = store.states(), {id_ for id_, row in store.rows().items() if row.due}
    stopped = {name for name, id_ in ids.items() if states[id_] is S.SUPPRESSED}
    assert stopped == {"deferred", "claimed", "queued"}
    assert states[ids["begun"]] is S.SENDING
    assert states[ids["resend"]] is states[ids["held"]] is S.UNKNOWN
    assert due == set()


def test_cancelling_takes_back_all_that_is_not_on_the_wire(store: Store) -> None:
    """The number told is of sendings spared; what may have arrived is not called cancelled."""
    issue, ids = each_state(store)
    assert store.mailings.cancel(issue.id) == 4
    states = store.states()
    cancelled = {name for name, id_ in ids.items() if states[id_] is S.CANCELLED}
    assert cancelled == {"deferred", "claimed", "queued"}
    assert store.claim(now=NOON + 9 * MINUTE) == []
    assert store.issues.get(issue.id).mailing is Mailing.CANCELLED


@pytest.mark.parametrize("how", ["settled", "rescued"])
def test_nothing_of_a_cancelled_issue_waits_for_ever(store: Store, how: str) -> None:
    """A message that was on the wire when its issue was taken back is not tried again."""
    store.join(1)
    issue = store.publish()
    (claim,) = store.claim()
    store.begin(claim.delivery_id)
    store.mailings.cancel(issue.id)
    if how == "settled":
        store.settle(settled(claim.delivery_id, S.DEFERRED))
    else:
        store.rescuer.rescue(now=NOON + LEASE, resend=True)
    row = store.rows()[claim.delivery_id]
    assert (row.state, row.due) == (S.CANCELLED if how == "settled" else S.UNKNOWN, False)
    assert row.attempts == 1
    assert len(store.overview.attempts(claim.delivery_id)[claim.delivery_id]) == 1


def test_cancelling_twice_or_too_late_is_a_conflict_that_says_why(store: Store) -> None:
    """There is nothing left to take back: the error says what happened instead."""
    store.join(1)
    first, silent = store.publish("first"), store.publish("silent", mail_at=None)
    store.mailings.cancel(first.id)
    with pytest.raises(Conflict, match="cancelled already"):
        store.mailings.cancel(first.id)
    with pytest.raises(Conflict, match="not mailed"):
        store.mailings.cancel(silent.id)
    done = store.publish("done")
    (claim,) = store.claim()
    store.begin(claim.delivery_id)
    store.settle(settled(claim.delivery_id))
    store.mailings.finish()
    with pytest.raises(Conflict, match="cannot be taken back"):
        store.mailings.cancel(done.id)


def test_a_paused_issue_waits_and_resumes_where_it_was(store: Store) -> None:
    """Claims go back, nothing is claimed or due, and resuming goes on with the rest."""
    store.join(3)
    issue = store.publish()
    begun, *_ = (claim.delivery_id for claim in store.claim(limit=2))
    store.begin(begun)
    assert store.ledger.pause_issue(issue.id, "sender refused", now=NOON)
    assert not store.ledger.pause_issue(issue.id, "again", now=NOON)
    assert store.issues.get(issue.id).mailing_reason == "sender refused"
    assert store.overview.tally(issue.id).counts == {S.SENDING: 1, S.QUEUED: 2}
    assert store.claim() == []
    assert store.ledger.next_due() is None
    store.settle(settled(begun))
    assert store.mailings.finish() == []
    assert resume(store, issue)
    assert len(store.claim()) == 2


def test_a_paused_issue_does_not_hold_up_another(store: Store) -> None:
    """Pausing is per issue; confirmations and other issues go on."""
    store.join(1)
    stuck = store.publish("stuck", mail_at=NOON - MINUTE)
    other = store.publish("other")
    store.ledger.pause_issue(stuck.id, "by the author", now=NOON)
    assert [claim.issue_id for claim in store.claim()] == [other.id]


def test_an_issue_is_done_when_nothing_will_go_out_by_itself(store: Store) -> None:
    """Not while one delivery is queued, claimed, deferred or to be resent; then exactly once."""
    store.join(2)
    issue = store.publish()
    assert store.mailings.finish() == []
    first, second = (claim.delivery_id for claim in store.claim())
    assert store.mailings.finish() == []
    store.begin(first, second)
    store.settle(settled(first), settled(second, S.DEFERRED))
    assert store.mailings.finish() == []
    store.claim(now=NOON + MINUTE)
    store.begin(second)
    store.settle(settled(second, S.UNKNOWN))
    assert store.mailings.finish() == [issue.id]
    assert store.mailings.finish() == []
    assert store.issues.get(issue.id).mailing is Mailing.DONE


def test_an_issue_for_nobody_is_done_at_once(store: Store) -> None:
    """The first issue of a newsletter without readers does not stay open."""
    issue = store.publish()
    assert store.mailings.finish() == [issue.id]
