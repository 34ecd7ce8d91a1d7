"""Who is asked to confirm, who is told, and who hears nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscribing.rules import (
    SignUpAction,
    SignUpFacts,
    SignUpLimits,
    decide_signup,
    network_prefix,
    spell_origin,
)
from storage.model.readers import SubscriberState
from tests.worlds.rows import each

LIMITS = SignUpLimits(per_address=2, per_origin=3, per_domain=4, in_total=5)
STRANGER = SignUpFacts(limits=LIMITS)


@each("state", [None, SubscriberState.PENDING, SubscriberState.UNSUBSCRIBED], ids=str)
def test_who_is_not_active_is_asked_to_confirm(state: SubscriberState | None) -> None:
    """A stranger, one who asked before and one who left all have to confirm (F1)."""
    assert decide_signup(replace(STRANGER, state=state)).action is SignUpAction.CONFIRM


@each(
    ("facts", "reason"),
    [
        ({"is_address": False}, "not-an-address"),
        ({"is_suppressed": True}, "suppressed"),
        ({"is_role": True}, "role-address"),
        ({"is_refused": True}, "refused-domain"),
        ({"from_origin": 3}, "origin-limit"),
        ({"confirmations": 2}, "address-limit"),
        ({"to_domain": 4}, "domain-limit"),
        ({"to_all": 5}, "total-limit"),
        ({"domain_refuses": True}, "domain-takes-no-mail"),
    ],
)
def test_each_reason_alone_drops_a_signup(facts: dict[str, bool | int], reason: str) -> None:
    """Every rule is enough by itself, and the log says which it was (F5, F6, F18)."""
    decision = decide_signup(replace(STRANGER, **facts))  # type: ignore[arg-type]
    assert (decision.action, decision.reason) == (SignUpAction.DROP, reason)


@each("facts", [{"from_origin": 2}, {"confirmations": 1}, {"to_domain": 3}, {"to_all": 4}])
def test_a_limit_lets_through_as_many_as_it_says(facts: dict[str, int]) -> None:
    """A limit of N stops the one after the Nth, not the Nth."""
    assert decide_signup(replace(STRANGER, **facts)).action is SignUpAction.CONFIRM  # type: ignore[arg-type]


def test_a_reader_is_told_once_that_the_subscription_exists() -> None:
    """An active reader gets one notice per period, and never a second confirmation (F5)."""
    reader = replace(STRANGER, state=SubscriberState.ACTIVE)
    assert decide_signup(reader).action is SignUpAction.NOTICE
    assert decide_signup(replace(reader, notices=1)).action is SignUpAction.DROP
    assert decide_signup(replace(reader, confirmations=99)).action is SignUpAction.NOTICE


@given(
    st.sampled_from([None, *SubscriberState]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 6),
    st.integers(0, 6),
)
def test_a_suppressed_address_never_causes_mail(
    state: SubscriberState | None, role: bool, refuses: bool, sent: int, told: int
) -> None:
    """Whatever else is true of it, nothing is sent to a suppressed address."""
    facts = SignUpFacts(
        state=state,
        is_role=role,
        is_suppressed=True,
        domain_refuses=refuses,
        confirmations=sent,
        notices=told,
        limits=LIMITS,
    )
    assert decide_signup(facts).action is SignUpAction.DROP


@each(
    ("ip", "spelled"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001"),
        ("2001:DB8:0:0::1", "2001:0db8:0000:0000:0000:0000:0000:0001"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80:0000:0000:0000:0000:0000:0000:0001"),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_an_origin_has_one_spelling(ip: str, spelled: str) -> None:
    """However an IP address is written, it is counted as one."""
    assert spell_origin(ip) == spelled


@given(st.ip_addresses(v=6), st.ip_addresses(v=6))
def test_ipv6_origins_are_counted_by_their_64(one: object, other: object) -> None:
    """Two IPv6 addresses share a limit exactly when their first 64 bits are equal (F6)."""
    spelled = [spell_origin(str(address)) for address in (one, other)]
    prefixes = [network_prefix(origin) for origin in spelled]
    if None not in prefixes:
        same = int(one) >> 64 == int(other) >> 64  # type: ignore[call-overload]
        assert spelled[1].startswith(prefixes[0] or "!") == same


def test_ipv4_origins_stand_alone() -> None:
    """No IPv4 address is counted with a neighbour that begins alike."""
    assert network_prefix("192.0.2.1") is None
