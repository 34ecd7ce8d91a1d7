"""What one look at the notes folder found and learned, and what may be concluded from that alone.

No input and no output here but log lines; newsletter/publishing/sweep.py fills it in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from feeds.notes import Note
from newsletter.publishing.decisions import Expected, Wish
from newsletter.publishing.recognition import Names
from newsletter.publishing.sudden import Held
from storage.archive import IssueName
from storage.model import (
    Issue,
    IssueState,
    KnownNote,
    Log,
    Mailing,
    NoteError,
    Remark,
    Schedule,
)
from storage.notes import FileStat, Scan

log = Log()

FEW: Final = 3
"""How many old notes are told of one by one in the log, whether for coming out or for what they lack; the rest
in one line: a first look may take up ten thousand.
"""
_COARSE_S: Final = 2
"""How much time a file system may take for one moment: FAT keeps every other second."""
_AHEAD_S: Final = 60
"""How far the clock of a file server may be ahead of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollReport:
    """What one poll did. Where that is much, its issues are without their HTML and text: a first look
    may make ten thousand of them.
    """

    published: tuple[Issue, ...] = ()
    revised: tuple[Issue, ...] = ()
    restored: tuple[Issue, ...] = ()
    withdrawn: tuple[Issue, ...] = ()
    why: Mapping[int, str] = field(default_factory=dict)
    """By their ids, why those were withdrawn."""
    stuck: tuple[NoteError, ...] = ()
    """Notes that are scheduled and cannot come out."""
    given_up: tuple[Issue, ...] = ()
    """Whose mail was taken back, because their notes stayed away."""
    went_on: tuple[Issue, ...] = ()
    """Whose mail goes on, because their notes are back before anything was withdrawn."""
    held: Held | None = None
    """A sudden change of many notes, which waits for the author."""
    queued: int = 0
    """Deliveries made for the issues published."""
    faults: tuple[NoteError, ...] = ()
    """Notes that cannot be used, each reported once per content."""
    unstable: frozenset[str] = frozenset()
    """Files still being written; the next poll looks again."""
    unsaid: Mapping[str, int] = field(default_factory=dict)
    """By its code, how many remarks on notes that nobody is mailed are not in the log."""

    @property
    def due(self) -> tuple[Issue, ...]:
        """Those of the issues published that are about to be mailed."""
        return tuple(one for one in self.published if is_due(one))

    def log(self) -> None:
        """One event for each thing done, and for each note that cannot be used; one for many old notes."""
        self._log_published()
        for code, count in self.unsaid.items():
            log.warning("notes.findings", code=code, more=count, see="newsletter check FILE")
        for event, issues in (
            ("issue.revised", self.revised),
            ("issue.restored", self.restored),
        ):
            for issue in issues:
                log.info(event, slug=issue.slug)
        for issue in self.withdrawn:
            log.info("issue.withdrawn", slug=issue.slug, why=self.why.get(issue.id, ""))
            if issue.mailing is Mailing.PAUSED:
                log.warning("mail.paused", slug=issue.slug, why=issue.mailing_reason)
        for issue in (*self.restored, *self.went_on):
            if issue.mailing is Mailing.OPEN:
                log.warning("mail.resumed", slug=issue.slug)
        for issue in self.given_up:
            log.warning("mail.taken_back", slug=issue.slug, why=issue.mailing_reason)
        for fault in self.faults:
            log.warning("note.unusable", path=fault.path, reason=fault.reason)

    def _log_published(self) -> None:
        unmailed = 0
        for issue in self.published:
            unmailed += issue.mailing is Mailing.OFF
            if issue.mailing is not Mailing.OFF or unmailed <= FEW:
                log.info(
                    "issue.published",
                    slug=issue.slug,
                    mailing=issue.mailing,
                    why=issue.mailing_reason,
                )
        if unmailed > FEW:
            log.info("issues.published", more=unmailed - FEW, mailing=Mailing.OFF)


def is_due(issue: Issue) -> bool:
    """Whether an issue that was just published is about to be mailed."""
    return issue.mailing in (Mailing.OPEN, Mailing.PAUSED)


