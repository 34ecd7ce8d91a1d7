"""Owns what becomes of sign-ups from the form: kept at once, decided later, confirmed by mail.

The form only keeps a request, so that neither its answer nor its time tells anything (rule F4).
The rules are in newsletter/subscribing/rules.py.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mailer.address import Address, DomainVerdict, is_role, parse_address, tidy_address
from newsletter.subscribing.asking import DnsDesk, RefusedDomains
from newsletter.subscribing.crowds import Admission, Door
from newsletter.subscribing.dialects import clean_text
from newsletter.subscribing.files import MAX_NAME
from newsletter.subscribing.intake import Intake
from newsletter.subscribing.queue import SignUpQueue
from newsletter.subscribing.rules import (
    BURST_WINDOW,
    FULL,
    NOTICE_WINDOW,
    WINDOW,
    SignUpAction,
    SignUpDecision,
    SignUpFacts,
    SignUpLimits,
    decide_signup,
    is_own,
    spell_origin,
)
from newsletter.tokens import LINK_MAX_AGE, Tokens
from storage.model import (
    AddressError,
    ConsentEvent,
    ConsentEventKind,
    DeliveryKind,
    Log,
    SignUp,
    Subscriber,
    SubscriberState,
    SuppressionReason,
)
from storage.readers import NewSignUp, NewSubscriber, SignUps, Subscribers

_NONCE_BYTES: Final = 16
_LOOK_AGAIN_S: Final = 0.2
"""How often new sign-ups are looked for while the DNS is waited for."""
_TURN_S: Final = 1.0
"""How long sign-ups are decided before anybody looks who else has come, however slow disk and processor are:
each confirmation is a transaction of its own, and whoever came alone would wait for two hundred of a flood.
"""

_log = Log()


def fresh_nonce() -> str:
    """128 random bits: nobody guesses a confirmation link, even knowing the rest (rule F3)."""
    return secrets.token_hex(_NONCE_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpPolicy:
    """How many sign-ups are taken, and what is asked of an address."""

    limits: SignUpLimits
    check_dns: bool = True
    """Ask the DNS whether the domain takes mail (rule F13)."""
    confirm_within: timedelta = LINK_MAX_AGE
    """How long a confirmation link works (rule F3)."""
    allow_test_domains: bool = False
    """Also take domains that are not on the internet: for a demo with the embedded outbox."""
    own: frozenset[str] = frozenset()
    """Keys of the addresses that bounces come to: nobody reads there."""
    refuse_domains: Path | None = None
    """A file of domains whose addresses are not taken, one a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A sign-up, and what was looked up for it."""

    signup: SignUp
    address: Address | None
    """None for what is no address."""
    is_known: bool
    is_suppressed: bool


class SignUpDesk:
    """Keeps requests to join and works them off. Thread-safe."""

    def __init__(
        self,
        subscribers: Subscribers,
        signups: SignUps,
        tokens: Tokens,
        *,
        policy: SignUpPolicy,
        sender_domain: str,
        clock: Callable[[], datetime],
        ask_dns: Callable[[Address], DomainVerdict] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._subscribers = subscribers
        self._signups = signups
        self._tokens = tokens
        self._sender_domain = sender_domain
        self._policy = policy
        self._clock = clock
        self._intake = Intake(signups)
        self._door = Door(policy.limits, hour=BURST_WINDOW, day=WINDOW)
        self._at_door = threading.Lock()
        self._turned_away = 0
        self._dropped = Counter[str]()
        self._dns = DnsDesk(ask_dns)
        self._refused = RefusedDomains(policy.refuse_domains)
        self._queue = SignUpQueue(signups, limits=policy.limits, clock=clock)
        self._processing = threading.Lock()
        self._halted = threading.Event()

    def request(
        self,
        address: str,
        *,
        ip: str,
        source: str,
        consent: str,
        name: str = "",
        moves: int | None = None,
    ) -> None:
        """Keep a request from the form: one row, whatever was typed (rule F4).

        With `moves` that reader asks for the address in the place of their own.

        Nothing is kept of what is no address but that somebody came, which the limits count; and
        nothing at all for an origin or a mailbox that has had its share: what such a flood costs
        ends here.
        """
        try:
            parsed = parse_address(
                tidy_address(address), allow_test_domains=self._policy.allow_test_domains
            )
        except AddressError:
            parsed = None
        origin, now = spell_origin(ip), self._clock()
        with self._at_door:
            admission = self._door.admit(origin, parsed.key if parsed else "", now)
            self._turned_away += admission is not Admission.WHOLE
        if admission is Admission.NONE:
            return
        kept = parsed if admission is Admission.WHOLE else None
        self._intake.keep(
            NewSignUp(
                address=kept.display if kept else "",
                address_key=kept.key if kept else "",
                domain=kept.domain if kept else "",
                ip=origin,
                source=source,
                consent=consent,
                at=now,
                moves=moves,
                name=clean_text(name, MAX_NAME) if kept else "",
            )
        )

    def process(self) -> int:
        """Decide about every sign-up for which there is room; how many there were.

        Those of a known address, a quiet network and a quiet domain go first. A crash in between
        repeats the last ones, and the limit per address bounds what that mails. Ends soon after
        `halt`.
        """
        done = 0
        with self._processing:
            self._tell_turned_away()
            self._queue.begin()
            while not self._halted.is_set():
                batch = self._queue.next_batch()
                if batch:
                    done += self._decide(batch)
                elif self._queue.is_asking:
                    self._dns.wait(_LOOK_AGAIN_S)
                    self._queue.ask_again()
                else:
                    break
            if done:
                self._signups.prune(before=self._clock() - WINDOW)
        return done

    def halt(self) -> None:
        """Decide nothing more: what waits is decided after the next start."""
        self._halted.set()
        self._dns.close()

    def resume(self) -> None:
        """Decide again."""
        self._halted.clear()
        self._dns.open()

    def _tell_turned_away(self) -> None:
        with self._at_door:
            count, self._turned_away = self._turned_away, 0
        if count:
            _log.info("signups.turned_away", count=count)

    def _decide(self, batch: Sequence[SignUp]) -> int:
        """Decide about these as far as they can be; how many are."""
        closed: list[int] = []
        until = self._monotonic() + _TURN_S
        try:
            for case in self._open(batch):
                if self._halted.is_set() or (closed and self._monotonic() >= until):
                    break
                self._intake.give_way()
                if self._settle(case):
                    closed.append(case.signup.id)
        finally:
            if closed:
                self._signups.close(*closed, at=self._clock())
                self._queue.closed(closed)
            self._tell_dropped()
        return len(closed)

    def _open(self, batch: Sequence[SignUp]) -> Iterator[Case]:
        """What the store knows of each, looked up together."""
        addresses = [self._parse(signup.address) for signup in batch]
        keys = [address.key for address in addresses if address]
        hashes = {key: self._tokens.address_hash(key) for key in keys}
        states = self._subscribers.states(keys)
        reasons = self._subscribers.suppression_reasons(list(hashes.values()))
        for signup, address in zip(batch, addresses, strict=True):
            key = address.key if address else ""
            # An erasure keeps an import from bringing somebody back, not themselves (rule F11).
            reason = reasons.get(hashes.get(key, ""))
            yield Case(
                signup=signup,
                address=address,
                is_known=key in states,
                is_suppressed=reason not in (None, SuppressionReason.ERASED),
            )

    def _parse(self, text: str) -> Address | None:
        try:
            return parse_address(text, allow_test_domains=self._policy.allow_test_domains)
        except AddressError:
            return None

    def _settle(self, case: Case) -> bool:
        """Decide about one and do what follows; False when it has to wait."""
        signup, address = case.signup, case.address
        if address is None:
            return self._tell(
                signup, decide_signup(SignUpFacts(is_address=False, limits=self._policy.limits))
            )
        known = self._subscribers.find(address.key) if case.is_known else None
        facts = self._facts(case, address, known)
        decision = decide_signup(facts)
        if decision.reason in FULL and self._queue.hold(signup, decision.reason):
            return False
        if decision.action is SignUpAction.CONFIRM and self._policy.check_dns:
            verdict = self._dns.verdict(address)
            if verdict is None:
                self._queue.ask(signup)
                return False
            refuses = verdict is DomainVerdict.REFUSES
            decision = decide_signup(replace(facts, domain_refuses=refuses))
        self._queue.passed(signup, address)
        if decision.action is SignUpAction.CONFIRM:
            self._ask_to_confirm(signup, address)
            self._queue.confirmed(address)
        elif decision.action is SignUpAction.NOTICE and known is not None:
            self._subscribers.notify(known.id, now=self._clock())
        return self._tell(signup, decision)

    def _tell(self, signup: SignUp, decision: SignUpDecision) -> bool:
        if decision.action is SignUpAction.DROP:
            self._dropped[decision.reason] += 1
        else:
            _log.info("signup.decided", signup=signup.id, action=decision.action)
        return True

    def _tell_dropped(self) -> None:
        """A line for all that were dropped for one reason: a flood must not be one of the log, too."""
        for reason, count in self._dropped.items():
            _log.info("signups.dropped", reason=reason, count=count)
        self._dropped.clear()

    def _facts(self, case: Case, address: Address, known: Subscriber | None) -> SignUpFacts:
        now, queue = self._clock(), self._queue
        confirmations = queue.to_mailbox(address)
        notices = 0
        if known is not None:
            asked = self._signups.count_confirmations(known.id, since=now - WINDOW)
            confirmations = max(confirmations, asked)
            notices = self._signups.count_notices(known.id, since=now - NOTICE_WINDOW)
        return SignUpFacts(
            is_role=is_role(address) or is_own(address.key, self._policy.own),
            is_refused=self._refused.refuses(address),
            state=known.state if known else None,
            is_suppressed=case.is_suppressed,
            confirmations=confirmations,
            notices=notices,
            from_origin=queue.from_origin(case.signup),
            to_domain=queue.to_domain(address),
            to_all=queue.to_all(),
            is_crowded=queue.is_crowded(case.signup),
            limits=self._policy.limits,
        )

    def _ask_to_confirm(self, signup: SignUp, address: Address) -> None:
        new = NewSubscriber(
            address=address.display,
            key=address.key,
            hash=self._tokens.address_hash(address.key),
            state=SubscriberState.PENDING,
            nonce=fresh_nonce(),
            name=signup.name,
            consent=signup.consent,
            created_at=signup.at,
        )
        self._subscribers.request(
            new, _asked(signup), now=self._clock(), message_id=self._message_id, moves=signup.moves
        )

    def _message_id(self, kind: DeliveryKind, delivery_id: int, subscriber_id: int) -> str:
        """Of a confirmation; kept and not computed when asked for, as the sender may move (F9)."""
        return self._tokens.message_id(
            kind=kind,
            issue_id=None,
            subscriber_id=subscriber_id,
            delivery_id=delivery_id,
            domain=self._sender_domain,
        )


def _asked(signup: SignUp) -> ConsentEvent:
    """The request as it is proved later; storage knows whose it is, and puts that in."""
    return ConsentEvent(
        subscriber_id=0,
        kind=ConsentEventKind.REQUESTED,
        at=signup.at,
        ip=signup.ip,
        source=signup.source,
        text=signup.consent,
    )
