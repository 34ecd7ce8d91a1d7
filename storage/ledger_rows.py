"""Rows of the ledger: the statements that storage/ledger.py joins into transactions.

These run for every message of every issue, so each is one statement for a whole group, and its
plan does not depend on statistics that are old by the time a queue is worked off.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine import Connection

from storage import schema
from storage.database import insert_new
from storage.duties import put_suppression, stop, suppress_open
from storage.records import (
    Claim,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Mailing,
    Settlement,
    SubscriberState,
    SuppressionReason,
)
from storage.schema import to_micros

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
) -> list[Claim]:
    """Claim up to `limit` due deliveries of an issue, or with None those that have no issue.

    Deliveries whose reader may not be mailed any more are stopped on the way (promise 3).
    """
    claims: list[Claim] = []
    issue_id, revision = issue or (None, 0)
    while len(claims) < limit:
        rows = _due_rows(connection, issue_id, now, limit - len(claims))
        if not rows:
            break
        wanted = [row for row in rows if _may_be_mailed(row)]
        unwanted = {row.id for row in rows} - {row.id for row in wanted}
        if unwanted:
            left = "the reader left or the address was suppressed"
            stop(connection, among(connection, unwanted), DeliveryState.SUPPRESSED, left)
        connection.execute(
            sa.update(schema.deliveries)
            .where(among(connection, [row.id for row in wanted]))
            .values(state=_SENDING, claimed_by=worker, due_at=None)
        )
        claims += [_claim(row, revision) for row in wanted]
    return claims


def _due_rows(
    connection: Connection, issue_id: int | None, now: datetime, limit: int
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
    instant = sa.literal(now, schema.Instant)
    granted = frozenset(
        connection.scalars(
            sa.update(schema.deliveries)
            .where(
                _may_be_sent(connection, worker, ids),
                sa.or_(_D.began_at.is_(None), _D.began_at == instant),
            )
            .values(began_at=instant, first_tried_at=sa.func.coalesce(_D.first_tried_at, instant))
            .returning(_D.id)
        )
    )
    if refused := set(ids) - granted:
        give_back(connection, [worker], refused, now)
    return granted


def wanted(
    connection: Connection, worker: str, ids: Collection[int], now: datetime
) -> frozenset[int]:
    """Those of the deliveries that may be announced; the others are not this worker's any more."""
    query = sa.select(_D.id).where(_may_be_sent(connection, worker, ids), _D.began_at.is_(None))
    granted = frozenset(connection.scalars(query))
    if refused := set(ids) - granted:
        give_back(connection, [worker], refused, now)
    return granted


def _may_be_sent(
    connection: Connection, worker: str, ids: Collection[int]
) -> sa.ColumnElement[bool]:
    to_send = sa.select(schema.issues.c.id).where(schema.issues.c.mailing == Mailing.OPEN.value)
    return sa.and_(
        among(connection, ids),
        _D.claimed_by == worker,
        _D.state == _SENDING,
        sa.or_(_D.issue_id.is_(None), _D.issue_id.in_(to_send)),
    )


# ── settling ─────────────────────────────────────────────────────────────────────────────────

_SETTLED: Final[dict[str, sa.types.TypeEngine[Any]]] = {
    "id": sa.BigInteger(),
    "state": sa.Text(),
    "due_at": sa.BigInteger(),
    "counts": sa.Integer(),
    "at": sa.BigInteger(),
    "code": sa.Integer(),
    "status": sa.Text(),
    "reply": sa.Text(),
    "reason": sa.Text(),
}
"""What a settlement changes, as it travels to the database: one JSON array for the group."""


def settle(connection: Connection, worker: str, settlements: Sequence[Settlement]) -> None:
    """Record outcomes of deliveries that are still this worker's; of others nothing changes."""
    again = [s.delivery_id for s in settlements if s.due_at is not None]
    cancelled = _cancelled_issues(connection, again) if again else []
    ours = _write_outcomes(connection, worker, settlements)
    kept = [s for s in settlements if s.counts and s.state is not DeliveryState.ACCEPTED]
    if kept:
        _keep_attempts(connection, ours.intersection(s.delivery_id for s in kept))
    if cancelled:
        _stop_cancelled(connection, ours.intersection(again), cancelled)
    for settlement in settlements:
        if settlement.suppress is not None and settlement.delivery_id in ours:
            _suppress_recipient(connection, settlement, settlement.suppress)


def _write_outcomes(
    connection: Connection, worker: str, settlements: Sequence[Settlement]
) -> set[int]:
    new = _as_table(connection, [_settled(s) for s in settlements])
    update = (
        sa.update(schema.deliveries)
        .where(_D.id == new.c.id, _D.claimed_by == worker, _D.state == _SENDING)
        .values(
            state=new.c.state,
            due_at=sa.type_coerce(new.c.due_at, schema.Instant),
            attempts=_D.attempts + new.c.counts,
            settled_at=sa.type_coerce(new.c.at, schema.Instant),
            # One that was refused before its content was never begun, but it was tried.
            first_tried_at=sa.func.coalesce(
                _D.first_tried_at, sa.type_coerce(new.c.at, schema.Instant)
            ),
            code=new.c.code,
            status=new.c.status,
            reply=new.c.reply,
            reason=new.c.reason,
            claimed_by=None,
            began_at=None,
        )
    )
    return set(connection.scalars(update.returning(_D.id)))


