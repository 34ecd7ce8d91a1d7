"""A newsletter in a folder that is backed up and restored."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newsletter.app import Newsletter
from newsletter.keeping import BackedUp, Target
from storage.copies import snapshot
from storage.database import Database
from tests.conftest import NOON
from tests.worlds.clock import Clock


class Home:
    """A newsletter in a folder on one of the databases, with the embedded outbox."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.clock = Clock(NOON)
        self.config = folder / "newsletter.toml"
        self.secret = folder / "secret"
        self.copy = folder / "copy.zip"
        (folder / "notes").mkdir()
        self.config.write_text(
            '[newsletter]\ntitle = "T"\nurl = "https://notes.example.org"\n'
            'sender = "a@example.org"\n[schedule]\nhold = "0s"\n'
            f'[storage]\nurl = "{url}"\n[smtp]\nurl = "outbox:outbox"\n'
        )

    @contextmanager
    def opened(self) -> Iterator[Newsletter]:
        """The newsletter."""
        with Newsletter.open(self.config, environ={}, clock=self.clock) as newsletter:
            yield newsletter

    def write(self, name: str) -> None:
        """A note that is due."""
        path = self.folder / "notes" / f"{name}.md"
        path.write_text(f"---\npublish: {self.clock.now.isoformat()}\n---\n# {name}\n\nHello.\n")
        os.utime(path, (1_700_000_000, 1_700_000_000))

    def back_up(self) -> BackedUp:
        """To one file, which is replaced."""
        self.copy.unlink(missing_ok=True)
        with self.opened() as newsletter:
            return newsletter.backup(self.copy)

    @property
    def target(self) -> Target:
        """Where a backup goes."""
        return Target(url=self.url, secret_file=self.secret, clock=self.clock)

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """All that the database holds, but for its facts."""
        database = Database.open(self.url)
        with snapshot(database) as look:
            found = {
                one.name: [tuple(map(_plain, row)) for row in look.rows(one.name)]
                for one in look.tables()
                if one.name not in ("meta", "workers")
            }
        database.close()
        return found

    def mails(self) -> int:
        """Messages in the outbox."""
        return len(list((self.folder / "outbox" / "new").iterdir()))


def _plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value
