"""Newsletter: the one place that puts the parts together, and the author's Python API.

from newsletter import Newsletter

with Newsletter.open("newsletter.toml") as newsletter:
    newsletter.schedule("2026/launch.md", "tomorrow 9:00")
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

import structlog

from feeds.syndication import Document, FeedFormat, build_feed, newsletter_namespace
from mailer.authentication import Dns
from mailer.dispatch import Dispatcher, Summary
from mailer.inbound import fetch_document
from mailer.smtp import Relay
from newsletter.assembly import (
    complaint_check,
    gates,
    open_tokens,
    retry_policy,
    signup_policy,
    soft_limits,
    webhook_keys,
)
from newsletter.authoring import (
    AboutPage,
    Authoring,
    CheckedNote,
    Planned,
    Preview,
    Proofs,
    Scheduled,
    TestCopy,
    send_test,
)
from newsletter.config import Config, load_config, sender_domain
from newsletter.doctor import Diagnosis, Surroundings, examine, examine_copy, find_own_address
from newsletter.inbound import ReportDesk, WebhookDesk
from newsletter.mailing import InFlight, IssueStatus, Letters, SendReport, Standing
from newsletter.publishing import Drafting, Pictures, Poll, PollReport, as_readers_see
from newsletter.service import Site, Upkeep, Work, drain, run_in_loop, serve, worker_name
from newsletter.subscribing import Subscriptions
from newsletter.tokens import Tokens
from storage.archive import Issues
from storage.database import Database, Facts
from storage.ledger import Ledger
from storage.model import Conflict, Delivery, Identity, Issue, NotesFolderError, Schedule
from storage.notes import FolderNotes, MediaFile, Notebook, Schedules
from storage.readers import Reports, Subscribers

log = structlog.get_logger()


class Newsletter:
    """One newsletter: its notes, archive, subscribers and mail."""

    def __init__(
        self,
        config: Config,
        database: Database,
        tokens: Tokens,
        *,
        namespace: UUID,
        clock: Callable[[], datetime],
    ) -> None:
        self.config = config
        self.identity: Identity = config.identity
        self.tokens = tokens
        self.clock = clock
        self.archive = Issues(database)
        self.ledger = Ledger(database, gates(config))
        self.subscribers = Subscribers(database)
        self._standing = Standing(self.archive, self.ledger, clock)
        self._in_flight = InFlight(self.archive, self.ledger, clock=clock, wake=self.wake)
        self._database = database
        self._namespace = namespace
        self._schedules = Schedules(database)
        self._notebook = Notebook(database)
        self._notes = FolderNotes(config.notes.path)
        self._drafting = Drafting(
            self.identity,
            publish_key=config.notes.publish_key,
            namespace=namespace,
            measure=Pictures(self._notes).size,
        )
        self._authoring = Authoring(
            store=self._notes,
            archive=self.archive,
            schedules=self._schedules,
            notebook=self._notebook,
            drafting=self._drafting,
            identity=self.identity,
            clock=clock,
        )
        self._proofs = Proofs(
            store=self._notes,
            archive=self.archive,
            schedules=self._schedules,
            drafting=self._drafting,
            identity=self.identity,
            find=self._authoring.find,
            clock=clock,
        )
        self._poll = Poll(
            store=self._notes,
            archive=self.archive,
            notebook=self._notebook,
            schedules=self._schedules,
            drafting=self._drafting,
            grace=config.schedule.grace,
            hold=config.schedule.hold,
            clock=clock,
            wait=time.sleep,
        )
        self.subscriptions = Subscriptions(
            self.subscribers,
            tokens,
            policy=signup_policy(config),
            sender_domain=sender_domain(config.identity.sender),
            clock=clock,
            wake=self.wake,
        )
        self.reports = Reports(database)
        self.report_desk = ReportDesk(
            self.reports,
            self.subscribers,
            tokens,
            limits=soft_limits(config),
            clock=clock,
            is_genuine=complaint_check(config),
        )
        self.webhook_desk = WebhookDesk(
            self.report_desk, webhook_keys(config), fetch=fetch_document, clock=clock
        )
        self._upkeep = Upkeep(
            config=config,
            ledger=self.ledger,
            report_desk=self.report_desk,
            clock=clock,
            wake=self.wake,
        )
        self._wake: Callable[[], None] | None = None
        self._feeds: dict[tuple[FeedFormat, str | None], tuple[int, Document]] = {}
        self._poll_lock = threading.Lock()

    @classmethod
    def open(
        cls,
        config: str | Path = "newsletter.toml",
        *,
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Newsletter:
        """Read the configuration, open the database (making its tables if it is new) and secret.

        Raises ConfigError, StorageError, SchemaOutdated or SecretMismatch.
        """
        loaded = load_config(Path(config), os.environ if environ is None else environ)
        database = Database.open(loaded.storage.url)
        try:
            database.prepare()
            facts = Facts(database)
            tokens = open_tokens(loaded.web.secret_file, facts)
            namespace = facts.settle("namespace", str(newsletter_namespace(loaded.identity.url)))
        except BaseException:
            database.close()
            raise
        return cls(loaded, database, tokens, namespace=UUID(namespace), clock=clock)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

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

    def poll(self) -> PollReport:
        """Look at the notes folder once. Raises NotesFolderError when there is none."""
        with self._poll_lock:
            report = self._poll.run()
        report.log()
        if report.queued:
            self.wake()
        return report

    def send(self, *, progress: Callable[[SendReport], None] | None = None) -> SendReport:
        """Everything that is due now: poll, publish, queue, dispatch until nothing is due.

        Raises StorageError when the database cannot be used.
        """
        started = time.monotonic()
        problems: list[str] = []
        polled = PollReport()
        try:
            polled = self.poll()
        except NotesFolderError as error:
            problems.append(str(error))  # what is queued can still be sent
        base = SendReport(
            published=tuple(issue.slug for issue in polled.published), queued=polled.queued
        )

        def report(summary: Summary) -> SendReport:
            return base.counting(summary, time.monotonic() - started, problems)

        self.subscriptions.process()
        self._upkeep.rescue()
        under_way = self.ledger.under_way()
        summary = run_in_loop(
            lambda: drain(self._work(lambda now: progress(report(now)) if progress else None))
        )
        self.ledger.finish()
        problems += [summary.relay_error] if summary.relay_error else []
        problems += self._standing.paused_of(under_way)
        done = replace(report(summary), waiting=self._standing.waiting())
        if done.settled >= done.queued:
            return done
        # Who left before being claimed was never the dispatcher's to count.
        left = self._standing.suppressed_of(issue.id for issue in polled.published)
        return replace(done, suppressed=max(done.suppressed, left))

    def run(
        self, *, site: Site | None = None, ready: Callable[[str], None] = lambda _: None
    ) -> None:
        """The whole service in this process until SIGTERM or SIGINT: scheduler, dispatcher, site.

        `ready` is told the site's address once it listens. Raises Conflict when another process
        schedules for the same SQLite database; on PostgreSQL this one stands by instead.
        """
        run_in_loop(lambda: serve(self._work(), site=site, scheduling=True, ready=ready))

    def work(self) -> None:
        """Dispatch only, until SIGTERM or SIGINT; any number of processes over PostgreSQL."""
        run_in_loop(lambda: serve(self._work(), site=None, scheduling=False, ready=lambda _: None))

    def schedule(self, note: str, at: str | datetime, *, zone: str | None = None) -> Scheduled:
        """Have a note go out at a time; `at` is ISO, "tomorrow 9:00", "now" or a datetime.

        `zone` (IANA) is whose wall time `at` is; the newsletter's by default. Raises NotFound,
        NoteError, Conflict (published already, a draft) or ScheduleError (past, not a time).
        """
        return self._authoring.schedule(note, at, zone=zone)

    def unschedule(self, note: str) -> Schedule:
        """Take a schedule back. Raises NotFound, or Conflict when the note itself says when."""
        return self._authoring.unschedule(note)

    def calendar(self) -> list[Planned]:
        """What will be published, and when, soonest first."""
        return self._authoring.calendar()

    def preview(self, note: str) -> Preview:
        """The mail a note would become. Changes nothing. Raises NotFound or NoteError."""
        return self._proofs.preview(note)

    def check(self, *notes: str) -> list[CheckedNote]:
        """What to know before these notes go out, or without any all that are to be published.

        Raises NotFound or NotesFolderError. Changes nothing.
        """
        return self._proofs.check(notes)

    def test(self, note: str, to: str) -> TestCopy:
        """Send one marked copy of a note, past the queue; no issue or delivery comes of it.

        Raises NotFound, NoteError, AddressError, RelayError, or Conflict for a suppressed address.
        """
        signer = self.config.signer
        if self.subscriptions.suppression(to) is not None:
            raise Conflict("this address is suppressed; see `newsletter suppressions list`")
        envelope = self._proofs.write_test(note, to, signer)
        signed = signer is not None
        # Not uvloop, which cannot be closed while a refused TLS connection is still ending.
        return asyncio.run(send_test(envelope, self.config.relays, signed=signed))

    def doctor(self, received: bytes | None = None) -> list[Diagnosis]:
        """What stands between this machine and a reader: relay, DNS, site, clock, disk.

        With `received`, a message of ours as a reader's host stored it, what became of that on its
        way instead. Mails nobody and changes nothing. Takes as long as the network does.
        """
        around = Surroundings(
            resolver=Dns(),
            is_scheduling=self._is_scheduling,
            clock=self.clock,
            own_address=find_own_address,
        )
        if received is not None:
            return examine_copy(received, self.config, around)
        return examine(self.config, around)

    def issues(self) -> list[IssueStatus]:
        """Every issue with its deliveries counted, newest first."""
        return self._standing.every()

    def status(self, slug: str) -> IssueStatus:
        """One issue. Raises NotFound, naming the nearest slug."""
        return self._standing.of(self._in_flight.find(slug))

    def pause(self, slug: str, reason: str = "paused by the author") -> Issue:
        """Stop the mail of an issue where it is. Raises NotFound or Conflict."""
        return self._in_flight.pause(slug, reason)

    def resume(self, slug: str) -> Issue:
        """Go on where `pause` stopped, whatever was refused until then. Raises NotFound or Conflict."""
        return self._in_flight.resume(slug)

    def cancel(self, slug: str) -> int:
        """Take the mail of an issue back; how many will not get it. Raises NotFound or Conflict."""
        return self._in_flight.cancel(slug)

    def doubts(self, slug: str) -> list[Delivery]:
        """The deliveries of an issue that the relay may or may not have taken. Raises NotFound."""
        return self._in_flight.doubts(slug)

    def reconcile(self, slug: str, *, resend: bool) -> int:
        """Decide about an issue's messages in doubt; how many there were.

        `resend` has them sent again under the same Message-ID; otherwise they count as accepted.
        Raises NotFound, or Conflict for resending an issue that was taken back.
        """
        return self._in_flight.reconcile(slug, resend=resend)

    # ── for the site ─────────────────────────────────────────────────────────────────────

    def feed(self, feed_format: FeedFormat, tag: str | None = None) -> Document | None:
        """A feed, of everything or of one tag; None when no live issue carries the tag."""
        version = self.archive.version()
        kept = self._feeds.get((feed_format, tag))
        if kept is not None and kept[0] == version:
            return kept[1]
        issues = self.archive.live(tag=tag, limit=self.config.feeds.items)
        if tag is not None and not issues:
            return None
        document = build_feed(
            feed_format,
            self.identity,
            [self.readable(issue) for issue in issues],
            tag=tag,
            hub=self.config.feeds.hub,
            stylesheet=f"{self.identity.url}/static/feed.css",
            namespace=self._namespace,
        )
        self._feeds[feed_format, tag] = (version, document)
        return document

    def readable(self, issue: Issue) -> Issue:
        """The issue as pages and feeds show it: its merge fields read as their defaults."""
        return as_readers_see(issue)

    def media(self, path: str) -> MediaFile | None:
        """An image that a live issue or the About page shows; None for every other file."""
        shown = self.archive.serves_media(path)
        if not shown and (about := self.about()) is not None:
            shown = path in about.media
        return self._notes.media(path) if shown else None

    def about(self) -> AboutPage | None:
        """The author's about.md, rendered; None when there is none."""
        return self._authoring.about()

    def outbox(self) -> Path | None:
        """The Maildir of the embedded outbox; None with real relays."""
        folders = (relay.directory for relay in self.config.relays)
        return next((folder for folder in folders if folder is not None), None)

    def is_database_usable(self) -> bool:
        """Whether the database answers; for readiness probes."""
        return self._database.answers()

    def wake(self) -> None:
        """Tell the dispatcher, if one runs here, that something may be due. Thread-safe."""
        if (wake := self._wake) is not None:
            wake()

    # ── putting together ─────────────────────────────────────────────────────────────────

    def _is_scheduling(self) -> bool:
        """Whether a process has the schedule of this database; asked by trying to take it."""
        lock = self._database.try_lock("scheduler")
        if lock is not None:
            lock.release()
        return lock is None

    def collect_reports(self) -> int:
        """Look through the mailboxes of `[bounces]` once; how many messages were handled.

        Raises RelayError when a mailbox cannot be used. What was handled before stays handled.
        """
        return self._upkeep.collect_reports()

    def _tick_poll(self) -> None:
        try:
            self.poll()
        except NotesFolderError as error:
            log.warning("poll.impossible", reason=str(error))

    def _work(self, progress: Callable[[Summary], None] | None = None) -> Work:
        config = self.config

        def make(relays: Sequence[Relay]) -> Dispatcher:
            letters = Letters(
                archive=self.archive,
                identity=self.identity,
                tokens=self.tokens,
                clock=self.clock,
                signer=config.signer,
                bounce_address=config.bounces.address,
                by_mail=config.takes_mail,
                postmark=bool(config.webhooks.postmark),
            )
            return Dispatcher(
                self.ledger,
                relays,
                letters.fill,
                retry_policy(config),
                worker=worker_name(),
                clock=self.clock,
                lease=config.dispatch.lease,
                progress=progress,
                domain_connections=config.dispatch.domain_connections,
            )

        return Work(
            database=self._database,
            relays=config.relays,
            make_dispatcher=make,
            poll=self._tick_poll,
            poll_every=config.notes.poll,
            signups=self.subscriptions.process,
            upkeep=self._upkeep.run,
            collect_reports=self._upkeep.look_for_reports,
            collect_every=config.bounces.poll,
            listen=self._upkeep.listen if config.bounces.listen else None,
            on_dispatcher=self._set_wake,
        )

    def _set_wake(self, wake: Callable[[], None] | None) -> None:
        self._wake = wake
