"""Owns what becomes of sign-ups from the form: kept at once, decided later, confirmed by mail.

The form only keeps a request, so that neither its answer nor its time tells anything (rule F4).
The rules are in newsletter/subscribing/rules.py.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from mailer.address import (
    Address,
    DomainVerdict,
    check_domain,
    is_role,
    open_resolver,
    parse_address,
)
from newsletter.subscribing.rules import (
    BURST_WINDOW,
    NOTICE_WINDOW,
    WINDOW,
    SignUpAction,
    SignUpDecision,
    SignUpFacts,
    SignUpLimits,
    decide_signup,
    network_prefix,
    spell_origin,
)
from newsletter.tokens import LINK_MAX_AGE, Tokens
from storage.model import (
    AddressError,
    ConsentEvent,
    ConsentEventKind,
    DeliveryKind,
    SignUp,
    Subscriber,
    SubscriberState,
)
from storage.readers import NewSubscriber, SignUps, Subscribers

_NONCE_BYTES: Final = 16
_BATCH: Final = 100

_log = structlog.get_logger()


def fresh_nonce() -> str:
    """128 random bits: nobody guesses a confirmation link, even who knows the rest (rule F3)."""
    return secrets.token_hex(_NONCE_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpPolicy:
    """How strict the door is."""

    limits: SignUpLimits
    check_dns: bool = True
    """Ask the DNS whether the domain takes mail (rule F13)."""
    confirm_within: timedelta = LINK_MAX_AGE
    """How long a confirmation link works (rule F3)."""
    allow_test_domains: bool = False
    """Also take domains that are not on the internet: for a demo with the embedded outbox."""
    own: frozenset[str] = frozenset()
    """Keys of the addresses that bounces come to: nobody reads there."""


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
    ) -> None:
        self._subscribers = subscribers
        self._signups = signups
        self._tokens = tokens
        self._sender_domain = sender_domain
        self._policy = policy
        self._clock = clock
        self._ask_dns = ask_dns
        self._processing = threading.Lock()

    def request(self, address: str, *, ip: str, source: str, consent: str) -> None:
        """Keep a request from the form: one insert, whatever was typed (rule F4).

        Nothing is kept of what is no address but that somebody came, which the limits count.
        """
        try:
            parsed = parse_address(address, allow_test_domains=self._policy.allow_test_domains)
        except AddressError:
            parsed = None
        self._signups.keep(
            address=parsed.display if parsed else "",
            key=parsed.key if parsed else "",
            domain=parsed.domain if parsed else "",
            ip=spell_origin(ip),
            source=source,
            consent=consent,
            at=self._clock(),
        )

    def process(self) -> int:
        """Decide about every open sign-up; how many there were.

        A crash in between repeats the last one, and the limit per address bounds what that mails.
        """
        done = 0
        with self._processing:
            while signups := self._signups.waiting(_BATCH):
                for signup in signups:
                    self._settle(signup)
                done += len(signups)
            if done:
                self._signups.prune(before=self._clock() - WINDOW)
        return done

    def _settle(self, signup: SignUp) -> None:
        decision = self._carry_out(signup)
        self._signups.close(signup.id, at=self._clock())
        _log.info(
            "signup.decided", signup=signup.id, action=decision.action, reason=decision.reason
        )

    def _carry_out(self, signup: SignUp) -> SignUpDecision:
        try:
            address = parse_address(
                signup.address, allow_test_domains=self._policy.allow_test_domains
            )
        except AddressError:
            return decide_signup(SignUpFacts(is_address=False, limits=self._policy.limits))
        known = self._subscribers.find(address.key)
        facts = self._facts(signup, address, known)
        decision = decide_signup(facts)
        if decision.action is SignUpAction.CONFIRM and self._refused_by_dns(address):
            decision = decide_signup(replace(facts, domain_refuses=True))
        if decision.action is SignUpAction.CONFIRM:
            self._ask_to_confirm(signup, address)
        elif decision.action is SignUpAction.NOTICE and known is not None:
            self._subscribers.notify(known.id, now=self._clock())
        return decision

    def _facts(self, signup: SignUp, address: Address, known: Subscriber | None) -> SignUpFacts:
        signups, now = self._signups, self._clock()
        confirmations = notices = 0
        if known is not None:
            confirmations = signups.count_singles(
                known.id, DeliveryKind.CONFIRMATION, since=now - WINDOW
            )
            notices = signups.count_singles(
                known.id, DeliveryKind.NOTICE, since=now - NOTICE_WINDOW
            )
        burst = now - BURST_WINDOW
        return SignUpFacts(
            is_role=is_role(address),
            state=known.state if known else None,
            is_suppressed=self._subscribers.suppression(self._tokens.address_hash(address.key))
            is not None,
            confirmations=confirmations,
            notices=notices,
            from_origin=self._count_origin(signup, burst),
            to_domain=signups.count_confirmations(since=burst, domain=address.domain),
            to_all=signups.count_confirmations(since=burst),
            limits=self._policy.limits,
        )

    def _count_origin(self, signup: SignUp, since: datetime) -> int:
        count = self._signups.count
        prefix = network_prefix(signup.ip)
        if prefix is not None:
            return count(since=since, before_id=signup.id, ip_prefix=prefix)
        # Without an origin (a Unix socket, a broken proxy) all share one: better than no limit.
        return count(since=since, before_id=signup.id, ip=signup.ip)

    def _refused_by_dns(self, address: Address) -> bool:
        if not self._policy.check_dns:
            return False
        if self._ask_dns is None:
            self._ask_dns = partial(check_domain, resolver=open_resolver())
        return self._ask_dns(address) is DomainVerdict.REFUSES

    def _ask_to_confirm(self, signup: SignUp, address: Address) -> None:
        new = NewSubscriber(
            address=address.display,
            key=address.key,
            hash=self._tokens.address_hash(address.key),
            state=SubscriberState.PENDING,
            nonce=fresh_nonce(),
            consent=signup.consent,
            created_at=signup.at,
        )
        event = ConsentEvent(
            subscriber_id=0,  # storage knows it, and puts it in
            kind=ConsentEventKind.REQUESTED,
            at=signup.at,
            ip=signup.ip,
            source=signup.source,
            text=signup.consent,
        )
        self._subscribers.request(new, event, now=self._clock(), message_id=self._message_id)

    def _message_id(self, delivery_id: int, subscriber_id: int) -> str:
        """Of a confirmation; kept and not computed when asked for, as the sender may move (F9)."""
        return self._tokens.message_id(
            kind=DeliveryKind.CONFIRMATION,
            issue_id=None,
            subscriber_id=subscriber_id,
            delivery_id=delivery_id,
            domain=self._sender_domain,
        )
