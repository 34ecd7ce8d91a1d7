"""What was set aside of reports, and how much of it is kept: oldest first goes. Parts of transactions.

What is pruned after its time stays as an event without content; what a flood pushed out does not, so
that rows are as bounded as octets.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import insert_new, schema
from storage.model import Overflow

_R = schema.reports.c
_M = schema.meta.c

RAW_LIMIT: Final = 65536
"""Octets kept of a report that nobody could be matched with: enough to see what it is."""

_SOURCE_LIMIT: Final = 64
"""Characters of a source; a longer name is nobody's."""

_FULL: Final = "quarantine:full"


class Bound(NamedTuple):
    """What may be kept at a time."""

    reports: int
    octets: int


IN_TOTAL: Final = Bound(2_000, 16 * 1024 * 1024)
PER_SOURCE: Final = Bound(200, 2 * 1024 * 1024)
"""One that floods pushes its own out, and not those of others."""


def keep_raw(
    connection: Connection, raw: bytes | None, source: str, at: datetime
) -> tuple[bytes | None, str]:
    """What is kept of a report, and under which source; room is made for it, at most the bounds.

    A report that is not to be kept is `None`, and has no source.
    """
    if raw is None:
        return None, ""
    kept, source = raw[:RAW_LIMIT], source[:_SOURCE_LIMIT]
    gone = _make_room(connection, _R.source == source, PER_SOURCE, len(kept))
    gone += _make_room(connection, sa.true(), IN_TOTAL, len(kept))
    if gone:
        _note(connection, gone, at)
    return kept, source


def find_overflow(connection: Connection) -> Overflow | None:
    """What was let go since somebody last looked; None when nothing was."""
    value = connection.scalar(sa.select(_M.value).where(_M.key == _FULL))
    if value is None:
        return None
    times, reports, since = value.split()
    return Overflow(times=int(times), reports=int(reports), since=datetime.fromisoformat(since))


def forget_overflow(connection: Connection) -> None:
    """The author knows; from now on it is counted anew."""
    connection.execute(sa.delete(schema.meta).where(_M.key == _FULL))


def _make_room(
    connection: Connection, which: sa.ColumnElement[bool], bound: Bound, octets: int
) -> int:
    """Let the oldest go until one more of this size fits; how many those were."""
    kept = sa.and_(which, _R.raw.is_not(None))
    size = sa.func.length(_R.raw)  # octets on both engines: the column is binary
    count, total = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(size), 0)).where(kept)
    ).one()
    reports, room = bound.reports - int(count), bound.octets - int(total)
    if reports > 0 and room >= octets:
        return 0
    gone = []
    for number, its_size in connection.execute(sa.select(_R.id, size).where(kept).order_by(_R.id)):
        if reports > 0 and room >= octets:
            break
        gone.append(number)
        reports, room = reports + 1, room + its_size
    if gone:  # the oldest are those up to a number, so that no list of them is sent
        oldest = sa.and_(kept, _R.id <= gone[-1])
        # Of what named nobody no row stays either: a flood would leave one for each of its mails.
        connection.execute(sa.delete(schema.reports).where(oldest, _R.subscriber_id.is_(None)))
        connection.execute(sa.update(schema.reports).where(oldest).values(raw=None))
    return len(gone)


def _note(connection: Connection, gone: int, at: datetime) -> None:
    known = find_overflow(connection)
    since = known.since if known else at
    times, reports = (known.times, known.reports) if known else (0, 0)
    value = f"{times + 1} {reports + gone} {since.isoformat()}"
    if known is None and insert_new(connection, schema.meta, {"key": _FULL, "value": value}):
        return
    connection.execute(sa.update(schema.meta).where(_M.key == _FULL).values(value=value))
