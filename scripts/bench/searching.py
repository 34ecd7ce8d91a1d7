"""How the rows of the search are measured: many issues, and a table of queries, the easy and the awkward.

    python -m scripts.bench.searching [--issues N] [--rounds N]

prints what each query of the table takes on each database, and the worst of all.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Final

from newsletter.searching import Searching
from scripts.bench import peers
from scripts.bench.report import Bound, Row
from scripts.bench.rows import Bench, or_missing
from storage.archive import contents, write_words
from storage.database import Database, schema
from storage.model import IssueDraft, IssueState, Mailing

_WORDS: Final = 600
"""Of an issue, out of a few thousand, by Zipf's law: the first ones stand in every issue."""
_VOCABULARY: Final = 8000
_SIGNS: Final = 60
"""Japanese and Chinese signs of an issue, each."""
_BEGAN: Final = datetime(2010, 1, 1, tzinfo=UTC)
_KANJI: Final = "日本語文章読書京都東京緑茶手紙新聞雑誌学校電車時間世界音楽料理旅行天気仕事会社"
_KANA: Final = "はのをにでがとものしてるたれんかうよなこいきまさあらりけくだすみちつえお"
_ARABIC: Final = 120
"""Words of an issue, out of a few hundred, half of them with an article or the like before them."""
_CHINESE: Final = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动"


def measure_search(bench: Bench) -> list[Row]:
    """The worst of the table over an archive, on each database."""
    issues, tries = bench.sizes.notes // 2, bench.sizes.tries
    row = Row(name="search-sqlite", title="", bound=Bound.AT_MOST, target=0.03, unit="s")
    sqlite = replace(row, title=f"search among {issues:,} issues, the slowest query, SQLite")
    other = replace(
        row,
        name="search-postgresql",
        title=f"search among {issues:,} issues, the slowest query, PostgreSQL",
    )
    house = bench.house()
    rows = [_row(sqlite, _measure(f"sqlite:///{house.folder}/newsletter.db", issues, tries))]
    with (
        or_missing(other) as measured,
        peers.postgres(bench.folder / "searched") as server,
    ):
        measured.append(_row(other, _measure(server.new_database("search"), issues, tries)))
    return rows + measured


def _row(row: Row, times: dict[str, float]) -> Row:
    slowest = max(times, key=lambda kind: times[kind])
    return replace(row, measured=times[slowest], note=f"slowest: {slowest}")


def _measure(url: str, issues: int, tries: int) -> dict[str, float]:
    """Seconds of each kind of query, by its name."""
    database = Database.open(url)
    try:
        database.prepare()
        _fill(database, issues)
        searching = Searching(database)
        return {
            f"{kind}: {query}": _time(searching, query, tries)
            for kind, query in queries(_vocabulary())
        }
    finally:
        database.close()


def queries(words: list[str]) -> Iterator[tuple[str, str]]:
    """One to four words, from those of every issue to those of none, in each kind of script."""
    every, often, some, rare = words[0], words[40], words[800], words[-1]
    yield "a word in every issue", every
    yield "four words in every issue", " ".join(words[:4])
    yield "often", often
    yield "four often", " ".join(words[40:44])
    yield "every and a rare one", f"{every} {rare}"
    yield "some", some
    yield "rare", rare
    yield "two letters that many words begin with", words[0][:2]
    yield "three letters", words[0][:3]
    yield "four beginnings", " ".join(word[:2] for word in words[:8:2])
    yield "one letter", words[0][0]
    yield "a phrase in every issue", f'"{words[0]} {words[1]}"'
    yield "a phrase of frequent words that is rare", f'"{words[60]} {words[70]}"'
    yield (
        "a phrase of frequent words that is nowhere",
        f'"{words[1]} {words[0]} {words[2]} {every}"',
    )
    yield "Japanese, one sign", "日"
    yield "Japanese, two", "日本"
    yield "Japanese, in every issue", "これは日本語の文章です"
    yield "Japanese, rare", "緑茶と音楽"
    yield "Chinese", "中国人"
    yield "Chinese, two words", "我们 中国"
    yield "Chinese, nowhere", "的一是在不了有和"
    arabic = arabic_words()
    yield "Arabic", arabic[0]
    yield "Arabic, four words in every issue", " ".join(arabic[:4])
    yield "Arabic, eight with their articles", " ".join(f"ال{word}" for word in arabic[:8])
    yield "nonsense", "xqzzv"
    yield "nonsense beside a frequent word", f"{every} xqzzv"


