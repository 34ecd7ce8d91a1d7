"""A reader signs up in the middle of a flood, or while the DNS is silent, on real databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from mailer.address import Address, DomainVerdict
from newsletter.secret import Keyring
from newsletter.subscribing.queue import BATCH
from newsletter.subscribing.rules import SignUpLimits
from newsletter.subscribing.signupdesk import SignUpDesk, SignUpPolicy
from newsletter.subscribing.subscriptions import ConfirmResult, Subscriptions
from newsletter.tokens import Tokens
from storage.database.engine import Database
from storage.ledger.ledger import Ledger
from storage.model.deliveries import DeliveryKind
from storage.model.readers import SubscriberState
from storage.readers.signups import SignUps
from storage.readers.subscribers import Subscribers

LIMITS = SignUpLimits(per_address=3, per_origin=10, per_domain=100, in_total=1000)
READER = "ada@example.org"
AskDns = Callable[[Address], DomainVerdict]


class Door:
    """A newsletter's sign-ups over a real database, with a clock that stands still."""

    def __init__(
        self,
        database: Database,
        now: datetime,
        *,
        limits: SignUpLimits | None = None,
        ask_dns: AskDns | None = None,
    ) -> None:
        self.now = now
        self.tokens = Tokens(Keyring(secrets=(b"k" * 32,)))
        self.subscribers = Subscribers(database)
        self.signups = SignUps(database)
        self.ledger = Ledger(database)
        self.desk = Subscriptions(
            self.subscribers,
            self.signups,
            self.tokens,
            policy=SignUpPolicy(
                limits=limits or LIMITS,
                check_dns=ask_dns is not None,
                own=frozenset({"bounces@example.com"}),
            ),
            sender_domain="example.com",
            clock=lambda: self.now,
            ask_dns=ask_dns,
        )

    def post(self, address: str, *, ip: str) -> None:
        """A POST of the form, not decided yet."""
        self.desk.request(address, ip=ip, source="form", consent="yes")

    def mailed(self) -> list[str]:
        """To whom a confirmation was queued since this was asked last."""
        claims = self.ledger.claim("worker", now=self.now, limit=5000, lease=timedelta(minutes=1))
        return [claim.address for claim in claims if claim.kind is DeliveryKind.CONFIRMATION]

    def state(self, address: str) -> SubscriberState | None:
        """Of this address, None for a stranger."""
        known = self.subscribers.find(address)
        return known.state if known else None


def one_network(number: int) -> tuple[str, str]:
    """Of a flood: many machines of one provider, addresses at as many domains."""
    return (
        f"victim{number}@host{number}.example",
        f"10.{number % 4}.{number // 256 % 256}.{number % 256}",
    )


def one_domain(number: int) -> tuple[str, str]:
    """Of a flood: machines all over the world, addresses at one domain."""
    return (
        f"victim{number}@example.net",
        f"{number % 200 + 1}.{number // 200 % 250}.1.{number % 250}",
    )


def one_machine(number: int) -> tuple[str, str]:
    """Of a flood: one machine with an IPv6 /64."""
    return f"victim{number}@host{number}.example", f"2001:db8::{number:x}"


