"""How SQLite is asked for issues by their words: full-text tables of terms and of Arabic stems
(storage/database/schema/words.py).
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.archive.asking import Bounds, Listed, apart

if TYPE_CHECKING:
    from storage.model import Phrase

# By their numbers, which mostly are in the order of their dates: whoever has read enough of them stops.
# All numbers come in one row: SQLite makes a list of them in a tenth of what a row for each takes.
_MATCHED: Final = """
SELECT json_group_array(rowid) FROM (
  SELECT rowid FROM {table} WHERE {table} MATCH :{table} AND rowid < :below {and_others}
  ORDER BY rowid DESC LIMIT :most
)
"""
# The plus sign: each of the others would be a search of its own otherwise.
_AND_STEMS: Final = (
    "AND +rowid IN (SELECT rowid FROM issue_stems WHERE issue_stems MATCH :issue_stems)"
)
# Both out of the index alone that has the dates.
_LATEST: Final = """
SELECT json_group_array(id) FROM (
  SELECT id FROM issues INDEXED BY ix_issues_state_published_at
  WHERE state = 'live' ORDER BY published_at DESC, id DESC LIMIT :most
)
"""
_NEWEST: Final = """
SELECT json_group_array(id) FROM (
  SELECT id FROM issues INDEXED BY ix_issues_state_published_at
  WHERE state = 'live' AND id IN (SELECT value FROM json_each(:ids))
  ORDER BY published_at DESC, id DESC LIMIT :most
)
"""
# Between the first and the last of them all are gone through, and no others.
_MARKS: Final = """
WITH marked AS MATERIALIZED (
  SELECT rowid, bm25({table}, 8.0, 1.0) AS mark FROM {table}
  WHERE {table} MATCH :terms AND rowid BETWEEN :first AND :last
    AND +rowid IN (SELECT value FROM json_each(:ids))
)
SELECT json_group_array(json_array(rowid, mark)) FROM marked
"""
_TERMS: Final = "issue_terms"
_STEMS: Final = "issue_stems"
_EVERY: Final = -1
_HIGHEST: Final = 2**63 - 1
"""Number that an issue may have."""


class Fts5:
    """Some phrases, as SQLite is asked for them."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        # An Arabic word is looked for as a beginning of stems, which stands for all of its forms.
        asked = {
            _TERMS: " AND ".join(_quoted(phrase) for phrase in phrases if not phrase.also),
            _STEMS: " AND ".join(_quoted(phrase) for phrase in phrases if phrase.also),
        }
        self._asked = {table: query for table, query in asked.items() if query}
        first, *others = self._asked
        self._matched = _MATCHED.format(table=first, and_others=_AND_STEMS if others else "")
        terms = apart(phrases)
        # Any of them, for an issue may have a word in the title only.
        compared = {
            _TERMS: " OR ".join(_quoted(term) for term in terms if not term.also),
            _STEMS: " OR ".join(_quoted(term) for term in terms if term.also),
        }
        self._compared = {table: query for table, query in compared.items() if query}

    def page(self, connection: Connection, bounds: Bounds, *, limit: int, offset: int) -> Listed:
        """The page that begins behind `offset` issues."""
        newest = self._newest(connection, bounds.found + 1)
        found = newest[: bounds.found]
        if len(found) > 1 and offset < bounds.ranked:
            found[: bounds.ranked] = self._rank(connection, found[: bounds.ranked])
        return Listed(total=len(newest), ids=found[offset : offset + limit])

    def _newest(self, connection: Connection, most: int) -> list[int]:
        """The issues that have all of it, the newest first."""
        ahead = most + most // 5  # some of them may be withdrawn
        matched = self._numbers(connection, ahead)
        if len(matched) == ahead:
            # What was published later than any that is not read yet.
            latest = _numbers(connection, _LATEST, {"most": 2 * ahead})
            certain = itertools.takewhile(matched[-1].__le__, latest)
            there = set(matched)
            found = [number for number in certain if number in there]
            if len(found) >= most:
                return found[:most]
            matched += self._numbers(connection, _EVERY, below=matched[-1])
        values = {"ids": json.dumps(matched), "most": most}
        return _numbers(connection, _NEWEST, values) if matched else []

    def _numbers(self, connection: Connection, most: int, below: int = _HIGHEST) -> list[int]:
        """What has all of it, from the highest number on."""
        values = self._asked | {"most": most, "below": below}
        return _numbers(connection, self._matched, values)

    def _rank(self, connection: Connection, ids: Sequence[int]) -> list[int]:
        """The same, the best first: where the terms stand often, above all in the title."""
        marks: defaultdict[int, float] = defaultdict(float)  # the smaller the better
        values = {"first": min(ids), "last": max(ids), "ids": json.dumps(ids)}
        for table, terms in self._compared.items():
            statement = sa.text(_MARKS.format(table=table))
            for number, mark in json.loads(connection.scalar(statement, values | {"terms": terms})):
                marks[number] += mark
        return sorted(ids, key=marks.__getitem__)


def _numbers(connection: Connection, statement: str, values: Mapping[str, object]) -> list[int]:
    found: list[int] = json.loads(connection.scalar(sa.text(statement), values))
    return found


def _quoted(phrase: Phrase) -> str:
    """Terms hold letters, digits and signs above 127 alone, so that quotes are all they need."""
    wanted = phrase.letters if phrase.also else (" ".join(phrase.terms),)
    forms = (f'"{form}"{" *" * phrase.is_prefix}' for form in wanted)
    return f"({' OR '.join(forms)})"
