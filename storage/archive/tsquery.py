"""How PostgreSQL is asked for issues by their words: vectors of terms and stems, and neighbours in twos and
threes, each in an index (storage/database/schema/words.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.archive.asking import Bounds, Listed, apart

if TYPE_CHECKING:
    from storage.model import Phrase

_MOST_FORMS: Final = 16
"""Forms by which issues are compared, shared by the words of a query: one Arabic word has more, and the most
frequent of them tell well enough which issue is the better."""
_WAIT_MS: Final = 2000
"""How long PostgreSQL may think about a query."""
# One statement and one answer, for each round trip costs both sides what finding a rare word does: which
# issues are the newest that have it all, which of them are compared, and which are on the page.
# The planner takes what is found for a few issues and would look each up. As a condition of a CASE it is
# no join but a table of hashes, and the issues are gone through in one walk over the index of their dates.
_PAGE: Final = """
WITH {newest}, compared AS (
  SELECT id, published_at, (
    SELECT ts_rank(t.vector, CAST(:compared AS tsquery), 1) FROM issue_terms t WHERE t.issue_id = n.id
  ) AS mark
  FROM (SELECT * FROM newest LIMIT :most_ranked) n
  UNION ALL
  SELECT id, published_at, NULL FROM (SELECT * FROM newest OFFSET :most_ranked) n
)
SELECT (SELECT count(*) FROM newest), {is_partial}, ARRAY(
  SELECT id FROM compared ORDER BY mark DESC NULLS LAST, published_at DESC, id DESC
  LIMIT :limit OFFSET :offset
)
"""
_FOUND: Final = """found AS MATERIALIZED (
  SELECT issue_id FROM issue_terms WHERE {has_words}
)"""
_DATED: Final = """{name} AS MATERIALIZED (
  SELECT i.id, i.published_at FROM issues i WHERE i.state = 'live' AND CASE
    {condition} END
  ORDER BY i.published_at DESC, i.id DESC LIMIT {most}
)"""
# Whether terms stand one after the other is in the vectors, which are large: they are looked into one
# by one, from the newest, until there are enough. Which have the neighbours is told by an index.
_NEIGHBOURED: Final = """neighboured AS MATERIALIZED (
  SELECT issue_id FROM issue_words WHERE issue_neighbours(title || ' ' || body) @>
    ARRAY(SELECT hashtext(few) & 65535 FROM unnest(CAST(:neighbours AS text[])) few)
)"""
_IN_ORDER: Final = """newest AS MATERIALIZED (
  SELECT d.* FROM (SELECT * FROM dated LIMIT :most_read) d WHERE (
    SELECT t.vector @@ CAST(:query AS tsquery) FROM issue_terms t WHERE t.issue_id = d.id
  ) LIMIT :most
)"""
_IS_PARTIAL: Final = "(SELECT count(*) FROM dated) > :most_read"
_HAS_TERMS: Final = "vector @@ CAST(:terms AS tsquery)"
_HAS_STEMS: Final = "stems @@ CAST(:stems AS tsquery)"
_IS_FOUND: Final = "WHEN i.id IN (SELECT issue_id FROM found) THEN true"
# What has the neighbours has their words; other words are looked for as well.
_IS_NEIGHBOURED: Final = "WHEN i.id IN (SELECT issue_id FROM neighboured) THEN true"
_IS_BOTH: Final = """WHEN i.id NOT IN (SELECT issue_id FROM found) THEN false
    ELSE i.id IN (SELECT issue_id FROM neighboured)"""
# Whoever reads all vectors, as it looks cheap to the planner for a word of many issues, unpacks them all.
# And a plan that is kept for any words, as one is of a statement that was asked some times, takes them
# for rare ones: it went through all issues found one by one, which took ten times as long.
_CAREFUL: Final = f"""
SELECT set_config('statement_timeout', '{_WAIT_MS}', true), set_config('enable_seqscan', 'off', true),
  set_config('plan_cache_mode', 'force_custom_plan', true)
"""


class Tsquery:
    """Some phrases, as PostgreSQL is asked for them."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        terms = apart(phrases)
        # An Arabic word is looked for as a beginning of stems, which stands for all of its forms.
        asked = {
            "terms": (_HAS_TERMS, _for_tsquery([one for one in terms if not one.also])),
            "stems": (_HAS_STEMS, _for_stems([one for one in terms if one.also])),
        }
        wanted = {name: both for name, both in asked.items() if both[1]}
        self._has_words = " AND ".join(condition for condition, _ in wanted.values())
        self._words = {name: value for name, (_, value) in wanted.items()}
        self._query = _for_tsquery(phrases)
        others = max(_MOST_FORMS // len(terms) - 1, 1)
        self._compared = _for_tsquery([replace(one, also=one.also[:others]) for one in terms])
        in_order = [phrase.terms for phrase in phrases if len(phrase.terms) > 1]
        self._neighbours = [few for terms in in_order for few in _neighbours(terms)]
        self._is_phrases = len(in_order) == len(phrases)

    def page(self, connection: Connection, bounds: Bounds, *, limit: int, offset: int) -> Listed:
        """The page that begins behind `offset` issues."""
        values: dict[str, object] = {
            "most": bounds.found + 1,
            "most_ranked": bounds.ranked,
            "compared": self._compared,
            "limit": max(min(limit, bounds.found - offset), 0),
            "offset": offset,
        }
        if self._neighbours:
            values |= {
                "query": self._query,
                "neighbours": self._neighbours,
                "most_read": bounds.read,
            }
        if not self._is_phrases:
            values |= self._words
        connection.execute(sa.text(_CAREFUL))
        total, has_older, ids = connection.execute(sa.text(self._statement()), values).one()
        return Listed(total=total, is_partial=has_older and total <= bounds.found, ids=ids)

    def _statement(self) -> str:
        found = _FOUND.format(has_words=self._has_words)
        if not self._neighbours:
            dated = _DATED.format(name="newest", condition=_IS_FOUND, most=":most")
            return _PAGE.format(newest=f"{found}, {dated}", is_partial="false")
        condition = _IS_NEIGHBOURED if self._is_phrases else _IS_BOTH
        dated = _DATED.format(name="dated", condition=condition, most=":most_read + 1")
        parts = [] if self._is_phrases else [found]
        parts += [_NEIGHBOURED, dated, _IN_ORDER]
        return _PAGE.format(newest=", ".join(parts), is_partial=_IS_PARTIAL)


def _neighbours(terms: Sequence[str]) -> list[str]:
    """Each three terms of a phrase, or its two: the index has numbers of both."""
    size = min(len(terms), 3)
    return [" ".join(terms[start : start + size]) for start in range(len(terms) - size + 1)]


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