@pytest.mark.timeout(1800)  # 25,000 transactions beside twenty other programs
@pytest.mark.parametrize("flood", [one_network, one_domain, one_machine])
def test_a_reader_in_a_flood_is_asked_to_confirm_at_once(
    database: Database, now: datetime, flood: Callable[[int], tuple[str, str]], *, slow: bool
) -> None:
    """Whoever stands in no crowd is decided before the crowd, whatever came before them: no more are than
    were in hand already. With --slow that is shown of 25,000 sign-ups (F6).
    """
    door, size = Door(database, now), 25_000 if slow else 2 * (BATCH + 50)
    for number in range(size // 2):
        address, ip = flood(number)
        door.post(address, ip=ip)
    working = threading.Thread(target=door.desk.process)
    working.start()
    door.post(READER, ip="198.51.100.7")
    before = sum(1 for _ in door.subscribers.everyone())
    for number in range(size // 2, size):
        address, ip = flood(number)
        door.post(address, ip=ip)
        if number % 100 == 0 and door.state(READER) is not None:
            break
    while door.state(READER) is None:
        door.desk.process()
    door.desk.desk.halt()
    working.join()
    assert door.mailed().index(READER) - before <= BATCH


def test_who_comes_alone_waits_a_second_for_a_slow_disk(database: Database, now: datetime) -> None:
    """Each confirmation of a flood is a transaction: it is looked after a second who else has come (F6)."""
    door, passed = Door(database, now), 0.0

    def seconds() -> float:
        nonlocal passed
        passed += 0.3  # so long each of them takes
        if 2 < passed < 2.4:
            desk.request(READER, ip="198.51.100.7", source="form", consent="yes")
        return passed

    desk = SignUpDesk(
        *(door.subscribers, door.signups, door.tokens),
        policy=SignUpPolicy(limits=LIMITS, check_dns=False),
        sender_domain="example.com",
        clock=lambda: now,
        monotonic=seconds,
    )
    for number in range(40):
        address, ip = one_network(number)
        desk.request(address, ip=ip, source="form", consent="yes")
    assert desk.process() == 41
    mailed = door.mailed()
    assert len(mailed) == 41
    assert mailed.index(READER) < 12


def test_a_mailbox_is_filled_by_no_number_of_plus_addresses(
    database: Database, now: datetime
) -> None:
    """Tags, and dots where the host ignores them, lead into one mailbox: a few mails a day (F5)."""
    door = Door(database, now)
    for number in range(30):
        door.post(f"victim+{number}@example.com", ip=f"192.0.{number}.1")
        door.post(f"v.ictim+{number}@gmail.com", ip=f"198.51.{number}.1")
        door.post(f"vi.ctim+{number}@googlemail.com", ip=f"203.0.{number}.1")
    door.desk.process()
    assert len(door.mailed()) == 2 * LIMITS.per_address
    again = Door(database, now)  # after a restart
    again.post("victim+99@example.com", ip="192.0.2.99")
    again.desk.process()
    assert again.mailed() == []
    again.now += timedelta(hours=25)
    again.post("victim+99@example.com", ip="192.0.2.99")
    again.desk.process()
    assert len(again.mailed()) == 1


def test_a_full_limit_is_told_and_who_came_is_served_later(
    database: Database, now: datetime
) -> None:
    """The author is warned once; the sign-up waits and is mailed as soon as there is room (F6)."""
    door = Door(database, now, limits=replace(LIMITS, in_total=5))
    for number in range(5):
        door.post(f"a@host{number}.example", ip=f"192.0.{number}.1")
    door.desk.process()
    door.mailed()
    with capture_logs() as logs:
        door.post(READER, ip="198.51.100.7")
        door.desk.process()
        door.desk.process()
    assert [line["limit"] for line in logs if line["event"] == "signups.limit_is_full"] == [
        "total-limit"
    ]
    assert READER not in str(logs)
    assert door.mailed() == []
    assert door.signups.count_waiting(before=door.now + timedelta(seconds=1)) == 1
    door.now += timedelta(minutes=61)
    door.desk.process()
    assert door.mailed() == [READER]


def test_a_tenth_of_the_room_is_kept_for_who_comes_alone(database: Database, now: datetime) -> None:
    """A crowd of one network and one domain does not use up what all share."""
    limits = replace(LIMITS, per_origin=100, per_domain=50, in_total=50)
    door = Door(database, now, limits=limits)
    for number in range(80):
        door.post(f"victim{number}@host{number % 7}.example", ip=f"10.0.{number}.1")
    door.desk.process()
    assert len(door.mailed()) < limits.in_total
    door.post(READER, ip="198.51.100.7")
    door.desk.process()
    assert door.mailed() == [READER]


def test_a_silent_dns_delays_sign_ups_side_by_side(database: Database, now: datetime) -> None:
    """Twelve domains that nobody answers for take as long as one, and hold up nobody else (F13)."""
    silence = threading.Event()
    asked: list[str] = []

    def ask(address: Address) -> DomainVerdict:
        asked.append(address.domain)
        if address.domain == "example.org":
            return DomainVerdict.ACCEPTS
        silence.wait(30)
        return DomainVerdict.UNKNOWN

    door = Door(database, now, ask_dns=ask)
    for number in range(12):
        door.post(f"a@host{number}.example", ip=f"192.0.{number}.1")
        door.post(f"b@host{number}.example", ip=f"198.51.{number}.1")
    working = threading.Thread(target=door.desk.process)
    working.start()
    door.post(READER, ip="203.0.113.7")
    while door.state(READER) is None:
        working.join(0.02)
    assert working.is_alive(), "the others are waited for still"
    working.join()
    assert not silence.is_set(), "they were decided without an answer"
    silence.set()
    assert len(door.mailed()) == 25
    assert len(asked) == 13


def test_a_run_ends_when_the_service_stops(database: Database, now: datetime) -> None:
    """Neither a flood nor a silent DNS is waited for; what was not decided is after the next start."""
    silence, asked = threading.Event(), threading.Event()

    def ask(_address: Address) -> DomainVerdict:
        asked.set()
        silence.wait(30)
        return DomainVerdict.UNKNOWN

    door = Door(database, now, ask_dns=ask)
    for number in range(BATCH + 30):
        door.post(f"a@host{number}.example", ip=f"192.0.{number % 250}.{number // 250}")
    working = threading.Thread(target=door.desk.process)
    working.start()
    assert asked.wait(60)
    door.desk.desk.halt()
    working.join(20)
    assert not working.is_alive()
    silence.set()
    waiting = len(door.signups.waiting(1000))
    assert waiting
    door.desk.desk.resume()
    door.desk.process()
    assert door.signups.waiting() == ()


def test_who_was_erased_may_come_back_by_confirming(database: Database, now: datetime) -> None:
    """An import cannot revive them, and their own sign-up can, but only once it is confirmed (F11)."""
    door = Door(database, now)
    door.desk.add(READER)
    door.desk.erase(READER)
    door.post(READER, ip="198.51.100.7")
    door.desk.process()
    assert door.mailed() == [READER]
    assert door.desk.suppression(READER) is not None, "until they confirm, it holds"
    known = door.subscribers.find(READER)
    assert known is not None
    link = door.tokens.confirm(known.id, known.nonce, door.now)
    assert door.desk.confirm(link, ip="", source="page") is ConfirmResult.CONFIRMED
    assert door.state(READER) is SubscriberState.ACTIVE
    assert door.desk.suppression(READER) is None


@pytest.mark.parametrize(
    "typed",
    [
        " ada@example.org",
        "ada@example.org\t",
        "\u00a0ada@example.org\u00a0",
        "\u200bada@example.org\u200b",
        "ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ",
        "ada@exam\u00adple.org",
        "\ufeffada@example.org\u2060",
        "\r\nada@example.org\r\n",
        "\u2003ada@example.org\u3000",
    ],
)
def test_what_nobody_sees_around_an_address_loses_no_sign_up(
    database: Database, now: datetime, typed: str
) -> None:
    """Copied from a page or a mail, an address brings blanks along."""
    door = Door(database, now)
    door.post(typed, ip="198.51.100.7")
    door.desk.process()
    assert door.mailed() == [READER]


@pytest.mark.parametrize(
    "typed",
    [
        "bounces@example.com",
        "Bounces+i1.s2.0123456789abcdef@example.com",
        f"{'a' * 65}@example.com",
    ],
)
def test_our_own_return_path_and_an_overlong_address_do_not_sign_up(
    database: Database, now: datetime, typed: str
) -> None:
    """Nobody reads there: a confirmation would come back to us, or go nowhere."""
    door = Door(database, now)
    door.post(typed, ip="198.51.100.7")
    door.desk.process()
    assert door.mailed() == []
