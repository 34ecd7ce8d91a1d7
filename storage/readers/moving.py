"""A reader's address becomes another one: what follows when the link in the mail to it was used.

A part of a transaction. The address that waited has a row of its own, as every address has that was
asked for; the two rows change addresses. So the reader keeps what they are known by, links in old
mails work on, and the old address is remembered as one that left: no list brings it back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import schema
from storage.ledger import queue_single
from storage.model import (
    ConsentEvent,
    ConsentEventKind,
    DeliveryKind,
    Subscriber,
    SubscriberState,
)
from storage.readers.rows import find_subscriber, keep_event, update_subscriber

_S = schema.subscribers.c
_ADDRESS = (_S.address, _S.address_key, _S.address_hash)


def move_address(
    connection: Connection, waiting: Subscriber, new_nonce: str, event: ConsentEvent
) -> Subscriber | None:
    """Give the reader whom `waiting` names its address, and tell the old one; the reader.

    None when they are no reader any more. `waiting` is kept from others already.
    """
    reader = find_subscriber(connection, _S.id == waiting.moves, to_change=True)
    if reader is None or reader.state is not SubscriberState.ACTIVE:
        return None
    _swap(connection, reader.id, waiting.id)
    left = {
        "state": SubscriberState.UNSUBSCRIBED.value,
        "unsubscribed_at": event.at,
        "nonce": new_nonce,
    }
    update_subscriber(connection, waiting.id, left)
    gone = replace(event, subscriber_id=waiting.id, kind=ConsentEventKind.UNSUBSCRIBED, text="")
    moved = replace(event, subscriber_id=reader.id, kind=ConsentEventKind.MOVED)
    keep_event(connection, replace(gone, source="moved to another address"))
    keep_event(connection, moved)
    queue_single(connection, DeliveryKind.MOVED, waiting.id, event.at)
    return find_subscriber(connection, _S.id == reader.id)


def _swap(connection: Connection, first: int, second: int) -> None:
    """The rows' addresses change places; each is unique at every step."""
    rows: dict[int, dict[str, Any]] = {
        id_: dict(connection.execute(sa.select(*_ADDRESS).where(_S.id == id_)).mappings().one())
        for id_ in (first, second)
    }
    aside = f"\x1faside {second}"
    update_subscriber(connection, second, {"address_key": aside, "address_hash": aside})
    update_subscriber(connection, first, rows[second])
    update_subscriber(connection, second, rows[first])
