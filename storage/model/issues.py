"""Issues: the newsletter's identity, an issue and what its mail is doing. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from storage.model.direction import direction_of, direction_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What mail and site wear alike."""

    accent: str = ""
    """`#0b5563`; empty for the product's own."""
    logo: tuple[int, int] | None = None
    """Width and height in pixels as it is shown; it is at `/static/logo.png`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who writes and where it lives: one identity for mail, archive and feeds."""

    title: str
    url: str
    """Absolute, without a trailing slash: `https://notes.example.com`."""
    sender: str
    """One RFC 5322 mailbox: `Working Notes <notes@example.com>`."""
    author: str
    letters_sender: str = ""
    """Likewise, that confirmations and other letters about one subscription come from; empty for the sender."""
    reply_to: str = ""
    """One RFC 5322 mailbox that answers go to; empty for the sender."""
    headers: tuple[tuple[str, str], ...] = ()
    """(name, one line of text): what the author adds to the header of every mail."""
    description: str = ""
    language: str = "en"
    timezone: str = "UTC"
    """IANA name; wall times without an offset are read in it."""
    postal_address: str = ""
    links: tuple[tuple[str, str], ...] = ()
    """(label, absolute URL) in the author's order."""
    words: Path | None = None
    """The author's folder of catalogues, over the product's own words."""
    look: Look = Look()

    @property
    def direction(self) -> str:
        """`rtl` if the language is written from right to left, else `ltr`, as in HTML's `dir`."""
        return direction_of(self.language)


class IssueState(StrEnum):
    """Whether readers can see an issue in the archive and the feeds."""

    LIVE = "live"
    """Published by the poll. Left when its note is removed, made private or a draft again."""
    WITHDRAWN = "withdrawn"
    """Its page answers 410. Returns to LIVE when the note does; that never mails again."""
    DIGEST = "digest"
    """No note, no page, in no feed: only the mail that brings issues of a week or month together."""


class Mailing(StrEnum):
    """How the mail of an issue stands. Progress is counted over its deliveries, not kept here."""

    OFF = "off"
    """Not mailed: `email: false`, first seen too late, no mail wanted. Left only when its author has
    it mailed after all."""
    OPEN = "open"
    """Its deliveries may be claimed once they are due (the hold is their first due time)."""
    PAUSED = "paused"
    """By the author or by a run of sender faults; `mailing_reason` says which. Resumes where it was."""
    CANCELLED = "cancelled"
    """Taken back: deliveries not yet on the wire are cancelled. Left only when its author has it
    mailed after all."""
    DONE = "done"
    """Every delivery has its last outcome. Left only when the author resends what is in doubt, or
    has it mailed to readers who have not had it."""


_M = Mailing

MAILING_TRANSITIONS: Final[MappingProxyType[Mailing, frozenset[Mailing]]] = MappingProxyType(
    {
        _M.OFF: frozenset({_M.OPEN}),  # as is CANCELLED: `newsletter mail`
        _M.OPEN: frozenset({_M.PAUSED, _M.CANCELLED, _M.DONE}),
        _M.PAUSED: frozenset({_M.OPEN, _M.CANCELLED}),  # never DONE: its author has the word
        _M.CANCELLED: frozenset({_M.OPEN}),
        _M.DONE: frozenset({_M.OPEN}),  # also when the author resends what is in doubt
    }
)
"""Where the mail of an issue may go from where it is. Publishing begins with OFF, OPEN or,
where its author is asked first, PAUSED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDraft:
    """A rendered note, ready to become or to revise an issue."""

    note_id: str
    path: str
    """POSIX path of the note below the notes folder."""
    guid: str
    """`urn:uuid:…`, or the id that it had elsewhere; the same in every format, for ever."""
    slug: str
    """The slug wished for; storage makes it unique by a suffix."""
    title: str
    summary: str
    html: str
    """Sanitised body, absolute URLs, without the title's h1."""
    text: str
    """The text/plain body made from the Markdown tree, links numbered and written out."""
    language: str = ""
    """The note's own language (BCP 47); empty for the newsletter's."""
    subject: str = ""
    """The mail's subject, where it is not the title."""
    canonical: str = ""
    """The absolute address where it stands first, if that is not its page here."""
    audience: str = ""
    """Who gets the mail, an expression over readers' tags (storage/model/audience.py); empty for all."""
    image: str = ""
    """The preview picture: an absolute URL, or empty."""
    image_alt: str = ""
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """Old addresses of this site that lead here: paths from its root, without slashes at their ends."""
    media: tuple[str, ...] = ()
    """Paths of images below the notes folder that /media may serve because of this issue."""
    translation_keys: tuple[str, ...] = ()
    """What issues of other languages have in common with it that are its translations."""
    wiki: tuple[str, ...] = ()
    """Targets of wiki and note links, so that the poll knows what to render again."""
    changed_at: datetime | None = None
    """When its author says that it was last changed; None where nothing is said."""
    content_hash: str = ""
    """SHA-256 of the note's bytes: what the author wrote."""
    rendering: str = ""
    """Fingerprint of everything else the HTML depends on; a change refreshes without `updated`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One published number of the newsletter."""

    id: int
    note_id: str
    path: str
    guid: str
    slug: str
    title: str
    summary: str
    html: str
    text: str
    tags: tuple[str, ...]
    media: tuple[str, ...]
    wiki: tuple[str, ...]
    content_hash: str
    rendering: str
    state: IssueState
    mailing: Mailing
    mailing_reason: str
    published_at: datetime
    """Fixed for ever (RFC 4287 4.2.9)."""
    updated_at: datetime
    """Last time the author changed the note (RFC 4287 4.2.15)."""
    mail_at: datetime | None
    """When the hold ends; None when the issue is not mailed."""
    revision: int
    """Counts every change of what readers see; caches compare it."""
    language: str = ""
    subject: str = ""
    canonical: str = ""
    audience: str = ""
    image: str = ""
    image_alt: str = ""
    aliases: tuple[str, ...] = ()
    translation_keys: tuple[str, ...] = ()

    @property
    def direction(self) -> str:
        """Of its own language, `rtl` or `ltr`; without one, of its letters; empty where neither says so."""
        if self.language:
            return direction_of(self.language)
        return direction_seen(self.title, self.text)

    def direction_beside(self, identity: Identity) -> str:
        """The same, but empty where it needs no saying: it is written as the newsletter is."""
        is_same = not self.language and self.direction == identity.direction
        return "" if is_same else self.direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """An issue that says the same in another language."""

    language: str
    """BCP 47; empty for the newsletter's."""
    slug: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueExtent:
    """How much of a feed an issue takes, and nothing else of it."""

    issue_id: int
    characters: int
    """Of its HTML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaPicture:
    """A formula drawn for mail, twice as large as it is shown."""

    digest: str
    """Of the formula and of how it is drawn, in hexadecimal: its name for ever, as mails are."""
    png: bytes
    width: int
    """Pixels as it is shown,"""
    height: int
    depth: int
    """and how many of them are below the line on which the words around it stand."""
