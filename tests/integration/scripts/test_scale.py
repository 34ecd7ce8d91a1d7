"""The measuring of newsletters that have grown: that it measures what it says, on both databases."""

from __future__ import annotations

import json

import pytest

from scripts.bench.scale.__main__ import main

LOOKS = {"queue", "claim", "record", "status", "issues", "deliveries", "list", "keep", "erase"}


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_years_of_issues_are_there_and_looked_at(
    engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every issue has a delivery for every reader, each thing is timed, and the newest issue is sent."""
    arguments = ["--readers", "1200", "--issues", "3", "--send", "--json"]
    code = main([*arguments, *(["--postgresql"] if engine == "postgresql" else [])])
    told = capsys.readouterr()
    if "PostgreSQL is not installed" in told.err:
        pytest.skip("PostgreSQL is not installed")
    assert code == 0, told.err
    found = json.loads(told.out)
    assert found["deliveries"] == 4 * 1200 - 4  # one reader was erased
    assert found["sent"] == 1200 - 5 * 25  # five groups were recorded before
    assert {look["name"] for look in found["looks"]} >= LOOKS
    assert all(found[f"{look['name']}_ms"] > 0 for look in found["looks"])
