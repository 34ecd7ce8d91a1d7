"""Two checkouts compared by the benchmark: that each runs its own code, and what is made of their runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.bench.compare import build_comparisons
from scripts.bench.compare.comparison import Comparison, Run, build_comparison
from scripts.bench.processes import ROOT
from scripts.bench.report import Bound, Row, Spread, build_table
from tests.peers.nursery import run_forked

ROOMS = ("feeds", "mailer", "newsletter", "scripts", "storage", "web", "words")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another checkout, which is an older one in this: it calls the text of its notes differently."""
    checkout = tmp_path / "other"
    for room in ROOMS:
        shutil.copytree(ROOT / room, checkout / room)
    house = checkout / "scripts/bench/house.py"
    house.write_text(house.read_text("utf-8").replace("body()", "_body()"), "utf-8")
    return checkout


def against(checkout: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What the benchmark says of this checkout beside that one."""
    command = [sys.executable, "-m", "scripts.bench", "--quick", "--against", str(checkout)]
    return run_forked([*command, *options], cwd=ROOT)


@pytest.mark.timeout(600)
def test_each_checkout_sends_by_its_own_code(other: Path) -> None:
    """Both mail the same words, and what the other one's code says of itself is what stands there."""
    sender = other / "scripts/bench/sender.py"
    text = sender.read_text("utf-8")
    sender.write_text(text.replace("cpu_s=_processor_s() - cpu", "cpu_s=3.0"))
    done = against(other, "--rows", "sqlite-fast-sink", "--messages", "20", "--json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    assert row["name"] == "sqlite-fast-sink"
    assert row["octets"][0] == row["octets"][1] > 16_000
    assert row["cpu_us"][1] == 150_000
    assert 0 < row["cpu_us"][0] < 150_000
    assert row["least"] == row["cpu_us"][0] / row["cpu_us"][1]


@pytest.mark.timeout(600)
def test_a_checkout_that_cannot_send_is_no_figure(other: Path) -> None:
    """When the other code fails the comparison fails with it, and says whose code that was."""
    (other / "scripts/bench/sender.py").write_text("raise SystemExit(7)\n", "utf-8")
    done = against(other, "--rows", "sqlite-fast-sink", "--messages", "20")
    assert done.returncode == 1
    assert str(other) in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("rows", "said"),
    [(["poll"], "only these rows can be compared"), (["postgresql"], "is no checkout")],
)
def test_what_cannot_be_compared_is_told(tmp_path: Path, rows: list[str], said: str) -> None:
    """A folder that is no checkout, and rows that are no sending, are named instead of measured."""
    checkout = ROOT if rows == ["poll"] else tmp_path
    done = against(checkout, "--rows", *rows)
    assert done.returncode == 1
    assert said in done.stderr


def test_the_processor_counts_at_its_least_and_the_clock_within_a_round() -> None:
    """One round that something else disturbed changes neither figure."""
    rounds = [
        (Run(100.0, 0.2), Run(200.0, 0.1)),
        (Run(50.0, 0.4), Run(100.0, 0.2)),
        (Run(90.0, 0.9), Run(30.0, 0.3)),
    ]
    row = build_comparison("x", (1, 2), rounds)
    assert row.cpu_us == (200.0, 100.0)
    assert row.least == 2.0
    assert row.cpu.median == pytest.approx(2.0)
    assert row.speed.median == pytest.approx(0.5)
    assert row.rate == (90.0, 100.0)


def test_the_table_of_a_comparison_shows_both_and_their_ratio() -> None:
    """A line has what a message takes here and there, and how much the rounds differ."""
    spread = Spread(0.98, 0.97, 1.01)
    row = Comparison(
        name="x",
        octets=(1, 1),
        cpu_us=(98.0, 100.0),
        cpu=spread,
        rate=(5000.0, 4000.0),
        speed=spread,
    )
    _, line = build_comparisons([row]).splitlines()
    told = " ".join(line.split())
    assert told == "x 98.0 100.0 0.980 0.98 (0.97 to 1.01) 5,000 4,000 0.98 (0.97 to 1.01)"


def test_a_row_shows_how_much_its_rounds_differ() -> None:
    """Beside the figure stands where half of the rounds lie."""
    row = Row(
        name="x",
        title="X",
        bound=Bound.AT_LEAST,
        target=2,
        measured=1.0,
        rounds=Spread.of([0.9, 1.0, 1.0, 1.0, 5.0]),
    )
    line = build_table([row]).splitlines()[1]
    assert line.split()[:5] == ["x", "1", "×", "(1", "to"]


@given(figures=st.lists(st.floats(0.01, 100), min_size=1, max_size=30))
def test_a_spread_lies_among_its_figures(figures: list[float]) -> None:
    """However many rounds there were: least ≤ low ≤ median ≤ high ≤ most."""
    spread = Spread.of(figures)
    ordered = [min(figures), spread.low, spread.median, spread.high, max(figures)]
    assert ordered == pytest.approx(sorted(ordered))
