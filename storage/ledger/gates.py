"""The gates of an issue's mail: the warm-up's allowance and the first cohort, kept over claims.

Whoever was tried before may always be tried again; only readers who were not are held back, in the
queue and untried. How many may be claimed is counted in the ledger itself, in the transaction that
claims them and one transaction at a time: so it holds over any number of workers, a crash cannot
lose the count, and what is given back can be claimed again. Counting looks at every delivery there
is; only those who have set a gate pay for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import insert_new, schema, serialise, to_micros
from storage.ledger.duties import move_mailing
from storage.ledger.rows import open_issues, take, tried_before
from storage.model import (
    Allowance,
    Answer,
    Claim,
    CohortRule,
    CohortSeen,
    CohortStep,
    DeliveryState,
    Log,
    Mailing,
    Step,
    Waiting,
    WarmUpRule,
)

log = Log()

_D = schema.deliveries.c
_M = schema.meta.c
_SENDING: Final = DeliveryState.SENDING.value
_UNTRIED: Final = _D.first_tried_at.is_(None)
_DAY: Final = timedelta(days=1)
_FRESH_FOR: Final = timedelta(seconds=10)
"""How long closed gates are believed to be closed without counting again."""


@dataclass(slots=True, kw_only=True)
class Rooms:
    """How many readers who were not tried yet each open issue may go to now."""

    allowance: Allowance | None = None
    steps: Mapping[int, CohortStep] = field(default_factory=dict)
    """By issue; those whose cohort is still to be decided over."""
    _taken: dict[int, int] = field(default_factory=dict)

    @property
    def left(self) -> int | None:
        """What the allowance leaves for all issues together."""
        if self.allowance is None:
            return None
        return max(self.allowance.room - sum(self._taken.values()), 0)

    def of(self, issue_id: int) -> int | None:
        """How many; None is without a bound."""
        rooms = [] if self.left is None else [self.left]
        if (step := self.steps.get(issue_id)) is not None and step.step is not Step.PASS:
            rooms.append(step.room - self._taken.get(issue_id, 0))
        return max(min(rooms), 0) if rooms else None

    def is_stopped(self, issue_id: int) -> bool:
        """Whether the next claim will pause the issue."""
        step = self.steps.get(issue_id)
        return step is not None and step.step is Step.STOP

    def spend(self, issue_id: int, count: int) -> None:
        """Take so many readers of the issue off what may be claimed."""
        self._taken[issue_id] = self._taken.get(issue_id, 0) + count

    def take(
        self, connection: Connection, worker: str, issue: tuple[int, int], now: datetime, limit: int
    ) -> list[Claim]:
        """Claims up to `limit` due deliveries of the issue: second tries, then as the room allows."""
        room = self.of(issue[0])
        if room is None:
            return take(connection, worker, issue, now, limit)
        again = take(connection, worker, issue, now, limit, again=True)
        claims = take(connection, worker, issue, now, min(room, limit - len(again)))
        self.spend(issue[0], len(claims))
        return again + claims

    def opens_at(self, issue_id: int) -> datetime | None:
        """When an issue without room gets some by itself; None while outcomes are waited for."""
        times = []
        if self.allowance is not None and not self.allowance.room:
            times.append(self.allowance.until)
        if (step := self.steps.get(issue_id)) is not None and step.step is not Step.PASS:
            if step.until is None and not step.room:
                return None
            times += [step.until] if step.until is not None else []
        return max(times, default=None)


class Gates:
    """What the author bounds; without a rule everything passes."""

    def __init__(
        self, *, warmup: WarmUpRule | None = None, cohort: CohortRule | None = None
    ) -> None:
        self._warmup = warmup
        self._cohort = cohort
        self._shut: tuple[datetime, frozenset[int], datetime | None] | None = None
        """When all gates were seen closed, for which issues, and when something becomes due."""

    @property
    def is_open(self) -> bool:
        """Whether nothing is bounded at all."""
        return self._warmup is None and self._cohort is None

    def pass_through(self, connection: Connection, now: datetime) -> Rooms:
        """What may be claimed in this transaction; decides over cohorts on the way.

        To be called before anything else in it: what is counted must not change until it commits.
        """
        if self.is_open:
            return Rooms()
        self._shut = None
        serialise(connection, "gates")
        rooms = self.look(connection, now)
        for issue_id, step in rooms.steps.items():
            if step.step in (Step.PASS, Step.STOP):
                _keep_verdict(connection, issue_id, step)
        return rooms

    def look(self, connection: Connection, now: datetime) -> Rooms:
        """As `pass_through`, but decides over no cohort and changes nothing."""
        issues = [issue_id for issue_id, _ in open_issues(connection)]
        return Rooms(
            allowance=_allow(connection, self._warmup, now) if self._warmup and issues else None,
            steps={} if self._cohort is None else _decide(connection, self._cohort, issues, now),
        )

    def allowance(self, connection: Connection, now: datetime) -> Allowance | None:
        """What the warm-up allows today, whether or not an issue is open."""
        return _allow(connection, self._warmup, now) if self._warmup else None

    def excuse(self, connection: Connection, issue_id: int, now: datetime) -> None:
        """What was refused so far shall not stop the issue again: its author says so."""
        if self._cohort is None:
            return
        self._shut = None
        serialise(connection, "gates")
        for step in _decide(connection, self._cohort, [issue_id], now).values():
            if step.step is Step.STOP:
                _put_mark(connection, issue_id, step)

    def waiting(self, connection: Connection, now: datetime) -> dict[int, tuple[Waiting, ...]]:
        """Why readers wait who are due, by issue."""
        if self.is_open:
            return {}
        rooms = self.look(connection, now)
        found = {}
        for issue_id, _ in open_issues(connection):
            readers = _count_untried(connection, issue_id, now)
            found[issue_id] = _explain(rooms, issue_id, readers)
            rooms.spend(issue_id, min(readers, rooms.of(issue_id) or 0))
        return {issue_id: waits for issue_id, waits in found.items() if waits}

    def lets_in(self, connection: Connection, now: datetime) -> bool:
        """Whether a claim would take readers who are due, or decide over their issue."""
        rooms = self.look(connection, now)
        return any(
            (rooms.of(issue_id) != 0 or rooms.is_stopped(issue_id))
            and _count_untried(connection, issue_id, now)
            for issue_id, _ in open_issues(connection)
        )

    def next_due(self, connection: Connection, now: datetime) -> datetime | None:
        """When the next delivery of an issue may be claimed, as far as is known now."""
        issues = frozenset(issue_id for issue_id, _ in open_issues(connection))
        if self._shut is not None:
            at, known, due = self._shut
            if known == issues and at <= now < min(at + _FRESH_FOR, due or now + _DAY):
                return due
        rooms = self.look(connection, now)
        times = [_issue_due(connection, rooms, issue_id) for issue_id in issues]
        due = min((time for time in times if time is not None), default=None)
        if all(rooms.of(issue_id) == 0 and rooms.opens_at(issue_id) for issue_id in issues):
            self._shut = (now, issues, due)
        return due


# ── counting ─────────────────────────────────────────────────────────────────────────────────


def _allow(connection: Connection, rule: WarmUpRule, now: datetime) -> Allowance:
    """The day's allowance, from how many readers were tried first on each of the last days."""
    since, today = rule.look_back(now)
    tried_at = sa.type_coerce(_D.first_tried_at, sa.BigInteger)
    day = (tried_at - to_micros(since)) // (_DAY // timedelta(microseconds=1))
    claimed = sa.and_(_D.state == _SENDING, _UNTRIED)
    rows = connection.execute(
        sa.select(sa.func.coalesce(day, today).label("day"), sa.func.count())
        .where(_D.issue_id.is_not(None), sa.or_(_D.first_tried_at >= since, claimed))
        .group_by(sa.text("day"))
    )
    days = [0] * (today + 1)
    for at, count in rows:
        days[min(at, today)] += count
    return rule.decide(days, now)


