"""What the desk's pages show, made ready: nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from enum import StrEnum
from typing import Final

from newsletter import CheckedNote, IssueStatus, Newsletter, Planned
from newsletter.authoring import PlannedBy
from newsletter.following import tell_failure, tell_hold
from storage.model import (
    ConsentEvent,
    Delivery,
    DeliveryState,
    Issue,
    IssueState,
    Mailing,
    NewsletterError,
    NotesFolderError,
    NotFound,
    Subscriber,
    SubscriberState,
    Tally,
    count,
)

_SOON: Final = 8
_LATELY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One state's share of an issue's deliveries."""

    state: str
    number: int
    offset: float
    """Where it begins, in percent."""
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """An issue whose mail is on its way."""

    status: IssueStatus
    bars: tuple[Bar, ...]
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What an author wants to know first."""

    worries: tuple[str, ...]
    under_way: tuple[Progress, ...]
    planned: tuple[Planned, ...]
    latest: tuple[IssueStatus, ...]
    readers: int
    is_running: bool


class NoteState(StrEnum):
    """How a note stands, for whoever looks for some of many."""

    PRIVATE = "private"
    PLANNED = "planned"
    """It has a time that is to come."""
    PUBLISHED = "published"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """A note in the list of all."""

    path: str
    changed: datetime
    planned: Planned | None
    issue: Issue | None
    fault: str

    @property
    def state(self) -> NoteState:
        """What the list says of it."""
        if self.fault:
            return NoteState.UNUSABLE
        if self.issue is not None:
            return NoteState.PUBLISHED
        return NoteState.PRIVATE if self.planned is None else NoteState.PLANNED

    def says(self, words: Iterable[str]) -> bool:
        """Whether its path or its title, as far as it is known here, has all of these, in one case."""
        titles = (one.title for one in (self.issue, self.planned) if one is not None)
        said = " ".join((self.path, *titles)).casefold()
        return all(word in said for word in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePage:
    """A note, with what an author may do with it."""

    path: str
    title: str
    subject: str
    text: str
    checked: CheckedNote
    planned: Planned | None
    issue: str
    """The slug of its issue; empty if it is none."""
    scheduled: bool
    """Whether a command says when, so that it can be taken back."""
    queued: bool
    has_slots: bool
    readers: int | None
    """Who would get it now, if it is to be mailed."""
    copy_to: str
    """Where the author most likely wants a test copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderPage:
    """A reader, and what became of them."""

    reader: Subscriber
    events: tuple[ConsentEvent, ...]
    deliveries: tuple[tuple[Delivery, str], ...]
    suppression: str
    """Why they are never mailed; empty if they may be."""


