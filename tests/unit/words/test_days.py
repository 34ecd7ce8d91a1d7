"""Days in the languages that we speak, as the CLDR has them."""

from __future__ import annotations

from datetime import date, timedelta

from babel.dates import format_date

from tests.worlds.rows import each
from words import LANGUAGES, VARIANTS
from words.days import write_day


@each("language", [*LANGUAGES, *VARIANTS])
def test_every_day_of_a_year_is_written_as_babel_writes_it(language: str) -> None:
    """Whoever adds a language, or takes a new Babel, hears of a difference."""
    locale = "en_001" if language == "en" else language.replace("-", "_")
    days = [date(2028, 1, 1) + timedelta(days=n) for n in range(366)] + [date(987, 6, 5)]
    ours = [write_day(language, day) for day in days]
    assert ours == [format_date(day, "long", locale=locale) for day in days]


@each("language", ["en-US", "en_001", "DE", "sv", "", "x-unknown"])
def test_other_languages_are_left_to_who_knows_them(language: str) -> None:
    """Also English of America, which writes the month first."""
    assert write_day(language, date(2028, 1, 1)) is None
