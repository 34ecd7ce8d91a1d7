"""Issues whose note went away while they were being mailed: since when, and how often that was seen.

What one look saw, the next may take back: a checkout, a synchronisation, a disk that was not mounted.
So such mail is paused, and taken back only when the note stays away. Where so many vanished at once
that nobody believes it, the issue stays as it is, and its mail waits for as long as that lasts. The
functions are statements that storage/archive/issues.py joins into transactions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.archive.rows import one_issue
from storage.database import Database, schema
from storage.ledger import cancel_open, go_on, move_mailing, pause_mail
from storage.model import Issue, IssueState, Mailing

_A = schema.absences.c
_I = schema.issues.c


class Absences:
    """The mail that waits for its notes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def held(self) -> Mapping[int, str]:
        """The live issues whose mail waits until their notes are seen again; their paths, by id."""
        query = (
            sa.select(_A.issue_id, _I.path)
            .join(schema.issues, _I.id == _A.issue_id)
            .where(_I.state == IssueState.LIVE.value)
        )
        with self._database.reading() as connection:
            return {row.issue_id: row.path for row in connection.execute(query)}

    def hold(self, paths: Collection[str], reason: str, *, now: datetime) -> list[Issue]:
        """Pause the mail of the live issues at these paths that is under way; which that were."""
        under_way = _I.mailing.in_((Mailing.OPEN.value, Mailing.PAUSED.value))
        waiting = (
            _I.state == IssueState.LIVE.value,
            under_way,
            _I.id.not_in(sa.select(_A.issue_id)),
        )
        query = sa.select(_I.id, _I.path).where(*waiting)
        with self._database.reading() as connection:
            found = [issue_id for issue_id, path in connection.execute(query) if path in paths]
        if not found:
            return []
        with self._database.transaction() as connection:
            for issue_id in found:
                begin_absence(connection, one_issue(connection, issue_id), reason, now)
            return [one_issue(connection, issue_id) for issue_id in found]

    def end(self, issue_ids: Iterable[int], *, now: datetime) -> list[Issue]:
        """Their notes are back: their mail goes on where it was; those of which it does."""
        with self._database.transaction() as connection:
            ended = [one for one in issue_ids if end_absence(connection, one, now)]
            return [one_issue(connection, issue_id) for issue_id in ended]

    def give_up(self, *, looks: int, lasting: timedelta, reason: str, now: datetime) -> list[Issue]:
        """Take back the mail of withdrawn issues whose notes were missed at so many looks, for so long.

        This is one more look that did not find them. Returns the issues.
        """
        with self._database.reading() as connection:
            if connection.execute(sa.select(_A.issue_id).limit(1)).first() is None:
                return []
        with self._database.transaction() as connection:
            count_look(connection, now)
            ended = end_for_good(connection, looks, now - lasting, reason)
            return [one_issue(connection, issue_id) for issue_id in ended]


def begin_absence(connection: Connection, issue: Issue, reason: str, now: datetime) -> None:
    """Pause the mail of an issue whose note is away, if it is under way; time counts from here."""
    if issue.mailing not in (Mailing.OPEN, Mailing.PAUSED):
        return
    # What waited already because of many that vanished, and now is known to be meant, goes on waiting.
    waited = connection.scalar(
        sa.delete(schema.absences).where(_A.issue_id == issue.id).returning(_A.paused)
    )
    paused = pause_mail(connection, issue.id, reason, now) or bool(waited)
    connection.execute(
        sa.insert(schema.absences).values(issue_id=issue.id, since=now, looks=1, paused=paused)
    )


def end_absence(connection: Connection, issue_id: int, now: datetime) -> bool:
    """The note is back: the mail goes on where it was, unless its author had paused it before."""
    paused = connection.scalar(
        sa.delete(schema.absences).where(_A.issue_id == issue_id).returning(_A.paused)
    )
    return bool(paused) and go_on(connection, issue_id, now)


def _is_withdrawn() -> sa.ColumnElement[bool]:
    gone = sa.select(_I.id).where(_I.state == IssueState.WITHDRAWN.value)
    return _A.issue_id.in_(gone)


def count_look(connection: Connection, now: datetime) -> None:
    """One more look did not find the notes; what it was the first to miss is counted already."""
    later = sa.and_(_A.since < now, _is_withdrawn())
    connection.execute(sa.update(schema.absences).where(later).values(looks=_A.looks + 1))


def end_for_good(connection: Connection, looks: int, before: datetime, reason: str) -> list[int]:
    """Take back the mail of issues whose notes were not there at so many looks and since then."""
    lasting = sa.and_(_A.looks >= looks, _A.since <= before, _is_withdrawn())
    ended = list(
        connection.scalars(sa.delete(schema.absences).where(lasting).returning(_A.issue_id))
    )
    for issue_id in ended:
        cancel_open(connection, issue_id, reason)
        move_mailing(connection, issue_id, Mailing.CANCELLED, reason)
    return ended
