"""Owns joining and leaving: by the form, by the links in mails, by command and by lists.

The form goes to newsletter/subscribing/signupdesk.py, lists to newsletter/subscribing/lists.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from mailer.address import Address, DomainVerdict, parse_address, strip_unseen
from newsletter.subscribing.dialects import clean_text, split_tags
from newsletter.subscribing.files import MAX_CONSENT, MAX_NAME
from newsletter.subscribing.lists import Departed, ImportReport, SubscriberLists
from newsletter.subscribing.records import ExportedSubscriber, RefusedRow, SubscriberRow
from newsletter.subscribing.rules import spell_origin
from newsletter.subscribing.signupdesk import SignUpDesk, SignUpPolicy, fresh_nonce
from newsletter.tokens import Expired, Tokens
from storage.model import (
    Added,
    Conflict,
    ConsentEvent,
    ConsentEventKind,
    Log,
    NotFound,
    Subscriber,
    SubscriberState,
    Suppression,
    SuppressionReason,
    spell_tags,
)
from storage.readers import NewSubscriber, SignUps, Subscribers

__all__ = [
    "PRESSED_TWICE",
    "ConfirmResult",
    "SignUpPolicy",
    "Subscriptions",
    "mask_address",
    "read_name",
]


PRESSED_TWICE: Final = timedelta(hours=1)
"""How long a link that was used still says "You are subscribed". Later it offers a new one, and tells
nobody who finds it in an old mail whether its reader still is (rule F3).
"""

_log = Log()


class ConfirmResult(StrEnum):
    """What a confirmation link is worth."""

    CONFIRMED = "confirmed"
    """It makes (or, looked up, would make) the subscription active."""
    MOVES = "moves"
    """It makes this address the one that a reader's mail goes to."""
    ALREADY = "already"
    """This very link made it active a moment ago; pressing twice is no mistake."""
    MOVED = "moved"
    """This very link changed the reader's address a moment ago."""
    EXPIRED = "expired"
    """Genuine, but too old."""
    INVALID = "invalid"
    """Not ours, replaced by a later one, or used a while ago; it does not tell which (rule F3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLetters:
    """Which letters in the author's own words there are."""

    welcome: bool = False
    """To a new reader, once; never after an import."""
    goodbye: bool = False
    """To a reader who left; never after a complaint."""


NO_LETTERS: Final = OwnLetters()


