"""What every tier shares: the clock of the tests, the --slow flag, and the tiers' markers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
"""The tests' now. Time passes only when a test says so."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--slow` runs the suites that always run small in their full size."""
    parser.addoption("--slow", action="store_true", help="run the full size of every suite")


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> bool:
    """Whether the full size was asked for."""
    return bool(request.config.getoption("--slow"))


@pytest.fixture
def now() -> datetime:
    """The tests' now."""
    return NOON
