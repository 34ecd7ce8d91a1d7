"""Domains of readers that are paused: remembered over claims and restarts, as parts of transactions."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import insert_new, schema
from storage.model import DeliveryState

_M = schema.meta.c
_MARKS: Final = "astray:"


def put_pause(connection: Connection, domain: str, until: datetime) -> None:
    """The readers of a domain are not to be mailed until then."""
    lift_pause(connection, domain)
    insert_new(connection, schema.meta, {"key": _MARKS + domain, "value": until.isoformat()})


def end_pause(connection: Connection, domain: str, *, waiting: str, now: datetime) -> bool:
    """The readers of a domain may be mailed again, and those of whom it is recorded that they were
    `waiting` for that are due at once; False when they might all the time.
    """
    deliveries, subscribers = schema.deliveries, schema.subscribers
    there = sa.func.lower(subscribers.c.address).endswith(f"@{domain}", autoescape=True)
    theirs = sa.select(subscribers.c.id).where(there)
    issues = sa.select(schema.issues.c.id)
    for which in (deliveries.c.issue_id.in_(issues), deliveries.c.issue_id.is_(None)):
        connection.execute(
            sa.update(deliveries)
            .where(
                which,
                deliveries.c.state == DeliveryState.DEFERRED.value,
                deliveries.c.reason == waiting,
                deliveries.c.due_at > now,
                deliveries.c.subscriber_id.in_(theirs),
            )
            .values(due_at=now)
        )
    return lift_pause(connection, domain)


def lift_pause(connection: Connection, domain: str) -> bool:
    """Forget a pause; False when there was none."""
    found = connection.execute(sa.delete(schema.meta).where(_M.key == _MARKS + domain))
    return bool(found.rowcount)


def find_paused(connection: Connection, now: datetime) -> dict[str, datetime]:
    """The domains that are paused, and until when."""
    rows = connection.execute(sa.select(_M.key, _M.value).where(_M.key.startswith(_MARKS)))
    pauses = {key.removeprefix(_MARKS): datetime.fromisoformat(value) for key, value in rows}
    return {domain: until for domain, until in pauses.items() if until > now}
