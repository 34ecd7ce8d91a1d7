"""What readers can see without a mail: feeds, pictures, issues, the About page, the embedded outbox.

The site asks here. What is costly to make is kept until the archive changes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from feeds.syndication import Document, FeedFormat, build_feed
from mailer.compose import public_html
from mailer.smtp import is_loopback
from newsletter.config import Config
from newsletter.publishing import Drafting, as_readers_see
from storage.archive import Issues
from storage.model import Issue, NoteError
from storage.notes import ABOUT, FolderNotes, MediaFile

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutPage:
    """The About page, rendered from about.md."""

    title: str
    html: str
    media: tuple[str, ...]
    """Paths of its images below the notes folder."""


class Publication:
    """What one newsletter shows to everybody. Safe to share among threads."""

    def __init__(
        self,
        config: Config,
        *,
        archive: Issues,
        notes: FolderNotes,
        drafting: Drafting,
        namespace: UUID,
    ) -> None:
        self._config = config
        self._archive = archive
        self._notes = notes
        self._drafting = drafting
        self._namespace = namespace
        self._about: tuple[object, AboutPage | NoteError | None] | None = None
        self.outbox_key = secrets.token_urlsafe(16)
        """Opens the outbox's pages until this process ends; told at the start and nowhere else."""
        self._feeds: dict[tuple[FeedFormat, str | None], tuple[int, Document]] = {}

    def version(self) -> int:
        """Grows with every change that readers could see; caches compare it."""
        return self._archive.version()

    def live(self, *, tag: str | None = None, limit: int | None = None) -> list[Issue]:
        """Issues readers can see, newest first; `tag` is compared as written."""
        return self._archive.live(tag=tag, limit=limit)

    def find(self, slug: str) -> Issue | None:
        """The issue that has, or once had, this slug, withdrawn or not."""
        return self._archive.by_slug(slug)

    def feed(self, feed_format: FeedFormat, tag: str | None = None) -> Document | None:
        """A feed, of everything or of one tag; None when no live issue carries the tag."""
        state = self._archive.state()
        kept = self._feeds.get((feed_format, tag))
        if kept is not None and kept[0] == state.version:
            return kept[1]
        issues = self._archive.live(tag=tag, limit=self._config.feeds.items)
        if tag is not None and not issues:
            return None
        identity = self._config.identity
        document = build_feed(
            feed_format,
            identity,
            [self.readable(issue) for issue in issues],
            tag=tag,
            hub=self._config.feeds.hub,
            stylesheet=f"{identity.url}/static/feed.css",
            namespace=self._namespace,
            changed_at=state.changed_at,
            modified=state.modified,
        )
        self._feeds[feed_format, tag] = (state.version, document)
        return document

    def readable(self, issue: Issue) -> Issue:
        """The issue as pages and feeds show it: its merge fields read as their defaults."""
        return as_readers_see(issue)

    def former(self, path: str) -> Issue | None:
        """The issue that an old address of the site leads to, by its path; None without one."""
        bare = path.strip("/").removesuffix(".html").removesuffix("/index")
        return self._archive.by_alias(bare) if bare else None

    def media(self, path: str) -> MediaFile | None:
        """An image that a live issue or the About page shows; None for every other file."""
        shown = self._archive.serves_media(path)
        if not shown and (about := self.about()) is not None:
            shown = path in about.media
        return self._notes.media(path) if shown else None

    def about(self) -> AboutPage | None:
        """The author's about.md, rendered; None when there is none or it cannot be used."""
        found = self._look_at_about()
        return found if isinstance(found, AboutPage) else None

    def about_fault(self) -> NoteError | None:
        """Why about.md cannot be used; None when it can, or is not there."""
        found = self._look_at_about()
        return found if isinstance(found, NoteError) else None

    def _look_at_about(self) -> AboutPage | NoteError | None:
        """Read and rendered once for each version of the file and of the archive it may link to."""
        mark = (self._archive.version(), self._notes.about_mark())
        kept = self._about
        if kept is not None and kept[0] == mark:
            return kept[1]
        try:
            found: AboutPage | NoteError | None = self._render_about()
        except NoteError as error:
            found = NoteError(
                ABOUT, f"{error.reason}; mend it or remove it, there is no page of it"
            )
            if kept is None or str(kept[1]) != str(found):
                log.warning("about.unusable", reason=found.reason)
        self._about = (mark, found)
        return found

    def _render_about(self) -> AboutPage | None:
        source = self._notes.about()
        if source is None:
            return None
        if not source.strip():
            raise NoteError(ABOUT, "the file is empty")
        note = self._drafting.parse(source, ABOUT)
        links = self._drafting.links(self._archive.names())
        drafted = self._drafting.draft(note, "about", "", links)
        title = note.title if note.title.casefold() != "about" else "About"
        html = public_html(drafted.draft.html)
        return AboutPage(title=title, html=html, media=drafted.draft.media)

    @property
    def outbox_is_local(self) -> bool:
        """Whether the newsletter is tried on this machine, as its own address says.

        Only then may the outbox be read without its key, and only from this machine: whoever reads
        it can confirm for others. A site with a name is behind a proxy, which comes from here as well.
        """
        host = urlsplit(self._config.identity.url).hostname or ""
        return is_loopback(host) and not self._config.web.trusted_proxies

    def outbox(self) -> Path | None:
        """The Maildir of the embedded outbox; None with real relays."""
        return next((outbox.directory for outbox in self._config.outboxes), None)
