"""Who is erased is gone from the files, not only from the tables: the octets on the disk are looked through."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from newsletter.app import Newsletter
from storage.model import AddressError, DeliveryState, NotFound
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.clock import Clock
from tests.worlds.publishing.due import READERS, send, settle

WHO = "unforgettable.person"
ADDRESS = f"{WHO}@example.com"
CONFIG = """
[newsletter]
title = "T"
url = "https://notes.example.org"
sender = "a@example.org"
[schedule]
hold = "0s"
[smtp]
url = "outbox:outbox"
"""


def octets(folder: Path) -> dict[str, bytes]:
    """Every file of the store: the database, its log, the secret and what stands beside them."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_no_file_holds_an_erased_address(tmp_path: Path) -> None:
    """A reader of a long list signs up, confirms, is mailed, bounces, is in quarantine and leaves; once
    erased, neither the database nor its log holds a part of the address, also while another process has
    the database open.
    """
    (tmp_path / "newsletter.toml").write_text(CONFIG)
    notes = tmp_path / "notes"
    notes.mkdir()
    clock = Clock()
    with (
        Newsletter.open(tmp_path / "newsletter.toml", environ={}, clock=clock) as newsletter,
        Newsletter.open(tmp_path / "newsletter.toml", environ={}, clock=clock) as other,
    ):
        subscriptions = newsletter.subscriptions
        for number in range(300):  # so that pages are split around the one who leaves
            if number == 150:
                subscriptions.request(ADDRESS, ip="192.0.2.1", source="form", consent="yes")
                subscriptions.process()
                subscriptions.add(ADDRESS, consent="on paper")
            subscriptions.add(f"reader{number}@example.com", consent="asked")
        (notes / "first.md").write_text(f"---\npublish: {clock.now.isoformat()}\n---\n# A\n\nB.\n")
        assert newsletter.send().accepted >= 301
        message = EmailMessage()
        message["From"], message["To"] = f"<{ADDRESS}>", "a@example.org"
        message["Subject"] = "Undelivered"
        message.set_content(f"{ADDRESS} does not want this.\n")
        newsletter.report_desk.process(message.as_bytes())
        subscriptions.suppress(ADDRESS, evidence=f"{ADDRESS} rang")
        found = octets(tmp_path)
        assert any(WHO.encode() in content for content in found.values())
        assert len(list(other.subscribers.everyone())) == 301
        subscriptions.erase(ADDRESS)
        held = [name for name, content in octets(tmp_path).items() if WHO.encode() in content]
        assert held == []
        assert len(list(other.subscribers.everyone())) == 300
        with pytest.raises(NotFound):
            other.subscriptions.find(ADDRESS)


def test_a_reader_in_the_middle_only_delays_it(tmp_path: Path) -> None:
    """While somebody looks at the database as it was, the log cannot be emptied; the next write of anybody
    does it, and then nothing is left.
    """
    (tmp_path / "newsletter.toml").write_text(CONFIG)
    with Newsletter.open(tmp_path / "newsletter.toml", environ={}) as newsletter:
        newsletter.subscriptions.add(ADDRESS, consent="asked")
        database = newsletter.parts.database
        with database.reading():
            newsletter.subscriptions.erase(ADDRESS)
        newsletter.parts.housekeeping.run()
        held = [name for name, content in octets(tmp_path).items() if WHO.encode() in content]
        assert held == []
        with pytest.raises((NotFound, AddressError)):
            newsletter.subscriptions.find(ADDRESS)


@pytest.mark.parametrize("answer", [None, "451 4.3.0 later", "550 5.1.1 no such user"])
def test_a_reader_is_erased_while_their_mail_is_on_the_wire(
    database_url: str, tmp_path: Path, answer: str | None
) -> None:
    """Whatever the relay says of that message, nothing is kept of it; whoever was erased before their turn gets none,
    and all others one.
    """
    erased: list[str] = []

    def mood(phase: Phase, recipient: str) -> str | None:
        if phase is not Phase.DOT:
            return None
        if not erased:
            erased.append(recipient)
            with Newsletter.open(config, environ={}) as other:
                other.subscriptions.erase(recipient)
                other.subscriptions.erase(last)
        return answer if recipient == erased[0] else None

    everybody = [f"reader{number}@example.org" for number in range(READERS)]
    last = everybody[-1]
    with Relay(mood).serving() as relay:
        config = settle(tmp_path, database_url, f"smtp://127.0.0.1:{relay.port}?tls=none")
        report = send(config)
        assert report.problems == ()
        others = set(everybody) - {erased[0], last}
        assert set(relay.accepted) - {erased[0]} == others
        assert relay.copies == 0
        with Newsletter.open(config, environ={}) as newsletter:
            assert {one.address for one in newsletter.subscribers.everyone()} == others
            assert newsletter.totals().counts[DeliveryState.ACCEPTED] == READERS - 2
            assert newsletter.totals().total == READERS - 2
