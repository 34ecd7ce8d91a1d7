"""Leases of workers, and the claims of those who died, taken back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Database, insert_new, schema
from storage.ledger.outcomes import doubt
from storage.ledger.rows import give_back, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescued:
    """What a rescue found of workers that died."""

    returned: int
    """Claimed but not begun: queued again, no attempt used."""
    unknown: int
    """Begun: the relay may have them (RFC 1047)."""


class Rescuer:
    """Knows who holds claims, and takes them from those who are gone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def workers(self, *, leased_at: datetime | None = None) -> list[str]:
        """Names of the workers that hold a lease, live or not; perhaps only of those whose lease has
        not ended by then.
        """
        c = schema.workers.c
        query = sa.select(c.name)
        with self._database.reading() as connection:
            return list(
                connection.scalars(
                    query if leased_at is None else query.where(c.lease_until > leased_at)
                )
            )

    def rescue(
        self,
        *,
        now: datetime,
        resend: bool,
        gone: Collection[str] = frozenset(),
        alive: Collection[str] = frozenset(),
    ) -> Rescued:
        """Take over from workers whose lease ended, and from those known to be `gone`.

        What they had not begun is queued again. What they had begun is UNKNOWN: due again at once
        with `resend`, waiting for the author without. A worker that is known to be `alive` (the own
        one, too) only waits, for a locked database or for being continued: what it has begun it
        will settle itself, and is left to it.
        """
        with self._database.transaction() as connection:
            dead = lapsed(connection, now, gone)
            if not dead:
                return Rescued(returned=0, unknown=0)
            ids = held(connection, dead)
            returned = give_back(connection, dead, ids, now)
            lost = set(dead).difference(alive)
            unknown = doubt(connection, list(lost), ids, now, resend=resend)
            connection.execute(sa.delete(schema.workers).where(schema.workers.c.name.in_(lost)))
            return Rescued(returned=returned, unknown=unknown)


# ── leases ───────────────────────────────────────────────────────────────────────────────────


def put_lease(connection: Connection, worker: str, until: datetime) -> None:
    """Give a worker a lease, or a longer one."""
    if not connection.execute(_renewal(), {"worker": worker, "until": until}).rowcount:
        insert_new(connection, schema.workers, {"name": worker, "lease_until": until})


@cache
def _renewal() -> sa.Update:
    until = sa.bindparam("until", type_=schema.Instant)
    ours = schema.workers.c.name == sa.bindparam("worker")
    return sa.update(schema.workers).where(ours).values(lease_until=until)


def lapsed(connection: Connection, now: datetime, gone: Collection[str]) -> list[str]:
    """The workers whose lease ended, and those of `gone`; none of them can renew until we commit."""
    c = schema.workers.c
    over = sa.or_(c.lease_until <= now, c.name.in_(gone))
    return list(connection.scalars(sa.select(c.name).where(over).with_for_update()))