@cache
def _vocabulary() -> list[str]:
    """Words as a language makes them: of syllables, short ones first, many with the same beginning."""
    chance = random.Random(7)  # noqa: S311 - the same words every time
    syllables = [a + b for a in "bcdfghklmnprst" for b in ("a", "e", "i", "o", "u", "an", "er")]
    words: dict[str, None] = {}
    while len(words) < _VOCABULARY:
        count = 1 + min(len(words) // 30, 1) + min(len(words) // 1500, 1) + chance.randrange(2)
        words["".join(chance.choices(syllables, k=count))] = None
    return list(words)


def arabic_words() -> list[str]:
    """Of three and four letters, the most frequent ones first."""
    chance = random.Random(11)  # noqa: S311 - the same words every time
    letters = "بتثجحخدذرزسشصضطعغفقكلمنهوي"
    return ["".join(chance.choices(letters, k=3 + number % 2)) for number in range(400)]


def _fill(database: Database, count: int) -> None:
    """All issues in a transaction; each with its words, as publishing writes them."""
    chance = random.Random(1)  # noqa: S311 - the same archive every time
    words = _vocabulary()
    weights = [*accumulate(1 / (rank + 1) for rank in range(len(words)))]
    stems = arabic_words()
    arabic_weights = weights[: len(stems)]
    before = ("", "", "", "ال", "و", "وال", "ب", "لل")
    with database.transaction() as connection:
        for number in range(1, count + 1):
            said = " ".join(chance.choices(words, cum_weights=weights, k=_WORDS))
            japanese = "".join(chance.choices(_KANJI + _KANA, k=_SIGNS))
            chinese = "".join(chance.choices(_CHINESE, k=_SIGNS))
            chosen = chance.choices(stems, cum_weights=arabic_weights, k=_ARABIC)
            arabic = " ".join(chance.choice(before) + stem for stem in chosen)
            text = f"{said}\n\nこれは日本語の文章です。{japanese}。\n\n{chinese}。\n\n{arabic}.\n"
            draft = IssueDraft(
                note_id=f"{number}.md",
                path=f"{number}.md",
                guid=f"urn:{number}",
                slug=f"issue-{number}",
                title=f"Issue {number}: {' '.join(chance.choices(words, cum_weights=weights, k=5))}",
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


def _time(searching: Searching, query: str, tries: int) -> float:
    """The median of some tries, after one that nobody counts."""
    taken = []
    for _ in range(tries + 1):
        started = time.perf_counter()
        searching.find(query)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="searching", description="Measure the search.")
    parser.add_argument("--issues", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as name:
        folder = Path(name)
        sqlite = _measure(f"sqlite:///{folder}/searched.db", options.issues, options.rounds)
        with peers.postgres(folder / "server") as server:
            url = server.new_database("search")
            postgresql = _measure(url, options.issues, options.rounds)
    print(f"{options.issues:,} issues, ms\n{'SQLite':>8} {'PostgreSQL':>11}")
    for kind, seconds in sqlite.items():
        print(f"{seconds * 1000:8.1f} {postgresql[kind] * 1000:11.1f}  {kind}")
    print(
        f"{max(sqlite.values()) * 1000:8.1f} {max(postgresql.values()) * 1000:11.1f}  the slowest"
    )


if __name__ == "__main__":
    main()
