"""What the acceptance tests share with the integration tests: real databases."""

from __future__ import annotations

from tests.integration.conftest import database_url, postgres

__all__ = ["database_url", "postgres"]