class Views:
    """Over one newsletter."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._newsletter = newsletter

    def today(self) -> Today:
        """The first page."""
        newsletter = self._newsletter
        every = newsletter.issues()
        counts = newsletter.subscribers.counts()
        planned, worries = self._planned()
        is_running = newsletter.is_running()
        return Today(
            worries=(*worries, *self._worries(every, is_running=is_running)),
            under_way=tuple(self._progress(every)),
            planned=tuple(_leave_out_slots(planned)[:_SOON]),
            latest=tuple(every[:_LATELY]),
            readers=counts.get(SubscriberState.ACTIVE, 0),
            is_running=is_running,
        )

    def _planned(self) -> tuple[list[Planned], list[str]]:
        try:
            return self._newsletter.calendar(), []
        except NotesFolderError as error:
            return [], [str(error)]

    def _worries(self, every: Sequence[IssueStatus], *, is_running: bool) -> list[str]:
        """What the author should do something about."""
        worries: list[str] = []
        if (held := self._newsletter.missing()) is not None:
            worries.append(held.sentence)
        if (feed := self._newsletter.feed_standing()) is not None:
            told = tell_hold(feed) or tell_failure(feed)
            worries += [f"The feed: {told}."] if told else []
        if not is_running:
            worries.append(
                "Nothing is running that would publish and send: start `newsletter run`."
            )
        for one in every:
            if one.issue.mailing is Mailing.PAUSED:
                reason = one.issue.mailing_reason or "paused"
                worries.append(f"The mail of {one.issue.slug} stands still: {reason}.")
            if doubts := one.tally[DeliveryState.UNKNOWN]:
                worries.append(
                    f"{count(doubts, 'message')} of {one.issue.slug} may or may not have been taken: "
                    f"`newsletter reconcile {one.issue.slug}` decides."
                )
        return worries

    def _progress(self, every: Sequence[IssueStatus]) -> list[Progress]:
        moving = (Mailing.OPEN, Mailing.PAUSED)
        return [
            Progress(
                status=one,
                bars=self.bars(one.tally),
                done=one.tally.total - one.tally.open,
                total=one.tally.total,
            )
            for one in every
            if one.issue.mailing in moving
        ]

    def progress(self) -> dict[str, object]:
        """The same for a script: by slug, what is done, of how many, and the state."""
        found = self._progress(self._newsletter.issues())
        return {
            one.status.issue.slug: {
                "done": one.done,
                "total": one.total,
                "state": one.status.issue.mailing.value,
            }
            for one in found
        }

    def bars(self, tally: Tally) -> tuple[Bar, ...]:
        """The states of an issue's deliveries as shares of a line, in the order of their lives."""
        total = tally.total or 1
        bars: list[Bar] = []
        offset = 0.0
        for state in DeliveryState:
            if number := tally[state]:
                width = 100 * number / total
                bars.append(Bar(state=state.value, number=number, offset=offset, width=width))
                offset += width
        return tuple(bars)

    def notes(
        self, limit: int, *, search: str = "", state: NoteState | None = None
    ) -> tuple[list[NoteLine], int]:
        """The notes of the folder with these words and in this state, the latest changed first; and how many
        more there are.
        """
        newsletter = self._newsletter
        files = sorted(
            newsletter.parts.store.scan().files, key=lambda file: file.mtime_ns, reverse=True
        )
        planned = {one.path: one for one in newsletter.calendar() if one.path}
        published = self._published()
        known = newsletter.parts.notebook.load()
        words = search.casefold().split()
        every = (
            NoteLine(
                path=file.path,
                changed=datetime.fromtimestamp(file.mtime_ns / 1e9, UTC),
                planned=planned.get(file.path),
                issue=published.get(file.path),
                fault=known[file.path].fault if file.path in known else "",
            )
            for file in files
        )
        lines = [one for one in every if one.says(words) and state in (None, one.state)]
        return lines[:limit], max(len(lines) - limit, 0)

    def issues(self, search: str) -> list[IssueStatus]:
        """Those whose title or address has these words, the newest first."""
        words = search.casefold().split()
        return [
            one
            for one in self._newsletter.issues()
            if all(word in f"{one.issue.title} {one.issue.slug}".casefold() for word in words)
        ]

    def _published(self) -> dict[str, Issue]:
        return {
            one.issue.path: one.issue
            for one in self._newsletter.issues()
            if one.issue.state is IssueState.LIVE
        }

    def note(self, note: str) -> NotePage:
        """One note. Raises NotFound or NoteError."""
        newsletter = self._newsletter
        preview = newsletter.preview(note)
        checked = newsletter.check(note)[0]
        schedules = newsletter.parts.schedules.load()
        planned = next((one for one in newsletter.calendar() if one.path == checked.note), None)
        issue = self._published().get(checked.note)
        return NotePage(
            path=checked.note,
            title=preview.subject,
            subject=preview.subject,
            text=preview.text,
            checked=checked,
            planned=planned,
            issue=issue.slug if issue is not None else "",
            scheduled=checked.note in schedules,
            queued=planned is not None and planned.by is PlannedBy.QUEUE,
            has_slots=bool(newsletter.parts.config.schedule.slots),
            readers=self._count_readers(planned),
            copy_to=self._author_address(),
        )

    def _count_readers(self, planned: Planned | None) -> int | None:
        """As the plan counts them."""
        if planned is None or not planned.mail:
            return None
        found = self._newsletter.plan(planned.path).issues
        return found[0].readers.count if found else None

    def _author_address(self) -> str:
        """Where alerts go, else where answers of readers do."""
        identity, config = self._newsletter.identity, self._newsletter.parts.config
        return config.newsletter.alerts or parseaddr(identity.reply_to or identity.sender)[1]

    def missing(self, issue: Issue) -> int:
        """Readers who have not had it, where it could be mailed to them."""
        try:
            return self._newsletter.mail(issue.slug, dry_run=True).total
        except NewsletterError:
            return 0

    def reader(self, number: int) -> ReaderPage:
        """One reader. Raises NotFound."""
        newsletter = self._newsletter
        reader = newsletter.subscribers.get(number)
        if reader is None:
            raise NotFound("reader", str(number))
        suppression = newsletter.subscriptions.suppression(reader.address)
        return ReaderPage(
            reader=reader,
            events=newsletter.subscribers.events(number),
            deliveries=tuple(newsletter.parts.overview.history(number)),
            suppression=suppression.reason.value if suppression else "",
        )


def _leave_out_slots(planned: Sequence[Planned]) -> list[Planned]:
    """But for the next free one: the calendar has the others."""
    free = [one for one in planned if one.by is PlannedBy.SLOT]
    return [one for one in planned if one not in free[1:]]
