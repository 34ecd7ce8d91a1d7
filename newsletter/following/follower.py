"""Follows the feed that `[notes] feed` names: asks for it when it is time, and keeps its entries as notes.

    fetch | read_feed | match | why_held | keep        what then happens to a note is the poll's

Looking never mails by itself; newsletter/following/matching.py decides what is new.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from newsletter.following.fetching import NOT_ALLOWED, Answer, Fetcher, Validators
from newsletter.following.hub import HubSubscription, find_hub
from newsletter.following.matching import (
    Matched,
    date_of,
    find_removed,
    match,
    why_held,
    without_reused,
)
from newsletter.following.memory import FeedMemory, Followed, forget_answer
from newsletter.following.noting import name_entry, write_note
from newsletter.following.reading import read_feed
from newsletter.following.saying import SaidEntry, SaidFeed
from newsletter.following.telling import shown, tell_failure, tell_hold
from storage.database import Database
from storage.model import Conflict, FeedEntry, FetchError, Log, count
from storage.notes import FeedEntries

log = Log()

LONGEST: Final = timedelta(hours=24)
"""Between two questions, whatever the server asks for and however often it failed."""
_STEPS: Final = 6
"""How often the wait doubles."""
_EXAMPLES: Final = 5
_LASTING: Final = 5
"""Failures in a row that do not pass by themselves."""


class Follower:
    """One newsletter's feed."""

    def __init__(
        self,
        *,
        url: str,
        every: timedelta,
        grace: timedelta,
        site: str,
        database: Database,
        entries: FeedEntries,
        memory: FeedMemory,
        fetcher: Fetcher,
        hub: HubSubscription,
        clock: Callable[[], datetime],
        read: Callable[[bytes, str, str], SaidFeed] = read_feed,
    ) -> None:
        """`url` is empty where there is no feed; `site` is the newsletter's own address."""
        self._url = url
        self._every = every
        self._grace = grace
        self._site = site
        self._database = database
        self._entries = entries
        self._memory = memory
        self._fetcher = fetcher
        self.hub = hub
        """Who tells of changes."""
        self._clock = clock
        self._read = read

    def standing(self) -> Followed | None:
        """How it stands; None without a feed."""
        return self._memory.load(self._url) if self._url else None

    def trouble(self) -> str:
        """What is wrong with it that should wake somebody; empty where nothing is."""
        feed = self.standing()
        if feed is None:
            return ""
        lasts = feed.ended or feed.failures >= _LASTING
        return tell_hold(feed) or (tell_failure(feed) if lasts else "")

    def look(self, *, by_hand: bool = False) -> None:
        """Ask, if it is time to; where a person wants it, also before, unless its server has trouble. A
        feed that cannot be had is told, and asked for again later.
        """
        if (before := self.standing()) is None or before.ended:
            return
        is_allowed = self._fetcher.private and before.answer == NOT_ALLOWED  # since then
        is_wanted = (by_hand and not before.failures) or self.hub.has_news(before.asked_at)
        if is_wanted or is_allowed or before.next_at is None or before.next_at <= self._clock():
            with suppress(Conflict):  # another process asks just now
                self.ask()
        if not by_hand and (now := self.standing()) is not None:
            self.hub.renew(now.hub, now.topic)

    def ask(self) -> Followed:
        """Ask now, also where it said that it is gone. Raises Conflict without a feed, or while another
        process asks.
        """
        if not self._url:
            raise Conflict("no feed is followed; `[notes] feed` names one")
        lock = self._database.try_lock("feed")
        if lock is None:
            raise Conflict("another process is asking for the feed just now")
        try:
            before = self._memory.load(self._url)
            after = self._ask(before)
            self._memory.keep(after)
        finally:
            lock.release()
        self._tell(before, after)
        return after

    def accept(self) -> Followed:
        """The author means what is held: it is published, and not mailed. Raises Conflict when nothing is."""
        before = self.standing()
        if before is None or not before.held:
            raise Conflict("nothing of the feed is held")
        self._memory.keep(replace(forget_answer(before), accepted=True))
        return self.ask()

    # ── asking ───────────────────────────────────────────────────────────────────────────

    def _ask(self, before: Followed) -> Followed:
        now = self._clock()
        url = before.url or self._url
        known = Validators(url=before.answered_by, etag=before.etag, modified=before.modified)
        asked = replace(before, asked_at=now, ended=False, remarks=())
        if _is_own(self._site, url):
            return self._failed(asked, "it is this newsletter's own feed", None)
        try:
            answer = self._fetcher.fetch(url, known)
            if answer.status == http.client.NOT_MODIFIED and (known.etag or known.modified):
                return self._well(asked, answer, "it has not changed")
            if answer.status != http.client.OK:
                return self._refused(asked, answer)
            said = self._read(answer.body, answer.headers.get("content-type", ""), answer.url)
        except FetchError as error:
            return self._failed(asked, str(error), None)
        return self._taken(asked, answer, said)

    def _refused(self, asked: Followed, answer: Answer) -> Followed:
        status = answer.status
        if status == http.client.GONE:
            told = "it is gone for good (410); nobody asks for it any more"
            return replace(
                self._failed(asked, told, None),
                ended=True,
                next_at=None,
                url="",
                etag="",
                modified="",
            )
        wait = _retry_after(answer.headers.get("retry-after", ""), self._clock())
        words = http.client.responses.get(status, "")
        told = f"it answers {status}{f' ({words})' if words else ''}"
        return self._failed(asked, told, wait)

    def _failed(self, asked: Followed, told: str, wait: timedelta | None) -> Followed:
        """Asked for again, ever more seldom; where it had moved to is forgotten with the first failure."""
        failures = asked.failures + 1
        usual = min(self._every * 2 ** min(failures - 1, _STEPS), LONGEST)
        return replace(
            asked,
            url="",
            failures=failures,
            answer=told,
            is_well=False,
            next_at=self._clock() + min(max(wait or usual, self._every), LONGEST),
        )

    def _well(self, asked: Followed, answer: Answer, told: str) -> Followed:
        now = self._clock()
        moved = answer.moved_to if answer.moved_to != self._url else ""
        url = moved or (asked.url or "")
        remarks = asked.remarks
        if url:
            remarks = (
                *remarks,
                f"it has moved for good to {shown(url)}: write that into `[notes] feed`",
            )
        return replace(
            asked,
            url=url,
            etag=answer.validators.etag or asked.etag,
            modified=answer.validators.modified or asked.modified,
            answered_by=answer.url,
            read_at=now,
            next_at=now + self._every,
            answer=told,
            is_well=True,
            failures=0,
            remarks=remarks,
        )

    # ── taking up ────────────────────────────────────────────────────────────────────────

    def _taken(self, asked: Followed, answer: Answer, said: SaidFeed) -> Followed:
        now, kept = self._clock(), self._entries.load()
        own = self._entries.foreign([one.entry_id for one in said.entries])
        entries = tuple(one for one in said.entries if one.entry_id not in own)
        matched, again = without_reused(match(entries, kept), kept)
        by_path = {one.path: one for one in kept}
        window = [by_path[path] for path in asked.window if path in by_path]
        is_first = not asked.begun
        held = "" if is_first or asked.accepted else why_held(matched, window, now, self._grace)
        new = () if held else self._begin(matched, entries, mail=not (is_first or asked.accepted))
        changed = [
            _follow(one, entry, now)
            for one, entry in matched.known
            if not one.fault and _has_changed(one, entry)
        ]
        removed = [] if held else find_removed(matched, entries, window)
        gone = [replace(one, there=False, changed_at=now) for one in removed if one.there]
        self._entries.keep([*changed, *new, *gone])
        there = {one.path for _, one in matched.known} | {one.path for one in new}
        hub, topic = find_hub(answer.headers.get("link", ""), said.hubs, said.topic, answer.url)
        after = replace(
            asked,
            etag="",
            modified="",
            window=asked.window if held else tuple(sorted(there)),
            entries=len(said.entries),
            hub=hub,
            topic=topic,
            begun=True,
            accepted=False,
            held=held,
            held_since=(asked.held_since or now) if held else None,
            held_new=len(matched.new) if held else 0,
            examples=tuple(one.title for one in matched.new[:_EXAMPLES]) if held else (),
            remarks=_remarks(said, entries, len(own), again),
        )
        return self._well(
            after, answer, f"{count(len(said.entries), 'entry', 'entries')}, {len(new)} new"
        )

    def _begin(
        self, matched: Matched, entries: tuple[SaidEntry, ...], *, mail: bool
    ) -> list[FeedEntry]:
        """New entries as notes. Those without a date came when they were first seen, in the feed's order."""
        now = self._clock()
        places = {one.entry_id: place for place, one in enumerate(entries)}
        made = []
        for one in matched.new:
            if one.fault:
                continue
            entry = FeedEntry(
                path=name_entry(one),
                entry_id=one.entry_id,
                guid=one.entry_id,
                link=one.link,
                likeness=one.likeness,
                said=one.said,
                dated_at=date_of(one, now),
                first_seen_at=now - timedelta(seconds=places[one.entry_id]),
                changed_at=now,
                mail=mail and one.entry_id not in matched.quiet,
            )
            made.append(replace(entry, note=write_note(one, entry)))
        return made

    def _tell(self, before: Followed, after: Followed) -> None:
        if not after.is_well:
            (log.warning if after.failures == 1 or after.ended else log.info)(
                "feed.failed", reason=after.answer, failures=after.failures
            )
        elif before.failures:
            log.info("feed.back", after=before.failures)
        if after.held and after.held != before.held:
            log.error("feed.held", reason=after.held, new=after.held_new, see="newsletter feed")
        if after.url and after.url != before.url:
            log.warning("feed.moved", see="newsletter feed")