class Subscriptions:
    """Everything that changes who reads. Thread-safe."""

    def __init__(
        self,
        subscribers: Subscribers,
        signups: SignUps,
        tokens: Tokens,
        *,
        policy: SignUpPolicy,
        sender_domain: str,
        clock: Callable[[], datetime],
        wake: Callable[[], None] = lambda: None,
        ask_dns: Callable[[Address], DomainVerdict] | None = None,
        letters: OwnLetters = NO_LETTERS,
    ) -> None:
        self._subscribers = subscribers
        self._tokens = tokens
        self._allow_test_domains = policy.allow_test_domains
        self._confirm_within = policy.confirm_within
        self._clock = clock
        self._wake = wake
        self._letters = letters
        self.desk = SignUpDesk(
            *(subscribers, signups, tokens),
            policy=policy,
            sender_domain=sender_domain,
            clock=clock,
            ask_dns=ask_dns,
        )
        self._lists = SubscriberLists(
            subscribers,
            tokens,
            clock=clock,
            allow_test_domains=policy.allow_test_domains,
            own=policy.own,
        )

    # ── joining by the form ──────────────────────────────────────────────────────────────

    def request(self, address: str, *, ip: str, source: str, consent: str, name: str = "") -> None:
        """Keep a request from the form; the same work, and silence, whatever was typed (rule F4)."""
        self.desk.request(address, ip=ip, source=source, consent=consent, name=name)

    def process(self) -> int:
        """Decide about every open sign-up, and mail those who are to confirm; how many there were."""
        done = self.desk.process()
        if done:
            self._wake()
        return done

    # ── links in mails ───────────────────────────────────────────────────────────────────

    def look_up_confirm(self, token: str) -> ConfirmResult:
        """What pressing the button would do. Changes nothing (rule F2)."""
        return self._look_up(token)[0]

    def _look_up(self, token: str) -> tuple[ConfirmResult, Subscriber | None]:
        """The same, and whom it would make a reader, or give the address to; None for a link that does nothing."""
        read = self._tokens.read_confirm(token, self._clock(), self._confirm_within)
        if read is None:
            return ConfirmResult.INVALID, None
        if isinstance(read, Expired):
            return ConfirmResult.EXPIRED, None
        known = self._subscribers.get(read[0])
        if known is None:
            return ConfirmResult.INVALID, None
        if known.state is SubscriberState.PENDING and known.nonce == read[1]:
            return ConfirmResult.CONFIRMED if known.moves is None else ConfirmResult.MOVES, known
        return _when_used(known, read[1], self._clock()), None

    def confirm(self, token: str, *, ip: str, source: str) -> ConfirmResult:
        """Make the subscription active, once, and keep the proof (rules F1, F3, F9)."""
        found, known = self._look_up(token)
        if known is None:
            return found
        event = ConsentEvent(
            subscriber_id=known.id,
            kind=ConsentEventKind.CONFIRMED,
            at=self._clock(),
            ip=spell_origin(ip),
            source=source,
            text=_wording(self._subscribers.events(known.id)) or known.consent,
        )
        confirmed = self._subscribers.confirm(
            known.id,
            known.nonce,
            new_nonce=used_nonce(known.nonce),
            event=event,
            welcome=self._letters.welcome,
        )
        if confirmed is None:
            return ConfirmResult.INVALID
        if found is ConfirmResult.MOVES or self._letters.welcome:
            self._wake()
        _log.info(
            "subscriber.confirmed",
            subscriber=confirmed.id,
            moved=found is not ConfirmResult.CONFIRMED,
        )
        return found

    def is_unsubscribe_token(self, token: str) -> bool:
        """Whether an unsubscribe link is one of ours. Changes nothing."""
        return self._tokens.read_unsubscribe(token) is not None

    def unsubscribe(self, token: str, *, ip: str, source: str) -> bool:
        """End the subscription behind the link; False only when the link is not ours (rule A12)."""
        if (subscriber_id := self._tokens.read_unsubscribe(token)) is None:
            return False
        self._leave(subscriber_id, ip=spell_origin(ip), source=source)
        return True

    def leave_by_preferences(self, token: str, *, ip: str) -> None:
        """End the subscription whose preferences these are; nothing when the link is not ours."""
        if (subscriber_id := self._tokens.read_preferences(token)) is not None:
            self._leave(subscriber_id, ip=spell_origin(ip), source="preferences")

    def _leave(self, subscriber_id: int, *, ip: str, source: str) -> bool:
        event = ConsentEvent(
            subscriber_id=subscriber_id,
            kind=ConsentEventKind.UNSUBSCRIBED,
            at=self._clock(),
            ip=ip,
            source=source,
        )
        left = self._subscribers.unsubscribe(subscriber_id, event, goodbye=self._letters.goodbye)
        if left and self._letters.goodbye:
            self._wake()
        if left:
            _log.info("subscriber.left", subscriber=subscriber_id, source=source)
        return left

    # ── by command ───────────────────────────────────────────────────────────────────────

    def add(
        self, address: str, *, name: str = "", tags: Iterable[str] = (), consent: str = ""
    ) -> Added:
        """Add a reader whose consent the author vouches for: active at once (rule F9).

        Never revives anybody. Raises AddressError.
        """
        parsed = self._parse(address)
        row = NewSubscriber(
            address=parsed.display,
            key=parsed.key,
            hash=self._tokens.address_hash(parsed.key),
            nonce=fresh_nonce(),
            state=SubscriberState.ACTIVE,
            name=clean_text(name, MAX_NAME),
            tags=split_tags(spell_tags(tags)),
            consent=clean_text(consent, MAX_CONSENT) or "added by the author",
            created_at=self._clock(),
        )
        return self._subscribers.add([row], kind=ConsentEventKind.ADDED)[0]

    def find(self, address: str) -> Subscriber:
        """The subscriber with this address. Raises AddressError, and NotFound for a stranger."""
        parsed = self._parse(address)
        known = self._subscribers.find(parsed.key)
        if known is None:
            raise NotFound("subscriber", parsed.display)
        return known

    def suppression(self, address: str) -> Suppression | None:
        """Why this address is never mailed, or None. Raises AddressError."""
        key = self._parse(address).key
        return self._subscribers.suppression(self._tokens.address_hash(key))

    def unsubscribe_address(self, address: str, source: str = "command") -> bool:
        """End a subscription for the reader; False when it had ended before.

        Raises AddressError, and NotFound for a stranger.
        """
        return self._leave(self.find(address).id, ip="", source=source)

    def suppress(self, address: str, evidence: str = "") -> bool:
        """Never mail this address again, subscribed or not; False when it was. Raises AddressError."""
        parsed = self._parse(address)
        return self._subscribers.suppress(
            self._tokens.address_hash(parsed.key),
            parsed.display,
            SuppressionReason.MANUAL,
            evidence=evidence,
            at=self._clock(),
        )

    def lift(self, address: str) -> bool:
        """Let an address be mailed again; False when it was not suppressed.

        Raises AddressError, and Conflict for a reader who asked to be forgotten: only a new
        sign-up of their own could end that, and there is nobody to ask.
        """
        found = self.suppression(address)
        if found is None:
            return False
        if found.reason is SuppressionReason.ERASED:
            raise Conflict("this reader asked to be erased; that cannot be lifted")
        return self._subscribers.lift(found.address_hash)

    def knows(self, address: str) -> bool:
        """Whether there is anything that `erase` would forget. Raises AddressError."""
        parsed = self._parse(address)
        return self._subscribers.knows(self._tokens.address_hash(parsed.key), parsed.key)

    def erase(self, address: str) -> None:
        """Forget a reader for good; an import cannot bring them back (rule F11).

        Raises AddressError, and NotFound when nothing is known of the address.
        """
        parsed = self._parse(address)
        forgotten = Suppression(
            address_hash=self._tokens.address_hash(parsed.key),
            address="",
            reason=SuppressionReason.ERASED,
            evidence="",
            created_at=self._clock(),
        )
        if not self._subscribers.erase(forgotten, parsed.key):
            raise NotFound("subscriber", parsed.display)

    # ── lists ────────────────────────────────────────────────────────────────────────────

    def import_rows(
        self,
        rows: Iterable[SubscriberRow | RefusedRow],
        *,
        consent: str = "",
        dry_run: bool = False,
        departed: Departed = Departed.KEEP,
        progress: Callable[[int], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> ImportReport:
        """Take over a list; see SubscriberLists.import_rows."""
        return self._lists.import_rows(
            rows, consent=consent, dry_run=dry_run, departed=departed, progress=progress, stop=stop
        )

    def export_rows(self) -> Iterator[ExportedSubscriber]:
        """Every subscriber as they came, then every suppression of somebody who is none."""
        return self._lists.export_rows()

    # ── making ───────────────────────────────────────────────────────────────────────────

    def _parse(self, text: str) -> Address:
        return parse_address(strip_unseen(text), allow_test_domains=self._allow_test_domains)


def _wording(history: Sequence[ConsentEvent]) -> str:
    """What a reader agreed to in the latest request, which a confirmation is about."""
    requests = (
        event.text for event in reversed(history) if event.kind is ConsentEventKind.REQUESTED
    )
    return next(requests, "")


def read_name(text: str) -> str:
    """A name as it is kept: one line without what cannot be seen."""
    return clean_text(text, MAX_NAME)


def _when_used(known: Subscriber, nonce: str, now: datetime) -> ConfirmResult:
    """What the link with this nonce did, if that was so lately that it may say so."""
    is_former = known.state is SubscriberState.UNSUBSCRIBED and known.moves is not None
    at = known.unsubscribed_at if is_former else known.confirmed_at
    is_known = known.nonce == used_nonce(nonce) and (
        is_former or known.state is SubscriberState.ACTIVE
    )
    if at is None or not is_known or now - at > PRESSED_TWICE:
        return ConfirmResult.INVALID
    return ConfirmResult.MOVED if is_former else ConfirmResult.ALREADY


def used_nonce(nonce: str) -> str:
    """What takes a nonce's place once its link was used: the link can be known again, and no more."""
    return sha256(f"used {nonce}".encode()).hexdigest()[: len(nonce)]


def mask_address(address: str) -> str:
    """`a…e@example.com`: enough for its owner, too little for anybody else."""
    local, _, domain = address.rpartition("@")
    shown = f"{local[0]}…{local[-1]}" if len(local) > 2 else "…"
    return f"{shown}@{domain}"
