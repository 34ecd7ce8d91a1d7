"""Months by their names in languages other than English."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from feeds.notes.dates import MONTHS
from feeds.notes.months import month_of
from feeds.notes.when import parse_when
from tests.worlds.rows import each


@each(
    "text",
    [
        "3. Februar 2021", "Mittwoch, 3. Februar 2021", "3 févr. 2021", "3 fevrier 2021", "3 de febrero de 2021",
        "3 febbraio 2021", "3 de fevereiro de 2021", "3 februari 2021", "3 lutego 2021", "3. února 2021",
        "3. helmikuuta 2021", "3 Şubat 2021", "3 февраля 2021 г.", "3 лютого 2021", "2021. február 3.",
        "2021년 2월 3일", "2021年2月3日",
    ],
)  # fmt: skip
def test_a_day_is_read_in_many_languages(text: str) -> None:
    """In the order and with the small words that each language has."""
    assert parse_when(text, ZoneInfo("UTC")).instant == datetime(2021, 2, 3, tzinfo=UTC)


def test_no_other_language_moves_an_english_month() -> None:
    """Whatever beginning of its name is written."""
    for number, name in enumerate(MONTHS, 1):
        for length in range(3, len(name) + 1):
            assert month_of(name[:length]) in {None, number}


def test_what_means_two_months_is_none() -> None:
    """`jui` begins June and July in French; a word that is no month is none."""
    assert month_of("jui") is None
    assert month_of("walrus") is None
    assert month_of("juil.") == 7
