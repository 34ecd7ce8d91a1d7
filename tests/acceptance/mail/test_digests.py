"""Digests from the form to the mailbox: joined, confirmed and chosen over HTTP, sent over SMTP, read from the mail, while
the clocks of three zones change.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.app import Newsletter
from newsletter.preferences import Form, Saved
from storage.model.deliveries import DeliveryState
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.clock import Clock
from tests.worlds.readers.town import Town, settled
from tests.worlds.service.installed import CONNECTIONS, PROGRAM, House, address

SUNDAYS = {
    # The clocks go on at 02:00 by half an hour on 4 October: 02:15 is skipped, and read with the offset before.
    "Australia/Lord_Howe": ("09-26 15:45", "10-03 15:45", "10-10 15:15", "10-17 15:15", "10-24 15:15", "10-31 15:15", "11-07 15:15"),
    "Asia/Tokyo": ("09-26 17:15", "10-03 17:15", "10-10 17:15", "10-17 17:15", "10-24 17:15", "10-31 17:15", "11-07 17:15"),
    # Back at 03:00 on 25 October: 02:15 comes twice, and the first counts.
    "Europe/Berlin": ("09-27 00:15", "10-04 00:15", "10-11 00:15", "10-18 00:15", "10-25 00:15", "11-01 01:15", "11-08 01:15"),
    # Back at 02:00 on 1 November.
    "America/New_York": ("09-27 06:15", "10-04 06:15", "10-11 06:15", "10-18 06:15", "10-25 06:15", "11-01 07:15", "11-08 07:15"),
}  # fmt: skip
"""When it is 02:15 on each Sunday, in UTC, by hand."""
CHANGES = {1: "Australia/Lord_Howe", 2: "Asia/Tokyo", 4: "Europe/Berlin", 5: "America/New_York"}
"""In which of these weeks whose clocks change; and one for the zone where they never do."""
MONTHS = (1, 5)
"""Which of these are the first Sunday of a month: 4 October and 1 November."""
WEEKS = (
    (),
    ("alone",),
    ("two-a", "two-b"),
    (),
    ("four-a", "four-b", "four-c"),
    ("five",),
    ("six",),
)
"""Issues of the week that ends with each Sunday."""

KILLED = """[newsletter]
title = "Notes"
url = "https://notes.example.com"
sender = "Notes <notes@example.com>"
[schedule]
hold = "0s"
grace = "30d"
[storage]
url = "{storage}"
[smtp]
url = "smtp://127.0.0.1:{port}?tls=none"
connections = 5
[dispatch]
doubt = "hold"
"""
READERS = 40


def instants(zone: str) -> list[datetime]:
    """The table's row."""
    return [datetime.strptime(f"2026-{at} +0000", "%Y-%m-%d %H:%M %z") for at in SUNDAYS[zone]]


@pytest.fixture
def town(tmp_path: Path, database_url: str) -> Iterator[Town]:
    """On a Monday in September."""
    with settled(tmp_path, database_url, datetime(2026, 9, 21, 9, tzinfo=UTC)) as town:
        yield town


