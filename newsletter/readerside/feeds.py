"""The feeds of single readers: the issues of their topics, at an address that is theirs alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from feeds.syndication import Document, FeedFormat, build_feed
from newsletter.config import Config
from newsletter.publication import Publication
from newsletter.publishing import as_readers_see
from storage.archive import Issues, Topics
from storage.model import Issue, tag_key


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

    def issues(self, topics: Collection[str]) -> Sequence[Issue]:
        """What stands in the feed of a reader who chose these topics, or none; the newest first."""
        most = self._config.feeds.items
        if not topics:
            return self._archive.live(limit=most)
        tags = [tag for tag, _ in self._topics.counts() if tag_key(tag) in topics]
        return self._topics.live(tags, limit=most)

    def build(self, topics: Collection[str], address: str) -> Document:
        """The feed (RSS) of a reader who chose these topics, or none; it names no hub."""
        state, identity = self._archive.state(), self._config.identity
        issues = self.issues(topics)
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
