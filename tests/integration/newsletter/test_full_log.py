"""What a command tells goes to a disk that is full: mail is no part of that."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.peers.nursery import Forked
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.publishing.due import READERS, send, settle, states
from tests.worlds.service.installed import PROGRAM, environment

FULL = Path("/dev/full")

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def test_a_log_on_a_full_disk_holds_no_mail_up(tmp_path: Path) -> None:
    """The service logs that a relay greylists half of the readers, and cannot: everybody is mailed once all the
    same, and a stop ends it in good order.
    """
    tried: set[str] = set()

    def mood(phase: Phase, recipient: str) -> str | None:
        is_greylisted = phase is Phase.RCPT and len(recipient) % 2 and recipient not in tried
        tried.add(recipient)
        return "451 4.7.1 greylisted, come again" if is_greylisted else None

    with Relay(mood).serving() as relay, FULL.open("w") as full:
        relay.expected = READERS
        config = settle(
            tmp_path,
            f"sqlite:///{tmp_path / 'n.db'}",
            f"smtp://127.0.0.1:{relay.port}",
            more="[web]\nport = 0\n",
        )
        command = [PROGRAM, "--config", config, "--verbose", "run"]
        process = Forked[bytes](command, stdout=full, stderr=full, env=environment())
        try:
            assert relay.everybody.wait(120)
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0
        finally:
            process.kill()
            process.wait()
        assert states(config) == {"accepted": READERS}
        assert relay.copies == 0


def test_a_result_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """In a sentence, after the mail is out: the exit code says that something went wrong, and nobody is mailed
    again for it.
    """
    with Relay().serving() as relay, FULL.open("w") as full:
        config = settle(
            tmp_path, f"sqlite:///{tmp_path / 'n.db'}", f"smtp://127.0.0.1:{relay.port}"
        )
        with Forked[str](
            [PROGRAM, "--config", config, "send"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        ) as process:
            _, told = process.communicate()
        assert process.returncode == 1
        (line,) = [one for one in told.splitlines() if one.startswith("newsletter:")]
        assert line == "newsletter: the result cannot be written: No space left on device"
        assert "Traceback" not in told
        assert send(config).accepted == 0
        assert states(config) == {"accepted": READERS}
        assert relay.copies == 0
