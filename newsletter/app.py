"""Newsletter: what an author, a script or the commands can have done, each a verb.

from newsletter import Newsletter

with Newsletter.open("newsletter.toml") as newsletter:
    newsletter.schedule("2026/launch.md", "tomorrow 9:00")
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from newsletter.assembly import open_parts
from newsletter.config import Config, load_config
from newsletter.founding import Founding
from newsletter.holdings import Holdings
from newsletter.outlooks import Outlooks
from newsletter.parts import Parts
from storage.model import Conflict, Log, NotesFolderError

if TYPE_CHECKING:
    from newsletter.authoring import CheckedNote, Planned, Preview, Scheduled, TestCopy
    from newsletter.doctor import Diagnosis
    from newsletter.keeping import BackedUp, Progress
    from newsletter.mailing import IssueStatus, SendReport
    from newsletter.publishing import Expected, Held, PollReport
    from newsletter.service import Site
    from storage.model import Attempt, Delivery, DeliveryState, Issue, Schedule, Tally

log = Log()


class Newsletter(Founding, Holdings, Outlooks):
    """One newsletter: its notes, archive, subscribers and mail."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        """What it is made of, for tests and for what has no verb."""
        self.config = parts.config
        self.identity = parts.config.identity
        self._poll_lock = threading.Lock()

    @classmethod
    def open(
        cls,
        config: str | Path | Config = "newsletter.toml",
        *,
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Newsletter:
        """Read the configuration, unless it is given as `run` returned it, open the database (making its tables if it is
        new) and secret.

        Raises ConfigError, StorageError, SchemaOutdated or SecretMismatch.
        """
        if not isinstance(config, Config):
            config = load_config(Path(config), os.environ if environ is None else environ)
        return cls(open_parts(config, clock))

    def close(self) -> None:
        """Close the database."""
        self.parts.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # ── the author's verbs ───────────────────────────────────────────────────────────────

    def poll(self, expected: Mapping[str, Expected] | None = None) -> PollReport:
        """Look at the notes folder once. Raises NotesFolderError when there is none.

        With `expected`, by path, only these notes are published, and only as they are said to be.
        """
        with self._poll_lock:
            report = self.parts.poll.run(expected)
        # A restored copy has seen all that it may have missed, once the digests that are due are made.
        self.parts.mailings.release(self.parts.digests.run)
        report.log()
        if due := report.due:
            self.parts.proofs.tell(due)
        if report.queued or report.restored:
            self.parts.wake()
        return report

    def send(
        self, *, plan: str | None = None, progress: Callable[[SendReport], None] | None = None
    ) -> SendReport:
        """All that is due now: poll, publish, queue, dispatch until it is done. Raises StorageError.

        With the hash of a `plan` that and nothing else, or nothing at all: raises StalePlan, which
        says what is not as it was. An empty one names no plan.
        """
        from newsletter.sending import send_due

        if plan is None:
            return send_due(self.parts, self.poll, progress)
        expected = self.parts.planner.expect(plan)
        return send_due(self.parts, lambda: self.poll(expected), progress, expected=expected)

    def run(
        self, *, site: Site | None = None, ready: Callable[[str], None] = lambda _: None
    ) -> Config | None:
        """The whole service in this process until SIGTERM or SIGINT: scheduler, dispatcher, site.

        `ready` is told the site's address once it listens. Raises Conflict when another process
        schedules for the same SQLite database; on PostgreSQL this one stands by instead. Where it ended because SIGHUP
        asked for a changed configuration, that is returned: open it and run again. A peer that holds this up for
        ten seconds has the whole program started anew, as it was started.
        """
        from newsletter.operating import run_service

        return run_service(self.parts, self._look, site=site, scheduling=True, ready=ready)

    def worker(self) -> Config | None:
        """Dispatch only; any number of processes over PostgreSQL. Ends as `run` does."""
        from newsletter.operating import run_service

        return run_service(
            self.parts, self._look, site=None, scheduling=False, ready=lambda _: None
        )

    def schedule(self, note: str, at: str | datetime, *, zone: str | None = None) -> Scheduled:
        """Have a note go out at a time; `at` is ISO, "tomorrow 9:00", "now" or a datetime.

        `zone` (IANA) is whose wall time `at` is; the newsletter's by default. Raises NotFound,
        NoteError, Conflict (published already, a draft) or ScheduleError (past, not a time).
        """
        return self.parts.scheduling.schedule(note, at, zone=zone)

    def unschedule(self, note: str) -> Schedule:
        """Take a schedule back. Raises NotFound, or Conflict when the note itself says when."""
        return self.parts.scheduling.unschedule(note)

    def calendar(self) -> list[Planned]:
        """What will be published, and when, soonest first."""
        return self.parts.outlook.calendar()

    def preview(self, note: str) -> Preview:
        """The mail a note would become. Changes nothing. Raises NotFound or NoteError."""
        return self.parts.proofs.preview(note)

    def check(
        self,
        *notes: str,
        online: bool = False,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> list[CheckedNote]:
        """What to know before these notes go out, or without any all that are to be published.

        With `online` links to elsewhere are asked for, which takes up to three minutes. Raises
        NotFound or NotesFolderError. Changes nothing.
        """
        checked = self.parts.proofs.check(notes)
        if online:
            checked = self.parts.proofs.check_online(checked, progress)
        return checked if notes else [*checked, *self.beside(self.publication.about_fault())]

    def missing(self) -> Held | None:
        """Published notes that vanished all at once, and are not withdrawn for that."""
        return self.parts.sudden.standing()

    def withdraw_missing(self) -> Held:
        """They were taken away: the next poll withdraws them. Raises Conflict when none is missing."""
        return self.parts.sudden.accept()

    def test(self, note: str, to: str) -> TestCopy:
        """Send one marked copy of a note, past the queue; no issue or delivery comes of it.

        Raises NotFound, NoteError, AddressError, RelayError, or Conflict for a suppressed address.
        """
        import asyncio

        from newsletter.authoring import send_test

        if self.subscriptions.suppression(to) is not None:
            raise Conflict("this address is suppressed; see `newsletter suppressions list`")
        signer = self.config.signer
        envelope = self.parts.proofs.write_test(note, to, signer)
        # Not uvloop, which cannot be closed while a refused TLS connection is still ending.
        return asyncio.run(send_test(envelope, self.config.relays, signed=signer is not None))

    def doctor(self, received: bytes | None = None) -> list[Diagnosis]:
        """What stands between this machine and a reader: relay, DNS, site, clock, disk.

        With `received`, a message of ours as a reader's host stored it, what became of that on its
        way instead. Mails nobody and changes nothing. Takes as long as the network does.
        """
        from newsletter.operating import diagnose

        return diagnose(self.parts, received, self.is_running)

    def backup(
        self,
        to: str | Path,
        *,
        keep: int | None = None,
        progress: Progress = lambda _done, _all: None,
    ) -> BackedUp:
        """Copy database and secret into one file, also while the service runs. Raises BackupError.

        See newsletter/keeping/backup.py; `progress` is told (rows done, rows in all).
        """
        from newsletter.keeping import back_up

        parts, secret = self.parts, self.config.web.secret_file
        now = parts.clock()
        return back_up(parts.database, secret, Path(to), now=now, keep=keep, progress=progress)

    def issues(self) -> list[IssueStatus]:
        """Every issue with its deliveries counted, newest first."""
        return self.parts.standing.every()

    def status(self, slug: str) -> IssueStatus:
        """One issue. Raises NotFound, naming the nearest slug."""
        return self.parts.standing.of(self.parts.in_flight.find(slug))

    def totals(self) -> Tally:
        """The deliveries of all issues together, by state."""
        return self.parts.overview.tally()

    def deliveries(self, slug: str, *, state: DeliveryState | None = None) -> Iterator[Delivery]:
        """What became of an issue, reader by reader. Raises NotFound."""
        return self.parts.overview.deliveries(self.parts.in_flight.find(slug).id, state=state)

    def attempts(self, *delivery_ids: int) -> dict[int, list[Attempt]]:
        """The tries that did not end in acceptance, first to last, by delivery; a few hundred."""
        return self.parts.overview.attempts(*delivery_ids)

    def pause(self, slug: str, reason: str = "paused by the author") -> Issue:
        """Stop the mail of an issue where it is. Raises NotFound or Conflict."""
        return self.parts.in_flight.pause(slug, reason)

    def resume(self, slug: str) -> Issue:
        """Go on where `pause` stopped, whatever was refused until then. Raises NotFound or Conflict."""
        return self.parts.in_flight.resume(slug)

    def cancel(self, slug: str) -> int:
        """Take the mail of an issue back; how many will not get it. Raises NotFound or Conflict."""
        return self.parts.in_flight.cancel(slug)

    def doubts(self, slug: str) -> list[Delivery]:
        """The deliveries of an issue that the relay may or may not have taken. Raises NotFound."""
        return self.parts.in_flight.doubts(slug)

    def reconcile(self, slug: str, *, resend: bool) -> int:
        """Decide about an issue's messages in doubt; how many there were.

        `resend` has them sent again under the same Message-ID; otherwise they count as accepted.
        Raises NotFound, or Conflict for resending an issue that was taken back.
        """
        return self.parts.in_flight.reconcile(slug, resend=resend)

    def collect_reports(self) -> int:
        """Look through the mailboxes of `[bounces]` once; how many messages were handled.

        Raises MailboxError when a mailbox cannot be used. What was handled before stays handled.
        """
        return self.parts.collecting.collect()

    def is_running(self) -> bool:
        """Whether a process has the schedule of this database; asked by trying to take it."""
        lock = self.parts.database.try_lock("scheduler")
        if lock is not None:
            lock.release()
        return lock is None

    def _look(self) -> None:
        """The poll as a tick: a folder that cannot be used is told and tried again."""
        try:
            self.poll()
        except NotesFolderError as error:
            log.warning("poll.impossible", reason=str(error))
