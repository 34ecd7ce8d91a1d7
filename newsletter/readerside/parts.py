"""Puts together what serves single readers: their page, digests, letters and feeds of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from newsletter.config import Config
from newsletter.digests import DigestDesk
from newsletter.preferences import PreferencesDesk
from newsletter.publication import Publication
from newsletter.readerside.feeds import OwnFeeds
from newsletter.readerside.words import OwnWords
from newsletter.subscribing import Subscriptions
from newsletter.tokens import Tokens
from storage.archive import Issues, Topics
from storage.database import Database
from storage.readers import ReaderSettings, Subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSide:
    """What serves single readers."""

    preferences: PreferencesDesk
    digests: DigestDesk
    own_words: OwnWords
    own_feeds: OwnFeeds


def open_reader_side(
    config: Config,
    database: Database,
    *,
    subscriptions: Subscriptions,
    archive: Issues,
    own_words: OwnWords,
    publication: Publication,
    namespace: UUID,
    tokens: Tokens,
    digests: DigestDesk,
    clock: Callable[[], datetime],
) -> ReaderSide:
    """Nothing happens here but that it is put together."""
    topics, zone = Topics(database), config.identity.timezone
    digest_at = config.subscribers.digest_at
    return ReaderSide(
        preferences=PreferencesDesk(
            *(subscriptions, Subscribers(database), ReaderSettings(database), topics, tokens),
            title=config.identity.title,
            zone=zone,
            digest_at=digest_at,
            clock=clock,
        ),
        digests=digests,
        own_words=own_words,
        own_feeds=OwnFeeds(
            config, publication, archive=archive, topics=topics, namespace=namespace
        ),
    )
