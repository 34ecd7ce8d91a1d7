"""Lists of readers, in and out, on real databases."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.subscribing.files import read_rows
from newsletter.subscribing.lists import Departed
from storage.database.engine import Database
from storage.model.errors import NotFound
from storage.model.readers import ConsentEventKind, SubscriberState
from storage.readers.subscribers import Added
from tests.worlds.readers.joining import FORM, WORDING, JoiningDesk


@pytest.fixture
def house(database: Database, now: datetime) -> JoiningDesk:
    """A newsletter's door, nobody in yet."""
    return JoiningDesk(database, now)


@pytest.fixture
def empty_house(tmp_path: Path, now: datetime) -> Iterator[JoiningDesk]:
    """A second store with the same secret, to move into."""
    database = Database.open(f"sqlite:///{tmp_path / 'second.db'}")
    database.prepare()
    yield JoiningDesk(database, now)
    database.close()


LIST = """email,name,consent
ada@example.com,Ada,
bob@example.com,Bob,letter of 2020
ADA@example.com,again,
nobody,,
left@example.com,,
never@example.com,,
waiting@example.com,,
abuse@example.com,,
reader@example.com,,
"""


def _prepare(house: JoiningDesk) -> None:
    house.desk.add("reader@example.com")
    house.desk.add("left@example.com")
    house.desk.unsubscribe_address("left@example.com")
    house.desk.suppress("never@example.com")
    house.ask("waiting@example.com")


def test_an_import_says_of_each_refused_row_why(house: JoiningDesk) -> None:
    """Line and reason for every row that is not taken; nobody is revived (F17)."""
    _prepare(house)
    report = house.take(LIST)
    assert (report.rows, report.added) == (9, 2)
    reasons = {row.line: row.reason for row in report.refused}
    assert list(reasons) == [4, 5, 6, 7, 8, 9, 10]
    for line, word in {
        4: "in the file already",
        5: "@-sign",
        6: "has unsubscribed",
        7: "suppressed",
        8: "not confirmed yet",
        9: "office",
        10: "subscribed already",
    }.items():
        assert word in reasons[line]
    assert house.desk.find("left@example.com").state is SubscriberState.UNSUBSCRIBED
    assert house.desk.find("waiting@example.com").state is SubscriberState.PENDING
    assert house.desk.find("ada@example.com").consent == "fair 2019"
    assert house.desk.find("bob@example.com").consent == "letter of 2020"


def test_a_refused_row_does_not_stand_in_the_way_of_a_good_one(house: JoiningDesk) -> None:
    """Of an address that is in the file twice, the first row that can be taken is (F17)."""
    rows = (
        "email,consent\n"
        "ada@example.com,\nADA@example.com,signed at the fair\nada@example.com,letter\n"
    )
    report = house.take(rows, consent="")
    assert [(row.line, row.reason.split(":")[0]) for row in report.refused] == [
        (2, "comes without consent"),
        (4, "is in the file already"),
    ]
    assert house.desk.find("ada@example.com").consent == "signed at the fair"


def test_a_dry_run_tells_the_same_and_changes_nothing(house: JoiningDesk) -> None:
    """The report of a dry run is the report of the import that follows it."""
    _prepare(house)
    before = house.export()
    tried = house.take(LIST, dry_run=True)
    assert house.export() == before
    done = house.take(LIST)
    assert (tried.rows, tried.added, tried.refused) == (done.rows, done.added, done.refused)
    assert (tried.dry_run, done.dry_run) == (True, False)


LEFT_ELSEWHERE = (
    "email,status,unsubscribed_at\n"
    "in@example.com,active,\nleft@example.com,unsubscribed,2022-01-01\nout@example.com,?,\n"
)


def test_who_left_elsewhere_is_remembered_as_having_left(house: JoiningDesk) -> None:
    """No later list brings them in, and they may join again by a sign-up of their own (F17)."""
    report = house.take(LEFT_ELSEWHERE)
    assert (report.added, report.departed, len(report.refused)) == (1, 1, 2)
    left = house.desk.find("left@example.com")
    assert (left.state, left.unsubscribed_at) == (
        SubscriberState.UNSUBSCRIBED,
        datetime(2022, 1, 1, tzinfo=UTC),
    )
    (event,) = house.subscribers.events(left.id)
    assert event.kind is ConsentEventKind.UNSUBSCRIBED
    assert "unsubscribed" in event.text
    assert house.state("out@example.com") is None
    bought = house.take("email\nleft@example.com\nout@example.com\n")
    assert (bought.added, house.state("left@example.com")) == (1, SubscriberState.UNSUBSCRIBED)
    house.join("left@example.com")
    assert house.state("left@example.com") is SubscriberState.ACTIVE


def test_who_left_elsewhere_may_be_dropped(house: JoiningDesk) -> None:
    """Nothing is kept of them if the author says so; readers they are not either way."""
    report = house.take(LEFT_ELSEWHERE, departed=Departed.DROP)
    assert (report.added, report.departed, len(report.refused)) == (1, 0, 2)
    assert house.state("left@example.com") is None


@pytest.mark.parametrize("departed", list(Departed))
@pytest.mark.parametrize("apart", [0, 1500])
@pytest.mark.parametrize("left_first", [True, False])
def test_who_is_in_a_file_both_ways_is_no_reader(
    house: JoiningDesk, departed: Departed, apart: int, *, left_first: bool
) -> None:
    """One list's row says reader, another's says left: it is the leaving that holds."""
    between = "".join(f"reader{number}@example.com,active\n" for number in range(apart))
    both = ["ada@example.com,active\n", "ADA@example.com,unsubscribed\n"]
    first, second = reversed(both) if left_first else both
    report = house.take(f"email,status\n{first}{between}{second}", departed=departed)
    assert report.added == apart
    assert house.state("ada@example.com") is not SubscriberState.ACTIVE
    tried = house.take(f"email,status\n{first}{between}{second}", departed=departed, dry_run=True)
    assert tried.added == 0


