"""Readers who are said to be gone: how many of a domain or a host, and many of them taken back.

A host that says so of everybody would cost the author all of them (rule B5).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Database, schema
from storage.ledger import count_states, end_pause
from storage.model import DeliveryState, Losses, SubscriberState, SuppressionReason
from storage.readers.rows import discount_bounces

_D = schema.deliveries.c
_R = schema.reports.c
_S = schema.subscribers.c
_U = schema.suppressions.c

_MOST: Final = 2000
"""Reports of one host that are looked at: by then enough is known."""


class Gone:
    """What bounced as gone, counted and lifted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_domain(self, since: datetime, domain: str) -> tuple[int, int]:
        """How many of a domain were suppressed as gone since then, and of how many readers.

        The readers are counted only when there are some who are gone: that looks at all of them.
        """
        at = f"@{domain}"
        gone = sa.select(sa.func.count()).where(
            _U.created_at >= since,
            _U.reason == SuppressionReason.HARD_BOUNCE.value,
            _U.address.endswith(at, autoescape=True),
        )
        readers = sa.select(sa.func.count()).where(
            _S.state == SubscriberState.ACTIVE.value, _S.address.endswith(at, autoescape=True)
        )
        with self._database.reading() as connection:
            count = connection.scalar(gone) or 0
            return count, (connection.scalar(readers) or 0) if count else 0

    def at_host(self, since: datetime, host: str, *, least: int) -> Losses | None:
        """What a host's hard reports since then say; None when there are not so many."""
        named = sa.and_(_R.kind == "hard", _R.host == host, _R.received_at >= since)
        query = sa.select(_R.subscriber_id).where(named).distinct().limit(_MOST)
        with self._database.reading() as connection:
            readers = [one for one in connection.scalars(query) if one is not None]
            if len(readers) < least:
                return None
            addresses = connection.scalars(sa.select(_S.address).where(_S.id.in_(readers)))
            domains = {address.rpartition("@")[2].lower() for address in addresses if address}
            earlier = sa.select(_D.subscriber_id).where(
                schema.of_readers(*readers),
                _D.state == DeliveryState.ACCEPTED.value,
                _D.settled_at < since,
            )
            known = len(set(connection.scalars(earlier)))
        return Losses(gone=len(readers), known=known, domains=len(domains))

    def mailed(self, issue_id: int) -> int:
        """How many readers an issue has."""
        with self._database.reading() as connection:
            return sum(count_states(connection, issue_id).get(issue_id, {}).values())

    def lift(self, since: datetime, domain: str, *, waiting: str, now: datetime) -> int:
        """Lift the bounces of a domain since then, and its pause; how many addresses there were.

        Whose delivery is recorded to be `waiting` for the pause is due at once.
        What readers asked for, by a complaint, by hand or by an erasure, stays.
        """
        theirs = sa.func.lower(_U.address).endswith(f"@{domain.lower()}", autoescape=True)
        with self._database.transaction() as connection:
            lifted = _lift(connection, since, theirs)
            end_pause(connection, domain.lower(), waiting=waiting, now=now)
        return lifted

    def lift_host(self, since: datetime, host: str) -> int:
        """Lift the bounces since then that a host reported, whatever the domains; how many addresses.

        Of a host the domain is kept, so that it means all hosts of that domain. What readers asked for stays.
        """
        labels = host.lower().split(".")
        names = [".".join(labels[at:]) for at in range(len(labels))]
        blamed = sa.select(_R.subscriber_id).where(_R.host.in_(names), _R.received_at >= since)
        hashes = sa.select(_S.address_hash).where(_S.id.in_(blamed))
        with self._database.transaction() as connection:
            return _lift(connection, since, _U.address_hash.in_(hashes))


def _lift(connection: Connection, since: datetime, theirs: sa.ColumnElement[bool]) -> int:
    """Forget the suppressions of these that bounces made since then, and what had been counted."""
    bounced = [SuppressionReason.HARD_BOUNCE.value, SuppressionReason.SOFT_BOUNCES.value]
    query = sa.select(_U.address_hash).where(_U.created_at >= since, _U.reason.in_(bounced), theirs)
    found = list(connection.scalars(query))
    for address_hash in found:
        connection.execute(sa.delete(schema.suppressions).where(_U.address_hash == address_hash))
        discount_bounces(connection, address_hash)
    return len(found)
