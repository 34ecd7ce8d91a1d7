"""Owns what a row of somebody else's list says of its reader: mailed there, left there, or neither. Pure.

Each column that speaks of status, consent, bounces, complaints or leaving has values that are good;
whatever else stands in it makes nobody a reader (rule F17). The words are in
newsletter/subscribing/words.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from newsletter.subscribing import words


class Membership(StrEnum):
    """What one cell says, or all cells of a row together. The later ones outweigh the earlier."""

    SILENT = "silent"
    """Nothing."""
    GOOD = "good"
    """A reader."""
    DOUBTFUL = "doubtful"
    """What no reader's cell says."""
    LEFT = "left"
    """Left, bounced, complained or was shut out."""


_WEIGHT = {membership: weight for weight, membership in enumerate(Membership)}


class Topic(StrEnum):
    """What a column speaks of."""

    LEAVING = "leaving"
    """Good: empty, no, zero."""
    WAITING = "waiting"
    """What is still missing. Good: empty, no, zero."""
    STATUS = "status"
    """Good: a word for a reader."""
    STATE = "state"
    """Status, unless the list has another column for that, or says where people live."""
    KIND = "kind"
    """Anything, but no word for those who left or wait."""
    CONSENT = "consent"
    """Good: yes, a word for a reader, a time."""
    MOMENT = "moment"
    """When they agreed. Good: a time, or nothing."""
    WORDING = "wording"
    """How they agreed, in their author's words; a plain no is none."""
    MAILING = "mailing"
    """A mailing's name. A no below it is a no."""
    PREFERENCE = "preference"
    """How they want the mail."""
    ELSEWHERE = "elsewhere"
    """Text messages, letters: nothing for us."""
    OTHER = "other"
    """Something else. Only what cannot be misread counts."""

    @property
    def is_judged(self) -> bool:
        """Whether a column of this topic decides who is a reader."""
        return self not in (Topic.OTHER, Topic.ELSEWHERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the header."""

    title: str
    """As it is written."""
    topic: Topic
    counts: bool = False
    """Holds a number: of bounces, of complaints."""
    names_status: bool = False
    tells_why: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMembership:
    """What a row says, and in which of its cells."""

    membership: Membership
    column: str = ""
    cell: str = ""
    left_at: str = ""
    """The cell that says when they left, if one does."""

    @property
    def reason(self) -> str:
        """Why it is no reader's row, as a sentence without its subject."""
        shown = " ".join(self.cell.split())[:60] or "empty"
        if self.membership is Membership.LEFT:
            return f"left or was shut out there ({self.column}: {shown})"
        return f"is not said to be a reader there ({self.column}: {shown})"


_SILENT: Final = RowMembership(membership=Membership.SILENT)
_SEPARATORS: Final = re.compile("[,;|]")
_MOST_LOOKED_AT: Final = 1000
_PLACES = frozenset({"city", "country", "zip", "zip code", "postal code", "postcode", "street"})
_PLACES_TOO = frozenset({"address", "cidade", "ciudad", "pais", "province", "state province"})


def read_header(titles: Sequence[str], *, settled: Collection[int] = ()) -> list[Column]:
    """What each column speaks of; `settled` are those of which that is known already."""
    folded = [words.fold(title) for title in titles]
    topics = [
        Topic.ELSEWHERE if number in settled else _topic(name) for number, name in enumerate(folded)
    ]
    is_told_elsewhere = Topic.STATUS in topics or bool((_PLACES | _PLACES_TOO).intersection(folded))
    return [
        Column(
            title=" ".join(title.split()),
            topic=Topic.KIND if topic is Topic.STATE and is_told_elsewhere else topic,
            counts=words.is_count(name),
            names_status=words.is_of_status(name),
            tells_why=words.is_reason(name),
        )
        for title, name, topic in zip(titles, folded, topics, strict=True)
    ]


def _topic(name: str) -> Topic:
    if words.is_of_another_channel(name):
        return Topic.ELSEWHERE
    if name == "consent":
        return Topic.WORDING
    if words.is_of_leaving(name):
        return Topic.ELSEWHERE if words.is_key(name) else Topic.LEAVING
    if words.is_of_another_thing(name) and not (
        words.is_of_mail(name) and words.is_of_status(name)
    ):
        return Topic.OTHER
    if words.is_of_waiting(name):
        return Topic.WAITING
    return _good_topic(name)


def _good_topic(name: str) -> Topic:
    """Of a column in which something must stand for a reader."""
    if words.is_of_kind(name):
        return Topic.KIND
    if words.is_of_status(name) or name in ("subscription", "email subscription"):
        return Topic.STATUS
    if words.is_of_state(name):
        return Topic.STATE
    if words.is_of_mailings(name):
        return Topic.MAILING
    if words.is_of_preference(name):
        return Topic.PREFERENCE
    if words.is_of_consent(name):
        if words.is_detail(name):
            return Topic.OTHER
        return Topic.MOMENT if words.is_moment(name) else Topic.CONSENT
    return Topic.OTHER


_MOST_KNOWN: Final = 4096
"""Different cells of a column whose meaning is remembered. A list says the same of many readers."""


class RowJudge:
    """What rows of a list say; it remembers what cells of each column said."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._count = len(columns)
        self._columns = [
            (number, column, dict[str, _Meaning]())
            for number, column in enumerate(columns)
            if column.topic is not Topic.ELSEWHERE
        ]

    def __call__(self, cells: Sequence[str]) -> RowMembership:
        """What a row says: the gravest of its cells. A cell that the row lacks is none of a reader's.

        An empty cell below a question of consent is no answer: it counts against a reader of whom no
        other cell says that they are one.
        """
        gravest, left_at, count = _SILENT, "", len(cells)
        unanswered: Column | None = None
        for number, column, known in self._columns:
            if number >= count:
                break
            cell = cells[number]
            meaning = known.get(cell) or _remember(known, column, cell)
            if meaning is _NOTHING:
                continue
            if _WEIGHT[meaning.membership] > _WEIGHT[gravest.membership]:
                gravest = RowMembership(
                    membership=meaning.membership, column=column.title, cell=cell
                )
            if meaning.is_no_answer:
                unanswered = unanswered or column
            if meaning.is_end:
                left_at = left_at or cell
        missing = self._missing(cells) if count < self._count else None
        missing = missing or (unanswered if gravest.membership is Membership.SILENT else None)
        if missing is not None and _WEIGHT[gravest.membership] < _WEIGHT[Membership.DOUBTFUL]:
            return RowMembership(membership=Membership.DOUBTFUL, column=missing.title)
        return replace(gravest, left_at=left_at) if left_at else gravest

    def _missing(self, cells: Sequence[str]) -> Column | None:
        """The first judged column for which the row has no cell."""
        lacking = (one for number, one, _ in self._columns if number >= len(cells))
        return next((one for one in lacking if one.topic.is_judged), None)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a cell says, in the column where it stands."""

    membership: Membership
    is_no_answer: bool
    """To a question of consent."""
    is_end: bool
    """Whether it says when they left."""


_NOTHING: Final = _Meaning(Membership.SILENT, is_no_answer=False, is_end=False)


def _remember(known: dict[str, _Meaning], column: Column, cell: str) -> _Meaning:
    if len(known) >= _MOST_KNOWN:
        known.clear()
    meaning = _Meaning(
        judge_cell(column, cell),
        is_no_answer=column.topic is Topic.CONSENT and words.is_nothing(cell),
        is_end=column.topic is Topic.LEAVING and words.looks_dated(cell),
    )
    known[cell] = meaning = _NOTHING if meaning == _NOTHING else meaning
    return meaning


def judge_cell(column: Column, cell: str) -> Membership:
    """What one cell says."""
    if column.topic is Topic.ELSEWHERE or not cell:
        return Membership.SILENT
    if column.topic is Topic.OTHER:
        return _judge_other(cell)
    if column.topic is Topic.MOMENT and words.is_plain_date(cell):
        return Membership.GOOD
    if words.is_nothing(cell):
        return Membership.SILENT
    value = words.fold(cell)
    if column.topic is Topic.LEAVING:
        return _judge_leaving(column, cell, value)
    if column.topic in (Topic.CONSENT, Topic.MOMENT):
        return _judge_consent(column, cell, value)
    return _JUDGES[column.topic](value)


def _judge_leaving(column: Column, cell: str, value: str) -> Membership:
    if value in words.NO or value == "ok":
        return Membership.SILENT
    if column.counts:
        return Membership.DOUBTFUL
    if column.names_status and value in words.GOOD:
        return Membership.GOOD
    gone = value in words.YES or words.looks_dated(cell) or words.says_left(value)
    return Membership.LEFT if gone or column.tells_why else Membership.DOUBTFUL


def _judge_consent(column: Column, cell: str, value: str) -> Membership:
    if value in words.YES or value in words.GOOD:
        return Membership.GOOD
    if words.says_left(value):
        return Membership.LEFT
    if words.looks_dated(cell) and not words.says_never(value):
        return Membership.GOOD
    if value in words.NO and not words.is_of_confirming(words.fold(column.title)):
        return Membership.LEFT
    return Membership.DOUBTFUL


def _judge_waiting(value: str) -> Membership:
    return Membership.SILENT if value in words.NO else Membership.DOUBTFUL


def _judge_status(value: str) -> Membership:
    if value in words.GOOD:
        return Membership.GOOD
    gone = words.says_left(value) and not words.says_never(value)
    return Membership.LEFT if gone else Membership.DOUBTFUL


def _judge_wording(value: str) -> Membership:
    if value in words.YES or value in words.GOOD:
        return Membership.GOOD
    is_short = value.count(" ") < 3
    if value in words.NO or (is_short and words.says_left(value)):
        return Membership.LEFT
    if words.says_never(value) or (is_short and words.says_waits(value)):
        return Membership.DOUBTFUL
    return Membership.SILENT


def _judge_mailing(value: str) -> Membership:
    return Membership.LEFT if value in words.NO else _judge_aside(value)


def _judge_preference(value: str) -> Membership:
    if value in words.GOOD_PREFERENCES:
        return Membership.GOOD
    return Membership.LEFT if words.says_left(value) else Membership.DOUBTFUL


def _judge_aside(value: str) -> Membership:
    """Of a column that may hold anything: it tells only those who left or wait."""
    if words.says_left(value):
        return Membership.LEFT
    return Membership.DOUBTFUL if words.says_waits(value) else Membership.SILENT


def _judge_other(cell: str) -> Membership:
    """Of anything else, also of several tags in one cell."""
    glaring = next(filter(words.is_glaring, _SEPARATORS.split(cell[:_MOST_LOOKED_AT])), None)
    if glaring is None:
        return Membership.SILENT
    return Membership.DOUBTFUL if words.says_waits(words.fold(glaring)) else Membership.LEFT


_JUDGES: Final = MappingProxyType(
    {
        Topic.WAITING: _judge_waiting,
        Topic.STATUS: _judge_status,
        Topic.STATE: _judge_status,
        Topic.KIND: _judge_aside,
        Topic.WORDING: _judge_wording,
        Topic.MAILING: _judge_mailing,
        Topic.PREFERENCE: _judge_preference,
    }
)
