"""An issue mailed after all: to whoever has not had it, once, whoever asks and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.model.deliveries import DeliveryState, Missing
from storage.model.errors import Conflict
from storage.model.issues import Issue, Mailing
from storage.model.readers import SuppressionReason
from tests.conftest import NOON
from tests.worlds.store import MINUTE, Store, counted, kept_counts, settled

S = DeliveryState
LATER = NOON + 5 * MINUTE


def mail(store: Store, issue: Issue) -> Missing:
    """Have it mailed to whoever has not had it, from LATER on."""
    return store.mailings.mail_missing(issue.id, now=NOON + MINUTE, due_at=LATER)


def end_each_way(store: Store) -> tuple[Issue, list[int]]:
    """An issue with a reader for each way in which a delivery ends, in this order: accepted, rejected,
    in doubt and held, out of time, cancelled, in doubt and then cancelled.
    """
    readers = store.join(6)
    issue = store.publish()
    ids = {claim.subscriber_id: claim.delivery_id for claim in store.claim()}
    ways = (S.ACCEPTED, S.REJECTED, S.UNKNOWN, S.EXPIRED, S.DEFERRED, S.UNKNOWN)
    store.begin(*ids.values())
    for reader, state in zip(readers, ways, strict=True):
        again = NOON if state is S.DEFERRED or reader == readers[-1] else None
        store.settle(settled(ids[reader], state, due_at=again))
    [last] = [one for one in store.claim() if one.subscriber_id == readers[-1]]
    store.begin(last.delivery_id)
    store.settle(settled(last.delivery_id, S.DEFERRED))
    store.mailings.cancel(issue.id)
    return issue, readers


def test_whoever_may_have_had_it_never_gets_it_again(store: Store) -> None:
    """Accepted, in doubt, or in doubt once before a cancel: had. The others are queued anew."""
    issue, readers = end_each_way(store)
    assert (
        store.mailings.missing(issue.id, now=NOON) == mail(store, issue) == Missing(new=0, again=3)
    )
    waiting = store.overview.deliveries(issue.id, state=S.QUEUED)
    assert [one.subscriber_id for one in waiting] == [readers[1], readers[3], readers[4]]
    assert {one.due_at for one in store.overview.deliveries(issue.id, state=S.QUEUED)} == {LATER}
    assert store.issues.get(issue.id).mailing is Mailing.OPEN
    assert store.issues.get(issue.id).mail_at == LATER
    assert kept_counts(store) == counted(store)


def test_those_who_joined_since_get_it_and_those_who_left_do_not(store: Store) -> None:
    """A reader who is suppressed or away is not active, whatever became of their delivery."""
    left, suppressed, had = store.join(3)
    issue = store.publish()
    store.mailings.cancel(issue.id)
    store.leave(left)
    reason = SuppressionReason.MANUAL
    store.subscribers.suppress("hash-2", "x", reason, evidence="asked", at=NOON)
    [late] = store.join(1, start=9)
    assert mail(store, issue) == Missing(new=1, again=1)
    claims = store.claim(now=LATER)
    assert {claim.subscriber_id for claim in claims} == {had, late}
    assert suppressed not in {claim.subscriber_id for claim in claims}


def test_a_done_issue_and_one_that_was_never_mailed_are_mailed(store: Store) -> None:
    """What is done begins again for the new ones only; what was off begins for all."""
    store.join(2)
    done, off = store.publish(), store.publish("second", mail_at=None)
    ids = [claim.delivery_id for claim in store.claim()]
    store.begin(*ids)
    store.settle(*map(settled, ids))
    assert store.mailings.finish() == [done.id]
    assert mail(store, done) == Missing(new=0, again=0)
    assert store.issues.get(done.id).mailing is Mailing.DONE
    store.join(1, start=5)
    assert mail(store, done) == Missing(new=1, again=0)
    assert mail(store, off) == Missing(new=3, again=0)
    assert len(store.claim(now=LATER)) == 4


def test_a_paused_issue_is_refused(store: Store) -> None:
    """Its author has the word first."""
    store.join(1)
    issue = store.publish()
    store.mailings.pause(issue.id, "by hand", now=NOON)
    with pytest.raises(Conflict, match="paused"):
        mail(store, issue)


def test_twenty_at_once_queue_it_once(store: Store) -> None:
    """However many ask in the same moment, each reader is queued by one of them."""
    store.join(5)
    issue = store.publish()
    store.mailings.cancel(issue.id)
    store.join(5, start=11)
    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda _: mail(store, issue), range(20)))
    assert sum(one.new for one in asked) == sum(one.again for one in asked) == 5
    assert store.overview.tally(issue.id).counts == {S.QUEUED: 10}
    assert kept_counts(store) == counted(store)


def test_it_is_not_called_done_while_more_is_queued(store: Store) -> None:
    """Whoever marks issues as done waits for whoever queues more of one, and sees it then."""
    for number in range(8):
        issue = store.publish(f"note-{number}")
        store.join(1, start=number + 1)
        with ThreadPoolExecutor(2) as pool:
            finishing = pool.submit(store.mailings.finish)
            pool.submit(mail, store, issue).result()
            finishing.result()
        assert store.issues.get(issue.id).mailing is Mailing.OPEN
        assert store.overview.tally(issue.id).counts[S.QUEUED] == number + 1
