"""Finds issues by their words: FTS5 on SQLite, tsvector on PostgreSQL, over the same terms.

The terms are written with the issue, in its transaction; triggers bring them into the index of either
engine (migration "what issues are found by").
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.archive.rows import load_issues
from storage.database import Database, schema
from storage.model import Issue, IssueDraft

if TYPE_CHECKING:
    from storage.model import Phrase

MOST_FOUND: Final = 500
"""Issues that may be shown of all that have the words, the newest. What comes after is not counted."""
MOST_RANKED: Final = 200
"""Of these, the newest, the best first; the others follow by date."""
MOST_READ: Final = 1000
"""Issues that PostgreSQL looks into for a phrase, the newest of those that have each two neighbours of it:
a bound that only a phrase of the most frequent words meets, so that none costs more in a larger archive."""
_MOST_FORMS: Final = 16
"""Forms by which issues are compared, shared by the words of a query: one Arabic word has more, and the most
frequent of them tell well enough which issue is the better."""
_WAIT_MS: Final = 2000
"""How long PostgreSQL may think about a query."""
# By their numbers, which mostly are in the order of their dates: who has read enough of them stops.
_MATCHED_SQLITE: Final = """
SELECT rowid FROM issue_terms WHERE issue_terms MATCH :query ORDER BY rowid DESC
"""
# Both out of the index alone that has the dates.
_LATEST_SQLITE: Final = """
SELECT id FROM issues INDEXED BY ix_issues_state_published_at
WHERE state = 'live' ORDER BY published_at DESC, id DESC LIMIT :most
"""
_NEWEST_SQLITE: Final = """
SELECT id FROM issues INDEXED BY ix_issues_state_published_at
WHERE state = 'live' AND id IN (SELECT value FROM json_each(:ids))
ORDER BY published_at DESC, id DESC LIMIT :most
"""
# The plus sign: each of those ids would be a search of its own otherwise. Between the first and the last of
# them all are gone through, and no others.
_RANKED_SQLITE: Final = """
SELECT rowid, bm25(issue_terms, 8.0, 1.0) FROM issue_terms
WHERE issue_terms MATCH :terms AND rowid BETWEEN :first AND :last
  AND +rowid IN (SELECT value FROM json_each(:ids))
