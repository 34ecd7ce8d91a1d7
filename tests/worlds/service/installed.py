"""A newsletter in a folder, driven by the installed command, for the tests that kill it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from newsletter import Newsletter
from storage.model.deliveries import Delivery
from tests.peers.nursery import PROGRAM, Forked, run_forked

CONNECTIONS = 5

__all__ = [
    "CONNECTIONS",
    "PROGRAM",
    "House",
    "address",
    "build",
    "environment",
    "tell",
]

_CONFIG = """
[newsletter]
title = "Notes"
url = "https://notes.example.com"
sender = "Notes <notes@example.com>"
[schedule]
hold = "0s"
[storage]
url = "{storage}"
[smtp]
url = "{smtp}"
connections = {connections}
rate = {rate}
[dispatch]
retry = ["1s"]
"""


@dataclass(frozen=True)
class House:
    """The folder of one newsletter."""

    folder: Path

    @property
    def config(self) -> Path:
        """Its configuration."""
        return self.folder / "newsletter.toml"

    def start(self, *command: str | Path, at: Path | None = None) -> subprocess.Popen[str]:
        """Starts a command, in the newsletter's folder unless `at` says where; what is ours is forked."""
        is_ours = str(command[0]) in {str(PROGRAM), sys.executable}
        return (Forked[str] if is_ours else subprocess.Popen)(
            command,
            cwd=at or self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )

    def deliveries(self) -> list[Delivery]:
        """What became of each delivery of the only issue."""
        with Newsletter.open(self.config, environ={}) as newsletter:
            (status,) = newsletter.issues()
            return list(newsletter.parts.overview.deliveries(status.issue.id))

    def resend_doubtful(self) -> int:
        """Has what waits in doubt sent again, as its author decides; how many those were."""
        with Newsletter.open(self.config, environ={}) as newsletter:
            (status,) = newsletter.issues()
            return newsletter.reconcile(status.issue.slug, resend=True)


def build(folder: Path, *, storage: str, smtp: str, recipients: int, rate: int = 0) -> House:
    """A newsletter with so many readers and one note that is due now."""
    (folder / "notes").mkdir(parents=True)
    house = House(folder)
    house.config.write_text(
        _CONFIG.format(storage=storage, smtp=smtp, connections=CONNECTIONS, rate=rate)
    )
    note = folder / "notes" / "first.md"
    note.write_text("---\ntitle: First\npublish: now\n---\n\nHello, {{ name | there }}.\n")
    written = time.time() - 10  # long enough ago not to be waited for
    os.utime(note, (written, written))
    rows = "".join(f"{address(number)}\n" for number in range(recipients))
    (folder / "list.csv").write_text(f"email\n{rows}")
    command = [PROGRAM, "subscribers", "import", "list.csv", "--consent", "fair"]
    done = run_forked(command, cwd=folder, env=environment())
    assert done.returncode == 0, done.stderr
    return house


def address(number: int) -> str:
    """The address of one reader."""
    return f"reader{number}@example.org"


def environment() -> dict[str, str]:
    """Ours, without what configures a newsletter, nor how Python is at writing: a developer's shell may say so."""
    ours = ("NEWSLETTER", "PYTHONUNBUFFERED")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def tell(**figures: float) -> None:
    """Says what was counted; `pytest -rP` shows it."""
    sys.stdout.write(" ".join(f"{name}={figure}" for name, figure in figures.items()) + "\n")
