"""Puts the parts together: from a configuration to everything one newsletter is made of.

Nothing happens here. newsletter/app.py has the verbs, newsletter/publication.py what readers see.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from feeds.syndication import newsletter_namespace
from mailer.inbound import fetch_document
from mailer.smtp import names_of_host
from newsletter.authoring import Authoring, Entrance, Outlook, Planner, Proofs, Survey
from newsletter.config import Config, sender_domain
from newsletter.digests import DigestDesk
from newsletter.figures import FeedCount, StatsDesk
from newsletter.following import open_notes
from newsletter.hub import Hub
from newsletter.inbound import Collecting, ReportDesk, WebhookDesk
from newsletter.keeping import Housekeeping
from newsletter.mailing import FormulaDesk, InFlight, Standing
from newsletter.parts import Parts, Waker
from newsletter.publication import Publication
from newsletter.publishing import Drafting, Means, Pictures, Poll, SuddenChange
from newsletter.readerside import OwnWords, open_reader_side
from newsletter.searching import Searching
from newsletter.secret import load_secret
from newsletter.service import Pulse, Upkeep
from newsletter.settings import (
    complaint_check,
    gates,
    greetings,
    habits,
    limits,
    own_letters,
    signup_policy,
    soft_limits,
    webhook_keys,
    which_notes,
)
from newsletter.subscribing import Subscriptions
from newsletter.tokens import Tokens
from newsletter.watching import Counting, Readiness, Watch, Watching
from newsletter.watermark import Watermark
from storage.archive import Absences, ArchiveWatch, FormulaPictures, Issues, Places, Translations
from storage.database import Database, Facts
from storage.ledger import Digests, Ledger, Mailings, Overview, Rescuer
from storage.model import SecretMismatch
from storage.notes import FolderNotes, Notebook, Schedules
from storage.readers import FeedReaders, History, Reports, Roll, SignUps, Subscribers
from storage.retention import Retention


def open_parts(config: Config, clock: Callable[[], datetime]) -> Parts:
    """Open the database (making its tables if it is new) and the secret, and put all together.

    Raises StorageError, SchemaOutdated or SecretMismatch.
    """
    database = Database.open(config.storage.url)
    watermark = Watermark(config.web.secret_file, database, clock)
    try:
        watermark.refuse_missing()
        database.prepare()
        facts = Facts(database)
        tokens = _open_tokens(config.web.secret_file, facts)
        namespace = facts.settle("namespace", str(newsletter_namespace(config.identity.url)))
    except BaseException:
        database.close()
        raise
    parts = _assemble(config, database, watermark, tokens, UUID(namespace), clock)
    watermark.keep()
    watermark.hold_restored(parts.mailings)
    return parts


def _open_tokens(secret_file: Path, facts: Facts) -> Tokens:
    """The keys behind every link; refuses to go on with others than the database was made with."""
    known = facts.get("secret")
    if known is not None and not secret_file.exists():
        raise SecretMismatch(
            f"the secret {secret_file} is missing; bring it back: without it the links in mails "
            "already sent stop working"
        )
    tokens = Tokens(load_secret(secret_file))
    if facts.settle("secret", tokens.fingerprint()) != tokens.fingerprint():
        raise SecretMismatch(
            f"the secret in {secret_file} is not the one this database was made with; bring that "
            "one back (to replace a secret, put the new one in a line above it)"
        )
    return tokens


def _assemble(
    config: Config,
    database: Database,
    watermark: Watermark,
    tokens: Tokens,
    namespace: UUID,
    clock: Callable[[], datetime],
) -> Parts:
    wake = Waker()
    archive, reports = Issues(database, clock), Reports(database)
    subscribers, signups = Subscribers(database), SignUps(database)
    bounds, places = gates(config), Places(database)
    ledger, mailings = Ledger(database, bounds), Mailings(database, bounds)
    overview, rescuer = Overview(database, bounds), Rescuer(database)
    schedules, notebook, roll = Schedules(database), Notebook(database), Roll(database)
    pulse = Pulse()
    folder = FolderNotes(config.notes.path, which_notes(config), static=config.notes.static)
    notes, follower = open_notes(config, folder, database, clock)
    formulas = FormulaPictures(database)
    drafting = Drafting(
        config.identity,
        habits=habits(config),
        namespace=namespace,
        measure=Pictures(notes).size,
        files=notes.finder,
        read=notes.read,
        written=notes.written,
    )
    digests = DigestDesk(
        Digests(database),
        when=config.subscribers.digest_at,
        zone=config.identity.timezone,
        clock=clock,
        wake=wake,
    )
    outlook = Outlook(
        store=notes,
        archive=archive,
        schedules=schedules,
        notebook=notebook,
        drafting=drafting,
        slots=config.schedule.slots,
        zone=ZoneInfo(config.identity.timezone),
        grace=config.schedule.grace,
        late=config.schedule.late,
        digests=digests.coming,
        clock=clock,
    )
    authoring = Authoring(
        store=notes,
        archive=archive,
        schedules=schedules,
        notebook=notebook,
        drafting=drafting,
        identity=config.identity,
        outlook=outlook,
        day_time=config.schedule.time,
        clock=clock,
    )
    feed_count = FeedCount(FeedReaders(database), clock)
    sudden = SuddenChange(Facts(database), clock)
    subscriptions = Subscriptions(
        subscribers,
        signups,
        tokens,
        policy=signup_policy(config),
        sender_domain=sender_domain(config.identity.sender),
        clock=clock,
        wake=wake,
        letters=own_letters(config),
    )
    own_words = OwnWords(config, archive=archive, drafting=drafting, clock=clock)
    publication = Publication(
        config,
        archive=archive,
        places=places,
        notes=notes,
        drafting=drafting,
        namespace=namespace,
        formulas=formulas,
        translations=Translations(database),
        watch=partial(ArchiveWatch, database, archive),
        in_letters=own_words.pictures,
    )
    proofs = Proofs(
        store=notes,
        archive=archive,
        schedules=schedules,
        drafting=drafting,
        identity=config.identity,
        find=authoring.find,
        formulas=FormulaDesk(formulas),
        roll=roll,
        grace=config.schedule.grace,
        clock=clock,
    )
    report_desk = ReportDesk(
        reports,
        subscribers,
        tokens,
        limits=soft_limits(config),
        clock=clock,
        is_genuine=complaint_check(config),
        hosts=partial(names_of_host, greetings(config)),
        kept_for=config.storage.keep_bodies,
    )
    return Parts(
        config=config,
        clock=clock,
        wake=wake,
        database=database,
        watermark=watermark,
        tokens=tokens,
        archive=archive,
        ledger=ledger,
        mailings=mailings,
        overview=overview,
        rescuer=rescuer,
        subscribers=subscribers,
        roll=roll,
        reports=reports,
        authoring=authoring,
        outlook=outlook,
        proofs=proofs,
        planner=Planner(
            outlook=outlook,
            drafting=drafting,
            archive=archive,
            overview=overview,
            facts=Facts(database),
            limits=limits(config),
            find=authoring.find,
            check=proofs.check,
            clock=clock,
        ),
        survey=Survey(
            store=notes,
            archive=archive,
            schedules=schedules,
            drafting=drafting,
            grace=config.schedule.grace,
            clock=clock,
        ),
        poll=Poll(
            Means(
                store=notes,
                archive=archive,
                absences=Absences(database),
                sudden=sudden,
                notebook=notebook,
                schedules=schedules,
                drafting=drafting,
                grace=config.schedule.grace,
                hold=config.schedule.hold,
                late=config.schedule.late,
                clock=clock,
                wait=time.sleep,
            )
        ),
        publication=publication,
        searching=Searching(database),
        subscriptions=subscriptions,
        report_desk=report_desk,
        webhook_desk=WebhookDesk(
            report_desk, webhook_keys(config), fetch=fetch_document, clock=clock
        ),
        collecting=Collecting(config, report_desk),
        stats=StatsDesk(
            history=History(database),
            archive=archive,
            overview=overview,
            feeds=feed_count,
            clock=clock,
        ),
        feed_count=feed_count,
        standing=Standing(archive, overview, clock),
        sudden=sudden,
        follower=follower,
        in_flight=InFlight(
            archive, mailings, overview, hold=config.schedule.hold, clock=clock, wake=wake
        ),
        hub=Hub(config, archive=archive, places=places, facts=Facts(database), clock=clock),
        readers=open_reader_side(
            *(config, database),
            subscriptions=subscriptions,
            archive=archive,
            own_words=own_words,
            publication=publication,
            namespace=namespace,
            tokens=tokens,
            digests=digests,
            clock=clock,
        ),
        entrance=Entrance(Facts(database), tokens, clock, config.desk.session),
        store=notes,
        schedules=schedules,
        notebook=notebook,
        upkeep=Upkeep(
            config=config,
            mailings=mailings,
            overview=overview,
            rescuer=rescuer,
            moved=partial(watermark.raise_if_moved, overview),
            clock=clock,
            wake=wake,
        ),
        housekeeping=Housekeeping(config, Retention(database), clock),
        watching=Watching(
            pulse=pulse,
            watch=Watch(config, database=database, overview=overview, pulse=pulse, clock=clock),
            readiness=Readiness(config, database, pulse),
            figures=Counting(
                config,
                database=database,
                archive=archive,
                overview=overview,
                subscribers=subscribers,
                reports=reports,
                signups=signups,
                clock=clock,
            ),
        ),
    )