"""
# The planner takes what is found for a few issues and would look each up. As a condition of a CASE it is
# no join but a table of hashes, and the issues are gone through in one walk over the index of their dates.
_NEWEST_POSTGRESQL: Final = """
WITH found AS MATERIALIZED (
  SELECT issue_id FROM issue_terms WHERE {has_words}
)
SELECT i.id FROM issues i
WHERE i.state = 'live' AND CASE WHEN i.id IN (SELECT issue_id FROM found) THEN true END
ORDER BY i.published_at DESC, i.id DESC LIMIT :most
"""
# Whether terms stand one after the other is in the vectors, which are large: they are looked into one
# by one, from the newest, until there are enough. Which have the pairs is told by an index.
_FOUND_POSTGRESQL: Final = """found AS MATERIALIZED (
  SELECT issue_id FROM issue_terms WHERE {has_words}
), """
_HAS_TERMS: Final = "vector @@ CAST(:terms AS tsquery)"
_HAS_STEMS: Final = "stems @@ CAST(:stems AS tsquery)"
_IN_ORDER_POSTGRESQL: Final = """
WITH {found}paired AS MATERIALIZED (
  SELECT issue_id FROM issue_words WHERE issue_pairs(title || ' ' || body) @>
    ARRAY(SELECT unnest(issue_pairs(p)) FROM unnest(CAST(:phrases AS text[])) p)
), dated AS MATERIALIZED (
  SELECT i.id FROM issues i WHERE i.state = 'live' AND CASE
    {condition} END
  ORDER BY i.published_at DESC, i.id DESC LIMIT :most_read + 1
)
(SELECT d.id, false FROM (SELECT id FROM dated LIMIT :most_read) d WHERE (
  SELECT t.vector @@ CAST(:query AS tsquery) FROM issue_terms t WHERE t.issue_id = d.id
) LIMIT :most)
UNION ALL SELECT NULL, (SELECT count(*) FROM dated) > :most_read
"""
# Who has the pairs has their words; other words are looked for as well.
_PHRASES_POSTGRESQL: Final = _IN_ORDER_POSTGRESQL.format(
    found="", condition="WHEN i.id IN (SELECT issue_id FROM paired) THEN true"
)
_PHRASES_AND_WORDS_POSTGRESQL: Final = _IN_ORDER_POSTGRESQL.format(
    found=_FOUND_POSTGRESQL,
    condition="""WHEN i.id NOT IN (SELECT issue_id FROM found) THEN false
    ELSE i.id IN (SELECT issue_id FROM paired)""",
)
_RANKED_POSTGRESQL: Final = """
SELECT t.issue_id FROM issue_terms t WHERE t.issue_id = ANY(:ids)
ORDER BY ts_rank(t.vector, CAST(:terms AS tsquery), 1) DESC, array_position(:ids, t.issue_id)
"""
# Whoever reads all vectors, as it looks cheap to the planner for a word of many issues, unpacks them all.
# And a plan that is kept for any words, as one is of a statement that was asked some times, takes them
# for rare ones: it went through all issues found one by one, which took ten times as long.
_CAREFUL: Final = f"""
SELECT set_config('statement_timeout', '{_WAIT_MS}', true), set_config('enable_seqscan', 'off', true),
  set_config('plan_cache_mode', 'force_custom_plan', true)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of what was found."""

    total: int
    """Live issues that have all the words; at most MOST_FOUND."""
    has_more: bool = False
    """Whether there are more of them than that."""
    is_partial: bool = False
    """Whether older issues were not looked into for a phrase: a few of them may have it, too."""
    issues: tuple[Issue, ...]


class Search:
    """Over the live issues of one newsletter."""

    def __init__(
        self,
        database: Database,
        *,
        most_found: int = MOST_FOUND,
        most_ranked: int = MOST_RANKED,
        most_read: int = MOST_READ,
    ) -> None:
        self._database = database
        self._most_read = most_read
        self._most_found = most_found
        self._most_ranked = most_ranked

    def find(self, phrases: Sequence[Phrase], *, limit: int, offset: int = 0) -> Found:
        """Issues that have all of the phrases, the best first. Without phrases nothing is found.

        However many have them, no more than MOST_FOUND are counted, no more than MOST_RANKED compared
        and no more than `limit` read.
        """
        if not phrases:
            return Found(total=0, issues=())
        is_sqlite = self._database.is_sqlite
        engine = _Fts5(phrases) if is_sqlite else _Tsquery(phrases, self._most_read)
        with self._database.reading() as connection:
            newest, is_partial = engine.newest(connection, self._most_found + 1)
            found = newest[: self._most_found]
            if len(found) > 1:
                ranked = engine.ranked(connection, found[: self._most_ranked])
                found[: self._most_ranked] = ranked
            return Found(
                total=len(found),
                has_more=len(newest) > self._most_found,
                is_partial=is_partial,
                issues=_load(connection, found[offset : offset + limit]),
            )


class _Fts5:
    """How SQLite is asked."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._query = _for_fts5(phrases)
        # Any of them, for an issue may have a word in another form only.
        self._terms = _for_fts5(_for_comparing(phrases), " OR ")

    def newest(self, connection: Connection, most: int) -> tuple[list[int], bool]:
        """The issues that have all of it, the newest first; and whether others were not looked into."""
        latest = list(connection.scalars(sa.text(_LATEST_SQLITE), {"most": 2 * most}))
        matched: set[int] = set()
        with connection.execute(sa.text(_MATCHED_SQLITE), {"query": self._query}) as rows:
            for part in rows.scalars().partitions(most):
                matched.update(part)
                # What was published later than any that is not read yet.
                certain = itertools.takewhile(part[-1].__le__, latest)
                found = [number for number in certain if number in matched]
                if len(found) >= most:
                    return found[:most], False
        values = {"ids": json.dumps([*matched]), "most": most}
        return list(connection.scalars(sa.text(_NEWEST_SQLITE), values)), False

    def ranked(self, connection: Connection, ids: Sequence[int]) -> list[int]:
        """The same, the best first: where the terms stand often, above all in the title."""
        ends = {"first": min(ids), "last": max(ids)}
        values = {"terms": self._terms, "ids": json.dumps(ids), **ends}
        rows = connection.execute(sa.text(_RANKED_SQLITE), values)
        marks: dict[int, float] = {row[0]: row[1] for row in rows}  # the smaller the better
        return sorted(ids, key=lambda number: marks.get(number, 0.0))


