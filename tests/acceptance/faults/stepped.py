"""`newsletter run` without a site, on a clock that a file sets ahead or back.

python -m tests.acceptance.faults.stepped CONFIG FILE
"""

from __future__ import annotations

import faulthandler
import logging
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter import Newsletter
from newsletter.config import Config
from scripts.console import configure_logging
from storage.model import NewsletterError


def stepped(file: Path) -> datetime:
    """The time, so many seconds ahead as the file says."""
    try:
        seconds = float(file.read_text() or 0)
    except FileNotFoundError:
        seconds = 0.0
    return datetime.now(UTC) + timedelta(seconds=seconds)


def run(config: str, file: Path) -> None:
    """Until SIGTERM; SIGHUP begins it anew."""
    configure_logging(logging.INFO)
    opened: str | Config | None = config
    while opened is not None:
        with Newsletter.open(opened, environ={}, clock=lambda: stepped(file)) as newsletter:
            opened = newsletter.run()


if __name__ == "__main__":
    faulthandler.register(signal.SIGUSR1)
    try:
        run(sys.argv[1], Path(sys.argv[2]))
    except NewsletterError as error:
        sys.exit(str(error))
