"""Owns the parts that serve readers, and those that keep a service going: all of one newsletter."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from newsletter.parts.authored import Authored
from newsletter.parts.part import part
from storage.model import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from newsletter.hub import Hub
    from newsletter.inbound import Collecting, ReportDesk, WebhookDesk
    from newsletter.keeping import Housekeeping
    from newsletter.publication import Publication
    from newsletter.readerside import OwnWords, ReaderSide
    from newsletter.searching import Searching
    from newsletter.service import Upkeep
    from newsletter.subscribing import Subscriptions
    from newsletter.watching import Watching
    from storage.archive import Merging


class Parts(Authored):
    """What one newsletter is made of. A part is put together when it is first asked for."""

    # ── for readers ───────────────────────────────────────────────────────────────────────────

    @part
    def subscriptions(self) -> Subscriptions:
        """Joining and leaving."""
        from newsletter.config import sender_domain
        from newsletter.settings import own_letters, signup_policy
        from newsletter.subscribing import Subscriptions

        identity = self.config.identity
        return Subscriptions(
            self.subscribers,
            self.signups,
            self.tokens,
            policy=signup_policy(self.config),
            sender_domain=sender_domain(identity.letters_sender or identity.sender),
            clock=self.clock,
            wake=self.wake,
            letters=own_letters(self.config),
        )

    @part
    def publication(self) -> Publication:
        """What readers see: issues, feeds, pictures, the About page."""
        from newsletter.publication import Publication
        from storage.archive import ArchiveWatch, Translations

        return Publication(
            self.config,
            archive=self.archive,
            places=self.places,
            notes=self.store,
            drafting=self.drafting,
            namespace=self.namespace,
            formulas=self.formulas,
            translations=Translations(self.database),
            watch=partial(ArchiveWatch, self.database, self.archive),
            in_letters=self.own_words.pictures,
        )

    @part
    def own_words(self) -> OwnWords:
        """The author's letters to readers who come and go."""
        from newsletter.readerside import OwnWords

        return OwnWords(self.config, archive=self.archive, drafting=self.drafting, clock=self.clock)

    @part
    def searching(self) -> Searching:
        """What a reader finds in the archive."""
        from newsletter.searching import Searching

        return Searching(self.database)

    @part
    def readers(self) -> ReaderSide:
        """What serves single readers."""
        from newsletter.readerside import open_reader_side

        return open_reader_side(
            *(self.config, self.database),
            subscriptions=self.subscriptions,
            archive=self.archive,
            own_words=self.own_words,
            publication=self.publication,
            namespace=self.namespace,
            tokens=self.tokens,
            digests=self.digests,
            clock=self.clock,
        )

    # ── what comes back ───────────────────────────────────────────────────────────────────────

    @part
    def report_desk(self) -> ReportDesk:
        """What follows from reports."""
        from mailer.smtp import names_of_host
        from newsletter.inbound import ReportDesk
        from newsletter.settings import complaint_check, greetings, soft_limits

        return ReportDesk(
            self.reports,
            self.subscribers,
            self.tokens,
            limits=soft_limits(self.config),
            clock=self.clock,
            is_genuine=complaint_check(self.config),
            hosts=partial(names_of_host, greetings(self.config)),
            kept_for=self.config.storage.keep_bodies,
        )

    @part
    def webhook_desk(self) -> WebhookDesk:
        """What mail services tell by HTTP."""
        from mailer.inbound import fetch_document
        from newsletter.inbound import WebhookDesk
        from newsletter.settings import webhook_keys

        keys = webhook_keys(self.config)
        return WebhookDesk(self.report_desk, keys, fetch=fetch_document, clock=self.clock)

    @part
    def collecting(self) -> Collecting:
        """The mailboxes that reports come to."""
        from newsletter.inbound import Collecting

        return Collecting(self.config, self.report_desk)

    # ── the service ───────────────────────────────────────────────────────────────────────────

    @part
    def upkeep(self) -> Upkeep:
        """What is put in order from time to time."""
        from newsletter.service import Upkeep

        return Upkeep(
            config=self.config,
            mailings=self.mailings,
            overview=self.overview,
            rescuer=self.rescuer,
            moved=partial(self.watermark.raise_if_moved, self.overview),
            clock=self.clock,
            wake=self.wake,
        )

    @part
    def housekeeping(self) -> Housekeeping:
        """Letting go of what served its time."""
        from newsletter.keeping import Housekeeping
        from newsletter.subscribing import WINDOW
        from storage.retention import Retention

        return Housekeeping(
            self.config,
            Retention(self.database),
            self.clock,
            merge=self.merging.run,
            signups_for=WINDOW,
        )

    @part
    def merging(self) -> Merging:
        """What issues are found by, put in order."""
        from storage.archive import Merging

        return Merging(self.database)

    @part
    def hub(self) -> Hub:
        """The hub is told what is new."""
        from newsletter.hub import Hub

        return Hub(
            self.config,
            archive=self.archive,
            places=self.places,
            facts=self.facts,
            clock=self.clock,
        )

    def _tell_feed(self) -> str:
        return self.follower.trouble()

    def _find_away(self) -> Sequence[tuple[timedelta, str]]:
        bounces = self.config.bounces
        return self.collecting.away if bounces.maildir or bounces.imap else ()

    def _tell_unstartable(self) -> str:
        from newsletter.config import load_config

        try:
            load_config(self.config.source, os.environ)
        except ConfigError as error:
            return str(error)
        return ""

    def _count_waiting(self) -> int:
        from newsletter.subscribing import TRY_AGAIN

        return self.signups.count_waiting(before=self.clock() - TRY_AGAIN)

    @part
    def watching(self) -> Watching:
        """What an operator is told: ready or not, troubles, figures."""
        from newsletter.service import Pulse
        from newsletter.watching import Counting, Faults, Readiness, Watch, Watching

        pulse, config, database = Pulse(), self.config, self.database
        return Watching(
            pulse=pulse,
            watch=Watch(
                config,
                database=database,
                overview=self.overview,
                pulse=pulse,
                faults=Faults(
                    signups_waiting=self._count_waiting,
                    feed=self._tell_feed,
                    mailboxes=self._find_away,
                    secret=self.generations.find_faults,
                    unstartable=self._tell_unstartable,
                ),
                clock=self.clock,
            ),
            readiness=Readiness(config, database, pulse),
            figures=Counting(
                config,
                database=database,
                archive=self.archive,
                overview=self.overview,
                subscribers=self.subscribers,
                reports=self.reports,
                signups=self.signups,
                clock=self.clock,
            ),
        )
