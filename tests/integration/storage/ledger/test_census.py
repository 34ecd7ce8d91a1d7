"""Whom an issue is for: the number that is told is the number that is queued."""

from __future__ import annotations

import pytest

from storage.archive.issues import MailOrder
from storage.model.deliveries import Readers
from storage.model.errors import Conflict
from storage.model.readers import SuppressionReason
from tests.conftest import NOON
from tests.worlds.store import Store, draft


def test_everybody_is_a_reader_or_left_out_for_a_reason(store: Store) -> None:
    """Active, pending, unsubscribed and suppressed add up; publishing queues those who were counted."""
    _, left, *_ = store.join(5)
    store.ask(9)
    store.leave(left)
    manual = SuppressionReason.MANUAL
    for name in ("hash-3", "hash-9"):
        store.subscribers.suppress(name, "x", manual, evidence="", at=NOON)
    census = store.overview.census(now=NOON)
    assert (census.readers.count, census.pending, census.unsubscribed) == (3, 1, 1)
    assert census.suppressed == {manual: 1}
    assert store.overview.tally(store.publish().id).total == 3


def test_an_order_for_certain_readers_is_for_no_others(store: Store) -> None:
    """With another reader, or as many others, nothing is published at all."""
    store.join(2)
    wanted = store.overview.census(now=NOON).readers
    other = Readers(count=wanted.count, mark=wanted.mark + 1)
    for readers in (other, Readers(count=1, mark=wanted.mark)):
        order = MailOrder(at=NOON, readers=readers)
        with pytest.raises(Conflict, match="readers have changed"):
            store.issues.publish(draft(), published_at=NOON, mail=order, now=NOON)
    assert store.issues.everything() == []
    order = MailOrder(at=NOON, readers=wanted)
    published = store.issues.publish(draft(), published_at=NOON, mail=order, now=NOON)
    assert published.queued == 2
