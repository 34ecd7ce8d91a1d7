"""A request to join is confirmed: what follows when the link in its mail was used. Part of a transaction."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import schema
from storage.ledger import queue_single
from storage.model import (
    ConsentEvent,
    DeliveryKind,
    Subscriber,
    SubscriberState,
    SuppressionReason,
)
from storage.readers.moving import move_address
from storage.readers.rows import (
    find_subscriber,
    forget_erasure,
    keep_event,
    suppression_of,
    update_subscriber,
    wait_for_queueing,
)

_S = schema.subscribers.c


def confirm_request(
    connection: Connection, nonce: str, new_nonce: str, event: ConsentEvent, *, welcome: bool
) -> Subscriber | None:
    """Make the reader of the event active, or give the address to whom it was asked for.

    None when the link is not of the latest request; see Subscribers.confirm.
    """
    subscriber_id = event.subscriber_id
    wait_for_queueing(connection)
    known = find_subscriber(connection, _S.id == subscriber_id, to_change=True)
    if known is None or known.state is SubscriberState.UNSUBSCRIBED:
        return None
    if known.state is SubscriberState.ACTIVE:
        return known
    suppressed = suppression_of(connection, subscriber_id)
    if known.nonce != nonce or suppressed not in (None, SuppressionReason.ERASED):
        return None
    if suppressed is not None:
        forget_erasure(connection, subscriber_id)
    if known.moves is not None:
        return move_address(connection, known, new_nonce, event)
    changes = {
        "state": SubscriberState.ACTIVE.value,
        "nonce": new_nonce,
        "consent": event.text,
        "confirmed_at": event.at,
        "unsubscribed_at": None,
        "paused_until": None,  # of a former subscription: whoever asks anew is told of the next issue
    }
    update_subscriber(connection, subscriber_id, changes)
    keep_event(connection, event)
    if welcome and not _was_welcomed(connection, subscriber_id):
        queue_single(connection, DeliveryKind.WELCOME, subscriber_id, event.at)
    return find_subscriber(connection, _S.id == subscriber_id)


def _was_welcomed(connection: Connection, subscriber_id: int) -> bool:
    """Whether a welcome was ever queued for this reader."""
    d = schema.deliveries.c
    welcome = sa.exists().where(
        d.issue_id.is_(None),
        d.subscriber_id == subscriber_id,
        d.kind == DeliveryKind.WELCOME.value,
    )
    return bool(connection.scalar(sa.select(welcome)))
