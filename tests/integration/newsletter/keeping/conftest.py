"""A newsletter that is backed up and restored, on each engine in turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds.service.kept import Home


@pytest.fixture
def home(tmp_path: Path, database_url: str) -> Home:
    """Two readers and an issue that they have; a third who left, and a reader's confirmation."""
    home = Home(tmp_path, database_url)
    with home.opened() as newsletter:
        for name in ("ada", "bob", "eve"):
            newsletter.subscriptions.add(f"{name}@example.com", consent="asked")
        newsletter.subscriptions.unsubscribe_address("eve@example.com")
        home.write("first")
        assert newsletter.send().accepted == 2
    return home
