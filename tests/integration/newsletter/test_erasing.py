"""Who is erased is gone from the files, not only from the tables: the octets on the disk are looked through."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from newsletter.app import Newsletter
from storage.model import AddressError, NotFound
from tests.worlds.clock import Clock

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
