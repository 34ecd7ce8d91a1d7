"""Owns the parts that serve the author: notes on their way out, and what became of their mail."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from newsletter.parts.kept import Kept
from newsletter.parts.part import part

if TYPE_CHECKING:
    from newsletter.authoring import Entrance, Outlook, Planner, Proofs, Scheduling, Survey
    from newsletter.digests import DigestDesk
    from newsletter.figures import FeedCount, StatsDesk
    from newsletter.following import Follower
    from newsletter.mailing import InFlight, Standing
    from newsletter.publishing import Drafting, Poll, SuddenChange
    from storage.notes import NotesStore


class Authored(Kept):
    """What the author's verbs are about."""

    @part
    def _noted(self) -> tuple[NotesStore, Follower]:
        from newsletter.following import open_notes

        return open_notes(self.config, self.folder, self.database, self.clock)

    @part
    def store(self) -> NotesStore:
        """Where notes come from: the folder, the feed, or both."""
        return self._noted[0] if self.config.notes.feed else self.folder

    @part
    def follower(self) -> Follower:
        """Who follows the feed, if there is one."""
        return self._noted[1]

    @part
    def drafting(self) -> Drafting:
        """Notes become drafts of issues."""
        from newsletter.publishing import Drafting, Pictures
        from newsletter.settings import habits

        notes = self.store
        return Drafting(
            self.config.identity,
            habits=habits(self.config),
            namespace=self.namespace,
            measure=Pictures(notes).size,
            files=notes.finder,
            read=notes.read,
            written=notes.written,
            root=notes.root,
            guides=notes.small,
        )

    @part
    def outlook(self) -> Outlook:
        """What is to come, and when."""
        from newsletter.authoring import Outlook

        return Outlook(
            store=self.store,
            archive=self.archive,
            schedules=self.schedules,
            notebook=self.notebook,
            drafting=self.drafting,
            slots=self.config.schedule.slots,
            zone=ZoneInfo(self.config.identity.timezone),
            grace=self.config.schedule.grace,
            late=self.config.schedule.late,
            digests=self.digests.coming,
            clock=self.clock,
        )

    @part
    def digests(self) -> DigestDesk:
        """When digests are due, and having them made."""
        from newsletter.digests import DigestDesk
        from storage.ledger import Digests

        return DigestDesk(
            Digests(self.database),
            when=self.config.subscribers.digest_at,
            zone=self.config.identity.timezone,
            clock=self.clock,
            wake=self.wake,
        )

    @part
    def scheduling(self) -> Scheduling:
        """Schedules and the queue."""
        from newsletter.authoring import Scheduling

        return Scheduling(
            store=self.store,
            archive=self.archive,
            schedules=self.schedules,
            notebook=self.notebook,
            drafting=self.drafting,
            identity=self.config.identity,
            outlook=self.outlook,
            day_time=self.config.schedule.time,
            clock=self.clock,
        )

    @part
    def proofs(self) -> Proofs:
        """Previews, checks and test copies."""
        from newsletter.authoring import Proofs
        from newsletter.mailing import FormulaDesk

        return Proofs(
            store=self.store,
            archive=self.archive,
            schedules=self.schedules,
            drafting=self.drafting,
            identity=self.config.identity,
            find=self.scheduling.find,
            formulas=FormulaDesk(self.formulas),
            roll=self.roll,
            grace=self.config.schedule.grace,
            clock=self.clock,
        )

    @part
    def planner(self) -> Planner:
        """Plans: what would go out, to how many."""
        from newsletter.authoring import Planner
        from newsletter.settings import limits

        return Planner(
            outlook=self.outlook,
            drafting=self.drafting,
            archive=self.archive,
            overview=self.overview,
            facts=self.facts,
            limits=limits(self.config),
            find=self.scheduling.find,
            check=self.proofs.check,
            clock=self.clock,
        )

    @part
    def survey(self) -> Survey:
        """The whole folder at once."""
        from newsletter.authoring import Survey

        return Survey(
            store=self.store,
            archive=self.archive,
            schedules=self.schedules,
            drafting=self.drafting,
            grace=self.config.schedule.grace,
            clock=self.clock,
        )

    @part
    def poll(self) -> Poll:
        """One look at the folder."""
        from newsletter.publishing import Means, Poll
        from storage.archive import Absences
        from storage.notes import CitedFiles

        return Poll(
            Means(
                store=self.store,
                archive=self.archive,
                absences=Absences(self.database),
                sudden=self.sudden,
                notebook=self.notebook,
                cited=CitedFiles(self.facts),
                schedules=self.schedules,
                drafting=self.drafting,
                grace=self.config.schedule.grace,
                hold=self.config.schedule.hold,
                late=self.config.schedule.late,
                clock=self.clock,
                wait=time.sleep,
            )
        )

    @part
    def sudden(self) -> SuddenChange:
        """Published notes that vanished all at once."""
        from newsletter.publishing import SuddenChange

        return SuddenChange(self.facts, self.clock)

    @part
    def standing(self) -> Standing:
        """How the mail of the issues stands."""
        from newsletter.mailing import Standing

        return Standing(self.archive, self.overview, self.clock)

    @part
    def in_flight(self) -> InFlight:
        """What the author does to the mail of an issue."""
        from newsletter.mailing import InFlight

        return InFlight(
            self.archive,
            self.mailings,
            self.overview,
            hold=self.config.schedule.hold,
            clock=self.clock,
            wake=self.wake,
        )

    @part
    def stats(self) -> StatsDesk:
        """Readers and issues over time."""
        from newsletter.figures import StatsDesk
        from storage.readers import History

        return StatsDesk(
            history=History(self.database),
            archive=self.archive,
            overview=self.overview,
            feeds=self.feed_count,
            clock=self.clock,
        )

    @part
    def feed_count(self) -> FeedCount:
        """How many read the feeds, as aggregators say."""
        from newsletter.figures import FeedCount
        from storage.readers import FeedReaders

        return FeedCount(FeedReaders(self.database), self.clock)

    @part
    def entrance(self) -> Entrance:
        """The door of the author's desk."""
        from newsletter.authoring import Entrance

        return Entrance(self.facts, self.tokens, self.clock, self.config.desk.session)
