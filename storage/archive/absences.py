"""Issues whose note went away while they were being mailed: since when, and how often that was seen.

What one look saw, the next may take back: a checkout, a synchronisation, a disk that was not mounted.
So such mail is paused, and taken back only when the note stays away. These are statements that
storage/archive/issues.py joins into transactions.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import schema
from storage.ledger import cancel_open, go_on, move_mailing, pause_mail
from storage.model import Issue, Mailing

_A = schema.absences.c


def begin_absence(connection: Connection, issue: Issue, reason: str, now: datetime) -> None:
    """Pause the mail of an issue whose note is away, if it is under way."""
    if issue.mailing not in (Mailing.OPEN, Mailing.PAUSED):
        return
    paused = pause_mail(connection, issue.id, reason, now)
    connection.execute(
        sa.insert(schema.absences).values(issue_id=issue.id, since=now, looks=1, paused=paused)
    )


def end_absence(connection: Connection, issue_id: int, now: datetime) -> None:
    """The note is back: the mail goes on where it was, unless its author had paused it before."""
    paused = connection.scalar(
        sa.delete(schema.absences).where(_A.issue_id == issue_id).returning(_A.paused)
    )
    if paused:
        go_on(connection, issue_id, now)


def count_look(connection: Connection, now: datetime) -> None:
    """One more look did not find the notes; what it was the first to miss is counted already."""
    later = _A.since < now
    connection.execute(sa.update(schema.absences).where(later).values(looks=_A.looks + 1))


def end_for_good(connection: Connection, looks: int, before: datetime, reason: str) -> list[int]:
    """Take back the mail of issues whose notes were not there at so many looks and since then."""
    lasting = sa.and_(_A.looks >= looks, _A.since <= before)
    ended = list(
        connection.scalars(sa.delete(schema.absences).where(lasting).returning(_A.issue_id))
    )
    for issue_id in ended:
        cancel_open(connection, issue_id, reason)
        move_mailing(connection, issue_id, Mailing.CANCELLED, reason)
    return ended
