"""A notes folder, a clock and a poll over a real database: what tests of publishing need.

Files get their times from the test's clock, so no poll has to wait for a file to settle, and what
would be waiting is a hook in which a test can let something happen.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from feeds.notes.habits import USUAL, Habits
from feeds.syndication.ids import newsletter_namespace
from newsletter.authoring.outlook import Outlook
from newsletter.authoring.proofs import Proofs
from newsletter.authoring.schedules import Scheduling
from newsletter.config.values import Late
from newsletter.publishing.drafting import Drafting, Pictures
from newsletter.publishing.findings import PollReport
from newsletter.publishing.poll import Poll
from newsletter.publishing.reading import Means
from newsletter.publishing.sudden import SuddenChange
from storage.archive.absences import Absences
from storage.archive.issues import Issues
from storage.database.engine import Database
from storage.database.facts import Facts
from storage.ledger.ledger import Ledger
from storage.ledger.mailings import Mailings
from storage.ledger.overview import Overview
from storage.model.issues import Identity, Issue
from storage.model.readers import ConsentEventKind
from storage.notes.cited import CitedFiles
from storage.notes.folder import FolderNotes, NotesStore
from storage.notes.notebook import Notebook, Schedules
from storage.readers.roll import Roll
from storage.readers.subscribers import NewSubscriber, Subscribers
from tests.worlds.clock import Clock

URL = "https://notes.example.com"
IDENTITY = Identity(
    title="Working Notes",
    url=URL,
    sender="Working Notes <notes@example.com>",
    author="Ada Example",
    timezone="Europe/Berlin",
)
_ticks = count(1)


def front(body: str = "Some words.", /, **keys: object) -> str:
    """A note's text: front matter with these keys, then the body."""
    if not keys:
        return body
    lines = "\n".join(f"{key}: {value}" for key, value in keys.items())
    return f"---\n{lines}\n---\n\n{body}\n"


@dataclass
class Folder:
    """A folder of notes."""

    root: Path
    clock: Clock = field(default_factory=Clock)

    def write(self, path: str, body: str = "", /, **keys: object) -> Path:
        """A note with this body and front matter, written a minute ago by the test's clock."""
        return self.save(path, front(body or f"The words of {path}.", **keys))

    def save(self, path: str, text: str, *, ago: timedelta = timedelta(minutes=1)) -> Path:
        """These very characters, so long ago; every save has a time of its own."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        written = int((self.clock.now - ago).timestamp() * 1e9) + next(_ticks)
        os.utime(file, ns=(written, written))
        return file

    def rename(self, old: str, new: str) -> None:
        """Move a note, as `mv` does: also over another."""
        (self.root / new).parent.mkdir(parents=True, exist_ok=True)
        (self.root / old).replace(self.root / new)

    def remove(self, path: str) -> None:
        """Delete a note."""
        (self.root / path).unlink()


class Room:
    """One process's view: a database, the parts that publish, and a folder of notes."""

    def __init__(
        self,
        url: str,
        folder: Folder,
        *,
        store: FolderNotes | Callable[[Database], NotesStore] | None = None,
        notebook: Callable[[Database], Notebook] = Notebook,
        habits: Habits = USUAL,
        identity: Identity = IDENTITY,
        grace: timedelta = timedelta(hours=24),
        hold: timedelta = timedelta(minutes=5),
        late: Late = Late.HOLD,
        slots: tuple[str, ...] = (),
        waiting: Callable[[float], None] = lambda _: None,
        patience_s: float = 30,
    ) -> None:
        self.folder = folder
        self.clock = folder.clock
        self.database = Database.open(url, wait_s=patience_s)
        self.database.prepare()
        self.archive = Issues(self.database)
        self.ledger = Ledger(self.database)
        self.overview = Overview(self.database)
        self.mailings = Mailings(self.database)
        self.schedules = Schedules(self.database)
        self.notebook = notebook(self.database)
        self.sudden = SuddenChange(Facts(self.database), folder.clock)
        notes: NotesStore = FolderNotes(folder.root)
        if store is not None:
            notes = store if isinstance(store, FolderNotes) else store(self.database)
        drafting = Drafting(
            identity,
            habits=habits,
            namespace=newsletter_namespace(identity.url),
            measure=Pictures(notes).size,
            files=notes.finder,
            written=notes.written,
            read=notes.read,
            root=notes.root,
            guides=notes.small,
        )
        self._poll = Poll(
            Means(
                store=notes,
                archive=self.archive,
                absences=Absences(self.database),
                sudden=self.sudden,
                notebook=self.notebook,
                cited=CitedFiles(Facts(self.database)),
                schedules=self.schedules,
                drafting=drafting,
                grace=grace,
                hold=hold,
                late=late,
                clock=folder.clock,
                wait=waiting,
            )
        )
        self.outlook = Outlook(
            store=notes,
            archive=self.archive,
            schedules=self.schedules,
            notebook=self.notebook,
            drafting=drafting,
            slots=slots,
            zone=ZoneInfo(identity.timezone),
            grace=grace,
            late=late,
            clock=folder.clock,
        )
        self.desk = Scheduling(
            store=notes,
            archive=self.archive,
            schedules=self.schedules,
            notebook=self.notebook,
            drafting=drafting,
            identity=identity,
            outlook=self.outlook,
            day_time=timedelta(hours=9),
            clock=folder.clock,
        )
        self.proofs = Proofs(
            store=notes,
            archive=self.archive,
            schedules=self.schedules,
            drafting=drafting,
            identity=identity,
            find=self.desk.find,
            roll=Roll(self.database),
            clock=folder.clock,
        )

    def poll(self) -> PollReport:
        """Look at the folder once."""
        return self._poll.run()

    def subscribe(self, *addresses: str) -> None:
        """Active subscribers."""
        rows = [
            NewSubscriber(
                address=address,
                key=address,
                hash=f"hash of {address}",
                nonce="nonce",
                created_at=self.clock.now,
                confirmed_at=self.clock.now,
            )
            for address in addresses
        ]
        Subscribers(self.database).add(rows, kind=ConsentEventKind.ADDED)

    def issue(self, note_id: str) -> Issue:
        """The issue made from a note; there must be one."""
        found = self.archive.by_note(note_id)
        assert found is not None, f"no issue of {note_id}"
        return found

    def live(self) -> set[str]:
        """Note ids that readers can see."""
        return {issue.note_id for issue in self.archive.live()}

    @property
    def queued(self) -> int:
        """Deliveries there are, whatever became of them."""
        return self.overview.tally().total
