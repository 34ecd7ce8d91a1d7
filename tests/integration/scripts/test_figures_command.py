"""Figures, and the way of one mail, as their author asks for them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from scripts.commands.stats import gather, plot, sparkline
from tests.worlds.commands import Run


def test_growth_and_issues_are_told_and_drawn(run: Run, sent: Path) -> None:
    """In the terminal, as JSON, and as SVG."""
    shown = run("stats", "--days", "30")
    assert "2 readers" in shown.out
    assert "joined" in shown.out
    document = run("stats", "--json").json()
    assert isinstance(document, dict)
    assert (document["readers"], len(document["days"])) == (2, 90)
    [issue] = document["issues"]
    assert (issue["issue"], issue["accepted"]) == ("the-first-note", 2) or issue["accepted"] == 2
    target = sent / "growth.svg"
    assert run("stats", "--svg", target).code == 0
    assert ET.parse(target).getroot().tag.endswith("svg")
    assert run("stats", "--days", "1").code == 2


def test_did_she_get_it(run: Run, sent: Path) -> None:
    """One line for each issue, with what the server said; a stranger is named."""
    told = run("deliveries", "--to", "ada@example.com")
    assert "the relay took it, and nothing came back" in told.out
    assert "250" in told.out
    [one] = run("deliveries", "--to", "ada@example.com", "--json").json()  # type: ignore[misc]
    assert one["state"] == "accepted"
    assert one["issue"]
    assert run("deliveries", "--to", "stranger@example.com").code == 1
    assert run("deliveries").code == 2


def test_watching_ends_in_done(run: Run, sent: Path) -> None:
    """When there is nothing left to wait for, it says so and ends."""
    assert "done" in run("status", "--watch").err


@pytest.mark.parametrize("wide", [20, 70])
def test_plots_fit_and_show_what_is_there(wide: int) -> None:
    """As wide as there is room; what is not nothing is seen; the highest fills its column."""
    values = [0] * 50 + [1] + [1000] * 39
    lines = plot(values, wide)
    assert all(len(line) <= wide + 10 for line in lines)
    assert lines[0].startswith("    1,000 ")
    assert lines[0].endswith("█")
    assert len(sparkline(values, wide)) <= wide
    assert sparkline([0, 1, 1000], 3) == " ▁█"
    assert sum(gather(values, wide, sum)) == sum(values)
