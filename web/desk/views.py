"""What the desk's pages show, made ready: nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from newsletter import CheckedNote, IssueStatus, Newsletter, Planned
from newsletter.following import tell_failure, tell_hold
from storage.model import (
    ConsentEvent,
    Delivery,
    DeliveryState,
    IssueState,
    Mailing,
    NotesFolderError,
    NotFound,
    Subscriber,
    SubscriberState,
    Tally,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """A note in the list of all."""

    path: str
    changed: datetime
    planned: Planned | None
    issue: str
    """The slug of its issue; empty if it is none."""
    fault: str


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
    scheduled: bool
    """Whether a command says when, so that it can be taken back."""
    queued: bool


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
            planned=tuple(planned[:_SOON]),
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
                    f"{doubts} messages of {one.issue.slug} may or may not have been taken: "
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

    def notes(self, limit: int) -> tuple[list[NoteLine], int]:
        """The notes of the folder, the latest changed first; and how many more there are."""
        newsletter = self._newsletter
        files = sorted(
            newsletter.parts.store.scan().files, key=lambda file: file.mtime_ns, reverse=True
        )
        planned = {one.path: one for one in newsletter.calendar() if one.path}
        slugs = self._slugs()
        known = newsletter.parts.notebook.load()
        lines = [
            NoteLine(
                path=file.path,
                changed=datetime.fromtimestamp(file.mtime_ns / 1e9, UTC),
                planned=planned.get(file.path),
                issue=slugs.get(file.path, ""),
                fault=known[file.path].fault if file.path in known else "",
            )
            for file in files[:limit]
        ]
        return lines, max(len(files) - limit, 0)

    def _slugs(self) -> dict[str, str]:
        return {
            one.issue.path: one.issue.slug
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
        return NotePage(
            path=checked.note,
            title=preview.subject,
            subject=preview.subject,
            text=preview.text,
            checked=checked,
            planned=planned,
            issue=self._slugs().get(checked.note, ""),
            scheduled=checked.note in schedules,
            queued=planned is not None and planned.by.value == "queue",
        )

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
