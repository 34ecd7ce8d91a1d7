"""How many cores there are for a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from newsletter.cores.counting import count_cores
from newsletter.cores.keeping import allowed_cores, kept_to_one

ALL = len(allowed_cores()) or os.cpu_count() or 1


@pytest.mark.parametrize(
    ("own", "bounds", "cores"),
    [
        ("0::/\n", {"": "max 100000"}, ALL),
        ("0::/\n", {"": "50000 100000"}, 1),
        ("0::/\n", {"": "100000 100000"}, 1),
        ("0::/\n", {"": "150000 100000"}, min(2, ALL)),
        ("0::/\n", {"": "99900000 100000"}, ALL),
        ("1:cpu:/x\n0::/a/b\n", {"a/b": "max 100000", "a": "10000 100000"}, 1),
        ("0::/a/b\n", {"a/b": "max 100000", "c": "10000 100000"}, ALL),
        ("0::/../a\n", {}, ALL),
        ("1:cpu:/\n", {}, ALL),
        ("", {}, ALL),
        ("0::/\n", {"": "what is this"}, ALL),
        ("0::/\n", {"": "1 0"}, ALL),
    ],
)
def test_a_group_has_no_more_cores_than_its_time(
    tmp_path: Path, own: str, bounds: dict[str, str], cores: int
) -> None:
    """A container or a unit with a bound of processor time is not given threads for every core of the machine."""
    (tmp_path / "own").write_text(own)
    for group, bound in bounds.items():
        (tmp_path / "groups" / group).mkdir(parents=True, exist_ok=True)
        (tmp_path / "groups" / group / "cpu.max").write_text(f"{bound}\n")
    assert count_cores(tmp_path / "own", tmp_path / "groups") == cores


def test_a_system_without_groups_has_its_cores(tmp_path: Path) -> None:
    """Where nothing tells of groups."""
    assert count_cores(tmp_path / "none", tmp_path) == ALL


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system keeps no thread to a core"
)
def test_only_cores_that_a_process_may_use_are_counted() -> None:
    """`taskset` or a unit's CPUAffinity leaves one; keeping to one of several takes none away."""
    told = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
    told += "from newsletter.cores import count_cores; print(count_cores())"
    assert subprocess.check_output([sys.executable, "-c", told], text=True) == "1\n"
    with kept_to_one(wanted=True):
        assert len(allowed_cores()) == ALL
