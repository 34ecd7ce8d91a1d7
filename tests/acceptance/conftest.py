"""What the acceptance tests share: real databases, and judges from outside."""

from __future__ import annotations

import pytest

from tests.acceptance.judges import Judges
from tests.integration.conftest import database_url, postgres

__all__ = ["database_url", "judges", "postgres"]


@pytest.fixture(scope="session")
def judges() -> Judges:
    """The independent judges; they need Node.js."""
    return Judges.summon()
