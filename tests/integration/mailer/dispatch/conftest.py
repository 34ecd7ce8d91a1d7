"""A house with an issue on its way, on each database."""

from __future__ import annotations

import pytest

from storage.database.engine import Database
from tests.worlds.sending.dispatch import House


@pytest.fixture
def house(database: Database) -> House:
    """Each test's own house, on SQLite and on PostgreSQL."""
    return House(database)
