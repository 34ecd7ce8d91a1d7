"""What the acceptance tests share: real databases, and judges from outside."""

from __future__ import annotations

import pytest

from tests.integration.conftest import database_url, postgres, quiet_afterwards
from tests.peers.judges.programs import Judges

__all__ = ["database_url", "judges", "postgres", "quiet_afterwards"]


@pytest.fixture(scope="session")
def judges() -> Judges:
    """The independent judges; they need Node.js."""
    return Judges.summon()
