"""Sign-ups from the form, until they are decided, and what the limits on them count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Database, as_row, schema
from storage.model import DeliveryKind, SignUp, SubscriberState

_S = schema.subscribers.c
_KEEP_S: Final = 5.0
"""How long the form waits for a place among the writers: a person waits for it, too."""


_ASKING: Final = (DeliveryKind.CONFIRMATION.value, DeliveryKind.CHANGE.value)
"""The mails that ask for a link to be followed."""

_KNOWN: Final = (SubscriberState.ACTIVE, SubscriberState.UNSUBSCRIBED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignUp:
    """A request from the form as it is kept. What is no address has none, and no key."""

    address: str
    address_key: str
    domain: str
    ip: str
    source: str
    consent: str
    at: datetime
    moves: int | None = None
    """The reader who wants this address in the place of their own."""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What tells which sign-up goes first."""

    id: int
    ip: str
    domain: str
    is_known: bool
    """Whether the address is a reader's, or was one's."""


class SignUps:
    """Requests to join that came from anybody. One method, one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, *rows: NewSignUp) -> None:
        """Keep requests from the form; the same work for every address (rule F4)."""
        with self._database.transaction(wait_s=_KEEP_S) as connection:
            connection.execute(sa.insert(schema.signups), [as_row(row) for row in rows])

    def glance(self, *, after: int = 0, limit: int) -> list[Glance]:
        """The sign-ups that wait and have a higher id, oldest first, without their words: to see which go first."""
        c = schema.signups.c
        known = sa.case(
            (_S.state.in_([word.value for word in _KNOWN]), sa.true()), else_=sa.false()
        )
        query = (
            sa.select(c.id, c.ip, c.domain, known)
            .outerjoin(schema.subscribers, _S.address_key == c.address_key)
            .where(c.handled_at.is_(None), c.id > after)
            .order_by(c.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [
                Glance(id=row[0], ip=row[1], domain=row[2], is_known=bool(row[3]))
                for row in connection.execute(query)
            ]

    def waiting(self, limit: int = 100) -> tuple[SignUp, ...]:
        """Sign-ups that are not decided, oldest first."""
        query = _waiting().order_by(schema.signups.c.id).limit(limit)
        with self._database.reading() as connection:
            return tuple(SignUp(**row) for row in connection.execute(query).mappings())

    def these(self, ids: Sequence[int]) -> list[SignUp]:
        """Those of these sign-ups that wait still, in the order of the ids."""
        query = _waiting().where(schema.signups.c.id.in_(ids))
        with self._database.reading() as connection:
            found = {row["id"]: SignUp(**row) for row in connection.execute(query).mappings()}
        return [found[number] for number in ids if number in found]

    def count_waiting(self, *, before: datetime) -> int:
        """How many wait that came before then."""
        c = schema.signups.c
        query = sa.select(sa.func.count()).where(c.handled_at.is_(None), c.at < before)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def close(self, *ids: int, at: datetime) -> None:
        """They have been decided. Their addresses go; origins and keys stay until pruned."""
        c = schema.signups.c
        with self._database.transaction() as connection:
            connection.execute(
                sa.update(schema.signups)
                .where(c.id.in_(ids))
                .values(handled_at=at, address="", name="")
            )

    def count(
        self,
        *,
        since: datetime,
        before_id: int,
        ip: str | None = None,
        ip_prefix: str | None = None,
        key: str | None = None,
        domain: str | None = None,
    ) -> int:
        """How many came since then and before that one: of an origin, an address, a domain, or all.

        `ip_prefix` counts a network: all origins that begin with it.
        """
        c = schema.signups.c
        query = sa.select(sa.func.count()).where(c.at >= since, c.id < before_id)
        for column, value in ((c.ip, ip), (c.address_key, key), (c.domain, domain)):
            if value is not None:
                query = query.where(column == value)
        if ip_prefix is not None:
            query = query.where(c.ip.startswith(ip_prefix, autoescape=True))
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def prune(self, *, before: datetime) -> int:
        """Forget handled sign-ups that no limit looks at any more."""
        c = schema.signups.c
        with self._database.transaction() as connection:
            return connection.execute(
                sa.delete(schema.signups).where(c.handled_at.is_not(None), c.at < before)
            ).rowcount

    def confirmations(self, *, since: datetime) -> list[tuple[str, datetime]]:
        """To which address key a confirmation was queued since then, and when (rules F5, F6)."""
        d = schema.deliveries.c
        query = (
            sa.select(_S.address_key, d.queued_at)
            .join(schema.subscribers, _S.id == d.subscriber_id)
            .where(
                d.issue_id.is_(None),
                d.kind.in_(_ASKING),
                d.queued_at >= since,
            )
        )
        with self._database.reading() as connection:
            return [(key, at) for key, at in connection.execute(query)]

    def count_confirmations(self, subscriber_id: int, *, since: datetime) -> int:
        """How many mails with a link to confirm were queued for this address since then (rule F5)."""
        return self._count_singles(subscriber_id, _ASKING, since)

    def count_notices(self, subscriber_id: int, *, since: datetime) -> int:
        """How many notices were queued for this reader since then (rule F5)."""
        return self._count_singles(subscriber_id, (DeliveryKind.NOTICE.value,), since)

    def _count_singles(self, subscriber_id: int, kinds: Sequence[str], since: datetime) -> int:
        d = schema.deliveries.c
        query = sa.select(sa.func.count()).where(
            d.issue_id.is_(None),
            d.subscriber_id == subscriber_id,
            d.kind.in_(kinds),
            d.queued_at >= since,
        )
        with self._database.reading() as connection:
            return connection.scalar(query) or 0


def close_all(connection: Connection, *, at: datetime) -> int:
    """Decide nothing about the sign-ups that wait, as a part of a transaction; how many those were."""
    waiting = schema.signups.c.handled_at.is_(None)
    gone = sa.update(schema.signups).where(waiting).values(handled_at=at, address="", name="")
    return connection.execute(gone).rowcount


def _waiting() -> sa.Select[tuple[int, str, str, str, str, datetime, int | None, str]]:
    c = schema.signups.c
    columns = (c.id, c.address, c.ip, c.source, c.consent, c.at, c.moves, c.name)
    return sa.select(*columns).where(c.handled_at.is_(None))
