"""From a note's bytes to an issue's draft: parse, render, name, fingerprint.

Pure but for the sizes of pictures, which are read from their files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from feeds.markdown import NoteSource, Size, link_key, read_size
from feeds.markdown.citations import Bibliography
from feeds.notes import (
    OF_ENTRIES,
    RENDERER,
    USUAL,
    Habits,
    Note,
    gather_bibliography,
    parse_note,
    place_bibliographies,
)
from feeds.syndication import note_guid
from newsletter.publishing.decisions import Publish
from newsletter.publishing.links import NoteLinks
from storage.archive import IssueName, MailOrder
from storage.model import Identity, Issue, IssueDraft, IssueState, Mailing, NoteError, Remark
from storage.notes import MediaFinder, NotesStore, is_entry
from words import words_of

if TYPE_CHECKING:
    from feeds.markdown import Rendered

_SAID: Final = tuple(
    {field.name for field in fields(IssueDraft)} & {field.name for field in fields(Issue)}
)
"""What a draft and an issue both say."""
_SHOWN: Final = (
    *("html", "text", "language", "subject", "canonical", "image", "image_alt", "aliases"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A draft, and what its author should know about it."""

    draft: IssueDraft
    warnings: tuple[Remark, ...]
    unmailed: str = ""
    """Why it is published and not mailed, as a sentence; empty if it may be."""


class Drafting:
    """Turns notes into drafts for one newsletter."""

    def __init__(
        self,
        identity: Identity,
        *,
        habits: Habits = USUAL,
        namespace: UUID,
        measure: Callable[[str], Size | None] = lambda _path: None,
        files: Callable[[], MediaFinder | None] = lambda: None,
        read: Callable[[str], bytes] | None = None,
        written: Callable[[str], datetime | None] = lambda _path: None,
        root: Path = Path(),
        guides: Callable[[Iterable[str]], Iterable[tuple[str, bytes]]] = lambda _paths: (),
    ) -> None:
        """`written` tells when a note's file was, for times that are relative to that. `habits` are those of the folder; `measure` tells the size of a picture, by its path below
        the notes folder. `files` begins a look at the files that notes show; `read` reads a note that
        another one embeds, and a file of works that one cites. `guides` are the files that speak for whole
        folders of the notes folder at `root`, as `parse_note` has them.
        """
        self._url = identity.url
        self._language = identity.language
        self._words = identity.words
        self._zone = ZoneInfo(identity.timezone)
        self._habits = habits
        self._namespace = namespace
        self._measure = measure
        self._files = files
        self._read = read
        self._written = written
        self._root = root.resolve().as_posix()
        self._guides = guides
        spoken = "" if identity.language == "en" else f":{identity.language}"
        lines = ":lines" if habits.line_breaks else ""
        self.rendering = f"{RENDERER}:{identity.url}{spoken}{lines}"
        """What the HTML depends on besides the note and its links."""

    def parse(self, source: bytes, path: str) -> Note:
        """The note in these bytes. Raises NoteError."""
        written = partial(self._written, path)
        if is_entry(path):
            return parse_note(
                source,
                path,
                zone=self._zone,
                habits=OF_ENTRIES,
                written=written,
                home=self._language,
            )
        return parse_note(
            source,
            path,
            zone=self._zone,
            habits=self._habits,
            written=written,
            is_file=lambda other: self._written(other) is not None,
            home=self._language,
            root=self._root,
            guides=self._guides,
        )

    def links(self, names: Iterable[IssueName] = ()) -> NoteLinks:
        """Where links among these issues lead."""
        return NoteLinks(names, self._url, self._files(), self._source)

    def _source(self, name: IssueName) -> NoteSource | None:
        """The note of an issue, if its file says what was published and may still be shown."""
        if self._read is None:
            return None
        try:
            source = self._read(name.path)
            if hash_content(source) != name.content_hash:
                return None
            note = self.parse(source, name.path)
        except NoteError:
            return None
        if note.draft:
            return None
        return NoteSource(path=note.path, title=note.title, body=note.body)

    def is_foreign(self, note: Note) -> bool:
        """Whether it is in another language than the newsletter."""
        language = (note.language or self._language).partition("-")[0].lower()
        return language != self._language.partition("-")[0].lower()

    def _slug(self, note: Note) -> str:
        """The slug it wishes for: a translation's file has the name of what it translates, so its language
        is said, too.
        """
        if note.slug or not (note.path_language and self.is_foreign(note)):
            return note.slug or note.name
        return f"{note.name}-{note.path_language.lower()}"

    def expect(self, note: Note, note_id: str, content_hash: str) -> IssueName:
        """What a note that is new will be known by as an issue, its slug as it wishes for it."""
        return IssueName(
            issue_id=0,
            note_id=note_id,
            path=note.path,
            slug=self._slug(note),
            title=note.title,
            state=IssueState.LIVE,
            content_hash=content_hash,
            aliases=read_aliases(note.aliases, self._url),
        )

    def draft(self, note: Note, note_id: str, content_hash: str, links: NoteLinks) -> Drafted:
        """The note as an issue, its links to other notes resolved. Raises NoteError."""
        from feeds.notes import render_note  # not for those that look when notes go out

        words = words_of(note.language or self._language, self._words)
        rendered = render_note(note, links, words, self._cited(note))
        draft = IssueDraft(
            note_id=note_id,
            path=note.path,
            guid=note.guid or note_guid(self._namespace, note_id),
            slug=self._slug(note),
            title=note.title,
            summary=note.summary or rendered.summary,
            html=self._sized(rendered, links),
            text=rendered.text,
            language=note.language,
            subject=note.subject,
            canonical=note.canonical,
            audience=note.audience,
            translation_keys=note.translation_keys,
            image=rendered.image,
            image_alt=note.image_alt,
            tags=note.tags,
            aliases=read_aliases(note.aliases, self._url),
            media=rendered.media,
            # What it cites is followed as what it links to.
            wiki=(
                *rendered.wiki,
                *map(link_key, place_bibliographies(note.bibliography, note.path)),
            ),
            changed_at=note.updated,
            content_hash=content_hash,
            rendering=self.rendering,
        )
        return Drafted(
            draft=draft, warnings=rendered.warnings, unmailed=self._why_unmailed(note, rendered)
        )

    def remarks(self, note: Note, links: NoteLinks) -> tuple[Remark, ...]:
        """What `draft` would warn of, in less time. Raises NoteError."""
        from feeds.notes import find_note_remarks

        words = words_of(note.language or self._language, self._words)
        return find_note_remarks(note, links, words, self._cited(note))

    def _cited(self, note: Note) -> Bibliography | None:
        return gather_bibliography(note.bibliography, note.references, note.path, self._read)

    def _why_unmailed(self, note: Note, rendered: Rendered) -> str:
        if not rendered.has_words:
            return "the note has no words"
        language = (note.language or self._language).partition("-")[0].lower()
        mailed = {name.partition("-")[0].lower() for name in self._habits.languages}
        if mailed and language not in mailed:
            return f"its language is `{language}`, and `[notes] languages` names others"
        return ""

    def _sized(self, rendered: Rendered, links: NoteLinks) -> str:
        """The HTML, with the sizes of its own pictures."""
        from feeds.markdown import size_pictures

        found = {links.media_url(path): self._measure(path) for path in rendered.media}
        return size_pictures(rendered.html, {url: size for url, size in found.items() if size})


