"""Moves of deliveries from state to state, counted: how many stand where is known without a look.

Whoever changes the state of deliveries keeps, in the same transaction, a row that says of which
issue how many went from where to where. Rows are only added: no worker waits for another one's,
as it would for a counter that all of them write. `fold` sums them up now and then. The counts of
an issue are what came into each state less what left it; `NOWHERE` is where deliveries come from
when they are queued, and go when their reader is erased.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Cursor, Prepared, cursor_of, prepare, schema
from storage.model import DeliveryState

_D = schema.deliveries.c
_M = schema.moves.c

NOWHERE: Final = ""
_SENDING: Final = DeliveryState.SENDING.value
_ACCEPTED: Final = DeliveryState.ACCEPTED.value
_FOLD_FROM: Final = 500
"""Rows beyond the sums, before they are folded into them: adding these up takes a millisecond."""

Move = tuple[int, str, str]
"""Issue, state before, state after."""


def keep_moves(connection: Connection, moved: Mapping[Move, int]) -> None:
    """Keep so many moves; those to where a delivery was already are none."""
    for (issue_id, before, after), count in moved.items():
        if before != after and count:
            given = {"issue": issue_id, "before": before, "after": after, "count": count}
            _keep_statement(connection.dialect.name).run(cursor_of(connection), given)


def keep_accepted(cursor: Cursor, issue_id: int, count: int) -> None:
    """Keep that so many messages of an issue were accepted, on SQLite and its driver."""
    if count:
        given = {"issue": issue_id, "before": _SENDING, "after": _ACCEPTED, "count": count}
        _keep_statement("sqlite").run(cursor, given)


@cache
def _keep_statement(engine: str) -> Prepared:
    values = {
        "issue_id": sa.bindparam("issue", type_=sa.BigInteger),
        "before": sa.bindparam("before", type_=sa.Text),
        "after": sa.bindparam("after", type_=sa.Text),
        "count": sa.bindparam("count", type_=sa.BigInteger),
    }
    # Not `insert(…)`, which would have SQLAlchemy ask for the row's id.
    return prepare(sa.insert(schema.moves).inline().values(values), engine)


def change_deliveries(
    connection: Connection, which: sa.ColumnElement[bool], values: Mapping[str, Any]
) -> int:
    """Change those of the deliveries, their `state` among it, and keep the moves. How many there were.

    On PostgreSQL it is one statement: nobody comes between the look and the change.
    """
    if connection.dialect.name == "postgresql":
        return connection.scalar(_change_and_count(which, values)) or 0
    state = values["state"]
    after = state if isinstance(state, sa.ColumnElement) else sa.literal(state, sa.Text)
    groups = sa.select(_D.issue_id, _D.state, after.label("after"), sa.func.count())
    moved = groups.where(which, _D.issue_id.is_not(None)).group_by(_D.issue_id, _D.state, "after")
    found = {(row[0], row[1], row[2]): row[3] for row in connection.execute(moved)}
    changed = connection.execute(sa.update(schema.deliveries).where(which).values(dict(values)))
    keep_moves(connection, found)
    return changed.rowcount


def _change_and_count(which: sa.ColumnElement[bool], values: Mapping[str, Any]) -> sa.Select[Any]:
    chosen = (
        sa.select(_D.id, _D.issue_id, _D.state.label("before"))
        .where(which)
        .with_for_update(of=schema.deliveries)
        .cte("chosen")
    )
    moved = (
        sa.update(schema.deliveries)
        .where(_D.id == chosen.c.id)
        .values(dict(values))
        .returning(chosen.c.issue_id, chosen.c.before, _D.state.label("after"))
        .cte("moved")
    )
    return sa.select(sa.func.count()).select_from(moved).add_cte(counted(moved))


def counted(moved: sa.CTE) -> sa.CTE:
    """For PostgreSQL: keeps the moves that a part of the same statement returns."""
    columns = (moved.c.issue_id, moved.c.before, moved.c.after)
    groups = (
        sa.select(*columns, sa.func.count())
        .where(moved.c.issue_id.is_not(None), moved.c.before != moved.c.after)
        .group_by(*columns)
    )
    return (
        sa.insert(schema.moves)
        .from_select(["issue_id", "before", "after", "count"], groups)
        .cte("counted")
    )


def erase_deliveries(connection: Connection, subscriber_id: int) -> None:
    """Delete the deliveries of a reader who was just deleted, and count them out.

    In that order: whoever queues mail for a reader holds the row, and so its deletion waits for them.
    """
    theirs = schema.of_readers(subscriber_id)
    deleted = sa.delete(schema.deliveries).where(theirs).returning(_D.issue_id, _D.state)
    gone: dict[Move, int] = {}
    for issue_id, state in connection.execute(deleted):
        if issue_id is not None:
            move = (issue_id, state, NOWHERE)
            gone[move] = gone.get(move, 0) + 1
    keep_moves(connection, gone)


# ── sums ─────────────────────────────────────────────────────────────────────────────────────


def sums(source: sa.FromClause, *issue_ids: int) -> sa.Select[Any]:
    """(issue, state, how many) of rows of moves: of these issues, or of all."""
    c = source.c
    ours = [c.issue_id.in_(issue_ids)] if issue_ids else []
    came = sa.select(c.issue_id, c.after.label("state"), c.count.label("n")).where(*ours)
    left = sa.select(c.issue_id, c.before.label("state"), (-c.count).label("n")).where(*ours)
    both = sa.union_all(came, left).subquery("both")
    total = sa.cast(sa.func.sum(both.c.n), sa.BigInteger)
    return (
        sa.select(both.c.issue_id, both.c.state, total)
        .where(both.c.state != NOWHERE)
        .group_by(both.c.issue_id, both.c.state)
        .having(total != 0)
    )


def count_states(connection: Connection, *issue_ids: int) -> dict[int, dict[DeliveryState, int]]:
    """How many deliveries are in each state: of these issues, or of every one."""
    found: dict[int, dict[DeliveryState, int]] = {}
    for issue_id, state, count in connection.execute(sums(schema.moves, *issue_ids)):
        found.setdefault(issue_id, {})[DeliveryState(state)] = count
    return found


def is_to_be_folded(connection: Connection) -> bool:
    """Whether many rows have gathered."""
    loose = sa.select(_M.id).where(_M.before != NOWHERE).limit(_FOLD_FROM + 1).subquery()
    count = connection.scalar(sa.select(sa.func.count()).select_from(loose))
    return (count or 0) > _FOLD_FROM


def fold(connection: Connection) -> None:
    """Put sums in the place of all rows there are; what others add meanwhile stays."""
    names = ["issue_id", "before", "after", "count"]
    if connection.dialect.name == "postgresql":
        gone = sa.delete(schema.moves).returning(*schema.moves.c).cte("gone")
        connection.execute(_sums_again(gone, names))
        return
    last = connection.scalar(sa.select(sa.func.max(_M.id))) or 0
    connection.execute(_sums_again(schema.moves, names))
    connection.execute(sa.delete(schema.moves).where(_M.id <= last))


def _sums_again(source: sa.FromClause, names: Iterable[str]) -> sa.Insert:
    summed = sums(source).subquery("summed")
    issue_id, state, count = summed.c
    again = sa.select(issue_id, sa.literal(NOWHERE, sa.Text), state, count)
    return sa.insert(schema.moves).from_select(list(names), again)


def word(member: StrEnum) -> sa.ColumnElement[str]:
    """A member as a constant of the statement, for statements that are made once."""
    return sa.literal_column(f"'{member.value}'", sa.Text)
