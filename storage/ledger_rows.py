"""Rows of the ledger: the statements that storage/ledger.py joins into transactions.

These run for every message of every issue, so each is one statement for a whole group, made
once per engine, and its plan does not depend on statistics that are old by the time a queue is
worked off.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from storage import schema
from storage.database import insert_new
from storage.duties import stop
from storage.records import (
    Claim,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Mailing,
    SubscriberState,
)

_D = schema.deliveries.c
_SENDING: Final = DeliveryState.SENDING.value
_ACTIVE: Final = SubscriberState.ACTIVE.value

# ── leases ───────────────────────────────────────────────────────────────────────────────────


def put_lease(connection: Connection, worker: str, until: datetime) -> None:
    """Give a worker a lease, or a longer one."""
    table = schema.workers
    renewed = connection.execute(
        sa.update(table).where(table.c.name == worker).values(lease_until=until)
    )
    if not renewed.rowcount:
        insert_new(connection, table, {"name": worker, "lease_until": until})


def lapsed(connection: Connection, now: datetime, gone: Collection[str]) -> list[str]:
    """The workers whose lease ended, and those of `gone`; none of them can renew until we commit."""
    c = schema.workers.c
    over = sa.or_(c.lease_until <= now, c.name.in_(gone))
    return list(connection.scalars(sa.select(c.name).where(over).with_for_update()))


# ── claiming ─────────────────────────────────────────────────────────────────────────────────


def steady_plans(connection: Connection) -> None:
    """Have PostgreSQL walk the index of due deliveries, until the end of this transaction.

    Its statistics are those of the queue before the last issue: left alone it sorts all that is
    due, 200,000 rows, for every portion.
    """
    if connection.dialect.name == "postgresql":
        names = ("bitmapscan", "hashjoin", "mergejoin", "seqscan", "sort")
        calls = ", ".join(f"set_config('enable_{name}', 'off', true)" for name in names)
        connection.execute(sa.text(f"SELECT {calls}"))


def open_issues(connection: Connection) -> list[tuple[int, int]]:
    """(id, revision) of the issues being mailed, the earliest first."""
    c = schema.issues.c
    query = sa.select(c.id, c.revision).where(c.mailing == Mailing.OPEN.value)
    return [(row.id, row.revision) for row in connection.execute(query.order_by(c.mail_at, c.id))]


def take(
    connection: Connection,
    worker: str,
    issue: tuple[int, int] | None,
    now: datetime,
    limit: int,
    which: sa.ColumnElement[bool] | None = None,
) -> list[Claim]:
    """Claim up to `limit` due deliveries of an issue, or with None those that have no issue.

    `which` says which of them, where not all are meant.
    Deliveries whose reader may not be mailed any more are stopped on the way (promise 3).
    """
    claims: list[Claim] = []
    issue_id, revision = issue or (None, 0)
    while len(claims) < limit:
        rows = _due_rows(connection, issue_id, now, limit - len(claims), which)
        if not rows:
            break
        wanted = [row for row in rows if _may_be_mailed(row)]
        unwanted = {row.id for row in rows} - {row.id for row in wanted}
        if unwanted:
            left = "the reader left or the address was suppressed"
            stop(connection, among(connection, unwanted), DeliveryState.SUPPRESSED, left)
        given = {"ids": listed(connection, [row.id for row in wanted]), "by": worker}
        connection.execute(_take_statement(connection.dialect.name), given)
        claims += [_claim(row, revision) for row in wanted]
    return claims


@cache
def _take_statement(engine: str) -> sa.Update:
    return (
        sa.update(schema.deliveries)
        .where(_among(engine))
        .values(state=_SENDING, claimed_by=sa.bindparam("by"), due_at=None)
    )


def _due_rows(
    connection: Connection,
    issue_id: int | None,
    now: datetime,
    limit: int,
    which: sa.ColumnElement[bool] | None,
) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    s, suppressed = schema.subscribers.c, schema.suppressions.c
    query = (
        sa.select(
            *(_D.id, _D.kind, _D.issue_id, _D.subscriber_id, _D.attempts),
            *(_D.queued_at, _D.first_tried_at, s.address, s.name, s.nonce),
            s.state.label("consent_state"),
            suppressed.reason.label("suppression"),
        )
        .join(schema.subscribers, s.id == _D.subscriber_id)
        .outerjoin(schema.suppressions, suppressed.address_hash == s.address_hash)
        .where(
            _D.issue_id.is_(None) if issue_id is None else _D.issue_id == issue_id,
            _D.due_at.is_not(None),
            _D.due_at <= now,
            sa.true() if which is None else which,
        )
        .order_by(_D.issue_id, _D.due_at, _D.id)  # as in the index, also where there is no issue
        .limit(limit)
        # For PostgreSQL; SQLite has one writer and leaves it out.
        .with_for_update(skip_locked=True, of=schema.deliveries)
    )
    return connection.execute(query).all()


def _may_be_mailed(row: sa.Row[Any]) -> bool:
    if row.suppression is not None:
        return False
    return row.issue_id is None or bool(row.consent_state == _ACTIVE)


def _claim(row: sa.Row[Any], revision: int) -> Claim:
    return Claim(
        delivery_id=row.id,
        kind=DeliveryKind(row.kind),
        issue_id=row.issue_id,
        issue_revision=revision,
        subscriber_id=row.subscriber_id,
        address=row.address,
        name=row.name,
        nonce=row.nonce,
        attempts=row.attempts,
        queued_at=row.queued_at,
        first_tried_at=row.first_tried_at,
    )


# ── beginning ────────────────────────────────────────────────────────────────────────────────


def begin(
    connection: Connection, worker: str, ids: Collection[int], now: datetime
) -> frozenset[int]:
    """Mark deliveries as on the wire; those that may be. The others are not this worker's any more.

    A delivery is begun once, however often it was claimed. Asking again with the very same `now`
    gives the same answer, so that a caller who never heard it may repeat the question.
    """
    asked = {"ids": listed(connection, ids), "by": worker, "now": now}
    granted = frozenset(connection.scalars(_begin_statement(connection.dialect.name), asked))
    if refused := set(ids) - granted:
        give_back(connection, [worker], refused, now)
    return granted


def wanted(
    connection: Connection, worker: str, ids: Collection[int], now: datetime
) -> frozenset[int]:
    """Those of the deliveries that may be announced; the others are not this worker's any more."""
    asked = {"ids": listed(connection, ids), "by": worker}
    granted = frozenset(connection.scalars(_wanted_statement(connection.dialect.name), asked))
    if refused := set(ids) - granted:
        give_back(connection, [worker], refused, now)
    return granted


