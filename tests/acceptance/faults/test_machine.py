"""Faults at random, a few each time: nobody is missed, and no more copies than crashes may make."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.faults.machine import beset
from tests.worlds.service.installed import tell


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.only_slow) for seed in range(2, 6))]
)
def test_whatever_befalls_it_everybody_is_mailed_once(
    seed: int, database_url: str, tmp_path: Path, slow: bool
) -> None:
    """Killed, stopped, reloaded, its relay, database, disk, clock and notes taken away and brought back, two of these at
    once: every reader has every issue, nothing is left over, and copies stay within the bound (promises 1 and 2).
    """
    tally = beset(tmp_path / "home", database_url, seed=seed, rounds=40 if slow else 2)
    tell(rounds=tally.rounds, issues=tally.issues, missed=tally.missed, copies=tally.copies)
    assert tally.is_well, tally
