"""The times that `suppressions lift --since` understands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from scripts.commands.readers.suppressions import parse_since
from tests.worlds.rows import each

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)


@given(
    count=st.integers(0, 9999),
    unit=st.sampled_from("mhdw"),
    blank=st.sampled_from(["", " ", "\t"]),
)
def test_so_long_ago(count: int, unit: str, blank: str) -> None:
    """A number and a unit are that long before now."""
    seconds = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}[unit]
    text = f"{blank}{count}{unit}{blank}"
    if count * seconds > 60_000_000_000:
        with pytest.raises(typer.BadParameter):
            parse_since(text, NOW)
    else:
        assert parse_since(text, NOW) == NOW - timedelta(seconds=count * seconds)


@given(
    st.datetimes(
        min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - it is the zone that is tried
        max_value=datetime(2200, 1, 1),  # noqa: DTZ001
        timezones=st.none() | st.just(UTC) | st.timezones(),
        allow_imaginary=False,
    )
)
def test_a_moment_is_itself(moment: datetime) -> None:
    """ISO 8601 as Python writes it, of UTC where it names no zone."""
    meant = moment.replace(tzinfo=moment.tzinfo or UTC)
    assert abs(parse_since(moment.isoformat(), NOW) - meant) < timedelta(minutes=1)


@given(st.text(max_size=30) | st.from_regex(r"[0-9]{1,9}[mhdw]?", fullmatch=True))
def test_whatever_else_is_said_is_a_time_or_refused(text: str) -> None:
    """Nothing that is typed ends in a traceback, and what is understood has a zone."""
    try:
        moment = parse_since(text, NOW)
    except typer.BadParameter:
        return
    assert moment.utcoffset() is not None


@each("text", ["", "1", "1y", "-1d", "1.5h", "999999w", "٣d", "yesterday", "12:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """With words that say what would be one."""
    with pytest.raises(typer.BadParameter, match="1d, 12h"):
        parse_since(text, NOW)
