"""What a reader's form asks for: fields that are not there change nothing, and no field is trusted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from newsletter.preferences.choices import LANGUAGES, is_zone, zones
from newsletter.preferences.form import (
    LONGEST_PAUSE,
    MAX_TOPICS,
    Form,
    Problem,
    describe_change,
    read_form,
)
from storage.model import Pace, Wishes
from tests.conftest import NOON
from tests.worlds.rows import each

KNOWN = Wishes(topics=("old",), pace=Pace.WEEKLY, language="de", zone="Asia/Tokyo")
OFFERED = ("rust", "ml")


def read(**fields: str | list[str]) -> tuple[Wishes, dict[str, Problem]]:
    """What a form with these fields makes of the wishes."""
    given_ = {name: [one] if isinstance(one, str) else one for name, one in fields.items()}
    found = read_form(Form(fields=given_), KNOWN, offered=OFFERED, zone="UTC", now=NOON)
    return found.wishes, dict(found.problems)


def test_no_field_changes_nothing() -> None:
    """A form of an older page, or a script, says what it means and no more."""
    assert read() == (KNOWN, {})
    assert read(name="Ada", unknown="x") == (KNOWN, {})


def test_topics_are_those_that_are_offered_or_were_chosen_before() -> None:
    """In any case of letters, each once; the marker alone means none."""
    wishes, _ = read(topic=["RUST", "rust", "old", "never"])
    assert wishes.topics == ("rust", "old")
    assert read(topics="")[0].topics == ()


@each(
    ("until", "problem"),
    [
        ("", Problem.DAY_MISSING),
        ("soon", Problem.DAY_UNREADABLE),
        ("2026-02-30", Problem.DAY_UNREADABLE),
        ("2026-11-22", Problem.DAY_PAST),
        ("0001-01-01", Problem.DAY_PAST),
        ("9999-12-31", Problem.DAY_FAR),
    ],
)
def test_a_pause_needs_a_day_to_come(until: str, problem: Problem) -> None:
    """And says of any other what is wrong, at the field."""
    assert read(pace="paused", until=until) == (KNOWN, {"until": problem})


def test_a_day_begins_where_the_reader_is() -> None:
    """Also where the zone is chosen in the same form; the pace before the pause stays for after it."""
    wishes, problems = read(pace="paused", until="2026-12-01")
    assert (wishes.paused_until, wishes.pace) == (
        datetime(2026, 11, 30, 15, tzinfo=UTC),
        Pace.WEEKLY,
    )
    assert problems == {}
    wishes, _ = read(pace="paused", until="2026-12-01", zone="America/New_York")
    assert wishes.paused_until == datetime(2026, 12, 1, 5, tzinfo=UTC)


@given(
    st.dictionaries(
        st.sampled_from(["topics", "topic", "pace", "until", "language", "zone"]),
        st.lists(
            st.text() | st.sampled_from(["paused", "each", "monthly", "ja", "UTC", "2027-01-01"]),
            min_size=1,
            max_size=4,
        ),
    )
)
def test_whatever_is_written_makes_wishes_that_can_be_kept(fields: dict[str, list[str]]) -> None:
    """Known languages and zones, few topics, a pause that ends: or nothing changes there."""
    found = read_form(Form(fields=fields), KNOWN, offered=OFFERED, zone="UTC", now=NOON)
    wishes = found.wishes
    assert set(wishes.topics) <= {*OFFERED, *KNOWN.topics}
    assert len(wishes.topics) <= MAX_TOPICS
    assert wishes.language in {"", *LANGUAGES}
    assert wishes.zone == "" or is_zone(wishes.zone)
    if wishes.paused_until is not None:
        assert NOON < wishes.paused_until <= NOON + LONGEST_PAUSE + timedelta(days=2)


def test_a_change_is_told_in_words() -> None:
    """Each part once, and nothing where nothing changed."""
    assert describe_change(KNOWN, KNOWN) == ""
    changed, _ = read(topics="", pace="each", language="", zone="")
    assert describe_change(KNOWN, changed, old_name="Ada", name="") == (
        "name: none; topics: everything; pace: each; language: the newsletter’s; "
        "zone: the newsletter’s"
    )


def test_every_zone_that_is_offered_is_one() -> None:
    """Continents and oceans, and UTC; nothing that is only an old name."""
    names = [name for _, group in zones() for name in group]
    assert len(names) == len(set(names)) > 300
    assert {"UTC", "Europe/Berlin", "America/Argentina/Ushuaia"} <= set(names)
    assert not any(name.startswith(("Etc/", "US/")) for name in names)
    for name in names[::40]:
        ZoneInfo(name)


def test_of_each_place_one_zone_is_offered() -> None:
    """Not the names that places had before, but to who has chosen one, and who sends one anyway."""
    offered = {name for _, group in zones() for name in group}
    assert {"UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Chatham"} <= offered
    assert not {"Asia/Calcutta", "Africa/Asmera", "US/Eastern", "EST"} & offered
    assert "Asia/Calcutta" in dict(zones("Asia/Calcutta"))["Asia"]
    assert {name for _, group in zones("No/Place") for name in group} == offered
    assert is_zone("Asia/Calcutta")
    assert not is_zone("US/Eastern")
    assert is_zone("UTC")
