"""The plan: what the next sending would bring, to whom, and how long that takes, under a name.

    outlook, audience, what is queued  →  Plan  →  its hash, and what tells it from another plan

The hash names what would go out: notes with their content, whether and to which readers they are
mailed, and the mail that is queued. What changes none of that leaves it as it is. Sends nothing; the last
plans are remembered, so that it can be said what has changed since.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from newsletter.authoring.findings import CheckedNote
from newsletter.authoring.outlook import Outlook, Planned, PlannedBy
from newsletter.digests import ComingDigest
from newsletter.publishing import Drafting, Expected, Publish, order_mail
from storage.archive import Issues
from storage.database import Facts
from storage.ledger import Overview
from storage.model import (
    Allowance,
    AudienceError,
    Census,
    DeliveryState,
    Mailing,
    NoteError,
    Readers,
    StalePlan,
    count,
)

KEPT: Final = 20
"""Plans whose contents are remembered, so that it can be said what changed."""
_FACT: Final = "plans"
_NAME_LENGTH: Final = 16
_LATE: Final = "*late"
_ISSUE: Final = "issue "
_DIGEST: Final = "*digest "


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedIssue:
    """A note, and what becomes of it."""

    note: str
    title: str
    subject: str
    publish_at: datetime | None
    """None for a note that is private."""
    by: PlannedBy | None
    due: bool
    """Whether the next sending publishes it."""
    mailed: bool
    held: bool
    """Its mail waits for the author's word."""
    why: str
    """Why it is not mailed, is held, or cannot go out; empty if it simply goes."""
    readers: Readers
    """Whom it is mailed to as things stand; nobody if it is not."""
    audience: str
    """The expression over their tags; empty for everybody."""
    errors: int
    """That `newsletter check` finds."""
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """An issue with mail that is queued already."""

    issue: str
    waiting: int
    """Readers who have not had it yet."""
    revision: int
    is_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What bounds the speed of sending."""

    rate: float
    """Messages a second of all relays together; 0 where no bound is set."""
    hold: timedelta
    cohort: int
    cohort_wait: timedelta
    allowance: Allowance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All of it."""

    hash: str
    made_at: datetime
    issues: tuple[PlannedIssue, ...]
    """Soonest first."""
    archived: int
    """Notes due now that are too late to be mailed: to the archive alone."""
    under_way: tuple[UnderWay, ...]
    digests: tuple[ComingDigest, ...]
    """Of what waits now and of what goes out before they are due, soonest first."""
    census: Census
    limits: Limits
    mails: int
    """Those that the next sending has to bring: of notes that are due, and queued ones."""
    begins_at: datetime | None
    """When the first new mail may leave: the hold."""
    lasts: timedelta | None
    """From then to the last one, at present limits; None where nothing bounds them."""