def _settled(settlement: Settlement) -> dict[str, object]:
    return {
        "id": settlement.delivery_id,
        "state": settlement.state.value,
        "due_at": None if settlement.due_at is None else to_micros(settlement.due_at),
        "counts": int(settlement.counts),
        "at": to_micros(settlement.at),
        "code": settlement.code,
        "status": _storable(settlement.status),
        "reply": _storable(settlement.reply),
        "reason": _storable(settlement.reason),
    }


def _storable(text: str) -> str:
    """The text without what no database keeps: one hostile reply must not stop all recording."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _as_table(connection: Connection, rows: Sequence[dict[str, object]]) -> sa.FromClause:
    """The rows as something a statement can join with."""
    if connection.dialect.name == "postgresql":
        columns: list[sa.ColumnClause[Any]] = [
            sa.column(name, kind) for name, kind in _SETTLED.items()
        ]
        records = sa.func.jsonb_to_recordset(sa.bindparam("rows", rows, type_=JSONB))
        return records.table_valued(*columns).render_derived(name="new", with_types=True)
    each = sa.func.json_each(sa.bindparam("rows", json.dumps(rows))).table_valued("value")
    fields = [
        sa.func.json_extract(each.c.value, f"$.{name}", type_=kind).label(name)
        for name, kind in _SETTLED.items()
    ]
    return sa.select(*fields).subquery("new")


def _keep_attempts(connection: Connection, ids: Collection[int]) -> None:
    tried = sa.select(
        *(_D.id, _D.attempts, _D.settled_at, _D.state),
        *(_D.code, _D.status, _D.reply, _D.reason),
    ).where(among(connection, ids))
    names = ["delivery_id", "number", "at", "state", "code", "status", "reply", "reason"]
    connection.execute(sa.insert(schema.attempts).from_select(names, tried))


def _cancelled_issues(connection: Connection, ids: Collection[int]) -> list[int]:
    """Those issues of the deliveries that were taken back; the others cannot be until we commit."""
    c = schema.issues.c
    theirs = sa.select(_D.issue_id).where(among(connection, ids))
    rows = connection.execute(
        sa.select(c.id, c.mailing).where(c.id.in_(theirs)).with_for_update(read=True)
    )
    return [row.id for row in rows if row.mailing == Mailing.CANCELLED.value]


def _stop_cancelled(connection: Connection, ids: Collection[int], issues: Sequence[int]) -> None:
    """What was on the wire when its issue was taken back is not tried again."""
    theirs = sa.and_(among(connection, ids), _D.issue_id.in_(issues))
    stop(connection, theirs, DeliveryState.CANCELLED, "taken back while it was being sent")


def _suppress_recipient(
    connection: Connection, settlement: Settlement, reason: SuppressionReason
) -> None:
    """The relay proved that the mailbox does not exist: never again, and nothing else queued."""
    s = schema.subscribers.c
    row = connection.execute(
        sa.select(s.id, s.address, s.address_hash)
        .join(schema.deliveries, _D.subscriber_id == s.id)
        .where(_D.id == settlement.delivery_id)
    ).one()
    put_suppression(
        connection,
        address_hash=row.address_hash,
        address=row.address,
        reason=reason,
        evidence=f"{settlement.code or ''} {settlement.reply}".strip(),
        at=settlement.at,
    )
    suppress_open(connection, row.id, f"the address is suppressed: {reason.value}")


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


def doubt(
    connection: Connection,
    workers: Sequence[str],
    ids: Collection[int],
    now: datetime,
    *,
    resend: bool,
) -> int:
    """Those of the deliveries that workers who died had begun: the relay may have them (RFC 1047)."""
    cancelled = _cancelled_issues(connection, ids)
    doubtful = list(
        connection.scalars(
            sa.update(schema.deliveries)
            .where(
                among(connection, ids),
                _D.state == _SENDING,
                _D.claimed_by.in_(workers),
                _D.began_at.is_not(None),
            )
            .values(
                state=DeliveryState.UNKNOWN.value,
                attempts=_D.attempts + 1,
                settled_at=now,
                due_at=now if resend else None,
                code=None,
                status="",
                reply="",
                reason="the sending process died while this message was on the wire",
                claimed_by=None,
                began_at=None,
            )
            .returning(_D.id)
        )
    )
    _keep_attempts(connection, doubtful)
    if cancelled:
        _stop_cancelled(connection, doubtful, cancelled)
    return len(doubtful)


# ── rows and records ─────────────────────────────────────────────────────────────────────────


def among(connection: Connection, ids: Iterable[int]) -> sa.ColumnElement[bool]:
    """The deliveries of these ids, as one parameter however many they are."""
    listed = list(ids)
    if connection.dialect.name == "postgresql":
        return _D.id == sa.any_(sa.literal(listed, ARRAY(sa.BigInteger)))
    each = sa.func.json_each(sa.literal(json.dumps(listed))).table_valued("value")
    return _D.id.in_(sa.select(each.c.value))


def to_delivery(row: sa.RowMapping) -> Delivery:
    """Row → record."""
    values: dict[str, Any] = {name: row[name] for name in Delivery.__dataclass_fields__}
    values["kind"] = DeliveryKind(row["kind"])
    values["state"] = DeliveryState(row["state"])
    return Delivery(**values)
