"""The feeds of single readers: the issues of their topics, at an address that is theirs alone."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from threading import Lock
from typing import Final
from uuid import UUID

from feeds.syndication import Document, FeedFormat, build_feed
from newsletter.config import Config
from newsletter.publication import Publication
from newsletter.publishing import as_readers_see
from storage.archive import ArchiveState, Issues, Topics
from storage.model import Issue, tag_key

_KEPT: Final = 4
"""Feeds at a time, each of a choice of topics and up to a megabyte: most readers have chosen none."""


class OwnFeeds:
    """Builds them, each once for all readers of the same topics until the archive changes. Safe to share among threads."""

    def __init__(
        self,
        config: Config,
        publication: Publication,
        *,
        archive: Issues,
        topics: Topics,
        namespace: UUID,
    ) -> None:
        self._config = config
        self._publication = publication
        self._archive = archive
        self._topics = topics
        self._namespace = namespace
        self._nobody = secrets.token_hex()
        """Stands in a feed where its reader's token will, and nowhere else: nobody knows it."""
        self._lock = Lock()
        self._version = -1
        """Of the archive, from which what is kept was built."""
        self._kept: dict[frozenset[str], Document] = {}

    def issues(self, topics: Collection[str]) -> Sequence[Issue]:
        """What stands in the feed of a reader who chose these topics, or none; the newest first."""
        most = self._config.feeds.items
        if not topics:
            return self._archive.live(limit=most)
        tags = [tag for tag, _ in self._topics.counts() if tag_key(tag) in topics]
        return self._topics.live(tags, limit=most)

    def build(self, topics: Collection[str], address: str, token: str) -> tuple[bytes, str]:
        """The feed (RSS) of a reader who chose these topics, or none, and its media type; it names no hub. `address`
        is its own, with the token that is this reader's.
        """
        state, chosen = self._archive.state(), frozenset(topics)
        with self._lock:
            document = self._kept.get(chosen) if self._version == state.version else None
        if document is None:
            document = self._build(topics, address.replace(token, self._nobody), state)
            self._keep(chosen, document, state.version)
        return document.body.replace(self._nobody.encode(), token.encode()), document.media_type

    def _keep(self, chosen: frozenset[str], document: Document, version: int) -> None:
        if document.has_files:  # it is asked each time how large they are
            return
        with self._lock:
            if self._version != version:
                self._kept.clear()
            self._version = version
            self._kept[chosen] = document
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]

    def _build(self, topics: Collection[str], address: str, state: ArchiveState) -> Document:
        identity, issues = self._config.identity, self.issues(topics)
        return build_feed(
            FeedFormat.RSS,
            identity,
            [as_readers_see(issue) for issue in issues],
            stylesheet=f"{identity.url}/static/feed.css",
            namespace=self._namespace,
            changed_at=state.changed_at,
            modified=state.modified,
            enclosures=self._publication.enclosures(issues),
            own_url=address,
        )
