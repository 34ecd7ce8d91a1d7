"""Who left, was suppressed or was erased: taken along when an older copy takes a database's place.

A copy does not know who left after it was made. Parts of transactions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import schema
from storage.model import (
    ConsentEvent,
    ConsentEventKind,
    SubscriberState,
    Suppression,
    SuppressionReason,
)
from storage.readers import (
    end_subscription,
    erase_subscriber,
    find_subscriber,
    keep_suppression,
    to_suppression,
)

_S = schema.subscribers.c
_SOURCE = "restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departures:
    """Whom a database knows to be gone, by the hash of their address."""

    left: Mapping[str, datetime] = field(default_factory=dict)
    """Who unsubscribed, and when."""
    suppressed: Sequence[Suppression] = ()
    """Of the erased, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    """How many had to be taken along."""

    left: int = 0
    suppressed: int = 0
    erased: int = 0


def find_departures(connection: Connection) -> Departures:
    """Everybody who is gone."""
    gone = sa.select(_S.address_hash, _S.unsubscribed_at).where(
        _S.state == SubscriberState.UNSUBSCRIBED.value, _S.unsubscribed_at.is_not(None)
    )
    return Departures(
        left={hashed: at for hashed, at in connection.execute(gone) if at is not None},
        suppressed=[
            to_suppression(row)
            for row in connection.execute(sa.select(schema.suppressions)).mappings()
        ],
    )


def keep_departures(connection: Connection, departures: Departures) -> Departed:
    """Have them gone here, too; how many were not. Whoever joined anew since they left asks again."""
    left = sum(_end(connection, hashed, at) for hashed, at in departures.left.items())
    suppressed = erased = 0
    for one in departures.suppressed:
        known = find_subscriber(connection, _S.address_hash == one.address_hash)
        if one.reason is not SuppressionReason.ERASED:
            suppressed += keep_suppression(connection, one)
        elif known is not None:
            erased += erase_subscriber(connection, one, _key_of(connection, known.id))
        else:
            keep_suppression(connection, one)
    return Departed(left=left, suppressed=suppressed, erased=erased)


def _end(connection: Connection, hashed: str, at: datetime) -> bool:
    known = find_subscriber(connection, _S.address_hash == hashed)
    if known is None:
        return False
    event = ConsentEvent(
        subscriber_id=known.id, kind=ConsentEventKind.UNSUBSCRIBED, at=at, source=_SOURCE
    )
    return end_subscription(connection, event, "the reader left before the copy was restored")


def _key_of(connection: Connection, subscriber_id: int) -> str:
    query = sa.select(_S.address_key).where(_S.id == subscriber_id)
    return str(connection.scalar(query))