def _follow(one: SaidEntry, entry: FeedEntry, now: datetime) -> FeedEntry:
    """A known entry as it is now: its date, and whether it is mailed, stay as they were."""
    same = replace(
        entry,
        entry_id=one.entry_id,
        link=one.link or entry.link,
        likeness=one.likeness,
        said=one.said,
        there=True,
        changed_at=now,
    )
    return replace(same, note=write_note(one, same))


def _is_own(site: str, url: str) -> bool:
    """Whether a feed's address is one of this newsletter's."""
    ours, theirs = urlsplit(site), urlsplit(url)
    base = ours.path.rstrip("/") + "/"
    return ours.netloc == theirs.netloc.lower() and theirs.path.startswith(base)


def _has_changed(one: SaidEntry, entry: FeedEntry) -> bool:
    return one.said != entry.said or one.entry_id != entry.entry_id or not entry.there


def _remarks(
    said: SaidFeed, entries: tuple[SaidEntry, ...], own: int, again: int
) -> tuple[str, ...]:
    found = []
    if said.broken:
        found.append("it is not quite XML; what could be read was taken")
    if said.more:
        found.append(_left_out(said.more, f"beyond the first {len(said.entries)}"))
    if said.doubled:
        found.append(_left_out(said.doubled, "with the id of another one"))
    if own:
        found.append(_left_out(own, "of this newsletter itself"))
    if again:
        found.append(_left_out(again, "with the id that another one had before"))
    found += [f"“{one.title}” was left out: {one.fault}" for one in entries if one.fault][
        :_EXAMPLES
    ]
    if bare := sum(not one.has_id for one in entries):
        found.append(
            count(bare, "entry has", "entries have")
            + " neither id nor link; an edit looks like a new one"
        )
    return tuple(found)


def _left_out(number: int, which: str) -> str:
    return f"{count(number, 'entry', 'entries')} {which} left out"


def _retry_after(value: str, now: datetime) -> timedelta | None:
    """How long a server wants to be left alone (RFC 9110 10.2.3)."""
    if value.strip().isdigit():
        return timedelta(seconds=min(int(value.strip()[:9]), int(LONGEST.total_seconds())))
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
