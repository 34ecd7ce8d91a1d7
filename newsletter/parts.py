"""What one newsletter is made of, and what wakes its dispatcher. newsletter/assembly.py puts it together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsletter.authoring import Authoring, Entrance, Outlook, Planner, Proofs, Survey
from newsletter.config import Config
from newsletter.figures import FeedCount, StatsDesk
from newsletter.following import Follower
from newsletter.hub import Hub
from newsletter.inbound import Collecting, ReportDesk, WebhookDesk
from newsletter.keeping import Housekeeping
from newsletter.mailing import InFlight, Standing
from newsletter.publication import Publication
from newsletter.publishing import Poll, SuddenChange
from newsletter.readerside import ReaderSide
from newsletter.searching import Searching
from newsletter.service import Upkeep
from newsletter.subscribing import Subscriptions
from newsletter.tokens import Tokens
from newsletter.watching import Watching
from newsletter.watermark import Watermark
from storage.archive import (
    Issues,
)
from storage.database import Database
from storage.ledger import Ledger, Mailings, Overview, Rescuer
from storage.notes import Notebook, NotesStore, Schedules
from storage.readers import Reports, Roll, Subscribers


class Waker:
    """Tells the dispatcher, if one runs in this process, that something may be due. Thread-safe."""

    def __init__(self) -> None:
        self._wake: Callable[[], None] | None = None

    def __call__(self) -> None:
        """Wake the dispatcher, if there is one: something may be due."""
        if (wake := self._wake) is not None:
            wake()

    def connect(self, wake: Callable[[], None] | None) -> None:
        """Set what is called; None when the dispatcher has ended."""
        self._wake = wake


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one newsletter is made of."""

    config: Config
    clock: Callable[[], datetime]
    wake: Waker
    database: Database
    watermark: Watermark
    tokens: Tokens
    archive: Issues
    ledger: Ledger
    mailings: Mailings
    overview: Overview
    rescuer: Rescuer
    subscribers: Subscribers
    roll: Roll
    reports: Reports
    authoring: Authoring
    outlook: Outlook
    proofs: Proofs
    planner: Planner
    survey: Survey
    poll: Poll
    publication: Publication
    searching: Searching
    subscriptions: Subscriptions
    report_desk: ReportDesk
    webhook_desk: WebhookDesk
    collecting: Collecting
    standing: Standing
    stats: StatsDesk
    feed_count: FeedCount
    sudden: SuddenChange
    follower: Follower
    in_flight: InFlight
    upkeep: Upkeep
    housekeeping: Housekeeping
    watching: Watching
    hub: Hub
    entrance: Entrance
    store: NotesStore
    schedules: Schedules
    notebook: Notebook
    readers: ReaderSide
