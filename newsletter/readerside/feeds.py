"""The feeds of single readers: the issues of their topics, at an address that is theirs alone."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from feeds.syndication import Document, FeedFormat, build_feed
from newsletter.config import Config
from newsletter.publication import Publication
from newsletter.publishing import as_readers_see
from storage.archive import Issues, Topics
from storage.model import tag_key


class OwnFeeds:
    """Builds them; nothing is kept. Safe to share among threads."""

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

    def build(self, topics: Collection[str], address: str) -> Document:
        """The feed (RSS) of a reader who chose these topics, or none; it names no hub."""
        state, most = self._archive.state(), self._config.feeds.items
        tags = [tag for tag, _ in self._topics.counts() if tag_key(tag) in topics]
        issues = self._topics.live(tags, limit=most) if topics else self._archive.live(limit=most)
        identity = self._config.identity
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