class Planner:
    """Makes plans, and remembers the last ones for a comparison."""

    def __init__(
        self,
        *,
        outlook: Outlook,
        drafting: Drafting,
        archive: Issues,
        overview: Overview,
        facts: Facts,
        limits: Limits,
        find: Callable[[str], str],
        check: Callable[[Sequence[str]], Sequence[CheckedNote]],
        clock: Callable[[], datetime],
    ) -> None:
        self._outlook = outlook
        self._drafting = drafting
        self._archive = archive
        self._overview = overview
        self._facts = facts
        self._limits = limits
        self._find = find
        self._check = check
        self._clock = clock

    def make(self, *notes: str) -> Plan:
        """The plan of now. With notes these alone are told of, also if they are private; the hash is
        that of all that would go out. Raises NotFound or NotesFolderError.
        """
        now = self._clock()
        census = self._overview.census(now=now)
        coming = self._outlook.notes()
        late = [one for one in coming if one.is_late]
        issues = [self._plan(one, census, now) for one in coming if not one.is_late]
        under_way = self._under_way()
        due = [one for one in issues if one.due]
        mails = sum(one.readers.count for one in due if not one.held) + sum(
            one.waiting for one in under_way if not one.is_paused
        )
        digests = self._outlook.digests(
            [one.publish_at for one in issues if one.mailed and one.publish_at]
        )
        mails += sum(one.readers for one in digests if one.is_due)
        limits = replace(self._limits, allowance=self._overview.allowance(now=now))
        contents = _contents(due, late, under_way, digests)
        wanted = dict.fromkeys(self._find(note) for note in notes)
        shown = [self._shown(path, issues) for path in wanted] if notes else issues
        plan = Plan(
            hash=_name(contents),
            made_at=now,
            issues=tuple(shown),
            archived=len(late),
            under_way=tuple(under_way),
            digests=tuple(digests),
            census=census,
            limits=limits,
            mails=mails,
            begins_at=now + limits.hold if any(one.mailed for one in due) else None,
            lasts=how_long(mails, limits, now),
        )
        self._keep(plan.hash, contents)
        return plan

    def expect(self, name: str) -> dict[str, Expected]:
        """What may be published of the plan of this name, by path. Raises StalePlan."""
        now = self._clock()
        census = self._overview.census(now=now)
        coming = self._outlook.notes()
        late = [one for one in coming if one.is_late]
        issues = [self._plan(one, census, now) for one in coming if one.due and not one.is_late]
        due = [one for one in issues if one.due]
        contents = _contents(due, late, self._under_way(), self._outlook.digests(()))
        if name != _name(contents):
            raise StalePlan(_tell_changes(self._kept().get(name), contents))
        expected = {
            one.note: Expected(
                content_hash=one.content_hash,
                readers=one.readers if one.mailed else None,
            )
            for one in due
        }
        archived = {one.path: Expected(content_hash=one.content_hash, readers=None) for one in late}
        return expected | archived

    # ── the parts of it ──────────────────────────────────────────────────────────────────

    def _plan(self, one: Planned, census: Census, now: datetime) -> PlannedIssue:
        mailed, held, why = False, False, one.problem
        subject, errors = one.title, 0
        if one.note is not None and not one.problem:
            decision = Publish(at=one.publish_at, mail=one.mail, reason=one.reason, held=one.held)
            try:
                links = self._drafting.links(self._archive.names())
                drafted = self._drafting.draft(one.note, one.note.note_id, one.content_hash, links)
            except NoteError as error:
                why = error.reason
            else:
                order = order_mail(drafted, decision, now + self._limits.hold)
                mailed, held, why = order.at is not None, order.held, order.reason
                subject = drafted.draft.subject or one.title
                errors = sum(checked.errors for checked in self._check([one.path]))
        nobody = Readers(count=0, mark=0)
        return PlannedIssue(
            note=one.path,
            title=one.title,
            subject=subject,
            publish_at=one.publish_at,
            by=one.by,
            due=one.due and not one.problem,
            mailed=mailed,
            held=held,
            why=why if why or one.email else "the note says `email: false`",
            readers=self._readers(one, census, now) if mailed else nobody,
            audience=one.note.audience if one.note is not None and mailed else "",
            errors=errors,
            content_hash=one.content_hash,
        )

    def _readers(self, one: Planned, census: Census, now: datetime) -> Readers:
        note = one.note
        if note is None or not (note.audience or note.tags):
            return census.readers
        try:
            return self._overview.readers(note.audience, note.tags, now=now + self._limits.hold)
        except AudienceError:  # `check` tells; the poll does not take such a note
            return Readers(count=0, mark=0)

    def _shown(self, path: str, issues: Iterable[PlannedIssue]) -> PlannedIssue:
        found = next((one for one in issues if one.note == path), None)
        if found is not None:
            return found
        published = next((n.slug for n in self._archive.names() if n.path == path), None)
        note = self._outlook.note(path)
        why = "it is private: nothing says when it goes out"
        if note is not None and note.kept:
            why = note.kept
        elif published is not None:
            why = f"it is published, as the issue {published!r}"
        return PlannedIssue(
            note=path,
            title=note.title if note is not None else path,
            subject="",
            publish_at=None,
            by=None,
            due=False,
            mailed=False,
            held=False,
            why=why,
            readers=Readers(count=0, mark=0),
            audience="",
            errors=sum(checked.errors for checked in self._check([path])),
            content_hash="",
        )

    def _under_way(self) -> list[UnderWay]:
        found = []
        for issue_id, tally in self._overview.tallies().items():
            waiting = tally.open
            if not waiting:
                continue
            issue = self._archive.get(issue_id)
            if issue.mailing in (Mailing.OPEN, Mailing.PAUSED):
                found.append(
                    UnderWay(
                        issue=issue.slug,
                        waiting=waiting - tally[DeliveryState.SENDING],
                        revision=issue.revision,
                        is_paused=issue.mailing is Mailing.PAUSED,
                    )
                )
        return sorted(found, key=lambda one: one.issue)

    # ── the last plans ───────────────────────────────────────────────────────────────────

    def _kept(self) -> dict[str, dict[str, str]]:
        kept = json.loads(self._facts.get(_FACT) or "{}")
        return kept if isinstance(kept, dict) else {}

    def _keep(self, name: str, contents: Mapping[str, str]) -> None:
        kept = self._kept()
        if name not in kept:
            last = dict([*kept.items(), (name, dict(contents))][-KEPT:])
            self._facts.put(_FACT, json.dumps(last, ensure_ascii=False))


