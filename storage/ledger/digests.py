"""Digests: which readers get one now, and what is in it. Each method is one transaction.

A digest is an issue of its own, without a note, a page or a feed, so that its mail has all that the
mail of an issue has. It is one for a pace and a day; readers join it as their zone reaches its hour.
Which issues a reader gets in it is kept beside the delivery, in the transaction that makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Database, schema, serialise
from storage.ledger.duties import hold_if_told, move_mailing
from storage.ledger.moves import NOWHERE, keep_moves
from storage.ledger.wishes import is_awake, is_mailed
from storage.model import DeliveryKind, DeliveryState, IssueState, Mailing, Pace

_D = schema.deliveries.c
_G = schema.gathered.c
_I = schema.issues.c
_S = schema.subscribers.c


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestOrder:
    """A digest that is due for the readers of one zone."""

    pace: Pace
    name: str
    """Its slug: `digest-weekly-2026-11-29`; the same for all zones of a day."""
    title: str
    zone: str
    """As readers chose it; empty: the newsletter's."""
    before: datetime
    """When it is due there: what was published until then is in it."""


class Digests:
    """The digests of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self) -> list[tuple[Pace, str]]:
        """The paces and zones of readers for whom issues wait."""
        query = (
            sa.select(_G.pace, _S.zone)
            .join(schema.subscribers, _S.id == _G.subscriber_id)
            .where(_G.digest_id.is_(None))
            .distinct()
        )
        with self._database.reading() as connection:
            return [(Pace(pace), zone) for pace, zone in connection.execute(query)]

    def wanted(self) -> dict[tuple[Pace, str], int]:
        """How many readers want a digest, by its pace and their zone, whether or not anything waits."""
        each: sa.ColumnElement[str] = sa.literal_column(f"'{Pace.EACH.value}'")
        # As the index has it: no parameter.
        query = (
            sa.select(_S.pace, _S.zone, sa.func.count())
            .where(*is_mailed(), _S.pace != each)
            .group_by(_S.pace, _S.zone)
        )
        with self._database.reading() as connection:
            return {(Pace(pace), zone): int(n) for pace, zone, n in connection.execute(query)}

    def expect(self, order: DigestOrder, *, after: datetime | None = None) -> tuple[int, int]:
        """How many readers would get this digest as things stand, and how many issues would be in it, of
        those that were gathered `after` then.
        """
        due = _due(order) if after is None else (*_due(order), _G.at > after)
        readers = sa.func.count(sa.distinct(_G.subscriber_id))
        query = sa.select(readers, sa.func.count(sa.distinct(_G.issue_id))).where(*due)
        with self._database.reading() as connection:
            row = connection.execute(query).one()
            return int(row[0]), int(row[1])

    def make(self, order: DigestOrder, *, now: datetime) -> int:
        """A delivery for every reader for whom something waits; how many (none is no digest).

        Whoever has this digest already waits for the next one; so does everybody when its author
        has taken it back.
        """
        with self._database.reading() as connection:
            if not connection.scalar(sa.select(sa.exists().where(*_due(order)))):
                return 0
        with self._database.transaction() as connection:
            serialise(connection, "digests")
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("LOCK TABLE subscribers, suppressions IN SHARE MODE"))
            if not connection.scalar(sa.select(sa.exists().where(*_due(order)))):
                return 0
            digest_id = _find_or_begin(connection, order, now)
            if digest_id is None:
                return 0
            return _queue(connection, digest_id, order, now)

    def edition(self, digest_id: int, subscriber_id: int) -> tuple[tuple[int, int], ...]:
        """(id, revision) of the issues that this reader gets in the digest, the newest first.

        Without those whose note was taken away meanwhile.
        """
        query = (
            sa.select(_I.id, _I.revision)
            .join(schema.gathered, _G.issue_id == _I.id)
            .where(
                _G.subscriber_id == subscriber_id,
                _G.digest_id == digest_id,
                _I.state == IssueState.LIVE.value,
            )
            .order_by(_I.published_at.desc(), _I.id.desc())
        )
        with self._database.reading() as connection:
            return tuple((row.id, row.revision) for row in connection.execute(query))


def _due(order: DigestOrder) -> tuple[sa.ColumnElement[bool], ...]:
    """What goes into it: gathered by then, mailed by its author, of readers awake and still there."""
    mailed = sa.select(_I.id).where(
        _I.state == IssueState.LIVE.value,
        _I.mailing.in_([Mailing.OPEN.value, Mailing.DONE.value]),
    )
    had = sa.exists().where(
        _D.subscriber_id == _S.id,
        _D.issue_id == sa.select(_I.id).where(_I.slug == order.name).scalar_subquery(),
    )
    readers = sa.select(_S.id).where(
        *is_mailed(), _S.zone == order.zone, is_awake(order.before), ~had
    )
    return (
        _G.digest_id.is_(None),
        _G.pace == order.pace.value,
        _G.at <= order.before,
        _G.issue_id.in_(mailed),
        _G.subscriber_id.in_(readers),
    )


def _find_or_begin(connection: Connection, order: DigestOrder, now: datetime) -> int | None:
    """The digest's issue, its mail open or paused; None when it was taken back."""
    found = connection.execute(sa.select(_I.id, _I.mailing).where(_I.slug == order.name)).first()
    if found is None:
        return _begin(connection, order, now)
    if found.mailing == Mailing.CANCELLED.value:
        return None
    move_mailing(connection, found.id, Mailing.OPEN, only_if=_I.mailing == Mailing.DONE.value)
    return int(found.id)


