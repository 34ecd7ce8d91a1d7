"""A newsletter with two readers who have its first issue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.worlds.publishing.first import READERS
from tests.worlds.publishing.notes import Folder, Room


@pytest.fixture
def room(database_url: str, folder: Folder) -> Iterator[Room]:
    """A newsletter with two readers and one published note, `first.md`, on each engine."""
    opened = Room(database_url, folder)
    opened.subscribe(*READERS)
    folder.write("first.md", "# First\n\nThe text.", publish="2026-11-22")
    opened.poll()
    folder.clock.move(hours=1)
    yield opened
    opened.database.close()