@dataclass(slots=True, kw_only=True)
class Findings:
    """What one look found and learned, and what it will report."""

    now: datetime
    files: Mapping[str, FileStat]
    known: dict[str, KnownNote]
    schedules: dict[str, Schedule]
    gone: set[str]
    names: Names
    expected: Mapping[str, Expected] | None = None
    """By path, what may be published at this look, and nothing else; None for all that is due."""
    remembered: dict[str, KnownNote] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    published: list[Issue] = field(default_factory=list)
    rendered: dict[int, int] = field(default_factory=dict)
    """When, by the count of links, each of those was rendered."""
    revised: list[Issue] = field(default_factory=list)
    restored: list[Issue] = field(default_factory=list)
    withdrawn: list[Issue] = field(default_factory=list)
    why: dict[int, str] = field(default_factory=dict)
    went_on: list[Issue] = field(default_factory=list)
    held: Held | None = None
    new: set[str] = field(default_factory=set)
    """Paths of notes that stay unpublished because of what is held."""
    queued: int = 0
    faults: list[NoteError] = field(default_factory=list)
    unstable: set[str] = field(default_factory=set)
    remarks: Counter[str] = field(default_factory=Counter)
    """By its code, how many remarks there were on notes that nobody is mailed."""
    is_large: bool = False
    """Whether there is more than should be in memory at once."""

    def keep(self, one: Seen) -> Seen:
        """What is kept of a note until its turn comes."""
        if not self.is_large:
            return one
        return replace(one, note=replace(one.note, body=""), length=len(one.note.body))

    def to_remember(self) -> list[KnownNote]:
        """What the next look is to know of the notes that were taken up."""
        return [_doubt_time(one, self.now) for one in self.remembered.values()]

    def outline(self, issue: Issue) -> Issue:
        """An issue as it is reported."""
        return replace(issue, html="", text="", wiki=()) if self.is_large else issue

    def is_expected(self, one: Seen) -> bool:
        """Whether this very note may be published at this look."""
        wanted = self.expected.get(one.note.path) if self.expected is not None else None
        return self.expected is None or (
            wanted is not None and wanted.content_hash == one.content_hash
        )

    def remark(self, path: str, remark: Remark) -> None:
        """Tells its author what is wrong with a note that comes out and is not mailed; of many, a few of each kind."""
        self.remarks[remark.code] += 1
        if self.remarks[remark.code] <= FEW:
            log.warning("note.finding", path=path, code=remark.code, finding=str(remark))

    def report(self) -> PollReport:
        """What has been done, as it is told."""
        return PollReport(
            published=tuple(self.published),
            revised=tuple(self.revised),
            restored=tuple(self.restored),
            withdrawn=tuple(self.withdrawn),
            why=self.why,
            went_on=tuple(self.went_on),
            held=self.held,
            queued=self.queued,
            faults=tuple(self.faults),
            unstable=frozenset(self.unstable),
            unsaid={code: count - FEW for code, count in self.remarks.items() if count > FEW},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A note read in this poll."""

    note: Note
    content_hash: str
    file: FileStat
    note_id: str = ""
    length: int = 0
    """Of its body in characters, where that is not kept (`Findings.keep`)."""


# ── what may be concluded ───────────────────────────────────────────────


def find_scheduled(found: Findings, one: Seen) -> str | None:
    """The path under which a note that was renamed before it came out had been scheduled: by the
    same bytes, or, where only one is meant, by the same title.
    """
    lost = [
        schedule
        for path, schedule in found.schedules.items()
        if path not in found.files and path not in found.names.by_path and schedule.content_hash
    ]
    same = [schedule.path for schedule in lost if schedule.content_hash == one.content_hash]
    same = same or [schedule.path for schedule in lost if schedule.title == one.note.title]
    return same[0] if len(same) == 1 else None


def find_stuck(
    schedules: Iterable[Schedule],
    files: Container[str],
    known: Mapping[str, KnownNote],
    published: Container[str],
    now: datetime,
) -> list[NoteError]:
    """Notes that are scheduled and cannot come out, each with what to do."""
    stuck = []
    for schedule in schedules:
        path, note = schedule.path, known.get(schedule.path)
        when = f"it is scheduled for {schedule.publish_at:%Y-%m-%d %H:%M} UTC"
        if path in published:
            continue
        if path not in files:
            wrong = "there is no such file; bring it back, schedule it under its new name, or"
        elif schedule.publish_at <= now and note and not note.fault and note.publish_at is None:
            wrong = "it is a draft; take that out of it, or"
        else:
            continue
        stuck.append(NoteError(path, f"{when}, but {wrong} `newsletter unschedule` it"))
    return stuck


def find_missing(known: Mapping[str, KnownNote], scan: Scan) -> set[str]:
    """Known paths that are not there, but for those below a folder that could not be read."""
    hidden = tuple(f"{fault.path}/" for fault in scan.faults)
    present = {file.path for file in scan.files} | {fault.path for fault in scan.faults}
    return {path for path in known if path not in present and not path.startswith(hidden)}


def find_candidates(
    files: Mapping[str, FileStat],
    known: Mapping[str, KnownNote],
    schedules: Mapping[str, Schedule],
    now: datetime,
    *,
    freed: bool,
) -> list[str]:
    """Files that are new, changed, due, scheduled, or that a removal may have set free."""
    return [
        path
        for path, file in files.items()
        if (note := known.get(path)) is None
        or (note.size, note.mtime_ns) != (file.size, file.mtime_ns)
        or (note.wake_at is not None and note.wake_at <= now)
        or (freed and note.fault)
        or ((schedule := schedules.get(path)) and note.publish_at != schedule.publish_at)
    ]


def find_live(paths: Iterable[str], names: Names) -> list[str]:
    """Those of the paths whose notes readers can see."""
    return [
        path
        for path in paths
        if (name := names.by_path.get(path)) and name.state is IssueState.LIVE
    ]


def refuse_emptied(source: bytes, issue: IssueName | None, path: str) -> None:
    """A full disk or a broken sync leaves empty files; nobody withdraws an issue like that."""
    if not source.strip() and issue is not None and issue.state is IssueState.LIVE:
        raise NoteError(
            path,
            "the file is empty, so what was published of it stays as it is; to withdraw it, "
            "remove the file",
        )


def report_unreadable(found: Findings, faults: Iterable[NoteError]) -> None:
    """Report what could not be looked at, each until it can be or says something else."""
    for fault in faults:
        known = found.known.get(fault.path)
        if known is None or known.fault != fault.reason:
            found.faults.append(fault)
            found.remembered[fault.path] = _faulty(fault.path, fault.reason, known)


def keep_fault(
    found: Findings, path: str, content_hash: str, error: NoteError, before: KnownNote | None
) -> None:
    """Report a fault once per content; what was published of the note stays as it is."""
    reported = (
        before is not None
        and before.fault == error.reason
        and (not content_hash or before.content_hash == content_hash)
    )
    if not reported:
        found.faults.append(error)
    faulty = _faulty(path, error.reason, before)
    if content_hash:
        file = found.files[path]
        faulty = replace(faulty, size=file.size, mtime_ns=file.mtime_ns, content_hash=content_hash)
    found.remembered[path] = faulty


def remember(one: Seen, wish: Wish) -> KnownNote:
    """What to know of a note next time.

    A draft has no publish time yet: lateness counts from when it stops being one.
    """
    publish_at = None if wish.kept else wish.publish_at
    return KnownNote(
        path=one.note.path,
        note_id=one.note_id,
        size=one.file.size,
        mtime_ns=one.file.mtime_ns,
        content_hash=one.content_hash,
        publish_at=publish_at,
        publish_seen_at=wish.seen_at if publish_at else None,
        fault="",
    )


def _doubt_time(known: KnownNote, now: datetime) -> KnownNote:
    """What is known of a note without the time of its file, where a second change would not show in it: the next look
    reads the file again. Only where times are whole seconds, as on some file systems.
    """
    whole, rest = divmod(known.mtime_ns, 1_000_000_000)
    is_soon = -_AHEAD_S < now.timestamp() - whole < _COARSE_S
    return replace(known, mtime_ns=-1) if is_soon and not rest else known


def _faulty(path: str, reason: str, known: KnownNote | None) -> KnownNote:
    """Remembers the fault; without a size, the next poll tries to read the file again."""
    if known is not None:
        return replace(known, fault=reason, wake_at=None, size=-1, mtime_ns=-1)
    return KnownNote(
        path=path,
        note_id="",
        size=-1,
        mtime_ns=-1,
        content_hash="",
        publish_at=None,
        publish_seen_at=None,
        fault=reason,
    )
