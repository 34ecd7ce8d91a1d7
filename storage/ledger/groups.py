"""A group of usual outcomes, and what goes on the wire next: one short trip to the database.

Part of `Ledger.record`: nearly every message is accepted, and nearly everything that was claimed
may be sent. What is not so is left to storage/ledger/outcomes.py and storage/ledger/rows.py, which look
closer. SQLite gets few statements of many rows, since the driver gives way to other threads at
each step; PostgreSQL gets one statement.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from storage.database import Cursor, Prepared, portions, prepare, schema, storable, to_micros
from storage.ledger.moves import counted, keep_accepted, word
from storage.ledger.rows import begin_these, begun_among, wanted_among
from storage.model import DeliveryState, Settlement

_D = schema.deliveries.c
_ACCEPTED: Final = DeliveryState.ACCEPTED
"""At hand: each outcome is compared with it."""
_ONE: Final[sa.ColumnElement[int]] = sa.literal_column("1")
_NOTHING: Final[sa.ColumnElement[str]] = sa.literal_column("''")
_OUTCOME: Final[dict[str, sa.types.TypeEngine[Any]]] = {
    "id": sa.BigInteger(),
    "at": sa.BigInteger(),
    "code": sa.Integer(),
    "status": sa.Text(),
    "reply": sa.Text(),
}
"""What differs between two accepted messages."""
_ROW: Final = "SELECT " + ", ".join(f"? AS {name}" for name in _OUTCOME)
"""One of them among those given to SQLite."""
_IN: Final = "IN (?)"
_LISTED: Final = _D.id.in_(sa.text("?"))
"""Whether a delivery is one of those given to SQLite: `_IN`, for one of them."""


def is_usual(settlement: Settlement) -> bool:
    """Whether nothing follows from this outcome but that it is kept: the message was accepted."""
    return (
        settlement.state is _ACCEPTED
        and settlement.counts
        and settlement.due_at is None
        and settlement.suppress is None
        and not settlement.reason
    )


def are_apart(
    settlements: Sequence[Settlement], begins: Collection[int], asks: Collection[int]
) -> bool:
    """Whether no delivery is named twice, so that it does not matter what is done first."""
    named = {one.delivery_id for one in settlements}.union(begins, asks)
    return len(named) == len(settlements) + len(begins) + len(asks)


def write_group(
    cursor: Cursor,
    worker: str,
    accepted: Sequence[Settlement],
    begins: Collection[int],
    asks: Collection[int],
    now: datetime,
    *,
    is_sqlite: bool,
) -> frozenset[int]:
    """Record usual outcomes, mark `begins` as on the wire, and look at `asks`.

    Returns those of `begins` and `asks` that are granted. All must be apart (see `are_apart`). On
    PostgreSQL it is one statement.
    """
    write = _write_sqlite if is_sqlite else _write_postgresql
    return write(cursor, worker, accepted, list(begins), list(asks), to_micros(now))


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────


def _write_sqlite(
    cursor: Cursor,
    worker: str,
    accepted: Sequence[Settlement],
    begins: list[int],
    asks: list[int],
    now: int,
) -> frozenset[int]:
    granted: set[int] = set()
    for part, size in portions(len(accepted)):
        _settle_sqlite(cursor, worker, accepted[part], size)
    for part, size in portions(len(begins)):
        ids = _padded(begins[part], size)
        cursor.execute(_begin_text(size), (now, now, *ids, worker, now))
        if cursor.rowcount == len(begins[part]):
            granted.update(begins[part])
        else:
            cursor.execute(_begun_text(size), (*ids, worker, now))
            granted.update(json.loads(cursor.fetchall()[0][0]))
    for part, size in portions(len(asks)):
        cursor.execute(_ask_text(size), (*_padded(asks[part], size), worker))
        granted.update(json.loads(cursor.fetchall()[0][0]))
    return frozenset(granted)


def _settle_sqlite(cursor: Cursor, worker: str, accepted: Sequence[Settlement], size: int) -> None:
    """Settles a portion and keeps its moves: usually they are of one issue, and how many changed
    is all there is to know.
    """
    issue_ids = {one.issue_id for one in accepted}
    issue_id = issue_ids.pop() if len(issue_ids) == 1 else None
    if issue_id is None:
        ids = _padded([one.delivery_id for one in accepted], size)
        cursor.execute(_count_text(size), (*ids, worker))
    cursor.execute(_settle_text(size), _flat(accepted, size, worker))
    if issue_id is not None:
        keep_accepted(cursor, issue_id, cursor.rowcount)


def _flat(accepted: Sequence[Settlement], size: int, worker: str) -> list[object]:
    """The parameters of `_settle_text`: rows that are missing have no id, and so change nothing."""
    flat: list[object] = []
    for one in accepted:
        flat += (
            one.delivery_id,
            to_micros(one.at),
            one.code,
            storable(one.status),
            storable(one.reply),
        )
    flat += [None] * (len(_OUTCOME) * (size - len(accepted)))
    flat.append(worker)
    return flat


def _padded(ids: list[int], size: int) -> list[int | None]:
    return [*ids, *[None] * (size - len(ids))]


@cache
def _settle_text(size: int) -> str:
    return _settle_one().replace(_ROW, " UNION ALL ".join([_ROW] * size))


@cache
def _count_text(size: int) -> str:
    return _listing(_count_one(), size)


@cache
def _begin_text(size: int) -> str:
    return _listing(_begin_one(), size)


@cache
def _begun_text(size: int) -> str:
    """Those that the begin just marked, when they are not all: asked in the same transaction."""
    return _listing(_begun_one(), size)


@cache
def _ask_text(size: int) -> str:
    return _listing(_ask_one(), size)


def _listing(text: str, size: int) -> str:
    return text.replace(_IN, f"IN ({', '.join('?' * size)})")


@cache
def _settle_one() -> str:
    return _text(_settle(sa.text(_ROW).columns(**_OUTCOME).subquery("new")), _ROW, [], ["by"])


@cache
def _count_one() -> str:
    """Keeps the moves that `_settle_text` is about to make: nobody else writes meanwhile."""
    ours = (
        _LISTED,
        _D.claimed_by == sa.bindparam("by", type_=sa.Text),
        _D.state == word(DeliveryState.SENDING),
        _D.issue_id.is_not(None),
    )
    columns = (_D.issue_id, word(DeliveryState.SENDING), word(DeliveryState.ACCEPTED))
    groups = sa.select(*columns, sa.func.count()).where(*ours).group_by(_D.issue_id)
    names = ["issue_id", "before", "after", "count"]
    return _text(sa.insert(schema.moves).from_select(names, groups), _IN, [], ["by"])


@cache
def _begin_one() -> str:
    return _text(begin_these(_LISTED), _IN, ["now", "now"], ["by", "now"])


@cache
def _begun_one() -> str:
    return _text(_ids(begun_among(_LISTED)), _IN, [], ["by", "now"])


@cache
def _ask_one() -> str:
    return _text(_ids(wanted_among(_LISTED)), _IN, [], ["by"])


def _ids(which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The ids as one JSON array: the driver gives way to other threads at each row."""
    return sa.select(sa.func.json_group_array(_D.id)).where(which)


