"""How deliveries come into being and are stopped, and mailings move: parts of transactions.

Publishing queues, cancelling and leaving stop; each does so inside the transaction that changes
the issue or the subscriber, so that no crash can come between.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import insert_new, schema
from storage.ledger.audiences import is_meant_by
from storage.ledger.moves import NOWHERE, change_deliveries, keep_moves
from storage.ledger.wishes import gather, is_mailed, release_unsent, wants
from storage.model import (
    MAILING_TRANSITIONS,
    DeliveryKind,
    DeliveryState,
    Mailing,
    Pace,
    SuppressionReason,
)

_D = schema.deliveries.c
_QUEUE_ONE: Final = sa.insert(schema.deliveries).returning(_D.id)
_S = schema.subscribers.c

_STOPPABLE: Final = sa.or_(
    _D.state.in_([DeliveryState.QUEUED.value, DeliveryState.DEFERRED.value]),
    sa.and_(_D.state == DeliveryState.UNKNOWN.value, _D.due_at.is_not(None)),
    sa.and_(_D.state == DeliveryState.SENDING.value, _D.began_at.is_(None)),
)
"""Deliveries that would still be sent and of which nothing is on the wire."""


HELD: Final = "held"
"""The fact that new issues wait for their author, and why."""


def hold_if_told(connection: Connection, issue_id: int) -> None:
    """Pause a new issue while all are held, see `Mailings.hold`."""
    m = schema.meta.c
    reason = connection.scalar(sa.select(m.value).where(m.key == HELD))
    if reason is not None:
        move_mailing(connection, issue_id, Mailing.PAUSED, reason)


def queue_issue(
    connection: Connection,
    issue_id: int,
    *only: sa.ColumnElement[bool],
    queued_at: datetime,
    due_at: datetime,
) -> int:
    """One delivery for every subscriber that it is for, or those `only`, in one statement.

    For those of them who want digests it is gathered instead.
    """
    if connection.dialect.name == "postgresql":
        # Nobody may leave between our look at the subscribers and our commit: their leaving would
        # not see the delivery we are about to make. Leaving waits for us, and then sees it.
        connection.execute(sa.text("LOCK TABLE subscribers, suppressions IN SHARE MODE"))
    meant, wanting = is_meant_by(connection, issue_id), wants(connection, issue_id, due_at)
    readers = sa.and_(*is_mailed(), *meant, *wanting, *only)
    gather(connection, issue_id, readers, due_at)
    wanted = (
        sa.select(
            sa.literal(DeliveryKind.ISSUE.value),
            sa.literal(issue_id),
            _S.id,
            sa.literal(DeliveryState.QUEUED.value),
            sa.literal(queued_at, schema.Instant),
            sa.literal(due_at, schema.Instant),
        )
        .where(readers, _S.pace == Pace.EACH.value)
        .order_by(_S.id)
    )
    names = ["kind", "issue_id", "subscriber_id", "state", "queued_at", "due_at"]
    insert = sa.insert(schema.deliveries).from_select(names, wanted)
    queued = connection.execute(insert.execution_options(preserve_rowcount=True)).rowcount
    keep_moves(connection, {(issue_id, NOWHERE, DeliveryState.QUEUED.value): queued})
    return queued


def queue_single(
    connection: Connection, kind: DeliveryKind, subscriber_id: int, now: datetime
) -> int:
    """A confirmation or a notice, due at once; the delivery's id. The reader's row must be held:
    nothing else keeps mail from being queued for a reader who is gone.
    """
    row = {
        "kind": kind.value,
        "subscriber_id": subscriber_id,
        "state": DeliveryState.QUEUED.value,
        "queued_at": now,
        "due_at": now,
    }
    delivery_id: int = connection.execute(_QUEUE_ONE, row).scalar_one()
    return delivery_id


def move_mailing(
    connection: Connection,
    issue_id: int,
    to: Mailing,
    reason: str = "",
    *,
    only_if: sa.ColumnElement[bool] | None = None,
) -> bool:
    """Move the mail of an issue on; False where MAILING_TRANSITIONS or the condition forbid it."""
    c = schema.issues.c
    before = [old.value for old, new in MAILING_TRANSITIONS.items() if to in new]
    conditions = [] if only_if is None else [only_if]
    changed = connection.execute(
        sa.update(schema.issues)
        .where(c.id == issue_id, c.mailing.in_(before), *conditions)
        .values(mailing=to.value, mailing_reason=reason)
    )
    return bool(changed.rowcount)


def cancel_open(connection: Connection, issue_id: int, reason: str) -> int:
    """Cancel what is not on the wire; what is ends as the relay says."""
    count = stop(connection, _D.issue_id == issue_id, DeliveryState.CANCELLED, reason)
    release_unsent(connection, DeliveryState.CANCELLED, digest_id=issue_id)
    return count


def suppress_open(connection: Connection, subscriber_id: int, reason: str) -> int:
    """Stop every delivery of this reader that is not on the wire (promise 3)."""
    return stop(connection, schema.of_readers(subscriber_id), DeliveryState.SUPPRESSED, reason)


def stop_issues(connection: Connection, subscriber_id: int, reason: str) -> int:
    """Stop the issues and digests of a reader that are not on the wire; what a digest would have
    brought waits for the next one.
    """
    theirs = sa.and_(schema.of_readers(subscriber_id), _D.issue_id.is_not(None))
    count = stop(connection, theirs, DeliveryState.SUPPRESSED, reason)
    release_unsent(connection, DeliveryState.SUPPRESSED, subscriber_id=subscriber_id)
    return count


def stop(
    connection: Connection, which: sa.ColumnElement[bool], state: DeliveryState, reason: str
) -> int:
    """End those of `which` that would still be sent; how many sendings that spares.

    A message in doubt stays UNKNOWN, for it may have arrived; it is only not sent again.
    """
    in_doubt = _D.state == DeliveryState.UNKNOWN.value
    values = {
        "state": sa.case((in_doubt, _D.state), else_=state.value),
        "reason": sa.case((in_doubt, _D.reason), else_=reason),
        "due_at": None,
        "claimed_by": None,
    }
    return change_deliveries(connection, sa.and_(which, _STOPPABLE), values)


def put_suppression(
    connection: Connection,
    *,
    address_hash: str,
    address: str,
    reason: SuppressionReason,
    evidence: str,
    at: datetime,
) -> bool:
    """Record that an address is never mailed. The first evidence stays; False when there was one."""
    values = {
        "address_hash": address_hash,
        "address": address,
        "reason": reason.value,
        "evidence": evidence,
        "created_at": at,
    }
    return insert_new(connection, schema.suppressions, values)
