"""Puts together where notes come from: the folder, and the feed if there is one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from newsletter.config import Config
from newsletter.following.fetching import Fetcher
from newsletter.following.follower import Follower
from newsletter.following.hub import HubSubscription
from newsletter.following.memory import FeedMemory
from storage.database import Database, Facts
from storage.notes import FeedEntries, FolderNotes, JoinedNotes, NotesStore


def open_notes(
    config: Config, folder: FolderNotes, database: Database, clock: Callable[[], datetime]
) -> tuple[NotesStore, Follower]:
    """The store of notes, and who follows the feed. Nothing is asked for yet."""
    notes = config.notes
    entries, facts = FeedEntries(database), Facts(database)
    fetcher = Fetcher(
        f"newsletter-service (a feed of its own author; {config.identity.url})",
        private=notes.feed_private,
    )
    follower = Follower(
        url=notes.feed,
        every=notes.feed_every,
        grace=config.schedule.grace,
        site=config.identity.url,
        database=database,
        entries=entries,
        memory=FeedMemory(facts),
        fetcher=fetcher,
        hub=HubSubscription(
            facts, fetcher, callback=f"{config.identity.url}/feed-news/", clock=clock
        ),
        clock=clock,
    )
    if not notes.feed:
        return folder, follower
    return JoinedNotes(folder, entries, has_folder=notes.has_folder), follower