def _begin(connection: Connection, order: DigestOrder, now: datetime) -> int:
    values = {
        "note_id": f"//digest/{order.name}",  # no path and no id of a note begins so
        "path": "",
        "guid": f"urn:uuid:{uuid5(NAMESPACE_URL, order.name)}",
        "slug": order.name,
        "title": order.title,
        "state": IssueState.DIGEST.value,
        "mailing": Mailing.OPEN.value,
        "published_at": order.before,
        "updated_at": now,
        "mail_at": now,
    }
    statement = sa.insert(schema.issues).values(values).returning(_I.id)
    digest_id: int = connection.execute(statement).scalar_one()
    connection.execute(sa.insert(schema.slugs).values(slug=order.name, issue_id=digest_id))
    hold_if_told(connection, digest_id)
    return digest_id


def _queue(connection: Connection, digest_id: int, order: DigestOrder, now: datetime) -> int:
    """Readers with the same issues one after another: what they get is then made once."""
    connection.execute(sa.update(schema.gathered).where(*_due(order)).values(digest_id=digest_id))
    has = sa.exists().where(_D.issue_id == digest_id, _D.subscriber_id == _G.subscriber_id)
    first, last = sa.func.min(_G.issue_id), sa.func.max(_G.issue_id)
    wanted = (
        sa.select(
            sa.literal(DeliveryKind.DIGEST.value),
            sa.literal(digest_id),
            _G.subscriber_id,
            sa.literal(DeliveryState.QUEUED.value),
            sa.literal(now, schema.Instant),
            sa.literal(now, schema.Instant),
        )
        .where(_G.digest_id == digest_id, ~has)
        .group_by(_G.subscriber_id)
        .order_by(first, last, sa.func.count(), sa.func.sum(_G.issue_id), _G.subscriber_id)
    )
    names = ["kind", "issue_id", "subscriber_id", "state", "queued_at", "due_at"]
    insert = sa.insert(schema.deliveries).from_select(names, wanted)
    queued = connection.execute(insert.execution_options(preserve_rowcount=True)).rowcount
    keep_moves(connection, {(digest_id, NOWHERE, DeliveryState.QUEUED.value): queued})
    return queued
