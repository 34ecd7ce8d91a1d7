"""A newsletter with readers and one note that is due, sent from within the test's own process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from newsletter.app import Newsletter
from newsletter.mailing import SendReport
from newsletter.subscribing.records import SubscriberRow
from storage.model import Delivery

READERS = 60
CONNECTIONS = 5


def settle(
    folder: Path,
    storage: str,
    smtp: str,
    connections: int = CONNECTIONS,
    *,
    readers: int = READERS,
    more: str = "",
) -> Path:
    """A newsletter with so many readers and one note that is due; its configuration, with these lines more."""
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "notes" / "note.md").write_text("---\npublish: now\n---\n# Note\n\nHello.\n")
    written = time.time() - 10  # long enough ago not to be waited for
    os.utime(folder / "notes" / "note.md", (written, written))
    config = folder / "newsletter.toml"
    config.write_text(
        '[newsletter]\ntitle = "T"\nurl = "https://notes.example.com"\nsender = "a@example.com"\n'
        f'[schedule]\nhold = "0s"\n[storage]\nurl = "{storage}"\n'
        f'[smtp]\nurl = "{smtp}"\nconnections = {connections}\n[dispatch]\nretry = ["1s"]\n{more}'
    )
    with Newsletter.open(config, environ={}) as newsletter:
        if not list(newsletter.subscribers.everyone()):
            rows = [
                SubscriberRow(line=number, email=f"reader{number}@example.org")
                for number in range(readers)
            ]
            assert newsletter.subscriptions.import_rows(rows, consent="test").added == readers
    return config


def send(config: Path, progress: Callable[[SendReport], None] | None = None) -> SendReport:
    """All that is due now."""
    with Newsletter.open(config, environ={}) as newsletter:
        return newsletter.send(progress=progress)


def states(config: Path) -> dict[str, int]:
    """How the deliveries stand."""
    with Newsletter.open(config, environ={}) as newsletter:
        return {state.value: count for state, count in newsletter.totals().counts.items() if count}


def deliveries(config: Path) -> dict[str, Delivery]:
    """The delivery of each reader, of the only issue."""
    with Newsletter.open(config, environ={}) as newsletter:
        (status,) = newsletter.issues()
        return {one.address: one for one in newsletter.parts.overview.deliveries(status.issue.id)}


def suppressed(config: Path) -> dict[str, str]:
    """Who is never mailed again, and why."""
    with Newsletter.open(config, environ={}) as newsletter:
        return {one.address: one.reason.value for one in newsletter.subscribers.suppressions()}
