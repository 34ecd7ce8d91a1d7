"""What became of a try: the statements that record outcomes, and doubt after a crash.

Part of the transactions of storage/ledger/ledger.py, like storage/ledger/rows.py.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import insert_new, schema, storable, to_micros
from storage.ledger.duties import put_suppression, stop, suppress_open
from storage.ledger.moves import Move, keep_moves
from storage.ledger.rows import among, among_ids, listed
from storage.model import RESENDS, DeliveryState, Effect, Mailing, Settlement, SuppressionReason

_D = schema.deliveries.c
_SENDING: Final = DeliveryState.SENDING.value

_SETTLED: Final[dict[str, sa.types.TypeEngine[Any]]] = {
    "id": sa.BigInteger(),
    "state": sa.Text(),
    "due_at": sa.BigInteger(),
    "counts": sa.Integer(),
    "doubts": sa.Integer(),
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
        if settlement.is_soft and settlement.delivery_id in ours:
            _keep_soft_bounce(connection, settlement)


def _write_outcomes(
    connection: Connection, worker: str, settlements: Sequence[Settlement]
) -> set[int]:
    engine = connection.dialect.name
    rows = [_settled(settlement) for settlement in settlements]
    given = {"rows": rows if engine == "postgresql" else json.dumps(rows), "by": worker}
    ours, moved = set(), Counter[Move]()
    for id_, issue_id, state in connection.execute(_outcome_statement(engine), given):
        ours.add(id_)
        if issue_id is not None:
            moved[issue_id, _SENDING, state] += 1
    keep_moves(connection, moved)
    return ours


@cache
def _outcome_statement(engine: str) -> sa.UpdateBase:
    new = _outcomes_given(engine).c
    at = sa.type_coerce(new.at, schema.Instant)
    return (
        sa.update(schema.deliveries)
        .where(_D.id == new.id, _D.claimed_by == sa.bindparam("by"), _D.state == _SENDING)
        .values(
            state=new.state,
            due_at=sa.type_coerce(new.due_at, schema.Instant),
            attempts=_D.attempts + new.counts,
            doubts=_D.doubts + new.doubts,
            settled_at=at,
            # One that was refused before its content was never begun, but it was tried.
            first_tried_at=sa.func.coalesce(_D.first_tried_at, at),
            code=new.code,
            status=new.status,
            reply=new.reply,
            reason=new.reason,
            claimed_by=None,
            began_at=None,
        )
        .returning(_D.id, _D.issue_id, _D.state)
    )


def _settled(settlement: Settlement) -> dict[str, object]:
    return {
        "id": settlement.delivery_id,
        "state": settlement.state.value,
        "due_at": None if settlement.due_at is None else to_micros(settlement.due_at),
        "counts": int(settlement.counts),
        "doubts": int(settlement.state is DeliveryState.UNKNOWN),
        "at": to_micros(settlement.at),
        "code": settlement.code,
        "status": storable(settlement.status),
        "reply": storable(settlement.reply),
        "reason": storable(settlement.reason),
    }


def _outcomes_given(engine: str) -> sa.FromClause:
    """The parameter `rows` as something a statement can join with."""
    if engine == "postgresql":
        from sqlalchemy.dialects.postgresql import JSONB

        columns: list[sa.ColumnClause[Any]] = [
            sa.column(name, kind) for name, kind in _SETTLED.items()
        ]
        records = sa.func.jsonb_to_recordset(sa.bindparam("rows", type_=JSONB))
        return records.table_valued(*columns).render_derived(name="new", with_types=True)
    each = sa.func.json_each(sa.bindparam("rows", type_=sa.Text)).table_valued("value")
    fields = [
        sa.func.json_extract(each.c.value, f"$.{name}", type_=kind).label(name)
        for name, kind in _SETTLED.items()
    ]
    return sa.select(*fields).subquery("new")


def _keep_attempts(connection: Connection, ids: Collection[int]) -> None:
    statement = _attempts_statement(connection.dialect.name)
    connection.execute(statement, {"ids": listed(connection, ids)})


@cache
def _attempts_statement(engine: str) -> sa.Insert:
    tried = sa.select(
        *(_D.id, _D.attempts, _D.settled_at, _D.state),
        *(_D.code, _D.status, _D.reply, _D.reason),
    ).where(among_ids(engine))
    names = ["delivery_id", "number", "at", "state", "code", "status", "reply", "reason"]
    return sa.insert(schema.attempts).from_select(names, tried)


def _cancelled_issues(connection: Connection, ids: Collection[int]) -> list[int]:
    """Those issues of the deliveries that were taken back; the others cannot be until we commit."""
    statement = _issues_statement(connection.dialect.name)
    rows = connection.execute(statement, {"ids": listed(connection, ids)})
    return [row.id for row in rows if row.mailing == Mailing.CANCELLED.value]


@cache
def _issues_statement(engine: str) -> sa.Select[Any]:
    c = schema.issues.c
    theirs = sa.select(_D.issue_id).where(among_ids(engine))
    return sa.select(c.id, c.mailing).where(c.id.in_(theirs)).with_for_update(read=True)


def _stop_cancelled(connection: Connection, ids: Collection[int], issues: Sequence[int]) -> None:
    """What was on the wire when its issue was taken back is not tried again."""
    theirs = sa.and_(among(connection, ids), _D.issue_id.in_(issues))
    stop(connection, theirs, DeliveryState.CANCELLED, "taken back while it was being sent")


def _keep_soft_bounce(connection: Connection, settlement: Settlement) -> None:
    """A refusal in the session is kept as the report it would have been a moment later (rule C6)."""
    row = connection.execute(
        sa.select(_D.subscriber_id, _D.issue_id).where(_D.id == settlement.delivery_id)
    ).one()
    report = {
        "event_id": f"session {settlement.delivery_id}",
        "kind": "soft",
        "action": Effect.COUNTED.value,
        "status": settlement.status,
        "issue_id": row.issue_id,
        "subscriber_id": row.subscriber_id,
        "happened_at": settlement.at,
        "received_at": settlement.at,
        "evidence": f"{settlement.code or ''} {storable(settlement.reply)}".strip(),
        "counts": True,
    }
    insert_new(connection, schema.reports, report)


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


def doubt(
    connection: Connection,
    workers: Sequence[str],
    ids: Collection[int],
    now: datetime,
    *,
    resend: bool,
) -> int:
    """Those of the deliveries that workers who died had begun: the relay may have them (RFC 1047).

    With `resend` each is due again at once, but not more than `RESENDS` times.
    """
    cancelled = _cancelled_issues(connection, ids)
    again = sa.literal(now if resend else None, schema.Instant)
    rows = list(
        connection.execute(
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
                due_at=sa.case((_D.doubts < RESENDS, again), else_=sa.null()),
                doubts=_D.doubts + 1,
                code=None,
                status="",
                reply="",
                reason="the sending process died while this message was on the wire",
                claimed_by=None,
                began_at=None,
            )
            .returning(_D.id, _D.issue_id)
        )
    )
    doubtful = [row.id for row in rows]
    issues = Counter(row.issue_id for row in rows if row.issue_id is not None)
    unknown = DeliveryState.UNKNOWN.value
    keep_moves(connection, {(one, _SENDING, unknown): count for one, count in issues.items()})
    _keep_attempts(connection, doubtful)
    if cancelled:
        _stop_cancelled(connection, doubtful, cancelled)
    return len(doubtful)
