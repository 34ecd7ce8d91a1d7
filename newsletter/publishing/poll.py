"""The poll: looks at the notes folder and brings archive and queue up to it.

    store.scan | drafting.parse | recognise | publishing.decide | drafting.draft | archive.publish

What may be concluded is decided in newsletter/publishing/decisions.py and newsletter/publishing/recognition.py; this
module reads, remembers and carries out. A note that cannot be used is reported once per content
and holds nothing else up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from feeds.notes import Note, Now
from newsletter.publishing.decisions import (
    Decision,
    Publish,
    Restore,
    Revise,
    Wait,
    Wish,
    Withdraw,
    decide,
)
from newsletter.publishing.drafting import Drafting, hash_content
from newsletter.publishing.findings import (
    PollReport,
    Round,
    Seen,
    find_candidates,
    find_missing,
    keep_fault,
    refuse_emptied,
    refuse_mass_removal,
    remember,
    report_unreadable,
)
from newsletter.publishing.links import NoteLinks
from newsletter.publishing.recognition import Names, Recognised, recognise, refuse_double
from storage.archive import Issues, MailOrder
from storage.model import Conflict, Issue, IssueDraft, IssueState, KnownNote, NoteError
from storage.notes import SETTLE, FileStat, Notebook, NotesStore, Scan, Schedules

__all__ = ["Poll", "PollReport"]

log = structlog.get_logger()


class Poll:
    """Polls one notes store into one archive."""

    def __init__(
        self,
        *,
        store: NotesStore,
        archive: Issues,
        notebook: Notebook,
        schedules: Schedules,
        drafting: Drafting,
        grace: timedelta,
        hold: timedelta,
        clock: Callable[[], datetime],
        wait: Callable[[float], None],
    ) -> None:
        self._store = store
        self._archive = archive
        self._notebook = notebook
        self._schedules = schedules
        self._drafting = drafting
        self._grace = grace
        self._hold = hold
        self._clock = clock
        self._wait = wait
        self._rendering_checked = False

    def run(self) -> PollReport:
        """One look at the folder. Raises NotesFolderError when there is no folder to look at."""
        now = self._clock()
        known = self._notebook.load()
        schedules = self._schedules.load()
        scan, files, gone = self._look(known)
        candidates = find_candidates(files, known, schedules, now, freed=bool(gone))
        if not (candidates or gone or scan.faults) and self._rendering_checked:
            return PollReport()
        round_ = Round(
            now=now,
            files=files,
            known=known,
            schedules=schedules,
            gone=gone,
            names=Names(self._archive.names(), self._drafting.links()),
        )
        refuse_mass_removal(round_)
        report_unreadable(round_, scan.faults)
        seen = sorted(self._read_settled(round_, candidates), key=_oldest_first)
        # A new file still being written may be what seems gone, under another name.
        is_moving = not round_.unsettled <= known.keys()
        for one in seen:
            self._guarded(round_, one.note.path, partial(self._handle, round_, one))
        removed = frozenset[str]() if is_moving else frozenset(round_.gone)
        self._withdraw_removed(round_, removed)
        self._refresh(round_)
        self._notebook.save(list(round_.remembered.values()), gone=round_.forgotten | removed)
        return round_.report()

    # ── looking ──────────────────────────────────────────────────────────────────────────

    def _look(self, known: Mapping[str, KnownNote]) -> tuple[Scan, dict[str, FileStat], set[str]]:
        """What is there and what is gone. An editor may remove a file before it writes the new
        one, so what seems gone gets a second look (rule G11).
        """
        scan = self._store.scan()
        if find_missing(known, scan):
            self._wait(SETTLE)
            scan = self._store.scan()
        return scan, {file.path: file for file in scan.files}, find_missing(known, scan)

    def _read_settled(self, round_: Round, paths: Sequence[str]) -> Iterator[Seen]:
        """The notes in files that rest; what is still being written waits for the next poll."""
        settled = self._store.settled(
            [round_.files[path] for path in paths],
            wait=self._wait,
            now_ns=lambda: int(self._clock().timestamp() * 1e9),
        )
        round_.unsettled |= settled.unstable
        for path in paths:
            if path in settled.stable and (one := self._read(round_, path)) is not None:
                yield one

    def _read(self, round_: Round, path: str) -> Seen | None:
        content_hash, file = "", round_.files[path]
        try:
            source = self._store.read(path)
            content_hash = hash_content(source)
            note = self._drafting.parse(source, path)
            refuse_emptied(source, round_.names.by_path.get(path), path)
        except NoteError as error:
            if self._is_same(round_, file):
                keep_fault(round_, path, content_hash, error, round_.known.get(path))
            return None
        if not self._is_same(round_, file):
            return None
        return Seen(note=note, content_hash=content_hash, file=file)

    def _is_same(self, round_: Round, file: FileStat) -> bool:
        """Whether the file is as it was: else what was read of it may be half of something."""
        changed = self._store.settled([file], wait=_at_once, now_ns=lambda: file.mtime_ns).unstable
        round_.unsettled |= changed
        return not changed

    # ── doing ────────────────────────────────────────────────────────────────────────────

    def _guarded(self, round_: Round, path: str, step: Callable[[], None]) -> None:
        """A note that cannot be published is its own fault, and nobody else's.

        If another process has just published it, the next poll finds its issue.
        """
        before = round_.known.get(path)
        try:
            step()
        except NoteError as error:
            content_hash = round_.known[path].content_hash if path in round_.known else ""
            keep_fault(round_, path, content_hash, error, before)
        except Conflict:
            log.info("poll.overtaken", path=path)

    def _handle(self, round_: Round, one: Seen) -> None:
        one = self._recognise(round_, one)
        wish = self._wish(round_, one)
        known = round_.known[one.note.path] = remember(one, wish)
        if wish.publish_at is not None and not wish.draft:
            refuse_double(
                one.note, one.note_id, one.content_hash, names=round_.names, present=round_.files
            )
        name = round_.names.by_note.get(one.note_id)
        issue = self._archive.get(name.issue_id) if name else None
        decision = decide(wish, one.content_hash, issue, now=round_.now, grace=self._grace)
        if isinstance(decision, Wait):
            known = replace(known, wake_at=decision.until)
        else:
            self._carry_out(round_, one, issue, decision)
        round_.remembered[one.note.path] = known

    def _recognise(self, round_: Round, one: Seen) -> Seen:
        """Give the note its identity; follow it when its file was renamed."""
        recognised = recognise(
            one.note,
            one.content_hash,
            names=round_.names,
            known=round_.known,
            present=round_.files,
            gone=round_.gone,
        )
        if recognised.note_id not in round_.names.by_note:
            recognised = self._find_lost(round_, one.note) or recognised
        if (origin := recognised.origin) is not None:
            self._follow(round_, recognised.note_id, origin, one.note.path)
        return replace(one, note_id=recognised.note_id)

    def _find_lost(self, round_: Round, note: Note) -> Recognised | None:
        """A withdrawn issue without a file, of the same title and publish time: its note came back
        elsewhere and edited, as folders that are synchronised bit by bit bring it.
        """
        names = round_.names
        for name in names.with_title(note.title):
            is_lost = name.state is IssueState.WITHDRAWN and not names.is_there(name, round_.files)
            if is_lost and self._archive.get(name.issue_id).published_at == note.publish:
                return Recognised(note_id=name.note_id, origin=name.path)
        return None

    def _follow(self, round_: Round, note_id: str, old: str, new: str) -> None:
        round_.gone.discard(old)
        round_.forgotten.add(old)
        if old in round_.known:
            round_.known[new] = replace(round_.known[old], path=new)
        if (name := round_.names.by_note.get(note_id)) is not None:
            self._withdraw_overwritten(round_, new)
            self._archive.move(name.issue_id, new)
            round_.names.move(name, new)
        if (schedule := round_.schedules.pop(old, None)) is not None:
            self._schedules.remove(new)  # that of an earlier file of this name
            self._schedules.move(old, new)
            round_.schedules[new] = replace(schedule, path=new)

    def _withdraw_overwritten(self, round_: Round, path: str) -> None:
        """The issue whose file another note has just replaced, if there is one."""
        name = round_.names.by_path.get(path)
        if name is not None and name.state is IssueState.LIVE:
            self._withdraw(round_, name.issue_id)

    def _wish(self, round_: Round, one: Seen) -> Wish:
        """The author's command wins over the front matter."""
        note, seen_at = one.note, round_.now
        publish_at = note.publish if isinstance(note.publish, datetime) else None
        if isinstance(note.publish, Now):
            publish_at = self._publish_now(one.file, round_.now)
        if (schedule := round_.schedules.get(note.path)) is not None:
            publish_at, seen_at = schedule.publish_at, schedule.created_at
        known = round_.known.get(note.path)
        if known is not None and publish_at is not None and known.publish_at == publish_at:
            seen_at = known.publish_seen_at or seen_at
        return Wish(publish_at=publish_at, seen_at=seen_at, draft=note.draft, email=note.email)

    def _publish_now(self, file: FileStat, now: datetime) -> datetime:
        """`publish: now` means when it was written, if that is long ago: old notes never mail."""
        written = datetime.fromtimestamp(file.mtime_ns / 1e9, UTC)
        return written if now - written > self._grace else now

    def _carry_out(self, round_: Round, one: Seen, issue: Issue | None, decision: Decision) -> None:
        match decision:
            case Publish():
                self._publish(round_, one, decision)
            case Revise() if issue is not None:
                self._revise(round_, one, issue)
            case Restore() if issue is not None:
                self._restore(round_, one, issue)
            case Withdraw() if issue is not None:
                self._withdraw(round_, issue.id)
            case _:
                pass

    def _publish(self, round_: Round, one: Seen, decision: Publish) -> None:
        published = self._archive.publish(
            self._draft(round_, one),
            published_at=decision.at,
            mail=MailOrder(
                at=round_.now + self._hold if decision.mail else None, reason=decision.reason
            ),
            now=round_.now,
        )
        round_.published.append(published.issue)
        round_.queued += published.queued
        round_.names.put_issue(published.issue)

    def _revise(self, round_: Round, one: Seen, issue: Issue) -> None:
        draft = self._draft(round_, one)
        revised = self._archive.revise(issue.id, draft, updated_at=round_.now, slug=one.note.slug)
        round_.revised.append(revised)
        round_.names.put_issue(revised)

    def _restore(self, round_: Round, one: Seen, issue: Issue) -> None:
        edited = one.content_hash != issue.content_hash
        restored = self._archive.restore(
            issue.id, self._draft(round_, one), updated_at=round_.now if edited else None
        )
        round_.restored.append(restored)
        round_.names.put_issue(restored)

    def _withdraw(self, round_: Round, issue_id: int) -> None:
        self._archive.withdraw(issue_id)
        withdrawn = self._archive.get(issue_id)
        round_.withdrawn.append(withdrawn)
        round_.names.put_issue(withdrawn)

    def _withdraw_removed(self, round_: Round, removed: Iterable[str]) -> None:
        for path in sorted(removed):
            name = round_.names.by_path.get(path)
            if name is not None and name.state is IssueState.LIVE:
                self._withdraw(round_, name.issue_id)

    # ── rendering ────────────────────────────────────────────────────────────────────────

    def _draft(self, round_: Round, one: Seen) -> IssueDraft:
        links = round_.names.links
        return self._drafting.draft(one.note, one.note_id, one.content_hash, links).draft

    def _refresh(self, round_: Round) -> None:
        """Render again what links to something that came, went or moved in this poll, and once
        per start whatever another version rendered. Readers are not told that it is news.
        """
        moved = [*round_.published, *round_.restored, *round_.withdrawn, *round_.revised]
        targets = sorted({target for issue in moved for target in NoteLinks.targets_of(issue)})
        stale = self._archive.linking_to(targets) if targets else []
        if not self._rendering_checked:
            stale += self._archive.rendered_otherwise(self._drafting.rendering)
            self._rendering_checked = True
        for issue in {issue.id: issue for issue in stale}.values():
            self._guarded(round_, issue.path, partial(self._render_again, round_, issue))

    def _render_again(self, round_: Round, issue: Issue) -> None:
        file = round_.files.get(issue.path)
        if file is None:
            return
        source = self._store.read(issue.path)
        if hash_content(source) != issue.content_hash:
            return  # changed meanwhile: the next poll revises it anyway
        one = Seen(
            note=self._drafting.parse(source, issue.path),
            note_id=issue.note_id,
            content_hash=issue.content_hash,
            file=file,
        )
        draft = self._draft(round_, one)
        if (draft.html, draft.text, draft.rendering) != (issue.html, issue.text, issue.rendering):
            self._archive.revise(issue.id, draft, updated_at=None, slug=None)


# ── small facts ──────────────────────────────────────────────────────────────────────────────


def _at_once(_seconds: float) -> None:
    """Looks again without waiting."""


def _oldest_first(one: Seen) -> tuple[datetime, str]:
    """Later notes may link to earlier ones; those that say `now` come last."""
    publish = one.note.publish
    latest = datetime.max.replace(tzinfo=UTC)
    return (publish if isinstance(publish, datetime) else latest, one.note.path)
