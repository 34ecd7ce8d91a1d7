"""Rows of the ledger: the statements that storage/ledger/ledger.py joins into transactions.

These run for every message of every issue, so each is one statement for a whole group, made
once per engine, and its plan does not depend on statistics that are old by the time a queue is
worked off.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import (
    Prepared,
    cursor_of,
    from_micros,
    prepare,
    schema,
    to_micros,
)
from storage.ledger.duties import stop
from storage.ledger.moves import change_deliveries, keep_moves, word
from storage.model import (
    Claim,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Mailing,
    SubscriberState,
    SuppressionReason,
)

_D = schema.deliveries.c
_SENDING: Final = DeliveryState.SENDING.value

# ── claiming ─────────────────────────────────────────────────────────────────────────────────


def steady_plans(connection: Connection) -> None:
    """Have PostgreSQL walk the index of due deliveries, until the end of this transaction.

    Its statistics are those of the queue before the last issue: left alone it sorts all that is
    due, 200,000 rows, for every portion.
    """
    if connection.dialect.name == "postgresql":
        names = ("bitmapscan", "hashjoin", "mergejoin", "seqscan", "sort")
        calls = ", ".join(f"set_config('enable_{name}', 'off', true)" for name in names)
        connection.execute(sa.text(f"SELECT {calls}"))


def open_issues(connection: Connection) -> list[tuple[int, int]]:
    """(id, revision) of the issues being mailed, the earliest first."""
    return [(row.id, row.revision) for row in connection.execute(_open_issues())]


@cache
def _open_issues() -> sa.Select[Any]:
    c = schema.issues.c
    is_open = c.mailing == Mailing.OPEN.value
    return sa.select(c.id, c.revision).where(is_open).order_by(c.mail_at, c.id)


def take(
    connection: Connection,
    worker: str,
    issue: tuple[int, int] | None,
    now: datetime,
    limit: int,
    *,
    again: bool = False,
) -> list[Claim]:
    """Claim up to `limit` due deliveries of an issue, or with None those that have no issue.

    With `again` only those that were tried before (see `tried_before`).
    Deliveries whose reader may not be mailed any more are stopped on the way (promise 3).
    """
    claims: list[Claim] = []
    issue_id, revision = issue or (None, 0)
    while len(claims) < limit:
        rows = _take_rows(connection, worker, issue_id, now, limit - len(claims), again=again)
        if not rows:
            break
        mine = [row for row in rows if row[-1]]
        claims += [_claim(row, issue_id, revision) for row in mine]
        if issue_id is not None:
            before = Counter(map(_STATE_BEFORE, mine))
            moved = {(issue_id, state, _SENDING): count for state, count in before.items()}
            keep_moves(connection, moved)
        if unwanted := [row[0] for row in rows if not row[-1]]:
            left = "the reader left or the address was suppressed"
            stop(connection, among(connection, unwanted), DeliveryState.SUPPRESSED, left)
    return claims


_Row = tuple[Any, ...]
_STATE_BEFORE: Final = itemgetter(-2)


def _take_rows(
    connection: Connection,
    worker: str,
    issue_id: int | None,
    now: datetime,
    limit: int,
    *,
    again: bool,
) -> Sequence[_Row]:
    """Due rows as `_due` has them; those that are wanted are now this worker's."""
    engine = connection.dialect.name
    cursor = cursor_of(connection)
    given = {"issue": issue_id, "now": to_micros(now), "limit": limit, "by": worker}
    _due_statement(engine, is_issue=issue_id is not None, again=again).run(cursor, given)
    if engine == "postgresql":
        return cursor.fetchall()
    columns = cursor.fetchall()[0]
    if columns[0] == "[]":  # as of most open issues whenever something is claimed
        return []
    rows = list(zip(*map(json.loads, columns), strict=True))
    wanted = [row[0] for row in rows if row[-1]]
    ids = columns[0] if len(wanted) == len(rows) else json.dumps(wanted)
    _take_statement().run(cursor, {"ids": ids, "by": worker})
    return rows


@cache
def _due_statement(engine: str, *, is_issue: bool, again: bool) -> Prepared:
    """On PostgreSQL the rows are taken by the same statement; SQLite cannot answer with a join.

    There each column comes as one JSON array: the driver gives way to other threads at every row
    that it fetches, and a portion would take as long as they let it.
    """
    due = _due(is_issue=is_issue, again=again)
    if engine == "sqlite":
        return prepare(sa.select(*map(sa.func.json_group_array, due.subquery("due").c)), engine)
    locked = due.with_for_update(skip_locked=True, of=schema.deliveries).cte("due")
    taken = _taken(sa.and_(_D.id == locked.c.id, locked.c.wanted == 1)).cte("taken")
    return prepare(sa.select(locked).add_cte(taken), engine)


