"""What the acceptance tests share: real databases, and judges from outside."""

from __future__ import annotations

import pytest

from tests.integration.conftest import database_url, postgres
from tests.peers.judges.programs import Judges

__all__ = ["database_url", "judges", "postgres"]


@pytest.fixture(scope="session")
def judges() -> Judges:
    """The independent judges; they need Node.js."""
    return Judges.summon()
