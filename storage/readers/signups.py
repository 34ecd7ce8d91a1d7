"""Sign-ups from the form, until they are decided, and what the limits on them count."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from storage.database import Database, schema
from storage.model import DeliveryKind, SignUp

_S = schema.subscribers.c


class SignUps:
    """Requests to join that came from anybody. One method, one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self,
        *,
        address: str,
        key: str,
        domain: str,
        ip: str,
        source: str,
        consent: str,
        at: datetime,
    ) -> None:
        """Keep a request from the form; the same work for every address (rule F4)."""
        with self._database.transaction() as connection:
            connection.execute(
                sa.insert(schema.signups).values(
                    address=address,
                    address_key=key,
                    domain=domain,
                    ip=ip,
                    source=source,
                    consent=consent,
                    at=at,
                )
            )

    def waiting(self, limit: int = 100) -> tuple[SignUp, ...]:
        """Sign-ups nobody has looked at, oldest first."""
        c = schema.signups.c
        columns = (c.id, c.address, c.ip, c.source, c.consent, c.at)
        query = sa.select(*columns).where(c.handled_at.is_(None)).order_by(c.id).limit(limit)
        with self._database.reading() as connection:
            return tuple(SignUp(**row) for row in connection.execute(query).mappings())

    def close(self, signup_id: int, *, at: datetime) -> None:
        """It has been looked at. Its address goes; origin and key stay for the limits until pruned."""
        c = schema.signups.c
        with self._database.transaction() as connection:
            connection.execute(
                sa.update(schema.signups).where(c.id == signup_id).values(handled_at=at, address="")
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

    def count_confirmations(self, *, since: datetime, domain: str | None = None) -> int:
        """How many confirmations were queued since then: to a domain, or to all (rule F6)."""
        d = schema.deliveries.c
        query = sa.select(sa.func.count()).where(
            d.issue_id.is_(None),
            d.kind == DeliveryKind.CONFIRMATION.value,
            d.queued_at >= since,
        )
        if domain is not None:
            ours = _S.address_key.endswith(f"@{domain}", autoescape=True)
            query = query.join(schema.subscribers, _S.id == d.subscriber_id).where(ours)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def count_singles(self, subscriber_id: int, kind: DeliveryKind, *, since: datetime) -> int:
        """How many confirmations or notices were queued for this reader since then (rule F5)."""
        d = schema.deliveries.c
        query = sa.select(sa.func.count()).where(
            d.subscriber_id == subscriber_id, d.kind == kind.value, d.queued_at >= since
        )
        with self._database.reading() as connection:
            return connection.scalar(query) or 0