@cache
def _begin_statement(engine: str) -> sa.UpdateBase:
    now = sa.bindparam("now", type_=schema.Instant)
    return (
        sa.update(schema.deliveries)
        .where(_may_be_sent(engine), sa.or_(_D.began_at.is_(None), _D.began_at == now))
        .values(began_at=now, first_tried_at=sa.func.coalesce(_D.first_tried_at, now))
        .returning(_D.id)
    )


@cache
def _wanted_statement(engine: str) -> sa.Select[Any]:
    return sa.select(_D.id).where(_may_be_sent(engine), _D.began_at.is_(None))


def _may_be_sent(engine: str) -> sa.ColumnElement[bool]:
    to_send = sa.select(schema.issues.c.id).where(schema.issues.c.mailing == Mailing.OPEN.value)
    return sa.and_(
        _among(engine),
        _D.claimed_by == sa.bindparam("by"),
        _D.state == _SENDING,
        sa.or_(_D.issue_id.is_(None), _D.issue_id.in_(to_send)),
    )


# ── giving back ──────────────────────────────────────────────────────────────────────────────


def held(connection: Connection, workers: Sequence[str]) -> list[int]:
    """What is in the hands of these workers; looks only at issues that are under way."""
    under_way = [Mailing.OPEN.value, Mailing.PAUSED.value, Mailing.CANCELLED.value]
    issues = sa.select(schema.issues.c.id).where(schema.issues.c.mailing.in_(under_way))
    query = sa.select(_D.id).where(_D.state == _SENDING, _D.claimed_by.in_(workers))
    places = (_D.issue_id.is_(None), _D.issue_id.in_(issues))
    return [id_ for place in places for id_ in connection.scalars(query.where(place))]


def give_back(
    connection: Connection, workers: Sequence[str], ids: Collection[int], now: datetime
) -> int:
    """Return those of the deliveries to the queue that these workers hold and have not begun."""
    return connection.execute(
        sa.update(schema.deliveries)
        .where(
            among(connection, ids),
            _D.state == _SENDING,
            _D.claimed_by.in_(workers),
            _D.began_at.is_(None),
        )
        .values(unsent(now))
    ).rowcount


def unsent(now: datetime) -> dict[str, object]:
    """What a claimed delivery becomes when nothing of it was on the wire."""
    return {
        "state": sa.case(
            (_D.attempts > 0, DeliveryState.DEFERRED.value), else_=DeliveryState.QUEUED.value
        ),
        "claimed_by": None,
        "due_at": now,
    }


# ── rows and records ─────────────────────────────────────────────────────────────────────────


def among(connection: Connection, ids: Iterable[int]) -> sa.ColumnElement[bool]:
    """The deliveries of these ids, as one parameter however many they are."""
    return _among(connection.dialect.name, given=listed(connection, ids))


def _among(engine: str, given: object = None) -> sa.ColumnElement[bool]:
    """The deliveries whose ids are `given`, or in the parameter `ids` when they are not."""
    kind = ARRAY(sa.BigInteger) if engine == "postgresql" else sa.Text()
    ids = sa.bindparam("ids", type_=kind) if given is None else sa.literal(given, kind)
    if engine == "postgresql":
        return _D.id == sa.any_(ids)
    each = sa.func.json_each(ids).table_valued("value")
    return _D.id.in_(sa.select(each.c.value))


def listed(connection: Connection, ids: Iterable[int]) -> object:
    """The ids as the parameter `ids` wants them."""
    all_ids = list(ids)
    return all_ids if connection.dialect.name == "postgresql" else json.dumps(all_ids)


def to_delivery(row: sa.RowMapping) -> Delivery:
    """Row → record."""
    values: dict[str, Any] = {name: row[name] for name in Delivery.__dataclass_fields__}
    values["kind"] = DeliveryKind(row["kind"])
    values["state"] = DeliveryState(row["state"])
    return Delivery(**values)
