"""What CI makes of a test that was skipped: tests/conftest.py, on one core and on several."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKIPPED = "import pytest\ndef test_a(): pass\ndef test_b(): pytest.skip('no such program')\n"


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(("nothing", "ends"), [("1", 1), ("", 0)], ids=["CI", "at home"])
def test_a_skipped_test_fails_the_run_where_every_program_is_installed(
    workers: str, nothing: str, ends: int, tmp_path: Path
) -> None:
    """With TESTS_SKIP_NOTHING a skipped test ends the run with an error, however many workers ran it;
    without, it is a remark.
    """
    path = tmp_path / "test_it.py"
    path.write_text(SKIPPED, "utf-8")
    told = {"TESTS_SKIP_NOTHING": nothing, "PYTHONPATH": str(ROOT)}
    inner = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-n", workers]
    run = subprocess.run(
        [*command, "--rootdir", tmp_path, "-c", os.devnull, path],
        cwd=tmp_path,
        env=inner | told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed, 1 skipped" in run.stdout, run.stdout + run.stderr
    assert run.returncode == ends
