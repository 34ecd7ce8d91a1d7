"""What readers can see without a mail: feeds, pictures, issues, the About page, the embedded outbox.

The site asks here. What is costly to make is kept until the archive changes.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from feeds.markdown import is_download
from feeds.syndication import (
    Chain,
    Document,
    Enclosure,
    FeedFormat,
    Spot,
    build_chain,
    build_feed,
    media_url,
)
from mailer.compose import public_html
from mailer.smtp import is_loopback
from newsletter.config import Config
from newsletter.drawing import Drawing, Drawings, drawn_from
from newsletter.gallery import Gallery
from newsletter.publishing import (
    Drafting,
    as_readers_see,
    choose_translations,
    gather_languages,
)
from storage.archive import (
    ArchiveState,
    ArchiveWatch,
    FormulaPictures,
    Issues,
    Places,
    Translations,
)
from storage.model import Issue, Log, NoteError, Translation
from storage.notes import ABOUT, MediaFile, NotesStore

log = Log()

K = TypeVar("K")
V = TypeVar("V")
_Wanted = tuple[FeedFormat, str | None, int | None]
"""Format, tag and number of the archive."""

_KEPT: Final = 100
"""Feeds and archives that stay in memory as they were made."""
_PLAYED: Final = ("audio/", "video/")


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutPage:
    """The About page, rendered from about.md."""

    title: str
    """Empty where the author gave it none of their own."""
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
        places: Places,
        notes: NotesStore,
        drafting: Drafting,
        namespace: UUID,
        formulas: FormulaPictures,
        translations: Translations,
        watch: Callable[[], ArchiveWatch],
        in_letters: Callable[[], Collection[str]],
    ) -> None:
        self._config = config
        self._archive = archive
        self._places = places
        self._notes = notes
        self._drafting = drafting
        self._namespace = namespace
        self.formulas = formulas
        """Pictures of formulas that mails show, whatever became of their issues."""
        self._translations = translations
        self._watch = watch
        self._in_letters = in_letters
        self._about: tuple[object, AboutPage | NoteError | None] | None = None
        self.outbox_key = secrets.token_urlsafe(16)
        """Opens the outbox's pages until this process ends; told at the start and nowhere else."""
        self._feeds: OrderedDict[_Wanted, tuple[int, Document]] = OrderedDict()
        self._chains: OrderedDict[str | None, tuple[int, Chain]] = OrderedDict()
        self._lock = threading.Lock()
        self._lengths: OrderedDict[_Wanted, tuple[int, Mapping[str, int]]] = OrderedDict()
        self._drawings = Drawings()
        self.gallery = Gallery(config)

    def version(self) -> int:
        """Grows with every change that readers could see; caches compare it."""
        return self._archive.version()

    def watch(self) -> ArchiveWatch:
        """Tells without waiting whether anything changed that readers could see."""
        return self._watch()

    def mark(self) -> object:
        """Another one after each change that readers could see, also of the About page and in mails."""
        return self._site_mark(), len(self.formulas.digests())

    def _site_mark(self) -> object:
        return self._archive.version(), self._notes.about_mark()

    def live(self, *, tag: str | None = None, limit: int | None = None) -> list[Issue]:
        """Issues readers can see, newest first; `tag` is compared as written."""
        return self._archive.live(tag=tag, limit=limit)

    def former_slugs(self) -> list[tuple[str, int]]:
        """Every slug that an issue has or had, with the issue's id."""
        return self._places.slugs()

    def archives(self, tag: str | None = None) -> int:
        """How many archives a feed has (RFC 5005 4)."""
        return len(self._chain(tag, self._archive.version()).archives)

    def find(self, slug: str) -> Issue | None:
        """The issue that has, or once had, this slug, withdrawn or not."""
        return self._archive.by_slug(slug)

    def translations(self, issue: Issue) -> list[Translation]:
        """The issues that say the same in other languages, by language, the oldest of each; each with
        its language, also where that is the newsletter's.
        """
        usual = self._config.identity.language
        return choose_translations(issue.language, self._translations.of(issue), usual)

    def languages(self, issues: Iterable[Issue]) -> dict[int, list[Translation]]:
        """By id, for each that has translations among these, all its versions, itself included."""
        return gather_languages(issues, self._config.identity.language)

    def feed(
        self, feed_format: FeedFormat, tag: str | None = None, archive: int | None = None
    ) -> Document | None:
        """A feed, of everything or of one tag, or an archive of it by its number.

        None when no live issue carries the tag, or there is no such archive.
        """
        state = self._archive.state()
        wanted = (feed_format, tag, archive)
        kept = self._kept(self._feeds, wanted, state.version)
        lengths = self._kept(self._lengths, wanted, state.version) or {}
        if kept is not None and self._are_same(lengths):
            return kept
        chain = self._chain(tag, state.version)
        document = self._build(wanted, chain, state)
        if document is not None:
            self._keep(self._feeds, wanted, (state.version, document))
        return document

    def _build(self, wanted: _Wanted, chain: Chain, state: ArchiveState) -> Document | None:
        feed_format, tag, number = wanted
        archives = len(chain.archives)
        if number is not None and not 1 <= number <= archives:
            return None
        issue_ids = chain.current if number is None else chain.archives[number - 1]
        issues = self._places.live(issue_ids)
        if tag is not None and not issues and not archives:
            return None
        files = self._find_files(issues)
        lengths = {path: file.size for path, file in files.items()}
        self._keep(self._lengths, wanted, (state.version, lengths))
        identity = self._config.identity
        newest = max((issue.updated_at for issue in issues), default=None)
        return build_feed(
            feed_format,
            identity,
            [as_readers_see(issue) for issue in issues],
            tag=tag,
            spot=Spot(archives=archives, number=number),
            hub=self._config.feeds.hub,
            stylesheet=f"{identity.url}/static/feed.css",
            namespace=self._namespace,
            changed_at=state.changed_at if number is None else newest,
            modified=state.modified,
            enclosures=self.enclosures(issues, files),
        )

    def enclosures(
        self, issues: Sequence[Issue], files: Mapping[str, MediaFile] | None = None
    ) -> dict[str, list[Enclosure]]:
        """The files of each of these issues, by its guid, as a feed tells of them."""
        files = self._find_files(issues) if files is None else files
        return {
            issue.guid: [_enclose(self._config.identity.url, path, files[path]) for path in own]
            for issue in issues
            if (own := [path for path in files if path in issue.media])
        }

    def _chain(self, tag: str | None, version: int) -> Chain:
        """Which issues stand in which archive of a feed; looked up once for all formats."""
        kept = self._kept(self._chains, tag, version)
        if kept is not None:
            return kept
        chain = build_chain(self._places.extents(tag=tag), self._config.feeds.items)
        self._keep(self._chains, tag, (version, chain))
        return chain

    def _kept(self, among: OrderedDict[K, tuple[int, V]], key: K, version: int) -> V | None:
        """What is kept under the key, if it was made of this version of the archive."""
        with self._lock:
            kept = among.get(key)
            return kept[1] if kept is not None and kept[0] == version else None

    def _keep(self, among: OrderedDict[K, tuple[int, V]], key: K, made: tuple[int, V]) -> None:
        with self._lock:
            among[key] = made
            among.move_to_end(key)
            while len(among) > _KEPT:
                among.popitem(last=False)

    def _find_files(self, issues: Iterable[Issue]) -> dict[str, MediaFile]:
        """What these issues give their readers, by path: first what they hear or see, for RSS shows one."""
        paths = dict.fromkeys(path for one in issues for path in one.media if is_download(path))
        found = [(path, file) for path in paths if (file := self._notes.media(path)) is not None]
        return dict(sorted(found, key=lambda one: not one[1].content_type.startswith(_PLAYED)))

    def _are_same(self, lengths: Mapping[str, int]) -> bool:
        """Whether a feed tells the true lengths of its files still (rule E30)."""
        return all(
            (file := self._notes.media(path)) is not None and file.size == length
            for path, length in lengths.items()
        )

    def former(self, path: str) -> Issue | None:
        """The issue that an old address of the site leads to, by its path; None without one."""
        bare = path.strip("/").removesuffix(".html").removesuffix("/index")
        return self._archive.by_alias(bare) if bare else None

    def media(self, path: str) -> MediaFile | None:
        """An image that a live issue, the About page or a letter shows; None for every other file."""
        shown = self._archive.serves_media(path) or path in self.shown_beside()
        return self._notes.media(path) if shown else None

    def shown_beside(self) -> set[str]:
        """Paths of the images that stand in no issue: on the About page, in the welcome and the goodbye."""
        about = self.about()
        return {*(about.media if about is not None else ()), *self._in_letters()}

    def drawn(self, path: str) -> Drawing | None:
        """A picture of a live issue as mail shows it: `a.svg.png`; None for every other path."""
        source = drawn_from(path)
        found = self.media(source) if source is not None else None
        return self._drawings.draw(found) if found is not None else None

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
        mark, kept = self._site_mark(), self._about
        if kept is not None and kept[0] == mark:
            return kept[1]
        try:
            found: AboutPage | NoteError | None = self._render_about()
        except NoteError as error:
            reason = f"{error.reason}; mend it or remove it, there is no page of it"
            found = NoteError(ABOUT, reason)
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
        title = note.title if note.title.casefold() != "about" else ""
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


def _enclose(url: str, path: str, file: MediaFile) -> Enclosure:
    return Enclosure(url=media_url(url, path), length=file.size, type=file.content_type)
