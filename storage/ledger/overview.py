"""How deliveries stand: counted, listed, tried, waiting. Looks, and changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Database, schema
from storage.ledger.audiences import is_meant
from storage.ledger.gates import Gates
from storage.ledger.moves import count_states
from storage.ledger.rows import DELIVERY, open_issues, to_delivery
from storage.ledger.wishes import cares_about, is_awake, is_mailed
from storage.model import (
    Allowance,
    Attempt,
    Census,
    Conflict,
    Delivery,
    DeliveryState,
    Mailing,
    Pace,
    Readers,
    SubscriberState,
    SuppressionReason,
    Tally,
    Waiting,
)

_D = schema.deliveries.c
_S = schema.subscribers.c


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedIssue:
    """How the mail of an issue stands, without what it says."""

    slug: str
    mailing: Mailing
    mailing_reason: str
    mail_at: datetime | None
    published_at: datetime
    tally: Tally


class Overview:
    """The deliveries of one database, as authors and operators want to see them."""

    def __init__(self, database: Database, gates: Gates | None = None) -> None:
        self._database = database
        self._gates = gates or Gates()

    def tally(self, issue_id: int | None = None) -> Tally:
        """How many deliveries are in which state: of one issue, or of all issues together."""
        with self._database.reading() as connection:
            found = count_states(connection, *([] if issue_id is None else [issue_id]))
        total: Counter[DeliveryState] = Counter()
        for counts in found.values():
            total.update(counts)
        return Tally(counts=dict(total))

    def tallies(self) -> dict[int, Tally]:
        """The tally of every issue that has deliveries, by issue id."""
        with self._database.reading() as connection:
            found = count_states(connection)
        return {issue_id: Tally(counts=counts) for issue_id, counts in found.items()}

    def mailed(self) -> list[MailedIssue]:
        """Every issue; cheap, for a look each minute."""
        c = schema.issues.c
        query = sa.select(
            c.id, c.slug, c.mailing, c.mailing_reason, c.mail_at, c.published_at
        ).order_by(c.id)
        with self._database.reading() as connection:
            found = count_states(connection)
            return [
                MailedIssue(
                    slug=row.slug,
                    mailing=Mailing(row.mailing),
                    mailing_reason=row.mailing_reason,
                    mail_at=row.mail_at,
                    published_at=row.published_at,
                    tally=Tally(counts=found.get(row.id, {})),
                )
                for row in connection.execute(query)
            ]

    def deliveries(
        self, issue_id: int, *, state: DeliveryState | None = None
    ) -> Iterator[Delivery]:
        """The deliveries of an issue, in the order they were queued; read in portions.

        They are queued in the order of their readers, which is that of an index: a portion costs
        the same wherever in a million it begins.
        """
        last = 0
        while rows := self._portion(issue_id, state, last):
            yield from map(to_delivery, rows)
            last = rows[-1].subscriber_id

    def of_reader(self, subscriber_id: int, *, issue_id: int | None = None) -> list[Delivery]:
        """The deliveries of issues to one reader, newest first; of one issue, or of all."""
        which = (
            sa.and_(schema.of_readers(subscriber_id), _D.issue_id.is_not(None))
            if issue_id is None
            else sa.and_(_D.subscriber_id == subscriber_id, _D.issue_id == issue_id)
        )
        query = (
            sa.select(*DELIVERY)
            .join(schema.subscribers, schema.subscribers.c.id == _D.subscriber_id)
            .where(which)
            .order_by(_D.id.desc())
        )
        with self._database.reading() as connection:
            return [to_delivery(row) for row in connection.execute(query)]

    def _portion(
        self, issue_id: int, state: DeliveryState | None, last: int
    ) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        query = (
            sa.select(*DELIVERY)
            .join(schema.subscribers, schema.subscribers.c.id == _D.subscriber_id)
            .where(_D.issue_id == issue_id, _D.subscriber_id > last)
            .order_by(_D.subscriber_id)
            .limit(1000)
        )
        if state is not None:
            query = query.where(_D.state == state.value)
        with self._database.reading() as connection:
            return connection.execute(query).all()

    def history(self, subscriber_id: int, *, limit: int = 100) -> list[tuple[Delivery, str]]:
        """What became of one reader's mail, newest first, each with its issue's slug (empty if none)."""
        query = (
            sa.select(*DELIVERY, schema.issues.c.slug)
            .join(schema.subscribers, schema.subscribers.c.id == _D.subscriber_id)
            .outerjoin(schema.issues, schema.issues.c.id == _D.issue_id)
            .where(schema.of_readers(subscriber_id))
            .order_by(_D.id.desc())
            .limit(limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [(to_delivery(row[:-1]), row[-1] or "") for row in rows]

    def attempts(self, *delivery_ids: int) -> dict[int, list[Attempt]]:
        """The tries that did not end in acceptance, first to last, by delivery; a few hundred."""
        table = schema.attempts
        theirs = table.c.delivery_id.in_(delivery_ids)
        query = sa.select(table).where(theirs).order_by(table.c.delivery_id, table.c.number)
        found: dict[int, list[Attempt]] = {id_: [] for id_ in delivery_ids}
        with self._database.reading() as connection:
            for row in connection.execute(query).mappings():
                attempt = Attempt(**{**row, "state": DeliveryState(row["state"])})
                found[attempt.delivery_id].append(attempt)
        return found

    def census(self, *, now: datetime) -> Census:
        """All subscribers: who gets an issue at once, who later, and who does not."""
        with self._database.reading() as connection:
            return _take_census(connection, now)

    def readers(self, audience: str, tags: Sequence[str], *, now: datetime) -> Readers:
        """Whom an issue for an audience, with these tags, would be queued for now. Raises AudienceError."""
        with self._database.reading() as connection:
            meant = (*is_meant(audience), cares_about(connection, tags), is_awake(now))
            return _mark_readers(connection, *meant, _S.pace == Pace.EACH.value)

    def allowance(self, *, now: datetime) -> Allowance | None:
        """What the warm-up allows today; None without one."""
        with self._database.reading() as connection:
            return self._gates.allowance(connection, now)

    def under_way(self) -> list[int]:
        """The issues whose mail is open, the earliest first."""
        with self._database.reading() as connection:
            return [issue_id for issue_id, _ in open_issues(connection)]

    def paused(self) -> list[tuple[int, str, str]]:
        """(issue id, slug, why) of every issue whose mail is paused."""
        c = schema.issues.c
        query = sa.select(c.id, c.slug, c.mailing_reason).where(c.mailing == Mailing.PAUSED.value)
        with self._database.reading() as connection:
            return [(row.id, row.slug, row.mailing_reason) for row in connection.execute(query)]

    def oldest_due(self, *, now: datetime) -> datetime | None:
        """Since when the delivery waits that waits longest of those that are due and may be sent."""
        first = sa.select(sa.func.min(_D.due_at, type_=schema.Instant))
        with self._database.reading() as connection:
            issues = [issue_id for issue_id, _ in open_issues(connection)]
            found = [
                connection.scalar(first.where(_D.issue_id == one, _D.due_at.is_not(None)))
                for one in issues
            ]
            found.append(
                connection.scalar(first.where(_D.issue_id.is_(None), _D.due_at.is_not(None)))
            )
        return min((due for due in found if due is not None and due <= now), default=None)

    def waiting(self, *, now: datetime) -> dict[int, tuple[Waiting, ...]]:
        """Why readers wait who are due, by issue; of issues that are open."""
        with self._database.reading() as connection:
            return self._gates.waiting(connection, now)


def _mark_readers(connection: Connection, *only: sa.ColumnElement[bool]) -> Readers:
    """Those of them who are mailed: how many, and what tells them from others."""
    total = sa.cast(sa.func.coalesce(sa.func.sum(_S.id), 0), sa.BigInteger)
    found = connection.execute(
        sa.select(sa.func.count(), total).select_from(schema.subscribers).where(*is_mailed(), *only)
    ).one()
    return Readers(count=found[0], mark=int(found[1]))


def refuse_other_readers(connection: Connection, issue_id: int, wanted: Readers) -> None:
    """Raises Conflict where an issue was queued for others than were told; a part of a transaction."""
    total = sa.cast(sa.func.sum(_D.subscriber_id), sa.BigInteger)
    query = sa.select(sa.func.count(), total).where(_D.issue_id == issue_id)
    found = connection.execute(query).one()
    if (found[0], int(found[1] or 0)) != (wanted.count, wanted.mark):
        raise Conflict(f"its readers have changed: {wanted.count} before, {found[0]} now")


def _take_census(connection: Connection, now: datetime) -> Census:
    suppressions = schema.suppressions
    on = suppressions.c.address_hash == _S.address_hash
    query = (
        sa.select(_S.state, suppressions.c.reason, sa.func.count())
        .select_from(schema.subscribers.outerjoin(suppressions, on))
        .group_by(_S.state, suppressions.c.reason)
    )
    states: Counter[SubscriberState] = Counter()
    suppressed: dict[SuppressionReason, int] = {}
    for state, reason, count in connection.execute(query):
        if SubscriberState(state) is SubscriberState.ACTIVE and reason is not None:
            suppressed[SuppressionReason(reason)] = count
        else:
            states[SubscriberState(state)] += count
    digest = _S.pace != Pace.EACH.value
    return Census(
        readers=_mark_readers(connection, is_awake(now), ~digest),
        digests=_mark_readers(connection, is_awake(now), digest).count,
        paused=_mark_readers(connection, ~is_awake(now)).count,
        pending=states[SubscriberState.PENDING],
        unsubscribed=states[SubscriberState.UNSUBSCRIBED],
        suppressed=suppressed,
    )