def test_a_digest_comes_at_its_hour_whatever_the_clocks_do(town: Town, slow: bool) -> None:
    """Each week once in each of four zones, not a minute early and not a second time when the hour comes again: one
    issue whole, several in short with their links, none no mail; monthly on the first such Sunday; to nobody
    who pauses; and whoever changes their zone or pace in the middle of a week gets each issue once.
    """
    for number, zone in enumerate(SUNDAYS):
        town.join(f"weekly{number}", pace="weekly", zone=zone)
        town.join(f"monthly{number}", pace="monthly", zone=zone)
    town.join("each")
    town.join("pausing", pace="paused", until="2026-10-20", zone="Europe/Berlin")
    town.join("moving", pace="weekly", zone="Asia/Tokyo")
    town.join("hasty", pace="weekly", zone="Europe/Berlin")
    town.join("calm", zone="Europe/Berlin")
    town.mail.clear()

    for number, names in enumerate(WEEKS):
        town.clock.now = datetime(2026, 9, 22, 9, tzinfo=UTC) + timedelta(weeks=number)
        for name in names:
            town.write(name)
            town.send()
            town.clock.move(hours=1)
        if number == 2:  # in the middle of a week, after its issues
            town.choose("moving", zone="America/New_York")
            town.choose("hasty", pace="each")
            town.choose("calm", pace="weekly")
            town.send()
        for at, zone in sorted((instants(zone)[number], zone) for zone in SUNDAYS):
            looked = slow or CHANGES.get(number) == zone
            early = town.send(at - timedelta(minutes=1)) if looked else []
            due = town.send(at)
            again = town.send(at + timedelta(minutes=30)) if looked else []
            assert early == again == []
            assert bool(due) == (bool(names) or number in MONTHS[1:]), (number, at)

    for place, zone in enumerate(SUNDAYS):
        hours = instants(zone)
        weekly = [(hours[n], list(names)) for n, names in enumerate(WEEKS) if names]
        assert town.told(f"weekly{place}") == weekly, zone
        months = [(hours[1], ["alone"]), (hours[5], [i for week in WEEKS[2:6] for i in week])]
        assert town.told(f"monthly{place}") == months, zone
    berlin, york = instants("Europe/Berlin"), instants("America/New_York")
    tokyo = instants("Asia/Tokyo")
    (_, subject, alone), (_, two_subject, two), *_ = town.mail["weekly0@example.org"]
    assert subject == "alone is its title"
    assert "All of alone, to its end." in alone
    assert two_subject == "two-b is its title and 1 more"
    assert "In short two-a" in two
    assert "All of two-a" not in two
    assert [issue for _, (issue,) in town.told("each")] == [i for week in WEEKS for i in week]
    later = [(n, list(names)) for n, names in enumerate(WEEKS) if n > 3]
    assert town.told("pausing") == [(at, [i]) for at, (i,) in town.told("each") if at > berlin[3]]
    assert town.told("moving") == [
        (tokyo[1], ["alone"]),
        (york[2], ["two-a", "two-b"]),
        *[(york[n], names) for n, names in later],
    ]
    first, rest, *others = town.told("hasty")
    assert first == (berlin[1], ["alone"])
    assert rest[1] == ["two-a", "two-b"]
    assert rest[0] < tokyo[2]
    assert [names for _, names in others] == [[i] for week in WEEKS[3:] for i in week]
    assert [names for _, names in town.told("calm")] == [
        ["alone"],
        ["two-a"],
        ["two-b"],
        *[names for _, names in later],
    ]


def test_a_digest_whose_sender_is_killed_reaches_nobody_twice(
    tmp_path: Path, database_url: str
) -> None:
    """Killed while it connects, while a message is at its end and after one was taken: the next sending goes on with
    the same digest, nobody gets it twice, and whoever may not have it is in doubt for the author.
    """
    (tmp_path / "notes").mkdir()
    house = House(tmp_path)
    with Relay().serving() as relay:
        house.config.write_text(KILLED.format(storage=database_url, port=relay.port))
        clock = Clock(datetime.now(UTC) - timedelta(days=8))
        with Newsletter.open(house.config, environ={}, clock=clock) as newsletter:
            for number in range(READERS):
                newsletter.subscriptions.add(address(number))
                token = newsletter.parts.tokens.preferences(
                    newsletter.subscriptions.find(address(number)).id
                )
                weekly = Form(fields={"pace": ["weekly"]})
                saved = newsletter.parts.readers.preferences.save(token, weekly, ip="")
                assert saved == (Saved.SAVED, {})
            for name in ("one", "two"):
                note = tmp_path / "notes" / f"{name}.md"
                note.write_text(f"---\npublish: {clock.now.isoformat()}\n---\n# {name}\n\nWords.\n")
                os.utime(note, (1_700_000_000, 1_700_000_000))
            assert len(newsletter.poll().published) == 2
        for moment, after in ((Phase.GREET, 1), (Phase.DOT, 7), (Phase.TAKEN, 9)):
            process = house.start(PROGRAM, "send")
            relay.kill(process.pid, moment, after)
            process.communicate(timeout=120)
            assert not relay.spare()
        process = house.start(PROGRAM, "send", "--json")
        told, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        digests = [slug for slug in json.loads(told)["published"] if "digest" in slug]
        assert digests == []
        with Newsletter.open(house.config, environ={}) as newsletter:
            tally = newsletter.totals().counts
    assert relay.copies == 0
    assert tally[DeliveryState.ACCEPTED] + tally[DeliveryState.UNKNOWN] == READERS
    assert 0 < tally[DeliveryState.UNKNOWN] <= 3 * CONNECTIONS
    assert tally[DeliveryState.ACCEPTED] <= len(relay.accepted) <= READERS