# ── what a plan is made of, and how long it takes ────────────────────────────────────────────


def _contents(
    due: Iterable[PlannedIssue],
    late: Sequence[Planned],
    under_way: Iterable[UnderWay],
    digests: Iterable[ComingDigest],
) -> dict[str, str]:
    """What would go out, a line for each thing; late notes are one."""
    lines = {}
    for one in due:
        how = "held" if one.held else "mailed" if one.mailed else "archived"
        lines[one.note] = f"{one.content_hash} {how} {one.readers.count} {one.readers.mark}"
    if late:
        every = "\n".join(f"{one.path} {one.content_hash}" for one in late)
        lines[_LATE] = f"{hashlib.sha256(every.encode()).hexdigest()} archived {len(late)} 0"
    for mail in under_way:
        how = "paused" if mail.is_paused else "queued"
        lines[f"{_ISSUE}{mail.issue}"] = f"{mail.revision} {how} {mail.waiting} 0"
    for digest in digests:
        if digest.is_due:
            lines[f"{_DIGEST}{digest.name}"] = f"{digest.issues} mailed {digest.readers} 0"
    return lines


def _name(contents: Mapping[str, str]) -> str:
    document = json.dumps(contents, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(document.encode()).hexdigest()[:_NAME_LENGTH]


def _tell_changes(before: Mapping[str, str] | None, after: Mapping[str, str]) -> list[str]:
    """What is not as it was, a sentence for each thing."""
    if before is None:
        return ["no plan of this name was made here lately; make a new one"]
    return [
        _tell_change(key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _tell_change(key: str, before: str | None, after: str | None) -> str:
    what = "the notes for the archive alone" if key == _LATE else key
    if key.startswith(_ISSUE):
        what = f"the queued mail of {key.removeprefix(_ISSUE)}"
    if key.startswith(_DIGEST):
        what = f"the digest {key.removeprefix(_DIGEST)}"
    if before is None:
        return f"{what}: was not in the plan, and would go out now"
    if after is None:
        return f"{what}: was in the plan, and would not go out now"
    content, how, readers, _ = before.split()
    now_content, now_how, now_readers, _ = after.split()
    if content != now_content:
        return f"{what}: was edited"
    if how != now_how:
        return f"{what}: was {how}, and is {now_how} now"
    if readers != now_readers:
        return f"{what}: goes to {count(int(now_readers), 'reader')} now, and went to {readers}"
    return f"{what}: goes to other readers now"


def how_long(mails: int, limits: Limits, now: datetime) -> timedelta | None:
    """From the first mail to the last; None where nothing bounds them, or there are none."""
    allowance = limits.allowance
    bounded = limits.rate or (allowance is not None and allowance.room < mails)
    waits = bool(limits.cohort) and mails > limits.cohort
    if not mails or not (bounded or waits):
        return None
    begins, left = now, mails
    if allowance is not None and left > allowance.room:
        left -= allowance.room
        begins, today = allowance.until, max(allowance.then, 1)
        while left > today:
            left, today, begins = left - today, 2 * today, begins + timedelta(days=1)
    speed = timedelta(seconds=left / limits.rate) if limits.rate else timedelta()
    return begins - now + speed + (limits.cohort_wait if waits else timedelta())