def test_leaving_elsewhere_does_not_end_what_began_here(house: JoiningDesk) -> None:
    """A reader who joined here stays one: the row is named, and the author decides."""
    house.join("left@example.com")
    report = house.take(LEFT_ELSEWHERE)
    assert house.state("left@example.com") is SubscriberState.ACTIVE
    assert any("is subscribed here" in row.reason for row in report.refused)
    assert report.departed == 0


def test_a_dry_run_foretells_departures(house: JoiningDesk) -> None:
    """As many remembered and refused as the import then has, and nobody in."""
    tried = house.take(LEFT_ELSEWHERE, dry_run=True)
    assert list(house.subscribers.everyone()) == []
    done = house.take(LEFT_ELSEWHERE)
    assert (tried.departed, tried.refused) == (done.departed, done.refused)


def test_a_cell_may_hold_a_name_and_an_address(house: JoiningDesk) -> None:
    """As mail programs and list managers write it; what nobody sees around it is taken off."""
    report = house.take(
        'email,name\nAda <ada@example.com>,\n"""Lovelace, B"" <b@example.com>",Bo\n'
        "\u00a0\u200bc@example.com\ufeff,\n<d@example.com>,\n"
    )
    assert report.added == 4, report.refused
    assert [one.name for one in house.subscribers.everyone()] == ["Ada", "Bo", "", ""]


def test_tags_with_commas_are_kept_and_exported(
    house: JoiningDesk, empty_house: JoiningDesk
) -> None:
    """A tag is a phrase; it goes into the store, out, and into the next one whole."""
    house.take('email,tags\na@example.com,"""maths, applied"",poetry"\n')
    assert house.desk.find("a@example.com").tags == ("maths, applied", "poetry")
    empty_house.take(house.export())
    assert empty_house.desk.find("a@example.com").tags == ("maths, applied", "poetry")


def test_an_import_stops_between_portions(house: JoiningDesk) -> None:
    """What it tells is what is in; the same file again brings the rest and nobody twice."""
    lines = "email\n" + "".join(f"reader{number}@example.com\n" for number in range(2500))
    portions = iter([False, False, True])
    report = house.desk.import_rows(
        read_rows(io.StringIO(lines)), consent="fair", stop=lambda: next(portions)
    )
    assert (report.stopped, report.rows, report.added) == (True, 2000, 2000)
    assert house.subscribers.counts()[SubscriberState.ACTIVE] == 2000
    assert house.take(lines).added == 500


def test_nobody_is_imported_without_consent(house: JoiningDesk) -> None:
    """Consent comes with the row or with the command; with neither the row is refused (F17)."""
    report = house.take(LIST, consent="")
    assert report.added == 1
    assert "without consent" in report.refused[0].reason
    with pytest.raises(NotFound):
        house.desk.find("ada@example.com")


def test_nobody_is_imported_who_joined_at_a_time_to_come(house: JoiningDesk) -> None:
    """Such a row proves nothing; a clock that is hours ahead is no fault of the reader's (F17)."""
    soon, late = (
        (house.now + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
        for hours in (20, 30)
    )
    report = house.take(
        f"email,confirmed_at,consent\na@example.com,{late},fair\nb@example.com,{soon},fair\n"
    )
    assert report.added == 1
    assert [(one.line, one.reason) for one in report.refused] == [
        (2, "is said to have joined at a time to come")
    ]


def test_an_export_moves_the_whole_list(house: JoiningDesk, empty_house: JoiningDesk) -> None:
    """Into an empty store an export brings every state, time, consent and suppression back, and the
    proof of consent line by line (F9).
    """
    _prepare(house)
    house.take('email,name,tags,consent,confirmed_at\nx@example.com,=1+1,"a,b",fair,2020-01-01\n')
    house.join("joined@example.com", ip="198.51.100.1")
    house.desk.suppress("reader@example.com", "asked")
    house.desk.add("gone@example.com")
    house.desk.erase("gone@example.com")
    exported = house.export()
    report = empty_house.take(exported, consent="")
    assert report.refused == ()
    assert report.suppressed == 3
    assert empty_house.export() == exported
    for address in ("joined@example.com", "left@example.com", "x@example.com"):
        moved, was = (
            [
                replace(event, subscriber_id=0)
                for event in one.subscribers.events(one.desk.find(address).id)
            ]
            for one in (empty_house, house)
        )
        assert moved == was != []
    asked, _ = house.subscribers.events(house.desk.find("joined@example.com").id)
    for fact in (WORDING, FORM, "198.51.100.1", "192.0.2.9", asked.message_id):
        assert fact, "there is something to find"
        assert fact in exported
    assert empty_house.desk.add("gone@example.com") is Added.SUPPRESSED
    again = empty_house.take(exported, consent="")
    assert (again.added, again.suppressed) == (0, 0)
    assert empty_house.export() == exported


def test_an_import_of_many_portions_takes_all(house: JoiningDesk) -> None:
    """More rows than one transaction holds come in, each once, and progress tells how far it is."""
    lines = "".join(f"reader{number}@example.com\n" for number in range(2500))
    told: list[int] = []
    report = house.desk.import_rows(
        read_rows(io.StringIO(f"email\n{lines}{lines}")), consent="fair", progress=told.append
    )
    assert (report.added, len(report.refused)) == (2500, 2500)
    assert told == [1000] * 5
    assert house.subscribers.counts()[SubscriberState.ACTIVE] == 2500