def _text(
    statement: sa.ClauseElement, part: str, before: Sequence[str], after: Sequence[str]
) -> str:
    """The statement for one row, which is `part`, between the parameters before and after it.

    That for many is made from it: SQLAlchemy takes 20 ms for the 64 rows of `_settle_text`.
    """
    prepared = prepare(statement, "sqlite")
    first, *others = prepared.text.split(part)
    if len(others) != 1 or (*before, *after) != prepared.names or first.count("?") != len(before):
        raise AssertionError(f"parameters are not where they are put: {prepared.text}")
    return prepared.text


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────


def _write_postgresql(
    cursor: Cursor,
    worker: str,
    accepted: Sequence[Settlement],
    begins: list[int],
    asks: list[int],
    now: int,
) -> frozenset[int]:
    given = {
        "id": _array([one.delivery_id for one in accepted]),
        "at": _array([to_micros(one.at) for one in accepted]),
        "code": _array(["NULL" if one.code is None else one.code for one in accepted]),
        "status": _texts([one.status for one in accepted]),
        "reply": _texts([one.reply for one in accepted]),
        "begins": _array(begins),
        "asks": _array(asks),
        "by": worker,
        "now": now,
    }
    _group_statement().run(cursor, given)
    return frozenset(row[0] for row in cursor.fetchall())


def _array(items: Sequence[object]) -> str:
    """An array as PostgreSQL reads it: for the driver a short text is cheaper than a list."""
    return "{" + ",".join(map(str, items)) + "}"


def _texts(texts: list[str]) -> str:
    """The texts as such an array, made of all at once; NUL parts them, for no text that is kept
    has one (see `storable`).
    """
    joined = "\0".join(texts)
    if not joined.isascii() or joined.count("\0") >= len(texts):
        joined = "\0".join(map(storable, texts))
    quoted = joined.replace("\\", "\\\\").replace('"', '\\"').replace("\0", '","')
    return f'{{"{quoted}"}}' if texts else "{}"


@cache
def _group_statement() -> Prepared:
    """All of it: the parts see the same moment, and touch different rows."""
    arrays = [sa.bindparam(name, type_=sa.ARRAY(kind)) for name, kind in _OUTCOME.items()]
    columns = [sa.column(name, kind) for name, kind in _OUTCOME.items()]
    new = sa.func.unnest(*arrays).table_valued(*columns).render_derived(name="new")
    begun = begin_these(_any("begins")).returning(_D.id).cte("begun")
    asked = sa.select(_D.id).where(wanted_among(_any("asks"))).cte("asked")
    granted = sa.union_all(sa.select(begun.c.id), sa.select(asked.c.id))
    sending, accepted = word(DeliveryState.SENDING), word(DeliveryState.ACCEPTED)
    told = (_D.issue_id, sending.label("before"), accepted.label("after"))
    settled = _settle(new).returning(*told).cte("settled")
    return prepare(granted.add_cte(counted(settled)), "postgresql")


def _any(name: str) -> sa.ColumnElement[bool]:
    return _D.id == sa.any_(sa.bindparam(name, type_=sa.ARRAY(sa.BigInteger)))


# ── both ─────────────────────────────────────────────────────────────────────────────────────


def _settle(new: sa.FromClause) -> sa.Update:
    """Leaves `due_at` alone: a row that is held has none, and its index is not touched then."""
    at = sa.type_coerce(new.c.at, schema.Instant)
    ours = (
        _D.claimed_by == sa.bindparam("by", type_=sa.Text),
        _D.state == word(DeliveryState.SENDING),
    )
    return (
        sa.update(schema.deliveries)
        .where(_D.id == new.c.id, *ours)
        .values(
            state=word(DeliveryState.ACCEPTED),
            attempts=_D.attempts + _ONE,
            settled_at=at,
            first_tried_at=sa.func.coalesce(_D.first_tried_at, at),
            code=new.c.code,
            status=new.c.status,
            reply=new.c.reply,
            reason=_NOTHING,
            claimed_by=sa.null(),
            began_at=sa.null(),
        )
    )
