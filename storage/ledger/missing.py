"""An issue for those who have not had it: whom its author may have it mailed to after all.

A reader has had it if a relay took a message, a report came back about one, or a try of one is in
doubt, ever. What is on its way is left alone. Parts of transactions.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import schema
from storage.ledger.audiences import is_meant_by
from storage.ledger.duties import cancel_open, move_mailing, queue_issue, stop
from storage.ledger.moves import change_deliveries
from storage.ledger.wishes import forget_others, is_mailed, wants
from storage.model import NOT_HAD, Conflict, DeliveryState, IssueState, Mailing, Missing, Pace

NOT_MEANT: Final = "the issue is for others: its audience was changed"
MAILED_BY_COMMAND: Final = "mailed by command"
"""Of the mail of an issue: it was asked for, whatever its note says."""

_D = schema.deliveries.c
_S = schema.subscribers.c


def count_missing(connection: Connection, issue_id: int, now: datetime) -> Missing:
    """How many readers who want the issue have not had it."""
    readers = _readers(connection, issue_id, now)
    new = sa.select(sa.func.count()).select_from(schema.subscribers)
    each = (*readers, _S.pace == Pace.EACH.value)
    again = sa.select(sa.func.count()).select_from(schema.deliveries)
    return Missing(
        new=connection.scalar(new.where(*each, _has_none(issue_id))) or 0,
        again=connection.scalar(again.where(_brought_nothing(issue_id, readers))) or 0,
    )


def refuse_digest(connection: Connection, issue_id: int) -> None:
    """Raises Conflict for a digest: what it did not bring waits for the next one already."""
    c = schema.issues.c
    if connection.scalar(sa.select(c.state).where(c.id == issue_id)) == IssueState.DIGEST.value:
        raise Conflict("it is a digest; what it did not bring waits for the next one")


def queue_missing(
    connection: Connection, issue_id: int, *, queued_at: datetime, due_at: datetime
) -> Missing:
    """Queue it for them; the issue's row must be held, so that nobody else does the same."""
    new = queue_issue(connection, issue_id, _has_none(issue_id), queued_at=queued_at, due_at=due_at)
    # A reader who was tried keeps counting as tried, and gets the whole time once more.
    tried = sa.case(
        (_D.first_tried_at.is_(None), None), else_=sa.literal(queued_at, schema.Instant)
    )
    again = {
        "state": DeliveryState.QUEUED.value,
        "queued_at": queued_at,
        "due_at": due_at,
        "settled_at": None,
        "first_tried_at": tried,
        "claimed_by": None,
        "began_at": None,
        "code": None,
        "status": "",
        "reply": "",
        "reason": "",
    }
    which = _brought_nothing(issue_id, _readers(connection, issue_id, due_at))
    return Missing(new=new, again=change_deliveries(connection, which, again))


def take_back_unsent(connection: Connection, issue_id: int, reason: str) -> bool:
    """Take back the mail of an issue whose note wants none, as long as nothing of it has left and no command asked for
    it; whether it was. The issue's row must be held.
    """
    c = schema.issues.c
    by_note = c.mailing_reason != MAILED_BY_COMMAND
    if _has_begun(connection, issue_id) or not move_mailing(
        connection, issue_id, Mailing.CANCELLED, reason, only_if=by_note
    ):
        return False
    cancel_open(connection, issue_id, reason)
    return True


def _has_begun(connection: Connection, issue_id: int) -> bool:
    """Whether anything of the mail of an issue has left, or was tried."""
    untouched = [DeliveryState.QUEUED.value, DeliveryState.CANCELLED.value]
    begun = sa.exists().where(
        _D.issue_id == issue_id,
        sa.or_(_D.state.not_in([*untouched, DeliveryState.SUPPRESSED.value]), _D.attempts > 0),
    )
    return bool(connection.scalar(sa.select(begun)))


def follow_audience(connection: Connection, issue_id: int, *, now: datetime) -> None:
    """Have the mail of an issue follow its audience, as long as nothing of it has left: whoever is not
    meant any more is taken out, and who is now is put in. The issue's row must be held.
    """
    c = schema.issues.c
    mailing, due_at = connection.execute(
        sa.select(c.mailing, c.mail_at).where(c.id == issue_id)
    ).one()
    is_under_way = mailing in (Mailing.OPEN.value, Mailing.PAUSED.value) and due_at is not None
    if not is_under_way or _has_begun(connection, issue_id):
        return
    meant = sa.select(_S.id).where(*is_meant_by(connection, issue_id))
    forget_others(connection, issue_id, meant)
    others = sa.and_(_D.issue_id == issue_id, _D.subscriber_id.not_in(meant))
    stop(connection, others, DeliveryState.CANCELLED, NOT_MEANT)
    queue_missing(connection, issue_id, queued_at=now, due_at=due_at)


def _readers(
    connection: Connection, issue_id: int, at: datetime
) -> tuple[sa.ColumnElement[bool], ...]:
    """Readers who are meant by the issue and want it."""
    meant, wanting = is_meant_by(connection, issue_id), wants(connection, issue_id, at)
    return (*is_mailed(), *meant, *wanting)


def _has_none(issue_id: int) -> sa.ColumnElement[bool]:
    """Readers without any delivery of the issue."""
    return ~sa.exists().where(_D.issue_id == issue_id, _D.subscriber_id == _S.id)


def _brought_nothing(
    issue_id: int, readers: tuple[sa.ColumnElement[bool], ...]
) -> sa.ColumnElement[bool]:
    """Deliveries of the issue that ended, brought nothing and may be tried again."""
    welcome = sa.select(_S.id).where(*readers)
    return sa.and_(
        _D.issue_id == issue_id,
        _D.state.in_([state.value for state in NOT_HAD]),
        _D.doubts == 0,
        _D.subscriber_id.in_(welcome),
    )
