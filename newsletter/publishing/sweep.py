"""One look at the notes folder: what was found is read, recognised, decided and carried out.

    drafting.parse | recognise        all of them, and links learn what will come out
    decide | issuing.carry_out        portion by portion, oldest first

What may be concluded is decided in newsletter/publishing/decisions.py and
newsletter/publishing/recognition.py. A note that cannot be used is reported once per content and
holds nothing else up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from newsletter.publishing.decisions import (
    AWAY_WITH_MANY,
    Decision,
    Publish,
    Wait,
    Wish,
    decide,
    is_to_be_withdrawn,
    wish_of,
    written_at,
)
from newsletter.publishing.findings import (
    Findings,
    PollReport,
    Seen,
    find_live,
    find_scheduled,
    keep_fault,
    remember,
    report_unreadable,
)
from newsletter.publishing.foresight import Foresight
from newsletter.publishing.issuing import TOGETHER, Issuing
from newsletter.publishing.reading import Means, read_again, read_resting
from newsletter.publishing.recognition import find_lost, recognise, refuse_double
from newsletter.publishing.staleness import find_stale
from storage.archive import IssueName
from storage.model import Conflict, Issue, IssueState, Log, NoteError

log = Log()

_LAST: Final = datetime.max.replace(tzinfo=UTC)
PORTION: Final = 100
"""Notes that are taken up before what became of them is remembered; of more, only heads are kept in memory."""


class Sweep:
    """One look: brings archive and queue up to what was found."""

    def __init__(self, means: Means, found: Findings) -> None:
        self._means = means
        self._found = found
        self._issuing = Issuing(means, found)
        self._foresight = Foresight(found)
        self._moved: dict[int, str] = {}
        """Issues whose notes have another name, and which: a folder that was put in order has thousands."""

    def run(
        self,
        candidates: Sequence[str],
        faults: Iterable[NoteError],
        *,
        rerender: bool,
        cited: Collection[str] = (),
    ) -> PollReport:
        """Take up the candidates and what is gone; `rerender` and `cited` are as `find_stale` has them."""
        found = self._found
        report_unreadable(found, faults)
        found.is_large = len(candidates) > PORTION
        seen = sorted(read_resting(self._means, found, candidates), key=self._in_order)
        # A new file still being written may be what seems gone, under another name.
        is_moving = not found.unstable <= found.known.keys()
        known_before = frozenset(found.known)
        recognised: list[Seen] = []
        for one in seen:
            self._guarded(one.note.path, partial(self._recognise, one, recognised))
        self._means.archive.move(self._moved)
        going = self._find_going(recognised)
        is_held = self._is_held(going)
        turn: list[Seen] = []
        for one in recognised:
            if is_held and self._has_to_wait(one, going, known_before):
                self._look_again_at(one)
            else:
                turn.append(one)
        self._foresight.expect(self._find_coming(turn))
        del seen, recognised
        for portion in _portions(turn):
            for one in portion:
                self._guarded(one.note.path, partial(self._handle, one))
            self._issuing.settle()
            self._remember()
        removed = frozenset[str]() if is_moving or is_held else frozenset(found.gone)
        for path in sorted(removed):
            self._issuing.withdraw_at(path)
        if not is_moving:
            self._wait_for_many(going if is_held else frozenset())
        self._refresh(rerender=rerender, cited=cited)
        self._remember(gone=removed)
        return found.report()

    def _in_order(self, one: Seen) -> tuple[datetime, bool, str]:
        """Later notes may link to earlier ones; those that say `now` come last. Of translations that came
        out together the newsletter's own language is first, and has the address.
        """
        publish = one.note.publish
        at = publish if isinstance(publish, datetime) else _LAST
        return at, self._means.drafting.is_foreign(one.note), one.note.path

    def _find_coming(self, seen: Iterable[Seen]) -> Iterator[IssueName]:
        """What new issues will be known by, of the notes that come out in this look."""
        for one in seen:
            if one.note_id not in self._found.names.by_note and isinstance(
                self._decide(one, self._wish(one), None), Publish
            ):
                yield self._means.drafting.expect(one.note, one.note_id, one.content_hash)

    def _remember(self, gone: AbstractSet[str] = frozenset()) -> None:
        """Keep what is known of files by now, so that a look which is broken off goes on from there."""
        found = self._found
        self._means.notebook.save(found.to_remember(), gone=found.forgotten | gone)
        found.remembered.clear()
        found.forgotten.clear()

    # ── many at once ─────────────────────────────────────────────────────────────────────────

    def _find_going(self, seen: Iterable[Seen]) -> frozenset[str]:
        """Where published notes were that would be withdrawn now."""
        found = self._found
        hidden = (one for one in seen if is_to_be_withdrawn(self._wish(one), found.now))
        paths = [*found.gone, *(one.note.path for one in hidden)]
        return frozenset(find_live(paths, found.names))

    def _is_held(self, going: frozenset[str]) -> bool:
        names = self._found.names.by_note.values()
        live = sum(name.state is IssueState.LIVE for name in names) if going else 0
        return self._means.sudden.is_to_be_held(going, live)

    def _has_to_wait(self, one: Seen, going: frozenset[str], known: frozenset[str]) -> bool:
        """Whether a note is one of the many, or came with them; what its author schedules is meant."""
        path = one.note.path
        if path in going:
            return True
        is_new = path not in known and one.note_id not in self._found.names.by_note
        if is_new and path not in self._found.schedules and self._wish(one).due_at is not None:
            self._found.new.add(path)
        return path in self._found.new

    def _look_again_at(self, one: Seen) -> None:
        """Have the next look decide about a note that waits, also if its file stays as it is."""
        known = self._found.known.get(one.note.path)
        if known is not None:
            self._found.remembered[known.path] = replace(known, wake_at=self._found.now)

    def _wait_for_many(self, going: frozenset[str]) -> None:
        """Have the mail of those that are going wait, and that of those that are back go on."""
        means, found = self._means, self._found
        if going:
            found.held, is_news = means.sudden.hold(going, len(found.new))
            means.absences.hold(going, AWAY_WITH_MANY, now=found.now)
            if is_news:
                log.error("notes.missing", reason=found.held.sentence)
        elif means.sudden.settle(len(found.withdrawn)):
            log.warning("notes.decided", withdrawn=len(found.withdrawn))
        held = means.absences.held()
        back = [one for one, path in held.items() if path in found.files and path not in going]
        if back:
            found.went_on += means.absences.end(back, now=found.now)

    # ── doing ────────────────────────────────────────────────────────────────────────────

    def _guarded(self, path: str, step: Callable[[], None]) -> None:
        """A note that cannot be published is its own fault, and nobody else's.

        If another process has just published it, the next poll finds its issue.
        """
        before = self._found.known.get(path)
        try:
            step()
        except NoteError as error:
            content_hash = self._found.known[path].content_hash if path in self._found.known else ""
            keep_fault(self._found, path, content_hash, error, before)
        except Conflict:
            log.info("poll.overtaken", path=path)

    def _handle(self, one: Seen) -> None:
        if self._found.is_large:
            again = read_again(self._means, self._found, one)
            if again is None:
                return
            one = again
        self._issuing.settle_for(one)
        wish = self._wish(one)
        known = self._found.known[one.note.path] = remember(one, wish)
        if wish.publish_at is not None and not wish.kept:
            refuse_double(
                one.note,
                one.note_id,
                one.content_hash,
                names=self._found.names,
                present=self._found.files,
            )
        name = self._found.names.by_note.get(one.note_id)
        issue = self._means.archive.get(name.issue_id) if name else None
        decision = self._decide(one, wish, issue)
        if isinstance(decision, Wait):
            known = replace(known, wake_at=decision.until)
        else:
            self._issuing.carry_out(one, issue, decision)
            if wish.expires is not None and wish.expires > self._found.now:
                known = replace(known, wake_at=wish.expires)
        self._found.remembered[one.note.path] = known
        self._refresh_schedule(one)
        self._issuing.settle(TOGETHER)

    def _decide(self, one: Seen, wish: Wish, issue: Issue | None) -> Decision:
        decision = decide(
            wish,
            one.content_hash,
            issue,
            now=self._found.now,
            grace=self._means.grace,
            late=self._means.late,
        )
        if isinstance(decision, Publish) and not self._found.is_expected(one):
            return Wait(until=self._found.now)
        return decision

    def _recognise(self, one: Seen, recognised: list[Seen]) -> None:
        """Give the note its identity; follow it when its file was renamed."""
        identity = recognise(
            one.note,
            one.content_hash,
            names=self._found.names,
            known=self._found.known,
            present=self._found.files,
            gone=self._found.gone,
        )
        if identity.note_id not in self._found.names.by_note:
            identity = (
                find_lost(
                    one.note,
                    self._found.names,
                    present=self._found.files,
                    published=lambda issue_id: self._means.archive.get(issue_id).published_at,
                )
                or identity
            )
        origin = identity.origin
        if origin is None and one.note.path not in self._found.known:
            origin = find_scheduled(self._found, one)
        if origin is not None:
            self._follow(identity.note_id, origin, one.note.path)
        recognised.append(replace(one, note_id=identity.note_id))

    def _follow(self, note_id: str, old: str, new: str) -> None:
        self._found.gone.discard(old)
        self._found.forgotten.add(old)
        if old in self._found.known:
            self._found.known[new] = replace(self._found.known[old], path=new)
        if (name := self._found.names.by_note.get(note_id)) is not None:
            self._issuing.withdraw_at(new)
            self._moved[name.issue_id] = new
            self._found.names.move(name, new)
        if (schedule := self._found.schedules.pop(old, None)) is not None:
            self._means.schedules.remove(new)  # that of an earlier file of this name
            self._means.schedules.move(old, new)
            self._found.schedules[new] = replace(schedule, path=new)

    def _refresh_schedule(self, one: Seen) -> None:
        """By what it is now the note of a schedule is recognised if it is renamed."""
        schedule = self._found.schedules.get(one.note.path)
        if schedule is not None and schedule.content_hash != one.content_hash:
            now = replace(schedule, title=one.note.title, content_hash=one.content_hash)
            self._means.schedules.put(now)

    def _wish(self, one: Seen) -> Wish:
        """The author's command wins over the front matter."""
        return wish_of(
            one.note,
            written=written_at(one.file.mtime_ns),
            schedule=self._found.schedules.get(one.note.path),
            known=self._found.known.get(one.note.path),
            now=self._found.now,
            grace=self._means.grace,
        )

    # ── rendering ────────────────────────────────────────────────────────────────────────

    def _refresh(self, *, rerender: bool, cited: Collection[str]) -> None:
        """Render again what links to something that came, went or moved in this poll or cites or shows what changed, and once
        per start whatever another version rendered. Readers are not told that it is news.
        """
        missed = self._foresight.settle()
        for issue in find_stale(self._means, self._found, missed, rerender=rerender, cited=cited):
            self._guarded(issue.path, partial(self._issuing.render_again, issue))


def _portions(turn: list[Seen]) -> Iterator[list[Seen]]:
    """A few at a time, which are then let go of: a first look has thousands."""
    while turn:
        portion, turn[:PORTION] = turn[:PORTION], []
        yield portion
