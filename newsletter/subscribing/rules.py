"""Owns the rules for sign-ups: who gets a confirmation, who a notice, and who nothing. Pure.

What is refused is refused silently: the form answers everybody alike (rule F4), and nobody learns
from us who reads what. Limits count mails caused, not requests, wherever a stranger could
otherwise use up the room of those who mean it (rules F5, F6).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from newsletter.tokens import looks_keyed
from storage.model import SubscriberState

WINDOW: Final = timedelta(hours=24)
"""What the limit per address looks back on."""
BURST_WINDOW: Final = timedelta(hours=1)
"""What the limits per origin, per domain and for all look back on."""
NOTICE_WINDOW: Final = timedelta(days=30)
"""A reader is told at most once in this time that the subscription exists."""

FULL: Final = frozenset({"domain-limit", "total-limit"})
"""Reasons that end by themselves: the sign-up may wait until there is room."""

_KEPT_PART: Final = 10
_IPV6_NETWORK_BITS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpLimits:
    """How many mails sign-ups may cause; the numbers are those of `[subscribers]`."""

    per_address: int
    """Confirmations to one address in `WINDOW`."""
    per_origin: int
    """Sign-ups from one IPv4 address or one IPv6 /64 in `BURST_WINDOW`: an office fits in."""
    per_domain: int
    """Confirmations to one domain in `BURST_WINDOW`: the large hosts are one domain each."""
    in_total: int
    """Confirmations in `BURST_WINDOW`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpFacts:
    """All that the decision about one sign-up depends on."""

    is_address: bool = True
    is_role: bool = False
    is_refused: bool = False
    """The author's list has its domain, or one above it (rule F16)."""
    state: SubscriberState | None = None
    """None for an address never seen."""
    is_suppressed: bool = False
    domain_refuses: bool = False
    """The DNS says that the domain takes no mail. Trouble of the DNS itself is not that."""
    confirmations: int = 0
    """To this address in `WINDOW`."""
    notices: int = 0
    """To this address in `NOTICE_WINDOW`."""
    from_origin: int = 0
    """Sign-ups before this one from where it came, in `BURST_WINDOW`."""
    to_domain: int = 0
    """Confirmations to its domain in `BURST_WINDOW`."""
    to_all: int = 0
    """Confirmations in `BURST_WINDOW`."""
    is_crowded: bool = False
    """Whether many came at once from its network for its domain: a part of the room is not theirs."""
    limits: SignUpLimits


class SignUpAction(StrEnum):
    """What a sign-up leads to."""

    CONFIRM = "confirm"
    """A mail that asks to confirm."""
    NOTICE = "notice"
    """A mail that says: you are subscribed already."""
    DROP = "drop"
    """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpDecision:
    """What to do, and for a DROP why, in a word for the log."""

    action: SignUpAction
    reason: str = ""


def decide_signup(facts: SignUpFacts) -> SignUpDecision:
    """One sign-up, one decision: the first reason to drop it wins (rules F5, F6, F16, F18)."""
    reasons = (
        ("not-an-address", not facts.is_address),
        ("suppressed", facts.is_suppressed),
        ("role-address", facts.is_role),
        ("refused-domain", facts.is_refused),
        ("origin-limit", facts.from_origin >= facts.limits.per_origin),
    )
    for reason, holds in reasons:
        if holds:
            return SignUpDecision(action=SignUpAction.DROP, reason=reason)
    return _decide_notice(facts) if facts.state is SubscriberState.ACTIVE else _decide_mail(facts)


def _decide_notice(facts: SignUpFacts) -> SignUpDecision:
    if facts.notices:
        return SignUpDecision(action=SignUpAction.DROP, reason="told-already")
    return SignUpDecision(action=SignUpAction.NOTICE)


def _decide_mail(facts: SignUpFacts) -> SignUpDecision:
    limits = facts.limits
    reasons = (
        ("address-limit", facts.confirmations >= limits.per_address),
        ("domain-limit", facts.to_domain >= _room(limits.per_domain, facts)),
        ("total-limit", facts.to_all >= _room(limits.in_total, facts)),
        ("domain-takes-no-mail", facts.domain_refuses),
    )
    for reason, holds in reasons:
        if holds:
            return SignUpDecision(action=SignUpAction.DROP, reason=reason)
    return SignUpDecision(action=SignUpAction.CONFIRM)


def _room(limit: int, facts: SignUpFacts) -> int:
    """How much of a limit this sign-up may use up: a tenth is kept from crowds."""
    return limit - limit // _KEPT_PART if facts.is_crowded else limit


# ── mailboxes ────────────────────────────────────────────────────────────────────────────────

_DOTLESS: Final = frozenset({"gmail.com", "googlemail.com"})
"""Hosts for which dots in a local part are nothing."""


def mailbox_of(key: str) -> str:
    """Into which mailbox an address key leads, as far as hosts usually do it: for limits only.

    `ada+1@example.com` and `ada+2@example.com` are two subscribers (rule F14) and one mailbox, which
    a stranger must not be able to fill.
    """
    local, _, domain = key.rpartition("@")
    plain = local.partition("+")[0] or local
    if domain in _DOTLESS:
        return f"{plain.replace('.', '')}@gmail.com"
    return f"{plain}@{domain}"


def is_own(key: str, own: Collection[str]) -> bool:
    """Whether an address is one that bounces come to: a return path of ours, or its stem."""
    local, _, domain = key.rpartition("@")
    return looks_keyed(key) or f"{local.partition('+')[0]}@{domain}" in own


# ── origins ──────────────────────────────────────────────────────────────────────────────────


def spell_origin(ip: str) -> str:
    """One spelling per IP address, in which a /64 is a prefix; empty for what is none.

    An IPv4 address that came through IPv6 (RFC 4291 2.5.5.2) is that IPv4 address.
    """
    try:
        parsed = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else parsed.exploded
    return str(parsed)


def network_prefix(origin: str) -> str | None:
    """How the /64 of a spelled IPv6 origin begins (rule F6); None for IPv4, which stands alone."""
    if ":" not in origin:
        return None
    groups = _IPV6_NETWORK_BITS // 16
    return ":".join(origin.split(":")[:groups]) + ":"
