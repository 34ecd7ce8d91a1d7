"""A command's standard streams: closed by whoever starts it, or on a disk that takes no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.worlds.publishing.due import READERS, settle, states
from tests.worlds.service.installed import PROGRAM, environment

FULL = Path("/dev/full")


def test_closed_streams_end_nothing(tmp_path: Path) -> None:
    """Whoever is started without any mails everybody, and the database's file is not written to by a word."""
    config = settle(tmp_path, f"sqlite:///{tmp_path / 'n.db'}", f"outbox:{tmp_path / 'out'}")
    command = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', PROGRAM, "--config", config, "send"]
    assert subprocess.run(command, env=environment(), timeout=120).returncode == 0
    assert states(config) == {"accepted": READERS}


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_what_no_disk_takes_at_the_end_does_not_change_how_it_ended() -> None:
    """Another thread has begun a line of the log: Python would end with a code of its own."""
    begun = "import sys; from scripts.streams import end_output; sys.stderr.write('begun'); end_output()"
    with FULL.open("w") as full:
        done = subprocess.run([sys.executable, "-c", begun], stderr=full, env=environment())
    assert done.returncode == 0
