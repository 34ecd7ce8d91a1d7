"""Mail that waits while the clock of its machine is set back."""

from __future__ import annotations

from datetime import timedelta

from storage.model.deliveries import DeliveryState
from tests.conftest import NOON
from tests.worlds.store import MINUTE, Store, settled

HOLD, WAIT = 5 * MINUTE, timedelta(hours=1)


def test_a_clock_set_back_delays_mail_no_longer_than_it_was_to_wait(store: Store) -> None:
    """First tries come within the hold, second ones within the longest wait, confirmations at once."""
    back = NOON - timedelta(days=2)
    store.join(3)
    first = store.publish()
    tried = store.claim(limit=1)[0].delivery_id
    store.begin(tried)
    store.settle(settled(tried, DeliveryState.DEFERRED, due_at=NOON + WAIT))
    store.ask(500)
    second = store.publish("second", mail_at=NOON + HOLD)
    assert store.mailings.pull_in(now=NOON, hold=HOLD, wait=WAIT) == 0

    assert store.mailings.pull_in(now=back, hold=HOLD, wait=WAIT) == 7
    assert [claim.issue_id for claim in store.claim("a", now=back)] == [None]
    early = store.claim("b", now=back + HOLD)
    assert sorted(claim.issue_id or 0 for claim in early) == [first.id] * 2 + [second.id] * 3
    assert [claim.delivery_id for claim in store.claim("c", now=back + WAIT)] == [tried]
    assert store.mailings.pull_in(now=back, hold=HOLD, wait=WAIT) == 0