def _decide(
    connection: Connection, rule: CohortRule, issues: Iterable[int], now: datetime
) -> dict[int, CohortStep]:
    decided = _decided(connection)
    return {
        issue_id: rule.decide(_see(connection, issue_id), now)
        for issue_id in issues
        if _mark(issue_id) not in decided
    }


def _see(connection: Connection, issue_id: int) -> CohortSeen:
    is_taken = _D.state == DeliveryState.ACCEPTED.value
    reply = sa.case((is_taken, ""), else_=_D.reply)  # each has its queue id: nobody needs them
    kind = (_D.state, _D.code, _D.status, reply.label("said"))
    last = sa.func.max(_D.first_tried_at, type_=schema.Instant)
    rows = connection.execute(
        sa.select(*kind, sa.func.count().label("readers"), last.label("last"))
        .where(
            _D.issue_id == issue_id,
            sa.or_(_D.first_tried_at.is_not(None), _D.state == _SENDING),
        )
        .group_by(*kind)
    ).all()
    answers = [
        Answer(
            state=DeliveryState(row.state),
            code=row.code,
            status=row.status,
            reply=row.said,
            count=row.readers,
        )
        for row in rows
    ]
    tried = [row.last for row in rows if row.last is not None]
    return CohortSeen(
        answers=tuple(answers),
        last_tried_at=max(tried, default=None),
        rest=_earliest(connection, issue_id, _UNTRIED) is not None,
    )


