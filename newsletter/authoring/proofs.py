"""The author's proofs: notes checked before they go out, a preview, and a test copy of one.

    note  →  what is read of it  →  an issue  →  a mail that only its author sees

Reads notes and pictures and writes nothing. What is found wrong is decided in newsletter/authoring/preflight.py.
"""

from __future__ import annotations

import base64
import email
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from feeds.markdown import is_picture, link_key
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
from newsletter.authoring.checks import (
    Answer,
    LinkAsker,
    Mended,
    find_outward,
    mend,
    report_answer,
    tells_place,
)
from newsletter.authoring.findings import (
    CheckedNote,
    Finding,
    Meant,
    Near,
    Proof,
    find_link_lines,
    refuse_taken,
)
from newsletter.authoring.preflight import check_note, part_of, report_unusable
from newsletter.publishing import Drafting, NoteLinks, hash_content, issue_of
from storage.archive import IssueName, Issues
from storage.model import (
    FormulaPicture,
    Identity,
    Issue,
    IssueDraft,
    IssueState,
    Log,
    NoteError,
    Remark,
)
from storage.notes import ABOUT, MediaFile, NotesStore, Schedules, is_entry
from storage.readers import Roll

log = Log()


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
        store: NotesStore,
        archive: Issues,
        schedules: Schedules,
        drafting: Drafting,
        identity: Identity,
        find: Callable[[str], str],
        formulas: Pictures = draw_formulas,
        roll: Roll | None = None,
        grace: timedelta = timedelta(hours=24),
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
        self._grace = grace
        self._clock = clock

    def check(self, notes: Sequence[str]) -> list[CheckedNote]:
        """See Newsletter.check."""
        names = self._archive.names()
        links = self._drafting.links(names)
        paths = [file.path for file in self._store.scan().files]
        keys = frozenset(
            link_key(spelling) for path in paths for spelling in (path, PurePosixPath(path).name)
        )
        present = frozenset(paths)
        published = frozenset(name.path for name in names)
        wanted = [self._find(note) for note in notes] if notes else self._waiting(paths, published)
        near = self._near(names)
        # Whose each id of an issue is; that of a file which is gone may be taken over.
        owners = {name.note_id: name.path for name in names if name.path in present}
        return [self._check(path, links, keys, near, owners) for path in dict.fromkeys(wanted)]

    def tell(self, due: Iterable[Issue]) -> None:
        """Tell in the log once more what is found in notes that are about to be mailed, while it can be
        helped: within the hold.
        """
        for checked in self.check([one.path for one in due]):
            for finding in checked.findings:
                log.warning(
                    "note.finding",
                    path=checked.note,
                    line=finding.line,
                    severity=finding.gravity.value,
                    code=finding.code,
                    finding=finding.message,
                )

    def check_online(
        self, checked: Sequence[CheckedNote], progress: Callable[[int, int], None]
    ) -> list[CheckedNote]:
        """The same reports with what became of links to elsewhere."""
        links = self._links()
        found: dict[str, tuple[Callable[[str], int | None], list[str]]] = {}
        for one in checked:
            try:
                read = self._read(one.note, links)
            except NoteError:
                continue
            outward = find_outward(read.draft.html)
            own = f"{self._identity.url}/"
            found[one.note] = (
                find_link_lines(read.source.decode("utf-8-sig"), read.note.body),
                [link for link in outward if not link.startswith(own)],
            )
        answers = LinkAsker().ask((link for _, every in found.values() for link in every), progress)
        return [
            replace(one, findings=(*one.findings, *_links_told(*found[one.note], answers)))
            if one.note in found
            else one
            for one in checked
        ]

    def mend(self, checked: Iterable[CheckedNote]) -> list[Mended]:
        """What of the findings can be mended, file by file. Changes nothing."""
        found = []
        for one in checked:
            if is_entry(one.note):
                continue  # its author's words are elsewhere
            try:
                source = self._store.read(one.note)
            except NoteError:
                continue
            if (mended := mend(one.note, source, one.findings)) is not None:
                found.append(mended)
        return found

    def _near(self, names: Sequence[IssueName]) -> Near:
        return Near(
            now=self._clock(),
            grace=self._grace,
            titles={name.title.casefold(): name.slug for name in names},
            slugs=frozenset(name.slug for name in names),
            published=frozenset(name.path for name in names),
        )

    def _waiting(self, paths: Sequence[str], published: frozenset[str]) -> Iterator[str]:
        """Notes that will be published as things stand; also what cannot be read, which would not."""
        scheduled = self._schedules.load().keys()
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

    def _check(
        self, path: str, links: NoteLinks, keys: frozenset[str], near: Near, owners: dict[str, str]
    ) -> CheckedNote:
        """`owners`, by id, gets this note where it is the first of its id."""
        try:
            read = self._read(path, links)
            refuse_taken(read.note, owners)
        except NoteError as error:
            return report_unusable(error)
        skeleton = compile_issue(read.issue, self._identity)
        files = {one: self._store.media(one) for one in read.draft.media}
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
                pictures={one: file.size if file else None for one, file in files.items()},
                placed={one for one, file in files.items() if file and _tells_place(file)},
                meant=self._meant(read.note.audience),
                near=near,
            )
        )

    def _meant(self, audience: str) -> Meant | None:
        if not audience or self._roll is None:
            return None
        count = self._roll.count_audience(audience)
        return Meant(readers=count, unknown=() if count else self._roll.unknown_tags(audience))

    # ── copies that only their author sees ───────────────────────────────────────────────

    def file(self, path: str) -> MediaFile | None:
        """A picture of the folder, also of a private note: for its author alone."""
        return self._store.media(path)

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
        parts = email.message_from_bytes(content)
        return Preview(
            subject=read.draft.title,
            html=_with_formulas(part_of(parts, "html"), self._identity.url, shown),
            text=part_of(parts, "plain"),
            eml=content,
            warnings=(*read.warnings, *skeleton.warnings),
        )

    def as_issue(self, note: str) -> Issue:
        """What a note would be if it were published now. Raises NotFound or NoteError."""
        return self._read(self._find(note), self._links()).issue

    def picture(self, note: str, path: str) -> tuple[str, bytes] | None:
        """Media type and octets of a picture that a note shows, though it is private; None for others."""
        read = self._read(self._find(note), self._links())
        file = self._store.media(path) if path in read.draft.media else None
        return (file.content_type, file.file.read_bytes()) if file is not None else None

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
        now, nowhere = self._clock(), "preview"
        return Recipient(
            address=address.display,
            ascii=address.ascii,
            name=name,
            message_token=f"test{now:%Y%m%d%H%M%S%f}",
            return_path=self._author.ascii,
            unsubscribe_token=nowhere,
            preferences_token=nowhere,
            date=now,
        )


def _links_told(
    find: Callable[[str], int | None], links: Sequence[str], answers: Mapping[str, Answer]
) -> Iterator[Finding]:
    for link in links:
        if link in answers and (told := report_answer(link, answers[link], find(link))) is not None:
            yield told


def _tells_place(picture: MediaFile) -> bool:
    """Nobody can say of one that has just gone, or that cannot be read; other findings do."""
    if not is_picture(picture.file.name):
        return False
    try:
        return tells_place(picture.file.read_bytes())
    except OSError:
        return False


def _inline(picture: FormulaPicture) -> str:
    """A picture as an address that holds it: the site has it only once a mail does."""
    return f"data:image/png;base64,{base64.b64encode(picture.png).decode()}"


def _with_formulas(html: str, site_url: str, shown: Mapping[str, str]) -> str:
    for digest, address in shown.items():
        html = html.replace(formula_url(site_url, digest), address)
    return html


def as_issue(draft: IssueDraft, note: Note, now: datetime) -> Issue:
    """What the draft would be if it were published now."""
    at = note.publish if isinstance(note.publish, datetime) else now
    return issue_of(draft, at, IssueState.LIVE)
