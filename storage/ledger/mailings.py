"""The mail of issues: the second state machine, and what its author decides about it.

The states are told on `Mailing`, and every write here moves as MAILING_TRANSITIONS allows. Each
method is one transaction; pausing is also part of a worker's, see storage/ledger/ledger.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Database, insert_new, schema
from storage.ledger.duties import HELD, cancel_open, move_mailing, stop
from storage.ledger.gates import Gates
from storage.ledger.missing import (
    MAILED_BY_COMMAND,
    count_missing,
    queue_missing,
    refuse_digest,
)
from storage.ledger.moves import change_deliveries, fold, is_to_be_folded
from storage.ledger.rows import open_issues, unsent
from storage.model import Conflict, DeliveryState, Mailing, Missing, NotFound

_D = schema.deliveries.c
_I = schema.issues.c


class Mailings:
    """How the mail of the issues of one database begins, waits, goes on and ends."""

    def __init__(self, database: Database, gates: Gates | None = None) -> None:
        self._database = database
        self._gates = gates or Gates()

    def pause(self, issue_id: int, reason: str, *, now: datetime) -> bool:
        """Stop an issue where it is; claimed deliveries that have not begun go back to the queue.

        False when it was not open.
        """
        with self._database.transaction() as connection:
            return pause_mail(connection, issue_id, reason, now)

    def resume(self, issue_id: int, *, now: datetime) -> bool:
        """Go on with a paused issue: the pause costs no reader anything.

        What its cohort has refused so far shall not pause it again, and whoever was tried in vain gets
        the whole time once more before being given up. False when it was not paused.
        """
        with self._database.transaction() as connection:
            if _mailing(connection, issue_id) is not Mailing.PAUSED:
                return False
            self._gates.excuse(connection, issue_id, now)
            return go_on(connection, issue_id, now)

    def cancel(self, issue_id: int) -> int:
        """Take the mail of an issue back. Returns how many deliveries will not be sent.

        Raises Conflict when there is nothing left to take back, and NotFound.
        """
        reason = "cancelled by the author"
        with self._database.transaction() as connection:
            mailing = _mailing(connection, issue_id)
            if not move_mailing(connection, issue_id, Mailing.CANCELLED, reason):
                raise Conflict(_why_not_cancelled(connection, issue_id, mailing))
            return cancel_open(connection, issue_id, reason)

    def missing(self, issue_id: int, *, now: datetime) -> Missing:
        """How many active readers have not had the issue and have no mail of it on its way."""
        with self._database.reading() as connection:
            return count_missing(connection, issue_id, now)

    def mail_missing(self, issue_id: int, *, now: datetime, due_at: datetime) -> Missing:
        """Queue the issue for them, whatever became of its mail before; how many there are.

        Nobody who has had it, or may have had it, gets it again, however often this is called and by
        how many at once. Raises Conflict for a paused issue, and NotFound.
        """
        with self._database.transaction() as connection:
            if _mailing(connection, issue_id) is Mailing.PAUSED:
                raise Conflict("its mail is paused; resume it first")
            refuse_digest(connection, issue_id)
            self._gates.excuse(connection, issue_id, now)
            queued = queue_missing(connection, issue_id, queued_at=now, due_at=due_at)
            if queued.total and move_mailing(
                connection,
                issue_id,
                Mailing.OPEN,
                MAILED_BY_COMMAND,
                only_if=_I.mailing != Mailing.OPEN.value,
            ):
                begins = sa.update(schema.issues).where(_I.id == issue_id).values(mail_at=due_at)
                connection.execute(begins)
            return queued

    def hold(self, reason: str) -> int:
        """Pause all that is open, and whatever is published until `release`; how many were open.

        For a database that may not know what it has sent: see `hold_all`.
        """
        with self._database.transaction() as connection:
            return hold_all(connection, reason)

    def release(self, first: Callable[[], object] = lambda: None) -> None:
        """What is published from now on is mailed again.

        `first` is done before, if anything was held: for what may have been mailed as well.
        """
        with self._database.reading() as connection:
            held = connection.scalar(sa.select(schema.meta.c.key).where(schema.meta.c.key == HELD))
        if held is not None:
            first()
            with self._database.transaction() as connection:
                connection.execute(sa.delete(schema.meta).where(schema.meta.c.key == HELD))

    def finish(self) -> list[int]:
        """Mark as DONE every issue whose deliveries all have their last outcome. Returns their ids.

        Folds the counts of deliveries on the way.

        An issue with messages in doubt that wait for the author is done: nothing more will go out
        by itself.
        """
        ours = sa.and_(_D.issue_id == _I.id)
        due = sa.exists().where(ours, _D.due_at.is_not(None))
        sending = sa.exists().where(ours, _D.state == DeliveryState.SENDING.value)
        is_open = _I.mailing == Mailing.OPEN.value
        with self._database.reading() as connection:
            # Cheap by the index of due deliveries; only then the others are looked through, and
            # the due ones once more in the same statement, for a worker may just have settled.
            drained = list(connection.scalars(sa.select(_I.id).where(is_open, ~due)))
            loose = is_to_be_folded(connection)
        if not drained and not loose:
            return []
        nothing_left = ~sa.or_(due, sending)
        with self._database.transaction() as connection:
            # Whoever is just queueing more of it is waited for, then looked at.
            for issue_id in drained:
                _mailing(connection, issue_id)
            done = [
                issue_id
                for issue_id in drained
                if move_mailing(connection, issue_id, Mailing.DONE, only_if=nothing_left)
            ]
            if done or loose:
                fold(connection)
            return done

    def pull_in(self, *, now: datetime, hold: timedelta, wait: timedelta) -> int:
        """Let nothing wait longer than was ever meant: how many deliveries were due too far ahead.

        They are after a clock was set back (rule G10): an issue's first tries are due within `hold`,
        a confirmation's at once, and second ones within `wait`.
        """
        far = _too_far(now, hold, wait)
        mail_late = sa.and_(_I.mailing == Mailing.OPEN.value, _I.mail_at > now + hold)
        with self._database.reading() as connection:
            found = connection.scalar(
                sa.select(sa.or_(*(sa.exists().where(one) for one, _ in far)))
            )
        if not found:
            return 0
        with self._database.transaction() as connection:
            connection.execute(sa.update(schema.issues).where(mail_late).values(mail_at=now + hold))
            update = sa.update(schema.deliveries)
            moved = [connection.execute(update.where(one).values(due_at=at)) for one, at in far]
            return sum(one.rowcount for one in moved)

    # ── messages in doubt ────────────────────────────────────────────────────────────────

    def resend_doubtful(self, issue_id: int, *, now: datetime) -> int:
        """Have the messages of an issue that are in doubt sent again; returns how many.

        They are due at once. An issue that was done is being mailed again; a paused one stays
        paused, and of one that was taken back nothing is resent.
        """
        with self._database.transaction() as connection:
            mailing = _mailing(connection, issue_id)
            if mailing not in (Mailing.OPEN, Mailing.PAUSED, Mailing.DONE):
                return 0
            count = connection.execute(
                sa.update(schema.deliveries).where(_doubtful(issue_id)).values(due_at=now)
            ).rowcount
            if count and mailing is Mailing.DONE:
                move_mailing(connection, issue_id, Mailing.OPEN)
            return count

    def accept_doubtful(self, issue_id: int, *, now: datetime) -> int:
        """Settle the messages of an issue that are in doubt as accepted; returns how many."""
        accepted = {
            "state": DeliveryState.ACCEPTED.value,
            "due_at": None,
            "settled_at": now,
            "reason": "was in doubt; taken as accepted by the author",
        }
        with self._database.transaction() as connection:
            return change_deliveries(connection, _doubtful(issue_id), accepted)


def _too_far(
    now: datetime, hold: timedelta, wait: timedelta
) -> list[tuple[sa.ColumnElement[bool], datetime]]:
    """Which deliveries are due too far ahead, and when they are due instead; found by the index."""
    of_issues = _D.issue_id.in_(sa.select(_I.id).where(_I.mailing == Mailing.OPEN.value))
    first = _D.state == DeliveryState.QUEUED.value
    return [
        (sa.and_(of_issues, first, _D.due_at > now + hold), now + hold),
        (sa.and_(of_issues, ~first, _D.due_at > now + wait), now + wait),
        (sa.and_(_D.issue_id.is_(None), first, _D.due_at > now), now),
        (sa.and_(_D.issue_id.is_(None), ~first, _D.due_at > now + wait), now + wait),
    ]


def go_on(connection: Connection, issue_id: int, now: datetime) -> bool:
    """Open the mail of a paused issue, as a part of a transaction; False when it was not paused.

    Whoever was tried in vain gets the whole time once more before being given up.
    """
    if not move_mailing(connection, issue_id, Mailing.OPEN, only_if=_I.mailing == Mailing.PAUSED):
        return False
    tried = (_D.issue_id == issue_id, _D.due_at.is_not(None), _D.first_tried_at.is_not(None))
    connection.execute(sa.update(schema.deliveries).where(*tried).values(first_tried_at=now))
    return True


def hold_all(connection: Connection, reason: str) -> int:
    """Pause all that is open, and whatever is published until `release`, as a part of a transaction;
    how many were open. Confirmations and other mail of no issue are dropped: whoever waits for one asks
    again.
    """
    if not insert_new(connection, schema.meta, {"key": HELD, "value": reason}):
        m = schema.meta
        connection.execute(sa.update(m).where(m.c.key == HELD).values(value=reason))
    stop(connection, _D.issue_id.is_(None), DeliveryState.CANCELLED, reason)
    issues = [issue_id for issue_id, _ in open_issues(connection)]
    return sum(move_mailing(connection, one, Mailing.PAUSED, reason) for one in issues)


def pause_mail(connection: Connection, issue_id: int, reason: str, now: datetime) -> bool:
    """Stop an issue where it is, as a part of a transaction; False when it was not open."""
    paused = move_mailing(connection, issue_id, Mailing.PAUSED, reason)
    waiting = sa.and_(_D.issue_id == issue_id, _D.state == DeliveryState.SENDING.value)
    change_deliveries(connection, sa.and_(waiting, _D.began_at.is_(None)), unsent(now))
    return paused


def _mailing(connection: Connection, issue_id: int) -> Mailing:
    """How it stands, and for others stays until we commit: a message that is being settled waits
    to see whether its issue is taken back, or we wait and see what became of it. Raises NotFound.
    """
    found = connection.scalar(sa.select(_I.mailing).where(_I.id == issue_id).with_for_update())
    if found is None:
        raise NotFound("issue", str(issue_id))
    return Mailing(found)


def _doubtful(issue_id: int) -> sa.ColumnElement[bool]:
    """Of an issue what the relay may or may not have (RFC 1047), waiting or due to be resent."""
    return sa.and_(_D.issue_id == issue_id, _D.state == DeliveryState.UNKNOWN.value)


def _why_not_cancelled(connection: Connection, issue_id: int, mailing: Mailing) -> str:
    slug, reason = connection.execute(
        sa.select(_I.slug, _I.mailing_reason).where(_I.id == issue_id)
    ).one()
    reasons = {
        Mailing.OFF: f"{slug}: it is not mailed ({reason})",
        Mailing.CANCELLED: f"{slug}: its mail is cancelled already",
        Mailing.DONE: f"{slug}: every message has been sent; mail cannot be taken back",
    }
    return reasons[mailing]