def issue_of(draft: IssueDraft, at: datetime, state: IssueState) -> Issue:
    """All that a draft says as an issue of that time, which no archive has: for its author's eyes, or one reader's."""
    said = {name: getattr(draft, name) for name in _SAID}
    return Issue(
        **said,
        id=0,
        state=state,
        mailing=Mailing.OFF,
        mailing_reason="",
        published_at=at,
        updated_at=at,
        mail_at=None,
        revision=0,
    )


def order_mail(drafted: Drafted, decision: Publish, at: datetime) -> MailOrder:
    """How an issue that is due is mailed: at a time, held for its author, or not at all."""
    if not decision.mail:
        return MailOrder(at=None, reason=decision.reason)
    if drafted.unmailed:
        return MailOrder(at=None, reason=drafted.unmailed)
    from feeds.markdown import TEMPLATE

    unknown = [remark for remark in drafted.warnings if remark.code == TEMPLATE]
    if unknown:
        more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        return MailOrder(
            at=at,
            held=True,
            reason=f"held: {unknown[0]}{more}. Mend the note, then `newsletter resume` has it mailed",
        )
    return MailOrder(at=at, reason=decision.reason, held=decision.held)


def is_shown_otherwise(draft: IssueDraft, issue: Issue) -> bool:
    """Whether readers see anything of the draft that they do not see of the issue."""
    return any(getattr(draft, name) != getattr(issue, name) for name in _SHOWN)


def read_aliases(written: Iterable[str], url: str) -> tuple[str, ...]:
    """Old addresses as paths from the root of the site at `url`; those of other sites are none."""
    site = urlsplit(url)
    found: dict[str, None] = {}
    for one in written:
        try:
            parts = urlsplit(one)
        except ValueError:
            continue
        if parts.scheme and parts.netloc != site.netloc:
            continue
        path = unquote(parts.path).strip("/")
        path = path.removeprefix(site.path.strip("/")).strip("/") if site.path else path
        if path and "\0" not in path:
            found[path.removesuffix(".html").removesuffix("/index")] = None
    return tuple(found)


class Pictures:
    """The pictures of one notes store."""

    def __init__(self, store: NotesStore) -> None:
        self._store = store

    def size(self, path: str) -> Size | None:
        """The size of the picture at a path below the notes; None if nobody can say."""
        found = self._store.media(path)
        if found is None:
            return None
        try:
            return _measure(found.file, found.size, found.mtime_ns, found.ctime_ns)
        except OSError:
            return None  # it has just gone, or cannot be read: `newsletter check` tells


@lru_cache(maxsize=1024)
def _measure(file: Path, _size: int, _mtime_ns: int, _ctime_ns: int) -> Size | None:
    """The size of a picture, read once for all notes that show it, for as long as its file is the same one."""
    with file.open("rb") as opened:
        return read_size(opened)


def hash_content(source: bytes) -> str:
    """SHA-256 of a note's bytes, in hexadecimal: what the author wrote."""
    return hashlib.sha256(source).hexdigest()