@cache
def _take_statement() -> Prepared:
    return prepare(_taken(among_ids("sqlite")), "sqlite")


def _taken(which: sa.ColumnElement[bool]) -> sa.Update:
    return (
        sa.update(schema.deliveries)
        .where(which)
        .values(
            state=word(DeliveryState.SENDING),
            claimed_by=sa.bindparam("by", type_=sa.Text),
            due_at=sa.null(),
        )
    )


def _due(*, is_issue: bool, again: bool) -> sa.Select[Any]:
    """What a claim is made of, in the order of `_claim`; `wanted` says if it may be mailed."""
    s, suppressed = schema.subscribers.c, schema.suppressions.c
    free = suppressed.address_hash.is_(None)
    # Whoever was erased may ask to join again, and is mailed that question and nothing else (F11).
    erased = suppressed.reason == word(SuppressionReason.ERASED)
    asks = sa.and_(erased, s.state == word(SubscriberState.PENDING))
    active = s.state == word(SubscriberState.ACTIVE)
    wanted = sa.and_(free, active) if is_issue else sa.or_(free, asks)
    place = _D.issue_id == sa.bindparam("issue", type_=sa.BigInteger)
    return (
        sa.select(
            *(_D.id, _D.kind, _D.subscriber_id, s.address, s.name, s.nonce, s.language),
            *(_D.attempts, _D.doubts, _D.queued_at, _D.first_tried_at, _D.state),
            sa.case((wanted, sa.literal_column("1")), else_=sa.literal_column("0")).label("wanted"),
        )
        .join(schema.subscribers, s.id == _D.subscriber_id)
        .outerjoin(schema.suppressions, suppressed.address_hash == s.address_hash)
        .where(
            place if is_issue else _D.issue_id.is_(None),
            _D.due_at.is_not(None),
            _D.due_at <= sa.bindparam("now", type_=schema.Instant),
            *([tried_before(sa.bindparam("issue", type_=sa.BigInteger))] if again else []),
        )
        .order_by(_D.issue_id, _D.due_at, _D.id)  # as in the index, also where there is no issue
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


def tried_before(issue_id: int | sa.BindParameter[int]) -> sa.ColumnElement[bool]:
    """Second tries. They are due after the issue was: so the index spares looking at the rest."""
    mail_at = sa.select(schema.issues.c.mail_at).where(schema.issues.c.id == issue_id)
    return sa.and_(_D.first_tried_at.is_not(None), _D.due_at > mail_at.scalar_subquery())


_KINDS: Final = {kind.value: kind for kind in DeliveryKind}
_instant: Final = lru_cache(maxsize=1000)(from_micros)
"""A whole issue is queued at one moment."""


def _claim(row: _Row, issue_id: int | None, revision: int) -> Claim:
    id_, kind, subscriber_id, address, name, nonce, language = row[:7]
    attempts, doubts, queued_at, first_tried_at, _, _ = row[7:]
    return Claim(
        delivery_id=id_,
        kind=_KINDS[kind],
        issue_id=issue_id,
        issue_revision=revision,
        subscriber_id=subscriber_id,
        address=address,
        name=name,
        nonce=nonce,
        language=language,
        attempts=attempts,
        doubts=doubts,
        queued_at=_instant(queued_at),
        first_tried_at=None if first_tried_at is None else _instant(first_tried_at),
    )


# ── beginning ────────────────────────────────────────────────────────────────────────────────


def begin(
    connection: Connection, worker: str, ids: Collection[int], now: datetime
) -> frozenset[int]:
    """Mark deliveries as on the wire; those that may be. The others are not this worker's any more.

    A delivery is begun once, however often it was claimed. Asking again with the very same `now`
    gives the same answer, so that a caller who never heard it may repeat the question.
    """
    asked = {"ids": listed(connection, ids), "by": worker, "now": now}
    granted = frozenset(connection.scalars(_begin_statement(connection.dialect.name), asked))
    if refused := set(ids) - granted:
        give_back(connection, [worker], refused, now)
    return granted


def wanted(
    connection: Connection, worker: str, ids: Collection[int], now: datetime
) -> frozenset[int]:
    """Those of the deliveries that may be announced; the others are not this worker's any more."""
    asked = {"ids": listed(connection, ids), "by": worker}
    granted = frozenset(connection.scalars(_wanted_statement(connection.dialect.name), asked))
    if refused := set(ids) - granted:
        give_back(connection, [worker], refused, now)
    return granted


@cache
def _begin_statement(engine: str) -> sa.UpdateBase:
    return begin_these(among_ids(engine)).returning(_D.id)


@cache
def _wanted_statement(engine: str) -> sa.Select[Any]:
    return sa.select(_D.id).where(wanted_among(among_ids(engine)))


def begin_these(which: sa.ColumnElement[bool]) -> sa.Update:
    """Mark those of the deliveries that may be sent; asks for the parameters `by` and `now`."""
    now = sa.bindparam("now", type_=schema.Instant)
    return (
        sa.update(schema.deliveries)
        .where(_may_be_sent(which), sa.or_(_D.began_at.is_(None), _D.began_at == now))
        .values(began_at=now, first_tried_at=sa.func.coalesce(_D.first_tried_at, now))
    )


def begun_among(which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Those that were begun at `now` and may be sent; asks for the parameters `by` and `now`."""
    now = sa.bindparam("now", type_=schema.Instant)
    return sa.and_(_may_be_sent(which), _D.began_at == now)


def wanted_among(which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Those of the deliveries that may be announced; asks for the parameter `by`."""
    return sa.and_(_may_be_sent(which), _D.began_at.is_(None))


def _may_be_sent(which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    c = schema.issues.c
    to_send = sa.select(c.id).where(c.mailing == word(Mailing.OPEN))
    return sa.and_(
        which,
        _D.claimed_by == sa.bindparam("by", type_=sa.Text),
        _D.state == word(DeliveryState.SENDING),
        sa.or_(_D.issue_id.is_(None), _D.issue_id.in_(to_send)),
    )


def on_the_wire(connection: Connection, worker: str, ids: Collection[int]) -> frozenset[int]:
    """Those of the deliveries that this worker has begun and not settled."""
    if not ids:
        return frozenset()
    begun = (_D.state == _SENDING, _D.claimed_by == worker, _D.began_at.is_not(None))
    return frozenset(connection.scalars(sa.select(_D.id).where(among(connection, ids), *begun)))


# ── giving back ──────────────────────────────────────────────────────────────────────────────


def held(connection: Connection, workers: Sequence[str]) -> list[int]:
    """What is in the hands of these workers; looks only at issues that are under way."""
    under_way = [Mailing.OPEN.value, Mailing.PAUSED.value, Mailing.CANCELLED.value]
    issues = sa.select(schema.issues.c.id).where(schema.issues.c.mailing.in_(under_way))
    query = sa.select(_D.id).where(_D.state == _SENDING, _D.claimed_by.in_(workers))
    places = (_D.issue_id.is_(None), _D.issue_id.in_(issues))
    return [id_ for place in places for id_ in connection.scalars(query.where(place))]


def give_back(
    connection: Connection, workers: Sequence[str], ids: Collection[int], now: datetime
) -> int:
    """Return those of the deliveries to the queue that these workers hold and have not begun."""
    if not ids:  # as at most ends: the statement takes longer to make than all others of an end
        return 0
    which = sa.and_(
        among(connection, ids),
        _D.state == _SENDING,
        _D.claimed_by.in_(workers),
        _D.began_at.is_(None),
    )
    return change_deliveries(connection, which, unsent(now))


def unsent(now: datetime) -> dict[str, object]:
    """What a claimed delivery becomes when nothing of it was on the wire."""
    return {
        "state": sa.case(
            (_D.attempts > 0, DeliveryState.DEFERRED.value), else_=DeliveryState.QUEUED.value
        ),
        "claimed_by": None,
        "due_at": now,
    }


# ── rows and records ─────────────────────────────────────────────────────────────────────────


def among(connection: Connection, ids: Iterable[int]) -> sa.ColumnElement[bool]:
    """The deliveries of these ids, as one parameter however many they are."""
    return among_ids(connection.dialect.name, given=listed(connection, ids))


def among_ids(engine: str, given: object = None) -> sa.ColumnElement[bool]:
    """The deliveries whose ids are `given`, or in the parameter `ids` when they are not."""
    kind = sa.ARRAY(sa.BigInteger) if engine == "postgresql" else sa.Text()
    ids = sa.bindparam("ids", type_=kind) if given is None else sa.literal(given, kind)
    if engine == "postgresql":
        return _D.id == sa.any_(ids)
    each = sa.func.json_each(ids).table_valued("value")
    return _D.id.in_(sa.select(each.c.value))


def listed(connection: Connection, ids: Iterable[int]) -> object:
    """The ids as the parameter `ids` wants them."""
    all_ids = list(ids)
    return all_ids if connection.dialect.name == "postgresql" else json.dumps(all_ids)


DELIVERY: Final = tuple(
    schema.subscribers.c.address if name == "address" else _D[name]
    for name in Delivery.__dataclass_fields__
)
"""The columns of a `Delivery`."""
_STATES: Final = {state.value: state for state in DeliveryState}


def to_delivery(row: Sequence[Any]) -> Delivery:
    """Row of `DELIVERY` → record."""
    values: dict[str, Any] = dict(zip(Delivery.__dataclass_fields__, row, strict=True))
    values["kind"] = _KINDS[values["kind"]]
    values["state"] = _STATES[values["state"]]
    return Delivery(**values)
