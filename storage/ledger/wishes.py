"""What readers wish, as conditions on their rows: topics, pace, a pause; and issues kept for a digest.

Publishing decides: whoever wants each issue has a delivery from then on, whoever wants a digest has
the issue gathered for it, and so nobody has both (promise 1). A later wish holds for later issues.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import schema
from storage.model import DeliveryState, Pace, SubscriberState, write_tag_keys

_S = schema.subscribers.c
_G = schema.gathered.c
_TAG: Final = "tag"
"""Of marks of issues, those that are tags (see storage/archive/rows.py)."""


def is_mailed() -> tuple[sa.ColumnElement[bool], ...]:
    """Which subscribers an issue is queued for: whoever queues or counts them asks here."""
    suppressed = sa.exists().where(schema.suppressions.c.address_hash == _S.address_hash)
    return _S.state == SubscriberState.ACTIVE.value, ~suppressed


def wants(
    connection: Connection, issue_id: int, at: datetime
) -> tuple[sa.ColumnElement[bool], ...]:
    """Which of them want this issue at that time, and have it not in a digest."""
    return _cares_about(connection, issue_id), is_awake(at), ~is_gathered(issue_id)


def is_awake(at: datetime | sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
    """Not paused at that time."""
    return sa.or_(_S.paused_until.is_(None), _S.paused_until <= at)


def _cares_about(connection: Connection, issue_id: int) -> sa.ColumnElement[bool]:
    m = schema.issue_marks.c
    tags = connection.scalars(sa.select(m.value).where(m.issue_id == issue_id, m.kind == _TAG))
    return cares_about(connection, list(tags))


def cares_about(connection: Connection, tags: Sequence[str]) -> sa.ColumnElement[bool]:
    """Readers who chose no topics, or one of these; nothing that a tag holds is read as a pattern."""
    find = sa.func.strpos if connection.dialect.name == "postgresql" else sa.func.instr
    wanted = [find(_S.topics, sa.literal(write_tag_keys([tag]), sa.Text)) > 0 for tag in tags]
    return sa.or_(_S.topics == "", *wanted)


def gather(connection: Connection, issue_id: int, who: sa.ColumnElement[bool], at: datetime) -> int:
    """Keep the issue for the digests of those readers who want digests; how many they are.

    `at` is from when on it may go into one.
    """
    columns = (
        sa.literal(issue_id),
        _S.id,
        _S.pace,
        sa.literal(at, schema.Instant),
    )
    wanted = sa.select(*columns).where(who, _S.pace != Pace.EACH.value).order_by(_S.id)
    insert = sa.insert(schema.gathered).from_select(
        ["issue_id", "subscriber_id", "pace", "at"], wanted
    )
    return connection.execute(insert.execution_options(preserve_rowcount=True)).rowcount


def is_gathered(issue_id: int) -> sa.ColumnElement[bool]:
    """Readers for whose digest the issue is or was kept: it is not mailed to them by itself as well."""
    return sa.exists().where(_G.issue_id == issue_id, _G.subscriber_id == _S.id)


def change_pace(connection: Connection, subscriber_id: int, pace: Pace, now: datetime) -> None:
    """What waits for a digest of the reader waits for the one of their new pace, from now on.

    With EACH it is brought at once, in one mail. What its author may still take back waits for that.
    """
    at = sa.case((_G.at > now, _G.at), else_=sa.literal(now, schema.Instant))
    connection.execute(
        sa.update(schema.gathered)
        .where(_G.subscriber_id == subscriber_id, _G.digest_id.is_(None))
        .values(pace=pace.value, at=at)
    )


def count_gathered(connection: Connection, subscriber_id: int) -> int:
    """How many issues wait for a digest of the reader."""
    query = sa.select(sa.func.count()).where(
        _G.subscriber_id == subscriber_id, _G.digest_id.is_(None)
    )
    return connection.scalar(query) or 0


def forget_gathered(connection: Connection, subscriber_id: int) -> None:
    """Nothing waits for a digest of a reader who left."""
    connection.execute(
        sa.delete(schema.gathered).where(_G.subscriber_id == subscriber_id, _G.digest_id.is_(None))
    )


def forget_others(connection: Connection, issue_id: int, meant: sa.Select[tuple[int]]) -> None:
    """The issue waits for nobody's digest any more but theirs."""
    connection.execute(
        sa.delete(schema.gathered).where(
            _G.issue_id == issue_id, _G.digest_id.is_(None), _G.subscriber_id.not_in(meant)
        )
    )


def release_unsent(
    connection: Connection,
    state: DeliveryState,
    *,
    digest_id: int | None = None,
    subscriber_id: int | None = None,
) -> None:
    """Have issues wait again that a digest would have brought: its delivery ended in this state unsent.

    Of one digest, or of one reader.
    """
    d = schema.deliveries.c
    ended = sa.exists().where(
        d.issue_id == _G.digest_id, d.subscriber_id == _G.subscriber_id, d.state == state.value
    )
    of_digest = [] if digest_id is None else [_G.digest_id == digest_id]
    of_reader = [] if subscriber_id is None else [_G.subscriber_id == subscriber_id]
    connection.execute(
        sa.update(schema.gathered)
        .where(_G.digest_id.is_not(None), *of_digest, *of_reader, ended)
        .values(digest_id=None)
    )