def _count_untried(connection: Connection, issue_id: int, now: datetime) -> int:
    return connection.scalars(
        sa.select(sa.func.count()).where(
            _D.issue_id == issue_id, _D.due_at.is_not(None), _D.due_at <= now, _UNTRIED
        )
    ).one()


def _issue_due(connection: Connection, rooms: Rooms, issue_id: int) -> datetime | None:
    room = rooms.of(issue_id)
    first = _earliest(connection, issue_id, _UNTRIED)
    again = _earliest(connection, issue_id, tried_before(issue_id))
    if first is not None and room == 0 and not rooms.is_stopped(issue_id):
        opens_at = rooms.opens_at(issue_id)
        first = None if opens_at is None else max(first, opens_at)
    return min((due for due in (first, again) if due is not None), default=None)


def _earliest(
    connection: Connection, issue_id: int, which: sa.ColumnElement[bool]
) -> datetime | None:
    query = sa.select(_D.due_at).where(_D.issue_id == issue_id, _D.due_at.is_not(None), which)
    return connection.scalar(query.order_by(_D.due_at).limit(1))


def _explain(rooms: Rooms, issue_id: int, readers: int) -> tuple[Waiting, ...]:
    step, allowance = rooms.steps.get(issue_id), rooms.allowance
    waits = []
    if step is not None and step.step in (Step.FILL, Step.WAIT) and readers > step.room:
        waits.append(Waiting(readers=readers - step.room, cohort=step))
    if allowance is not None and (held := readers - (rooms.left or 0)) > 0:
        waits.append(Waiting(readers=held, allowance=allowance))
    return tuple(waits)


# ── verdicts ─────────────────────────────────────────────────────────────────────────────────

_MARKS: Final = "cohort:"


def _mark(issue_id: int) -> str:
    return f"{_MARKS}{issue_id}"


def _decided(connection: Connection) -> set[str]:
    """The issues whose cohort was decided over, once and for all."""
    return set(connection.scalars(sa.select(_M.key).where(_M.key.startswith(_MARKS))))


def _put_mark(connection: Connection, issue_id: int, step: CohortStep) -> None:
    insert_new(connection, schema.meta, {"key": _mark(issue_id), "value": step.step.value})


def _keep_verdict(connection: Connection, issue_id: int, step: CohortStep) -> None:
    """Once the author resumes a stopped issue its cohort is not looked at again."""
    _put_mark(connection, issue_id, step)
    if step.step is Step.STOP:
        # What is claimed and not begun is given back when its turn comes: the issue is not open.
        move_mailing(connection, issue_id, Mailing.PAUSED, step.reason)
        log.warning("issue.paused", issue=issue_id, reason=step.reason)