class _Tsquery:
    """How PostgreSQL is asked."""

    def __init__(self, phrases: Sequence[Phrase], most_read: int) -> None:
        self._most_read = most_read
        self._query = _for_tsquery(phrases)
        apart = _apart(phrases)
        # An Arabic word is looked for as a beginning of stems, which stands for all of its forms.
        self._asked = {
            "terms": _for_tsquery([one for one in apart if not one.also]),
            "stems": _for_stems([one for one in apart if one.also]),
        }
        has = {"terms": _HAS_TERMS, "stems": _HAS_STEMS}
        self._has_words = " AND ".join(has[name] for name, asked in self._asked.items() if asked)
        self._compared = _for_tsquery(_for_comparing(phrases))
        self._phrases = [" ".join(phrase.terms) for phrase in phrases if len(phrase.terms) > 1]
        self._is_phrases = len(self._phrases) == len(phrases)

    def newest(self, connection: Connection, most: int) -> tuple[list[int], bool]:
        """The issues that have all of it, the newest first; and whether others were not looked into."""
        connection.execute(sa.text(_CAREFUL))
        words = {name: asked for name, asked in self._asked.items() if asked}
        if not self._phrases:
            statement = _NEWEST_POSTGRESQL.format(has_words=self._has_words)
            return list(connection.scalars(sa.text(statement), words | {"most": most})), False
        values: dict[str, object] = {
            "query": self._query,
            "phrases": self._phrases,
            "most": most,
            "most_read": self._most_read,
        }
        if self._is_phrases:
            statement = _PHRASES_POSTGRESQL
        else:
            statement = _PHRASES_AND_WORDS_POSTGRESQL.format(has_words=self._has_words)
            values |= words
        rows = connection.execute(sa.text(statement), values).all()
        found = [issue_id for issue_id, _ in rows if issue_id is not None]
        # One row has no issue and says whether there are more than were looked into.
        return found, len(found) < most and any(has_more for _, has_more in rows)

    def ranked(self, connection: Connection, ids: Sequence[int]) -> list[int]:
        """The same, the best first: where the terms stand often, above all in the title."""
        values = {"terms": self._compared, "ids": list(ids)}
        return list(connection.scalars(sa.text(_RANKED_POSTGRESQL), values))


def _apart(phrases: Sequence[Phrase]) -> list[Phrase]:
    """Each term for itself."""
    from storage.model import Phrase

    apart: dict[Phrase, None] = {}
    for phrase in phrases:
        last = len(phrase.terms) - 1
        for place, term in enumerate(phrase.terms):
            is_prefix = phrase.is_prefix and place == last
            stems = phrase.letters if phrase.also else ()
            apart[Phrase((term,), is_prefix, "", stems, phrase.also)] = None
    return list(apart)


def _for_comparing(phrases: Sequence[Phrase]) -> list[Phrase]:
    """Each term for itself, in no more forms than are compared."""
    apart = _apart(phrases)
    others = max(_MOST_FORMS // len(apart) - 1, 1)
    return [replace(phrase, also=phrase.also[:others]) for phrase in apart]


def _load(connection: Connection, ids: Sequence[int]) -> tuple[Issue, ...]:
    issues = load_issues(connection, sa.select(schema.issues).where(schema.issues.c.id.in_(ids)))
    by_id = {issue.id: issue for issue in issues}
    return tuple(by_id[number] for number in ids if number in by_id)


def write_words(connection: Connection, issue_id: int, draft: IssueDraft) -> None:
    """The issue is found by the words of this draft from now on."""
    table = schema.issue_words
    connection.execute(sa.delete(table).where(table.c.issue_id == issue_id))
    write_all_words(connection, [(issue_id, draft)])


def write_all_words(connection: Connection, new: Sequence[tuple[int, IssueDraft]]) -> None:
    """The same for issues that have no words yet, by their ids."""
    # Its rules take long to load, and most commands write no issue.
    from storage.model import find_terms

    rows = [
        {
            "issue_id": issue_id,
            "title": " ".join(find_terms(draft.title)),
            "body": " ".join(find_terms(_searched(draft))),
        }
        for issue_id, draft in new
    ]
    connection.execute(sa.insert(schema.issue_words), rows)


def _searched(draft: IssueDraft) -> str:
    from storage.model import readable

    return "\n".join((" ".join(draft.tags), draft.summary, readable(draft.text)))


def _for_fts5(phrases: Sequence[Phrase], joined: str = " AND ") -> str:
    """Terms hold letters, digits and signs above 127 alone, so that quotes are all they need."""
    return joined.join(
        "("
        + " OR ".join(
            f'"{form}"{" *" * phrase.is_prefix}' for form in (" ".join(phrase.terms), *phrase.also)
        )
        + ")"
        for phrase in phrases
    )


def _for_tsquery(phrases: Sequence[Phrase]) -> str:
    return " & ".join(
        "("
        + " <-> ".join(f"'{term}'" for term in phrase.terms)
        + "".join(f"{':*' * phrase.is_prefix} | '{form}'" for form in phrase.also)
        + f"{':*' * phrase.is_prefix})"
        for phrase in phrases
    )


def _for_stems(phrases: Sequence[Phrase]) -> str:
    """Each of the Arabic words by its stems, of which any will do."""
    return " & ".join(
        "(" + " | ".join(f"'{stem}':*" for stem in phrase.letters) + ")" for phrase in phrases
    )
