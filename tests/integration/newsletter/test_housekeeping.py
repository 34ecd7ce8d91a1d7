"""What the service and a sending put in order by the way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from storage.archive.merging import MOST_PIECES
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import Author


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
