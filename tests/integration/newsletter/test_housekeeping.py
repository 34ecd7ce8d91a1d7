"""What the service and a sending put in order by the way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.keeping.retention import Housekeeping
from storage.archive.merging import MOST_PIECES
from storage.model.errors import DatabaseBusy
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import Author
from tests.worlds.store import quarantined

STRAY = Path(__file__).parents[2] / "fixtures" / "reports" / "postfix-hard.eml"
"""A bounce of somebody else's mail."""


@pytest.mark.parametrize("way", ["service", "send"])
def test_what_issues_are_found_by_stays_in_few_pieces(tmp_path: Path, way: str) -> None:
    """Each publication writes a piece; the service's housekeeping merges them, and so does who sends by cron."""
    author = Author(tmp_path, Clock(NOON))
    with author.newsletter as newsletter:
        for number in range(MOST_PIECES + 2):
            author.publish(f"{number}.md", f"Lighthouse {number}.")
        assert newsletter.parts.merging.pieces() > MOST_PIECES
        if way == "service":
            newsletter.parts.housekeeping.run()
        else:
            author.clock.now += timedelta(minutes=1)
            author.write("last.md", f"---\npublish: {NOON.isoformat()}\n---\nLighthouse.\n")
            newsletter.send()
        assert newsletter.parts.merging.pieces() < MOST_PIECES
        assert newsletter.parts.searching.find("lighthouse").total >= MOST_PIECES + 2


def test_who_sends_by_cron_alone_does_not_keep_for_ever(tmp_path: Path) -> None:
    """What `[storage] keep_…` says goes by `newsletter send` as it does by the service: who never confirmed, and a
    mail in quarantine; and a reader stays.
    """
    author = Author(tmp_path, Clock(NOON))
    with author.newsletter as newsletter:
        newsletter.subscriptions.add("reader@example.org", consent="asked")
        newsletter.subscriptions.request(
            "stranger@example.org", ip="192.0.2.1", source="form", consent="asked"
        )
        newsletter.send()
        newsletter.report_desk.process(STRAY.read_bytes())
        assert newsletter.subscriptions.knows("stranger@example.org")
        assert quarantined(newsletter.reports)
        author.clock.now += timedelta(days=61)
        newsletter.send()
        assert not newsletter.subscriptions.knows("stranger@example.org")
        assert not quarantined(newsletter.reports)
        assert newsletter.subscriptions.knows("reader@example.org")


def test_a_sending_ends_well_though_nothing_can_be_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail is out: that a database is busy afterwards is no failure of the command."""

    def busy(_: object) -> None:
        raise DatabaseBusy("another process writes")

    author = Author(tmp_path, Clock(NOON))
    with author.newsletter as newsletter:
        newsletter.subscriptions.add("reader@example.org", consent="asked")
        author.write("a.md", f"---\npublish: {NOON.isoformat()}\n---\nHello.\n")
        monkeypatch.setattr(Housekeeping, "run", busy)
        report = newsletter.send()
        assert (report.accepted, report.problems) == (1, ())
