"""The author's proofs: notes checked before they go out, a preview, and a test copy of one.

    note  →  what is read of it  →  an issue  →  a mail that only its author sees

Reads notes and pictures and writes nothing. What is found wrong is decided in newsletter/authoring/preflight.py.
"""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from feeds.markdown import link_key
from feeds.notes import Note
from mailer.address import Address, parse_address, parse_mailbox
from mailer.authentication import Signer, sign_envelope
from mailer.compose import (
    Formula,
    Pictures,
    Recipient,
    compile_issue,
    draw_formulas,
    formula_url,
)
from mailer.envelope import Envelope
from mailer.replies import Outcome
from mailer.smtp import Outbox, Relay, Session, Timeouts
from newsletter.authoring.findings import CheckedNote, Meant, Proof
from newsletter.authoring.preflight import check_note, part_of, report_unusable
from newsletter.mailing import open_relays
from newsletter.publishing import Drafting, NoteLinks, hash_content
from storage.archive import Issues
from storage.model import (
    FormulaPicture,
    Identity,
    Issue,
    IssueDraft,
    IssueState,
    Mailing,
    NoteError,
    Remark,
)
from storage.notes import ABOUT, FolderNotes, Schedules
from storage.readers import Roll

_PATIENCE: Final = Timeouts(
    greeting=30, tls=30, auth=30, mail=60, rcpt=60, data=60, block=60, dot=120
)
"""Somebody is waiting at the terminal; one message that did not leave harms nobody."""
_FAREWELL_S: Final = 0.1
"""For TLS to end in order, before the loop does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A note as it would be mailed to its own author."""

    subject: str
    html: str
    text: str
    eml: bytes
    """The whole message (RFC 5322)."""
    warnings: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCopy:
    """What the relay said to a test copy."""

    __test__ = False  # no test of pytest, whatever its name

    accepted: bool
    relay: str
    """`host:port`, or `outbox`."""
    code: int | None
    reply: str
    """One line, without the address."""
    signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A note read for a proof."""

    source: bytes
    note: Note
    draft: IssueDraft
    warnings: tuple[Remark, ...]
    issue: Issue
    """What it would be if it were published now."""


class Proofs:
    """Looks at notes as their readers will."""

    def __init__(
        self,
        *,
        store: FolderNotes,
        archive: Issues,
        schedules: Schedules,
        drafting: Drafting,
        identity: Identity,
        find: Callable[[str], str],
        formulas: Pictures = draw_formulas,
        roll: Roll | None = None,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._archive = archive
        self._schedules = schedules
        self._drafting = drafting
        self._identity = identity
        self._find = find
        self._formulas = formulas
        self._roll = roll
        self._clock = clock

    def check(self, notes: Sequence[str]) -> list[CheckedNote]:
        """See Newsletter.check."""
        links = self._drafting.links(self._archive.names())
        paths = [file.path for file in self._store.scan().files]
        keys = frozenset(
            link_key(spelling) for path in paths for spelling in (path, PurePosixPath(path).name)
        )
        wanted = [self._find(note) for note in notes] if notes else self._waiting(paths)
        return [self._check(path, links, keys) for path in dict.fromkeys(wanted)]

    def _waiting(self, paths: Sequence[str]) -> Iterator[str]:
        """Notes that will be published as things stand; also what cannot be read, which would not."""
        scheduled = self._schedules.load().keys()
        published = {name.path for name in self._archive.names()}
        for path in paths:
            if path == ABOUT or path in published:
                continue
            try:
                note = self._drafting.parse(self._store.read(path), path)
            except NoteError:
                yield path
                continue
            if not note.draft and (note.publish is not None or path in scheduled):
                yield path

    def _check(self, path: str, links: NoteLinks, keys: frozenset[str]) -> CheckedNote:
        try:
            read = self._read(path, links)
        except NoteError as error:
            return report_unusable(error)
        skeleton = compile_issue(read.issue, self._identity)
        files = {picture: self._store.media(picture) for picture in read.draft.media}
        return check_note(
            Proof(
                source=read.source.decode("utf-8-sig"),
                note=read.note,
                draft=read.draft,
                warnings=read.warnings,
                skeleton=skeleton,
                sample=skeleton.fill(self._recipient(self._author)).content,
                links=links,
                site_url=self._identity.url,
                note_keys=keys,
                pictures={path: file.size if file else None for path, file in files.items()},
                meant=self._meant(read.note.audience),
            )
        )

    def _meant(self, audience: str) -> Meant | None:
        if not audience or self._roll is None:
            return None
        count = self._roll.count_audience(audience)
        return Meant(readers=count, unknown=() if count else self._roll.unknown_tags(audience))

    # ── copies that only their author sees ───────────────────────────────────────────────

    def preview(self, note: str) -> Preview:
        """The mail a note would become; see Newsletter.preview."""
        read = self._read(self._find(note), self._links())
        shown: dict[str, str] = {}

        def draw(formulas: Sequence[Formula]) -> Mapping[str, FormulaPicture]:
            drawn = draw_formulas(formulas)
            shown.update((one.digest, _inline(one)) for one in drawn.values())
            return drawn

        skeleton = compile_issue(read.issue, self._identity, test_copy=True, pictures=draw)
        content = skeleton.fill(self._recipient(self._author, self._identity.author)).content
        parts = email.message_from_bytes(content, policy=email.policy.default)
        return Preview(
            subject=read.draft.title,
            html=_with_formulas(part_of(parts, "html"), self._identity.url, shown),
            text=part_of(parts, "plain"),
            eml=content,
            warnings=(*read.warnings, *skeleton.warnings),
        )

    def write_test(self, note: str, to: str, signer: Signer | None) -> Envelope:
        """A marked copy of a note for one address, signed if there is a key.

        Raises NotFound, NoteError or AddressError.
        """
        address = parse_address(to, allow_test_domains=True)
        read = self._read(self._find(note), self._links())
        skeleton = compile_issue(
            read.issue, self._identity, test_copy=True, pictures=self._formulas
        )
        envelope = skeleton.fill(self._recipient(address))
        return sign_envelope(envelope, signer, self._clock()) if signer else envelope

    # ── what they are made of ────────────────────────────────────────────────────────────

    def _read(self, path: str, links: NoteLinks) -> _Reading:
        """The note at a path, as an issue. Raises NoteError."""
        source = self._store.read(path)
        note = self._drafting.parse(source, path)
        drafted = self._drafting.draft(note, note.note_id, hash_content(source), links)
        return _Reading(
            source=source,
            note=note,
            draft=drafted.draft,
            warnings=drafted.warnings,
            issue=as_issue(drafted.draft, note, self._clock()),
        )

    def _links(self) -> NoteLinks:
        return self._drafting.links(self._archive.names())

    @property
    def _author(self) -> Address:
        return parse_mailbox(self._identity.sender, allow_test_domains=True).address

    def _recipient(self, address: Address, name: str = "") -> Recipient:
        """Somebody with links that lead nowhere: no reader is behind a proof."""
        url, now = self._identity.url, self._clock()
        return Recipient(
            address=address.display,
            ascii=address.ascii,
            name=name,
            message_id=f"<test.{now.timestamp():.6f}@{self._author.domain}>",
            return_path=self._author.ascii,
            unsubscribe_url=f"{url}/unsubscribe/preview",
            preferences_url=f"{url}/preferences/preview",
            date=now,
        )


def _inline(picture: FormulaPicture) -> str:
    """A picture as an address that holds it: the site has it only once a mail does."""
    return f"data:image/png;base64,{base64.b64encode(picture.png).decode()}"


def _with_formulas(html: str, site_url: str, shown: Mapping[str, str]) -> str:
    for digest, address in shown.items():
        html = html.replace(formula_url(site_url, digest), address)
    return html


async def send_test(
    envelope: Envelope, relays: Sequence[Relay | Outbox], *, signed: bool
) -> TestCopy:
    """Sends one copy through the first relay, past the queue; nothing is recorded.

    Raises RelayError when the relay cannot be used at all.
    """
    first = relays[0]
    async with open_relays([first]) as (relay,):
        try:
            session = await Session.open(relay, _PATIENCE)
            outcome = await session.send(envelope)
            await session.close()
        finally:
            await asyncio.sleep(_FAREWELL_S)
    where = "outbox" if isinstance(first, Outbox) else f"{relay.host}:{relay.port}"
    return _told(outcome, where, signed=signed)


def _told(outcome: Outcome, where: str, *, signed: bool) -> TestCopy:
    return TestCopy(
        accepted=outcome.accepted,
        relay=where,
        code=outcome.code,
        reply=outcome.text,
        signed=signed,
    )


def as_issue(draft: IssueDraft, note: Note, now: datetime) -> Issue:
    """What the draft would be if it were published now."""
    published_at = note.publish if isinstance(note.publish, datetime) else now
    return Issue(
        id=0,
        note_id=draft.note_id,
        path=draft.path,
        guid=draft.guid,
        slug=draft.slug,
        title=draft.title,
        summary=draft.summary,
        html=draft.html,
        text=draft.text,
        language=draft.language,
        subject=draft.subject,
        audience=draft.audience,
        image=draft.image,
        image_alt=draft.image_alt,
        aliases=draft.aliases,
        translation_keys=draft.translation_keys,
        tags=draft.tags,
        media=draft.media,
        wiki=draft.wiki,
        content_hash=draft.content_hash,
        rendering=draft.rendering,
        state=IssueState.LIVE,
        mailing=Mailing.OFF,
        mailing_reason="preview",
        published_at=published_at,
        updated_at=published_at,
        mail_at=None,
        revision=0,
    )
