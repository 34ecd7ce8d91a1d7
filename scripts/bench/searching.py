"""How the row of the search is measured: many issues, and words that nearly all of them have."""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Final

from newsletter.searching import Searching
from scripts.bench import peers
from scripts.bench.report import Bound, Row
from scripts.bench.rows import Bench, or_missing
from storage.archive import contents, write_words
from storage.database import Database, schema
from storage.model import IssueDraft, IssueState, Mailing

_WORDS: Final = 600
"""Of an issue, out of a few thousand: the first ones stand in nearly every issue."""
_VOCABULARY: Final = 5000
_QUERIES: Final = ("word1", "word40 word90", "word4000", '"word1 word2"', "wo", "日本語", "absent")
_TIMES: Final = 5
_BEGAN: Final = datetime(2020, 1, 1, tzinfo=UTC)


def measure_search(bench: Bench) -> list[Row]:
    """The slowest of several queries over an archive, on each database."""
    row = Row(
        name="search-sqlite",
        title="",
        bound=Bound.AT_MOST,
        target=0.03,
        unit="s",
    )
    issues = bench.sizes.notes // 2
    sqlite = replace(row, title=f"search among {issues:,} issues, the slowest query, SQLite")
    other = replace(
        row,
        name="search-postgresql",
        title=f"search among {issues:,} issues, the slowest query, PostgreSQL",
    )
    house = bench.house()
    rows = [_measure(sqlite, f"sqlite:///{house.folder}/newsletter.db", issues)]
    with (
        or_missing(other) as measured,
        peers.postgres(bench.folder / "searched") as server,
    ):
        measured.append(_measure(other, server.new_database("search"), issues))
    return rows + measured


def _measure(row: Row, url: str, issues: int) -> Row:
    database = Database.open(url)
    try:
        database.prepare()
        _fill(database, issues)
        searching = Searching(database)
        times = {query: _time(searching, query) for query in _QUERIES}
    finally:
        database.close()
    slowest = max(times, key=lambda query: times[query])
    told = ", ".join(f"{query} {seconds * 1000:.1f} ms" for query, seconds in times.items())
    return replace(row, measured=times[slowest], note=told)


def _fill(database: Database, count: int) -> None:
    """All issues in a transaction; each with its words, as publishing writes them."""
    chance = random.Random(1)  # noqa: S311 - the same archive every time
    ranks = [*accumulate(1 / (rank + 1) for rank in range(_VOCABULARY))]
    with database.transaction() as connection:
        for number in range(1, count + 1):
            words = chance.choices(range(_VOCABULARY), cum_weights=ranks, k=_WORDS)
            text = " ".join(f"word{word}" for word in words) + " これは日本語の文章です。"
            draft = IssueDraft(
                note_id=f"{number}.md",
                path=f"{number}.md",
                guid=f"urn:{number}",
                slug=f"issue-{number}",
                title=f"Issue {number} word{number % 50}",
                summary="",
                html=f"<p>{text}</p>",
                text=text,
            )
            at = _BEGAN + timedelta(hours=number)
            values = contents(draft) | {
                "id": number,
                "note_id": draft.note_id,
                "guid": draft.guid,
                "slug": draft.slug,
                "state": IssueState.LIVE.value,
                "mailing": Mailing.OFF.value,
                "published_at": at,
                "updated_at": at,
            }
            connection.execute(schema.issues.insert().values(values))
            write_words(connection, number, draft)


def _time(searching: Searching, query: str) -> float:
    """The median of some tries, after one that nobody counts."""
    taken = []
    for _ in range(_TIMES + 1):
        started = time.perf_counter()
        searching.find(query)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])
