"""What logging loads, and when."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
PROGRAM = """
import sys
from scripts.console import LogForm, configure_logging
from storage.model import Log

configure_logging(30, LogForm.LOGFMT)
Log().info("nothing.happened")
print("structlog" in sys.modules)
Log().warning("it.happened", number=1)
print("structlog" in sys.modules)
"""


def test_the_library_is_loaded_with_the_first_line() -> None:
    """A line below the level loads nothing; the first one above it is written as it was prepared."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            PROGRAM,
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout == "False\nTrue\n"
    assert done.stderr.count("\n") == 1
    assert "event=it.happened number=1" in done.stderr
