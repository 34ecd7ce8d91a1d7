"""Owns what a reader may do on their own page; the link that leads to it is all they need (rule F10).

Whoever holds the link acts as the reader, and it stands in every mail. So the page shows the address
masked, another address is used only once a mail to it was answered, and the old one is told.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from newsletter.config import WeekTime
from newsletter.digests import next_occasion
from newsletter.preferences.form import Form, Problem, describe_change, read_form
from newsletter.preferences.record import Kept, write_record
from newsletter.subscribing import Subscriptions, mask_address, read_name, spell_origin
from newsletter.tokens import Expired, Tokens
from storage.archive import Topics
from storage.model import (
    ConsentEvent,
    ConsentEventKind,
    Log,
    Pace,
    Subscriber,
    SubscriberState,
    Wishes,
    tag_key,
)
from storage.readers import ReaderSettings, Subscribers
from words import find_zone

log = Log()

DAY: Final = timedelta(days=1)
MOST_CHANGES: Final = 50
"""Changes of one reader in a day; each is a line of their history."""
MOST_MOVES: Final = 3
"""Addresses that one reader may ask for in a day."""
MOST_OFFERED: Final = 200
"""Topics that the page offers: those that most issues have."""
_AT_A_GLANCE: Final = 12
"""Topics of which all are seen without looking for one."""
_SOURCE: Final = "preferences"


class Saved(StrEnum):
    """What became of a form."""

    SAVED = "saved"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    """A field cannot be taken; nothing was changed."""
    TOO_OFTEN = "too-often"
    """Nothing was changed: the reader has changed much today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChoice:
    """A tag that a reader may choose."""

    key: str
    name: str
    """As the archive spells it."""
    count: int
    """Issues that have it."""
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderPage:
    """What a reader's own page shows."""

    masked_address: str
    """`a…e@example.com`: a forwarded mail does not give the address away (rule F4)."""
    state: SubscriberState
    name: str
    wishes: Wishes
    paused_until: datetime | None
    """Midnight in the reader's zone; None when nothing is paused now."""
    topics: tuple[TopicChoice, ...]
    waiting: int
    """Issues that wait for the next digest."""
    next_digest: datetime | None
    """In the reader's zone; None for a reader who wants each issue."""
    feed_token: str
    """Of the reader's own feed; empty without one."""
    moving_to: str
    """The masked address that waits to be confirmed; empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOwner:
    """Whose a private feed is, as far as the feed depends on it."""

    key: str
    topics: tuple[str, ...]


class PreferencesDesk:
    """Every reader's own page. Safe to share among threads.

    A method answers None where the link leads nowhere.
    """

    def __init__(
        self,
        subscriptions: Subscriptions,
        subscribers: Subscribers,
        settings: ReaderSettings,
        topics: Topics,
        tokens: Tokens,
        *,
        title: str,
        zone: str,
        digest_at: WeekTime,
        clock: Callable[[], datetime],
    ) -> None:
        self._subscriptions = subscriptions
        self._subscribers = subscribers
        self._settings = settings
        self._topics = topics
        self._tokens = tokens
        self._title = title
        self._zone = zone
        self._digest_at = digest_at
        self._clock = clock

    # ── looking ──────────────────────────────────────────────────────────────────────────

    def view(self, token: str) -> ReaderPage | None:
        """What the page shows. Changes nothing."""
        with self._settings.looking():
            known = self._find(token)
            return None if known is None else self._page(known)

    def _page(self, known: Subscriber) -> ReaderPage:
        wishes, now = known.wishes, self._clock()
        zone = find_zone(wishes.zone, self._zone)
        until = wishes.paused_until
        waiting = self._settings.count_waiting(known.id)
        gets_digests = wishes.pace is not Pace.EACH or waiting
        occasion = next_occasion(wishes.pace, self._digest_at, zone, now)
        moving_to = self._settings.moving_to(known.id)
        return ReaderPage(
            masked_address=mask_address(known.address),
            state=known.state,
            name=known.name,
            wishes=wishes,
            paused_until=until.astimezone(zone) if until and until > now else None,
            topics=self._offer(wishes.topics),
            waiting=waiting,
            next_digest=occasion.at.astimezone(zone) if gets_digests else None,
            feed_token=self._tokens.feed(known.feed_key) if known.feed_key else "",
            moving_to=mask_address(moving_to) if moving_to else "",
        )

    def record(self, token: str) -> bytes | None:
        """All that is kept of the reader, as a JSON document."""
        with self._settings.looking():
            known = self._find(token)
            return None if known is None else self._write_record(known)

    def _write_record(self, known: Subscriber) -> bytes:
        kept = Kept(
            reader=known,
            history=self._subscribers.events(known.id),
            mails=self._settings.mails(known.id),
            reports=self._settings.reports(known.id),
            suppression=self._subscriptions.suppression(known.address),
            waiting=self._settings.count_waiting(known.id),
            moving_to=self._settings.moving_to(known.id),
        )
        return write_record(kept, self._title, self._clock())

    def language(self, token: str) -> str:
        """The language of the reader whom a link to leave or to confirm is about; empty without one."""
        about = self._tokens.read_unsubscribe(token)
        if about is None:
            match self._tokens.read_confirm(token, self._clock()):
                case Expired() as expired:
                    about = expired.subscriber_id
                case (int(subscriber_id), _):
                    about = subscriber_id
        known = None if about is None else self._subscribers.get(about)
        return known.wishes.language if known is not None else ""

    def page_of(self, confirmed: str) -> str:
        """The opaque part of the link to one's own page, for whoever has just used this link to confirm."""
        match self._tokens.read_confirm(confirmed, self._clock()):
            case (int(subscriber_id), _):
                return self._tokens.preferences(subscriber_id)
        return ""

    # ── changing ─────────────────────────────────────────────────────────────────────────

    def save(self, token: str, form: Form, *, ip: str) -> tuple[Saved, dict[str, Problem]] | None:
        """Keep what the form says; with the fields that cannot be taken, if there are any."""
        if (known := self._find(token)) is None:
            return None
        offered = [choice.key for choice in self._offer(known.wishes.topics)]
        read = read_form(form, known.wishes, offered=offered, zone=self._zone, now=self._clock())
        if read.problems:
            return Saved.REFUSED, dict(read.problems)
        written = form.one("name")
        name = known.name if written is None else read_name(written)
        text = describe_change(known.wishes, read.wishes, old_name=known.name, name=name)
        if not text:
            return Saved.UNCHANGED, {}
        if self._has_changed_much(known):
            return Saved.TOO_OFTEN, {}
        self._settings.change(known.id, name, read.wishes, self._event(known, text, ip))
        log.info("subscriber.changed", subscriber=known.id)
        return Saved.SAVED, {}

    def ask_to_move(self, token: str, address: str, *, ip: str, source: str) -> bool | None:
        """Ask the new address by mail; the same silence whatever was typed (rule F4).

        It goes the way of every sign-up, with its limits. False for somebody who is no reader.
        """
        if (known := self._find(token)) is None:
            return None
        if known.state is not SubscriberState.ACTIVE:
            return False
        if self._settings.count_moves(known.id, since=self._clock() - DAY) < MOST_MOVES:
            self._subscriptions.desk.request(
                address, ip=ip, source=source, consent=known.consent, moves=known.id
            )
        return True

    def renew_feed(self, token: str, *, ip: str, wanted: bool = True) -> Saved | None:
        """Give the reader's own feed a new address, so that the old one ends; or none at all."""
        if (known := self._find(token)) is None:
            return None
        if not wanted and not known.feed_key:
            return Saved.UNCHANGED
        if self._has_changed_much(known):
            return Saved.TOO_OFTEN
        text = "own feed: a new address" if wanted else "own feed: none"
        key = secrets.token_hex(16) if wanted else ""
        self._settings.set_feed(known.id, key, self._event(known, text, ip))
        return Saved.SAVED

    def leave(self, token: str, *, ip: str) -> bool | None:
        """End the subscription; True also when it had ended before (rule A12)."""
        if self._find(token) is None:
            return None
        self._subscriptions.leave_by_preferences(token, ip=ip)
        return True

    def erase(self, token: str) -> bool | None:
        """Forget the reader for good (rule F11)."""
        if (known := self._find(token)) is None:
            return None
        self._subscriptions.erase(known.address)
        log.info("subscriber.erased", subscriber=known.id)
        return True

    # ── the feed ─────────────────────────────────────────────────────────────────────────

    def is_feed_token(self, token: str) -> bool:
        """Whether a feed ever had this address."""
        return self._tokens.read_feed(token) is not None

    def feed_owner(self, token: str) -> FeedOwner | None:
        """Whose feed it is; None when its reader gave it up or left."""
        key = self._tokens.read_feed(token)
        known = None if key is None else self._settings.of_feed(key)
        if key is None or known is None or known.state is not SubscriberState.ACTIVE:
            return None
        return FeedOwner(key=key, topics=known.wishes.topics)

    # ── shared ───────────────────────────────────────────────────────────────────────────

    def _find(self, token: str) -> Subscriber | None:
        subscriber_id = self._tokens.read_preferences(token)
        return None if subscriber_id is None else self._subscribers.get(subscriber_id)

    def _offer(self, chosen: Sequence[str]) -> tuple[TopicChoice, ...]:
        """The tags of the archive in the order of the alphabet, and what the reader has beside them; of many
        those first that the reader has.
        """
        counts = self._topics.counts()
        found = {tag_key(tag): (tag, count) for tag, count in counts}
        frequent = sorted(found, key=lambda key: -found[key][1])[:MOST_OFFERED]
        keys = dict.fromkeys([*frequent, *chosen])
        choices = [
            TopicChoice(
                key=key,
                name=found[key][0] if key in found else key,
                count=found[key][1] if key in found else 0,
                chosen=key in chosen,
            )
            for key in keys
        ]
        many = len(choices) > _AT_A_GLANCE
        return tuple(sorted(choices, key=lambda one: (many and not one.chosen, one.key)))

    def _has_changed_much(self, known: Subscriber) -> bool:
        return self._settings.count_changes(known.id, since=self._clock() - DAY) >= MOST_CHANGES

    def _event(self, known: Subscriber, text: str, ip: str) -> ConsentEvent:
        return ConsentEvent(
            subscriber_id=known.id,
            kind=ConsentEventKind.CHANGED,
            at=self._clock(),
            ip=spell_origin(ip),
            source=_SOURCE,
            text=text,
        )
