"""Joining, leaving, lists and erasure on real databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import dns.exception
import dns.message
import dns.rcode
import dns.resolver
import pytest

from newsletter.subscribing.subscriptions import (
    PRESSED_TWICE,
    ConfirmResult,
    mask_address,
)
from storage.database.engine import Database
from storage.model.deliveries import DeliveryKind
from storage.model.errors import AddressError, Conflict, NotFound
from storage.model.readers import ConsentEventKind, SubscriberState, SuppressionReason
from storage.readers.subscribers import Added
from tests.worlds.readers.joining import FORM, LIMITS, WORDING, JoiningDesk


@pytest.fixture
def house(database: Database, now: datetime) -> JoiningDesk:
    """A newsletter's door, nobody in yet."""
    return JoiningDesk(database, now)


# ── joining ──────────────────────────────────────────────────────────────────────────────────


def test_nobody_reads_before_confirming(house: JoiningDesk) -> None:
    """A sign-up queues one confirmation and nothing else; only the button makes a reader (F1)."""
    house.ask("ada@example.com")
    (mail,) = house.mails()
    assert mail.kind is DeliveryKind.CONFIRMATION
    assert house.desk.find("ada@example.com").state is SubscriberState.PENDING
    token = house.link("ada@example.com")
    for _ in range(3):
        assert house.desk.look_up_confirm(token) is ConfirmResult.CONFIRMED
    assert house.desk.find("ada@example.com").state is SubscriberState.PENDING
    assert house.desk.confirm(token, ip="192.0.2.9", source="page") is ConfirmResult.CONFIRMED
    assert house.desk.find("ada@example.com").state is SubscriberState.ACTIVE
    assert house.woken == 1


def test_consent_can_be_proved(house: JoiningDesk) -> None:
    """Wording, form, times and both IP addresses are kept, IPv6 in full (F9)."""
    house.ask("ada@example.com", ip="2001:db8::7")
    house.now += timedelta(minutes=5)
    house.desk.confirm(house.link("ada@example.com"), ip="192.0.2.9", source="page")
    known = house.desk.find("ada@example.com")
    asked, confirmed = house.subscribers.events(known.id)
    assert (asked.kind, asked.source, asked.text) == (ConsentEventKind.REQUESTED, FORM, WORDING)
    assert asked.ip == "2001:0db8:0000:0000:0000:0000:0000:0007"
    assert (confirmed.kind, confirmed.ip) == (ConsentEventKind.CONFIRMED, "192.0.2.9")
    assert confirmed.text == known.consent == WORDING
    assert (confirmed.at, known.confirmed_at) == (house.now, house.now)


def test_a_link_works_once_and_not_for_ever(house: JoiningDesk) -> None:
    """Used, replaced, old, foreign and invented links are told apart and change nothing (F3)."""
    house.ask("ada@example.com")
    first = house.link("ada@example.com")
    house.ask("ada@example.com")
    assert house.desk.look_up_confirm(first) is ConfirmResult.INVALID, "replaced by the second"
    second = house.link("ada@example.com")
    leave = house.tokens.unsubscribe(house.desk.find("ada@example.com").id)
    for wrong in ("", "00", "zz", leave, second + "00", second.upper()):
        assert house.desk.confirm(wrong, ip="", source="") is ConfirmResult.INVALID
    house.now += timedelta(days=8)
    assert house.desk.confirm(second, ip="", source="") is ConfirmResult.EXPIRED
    house.now -= timedelta(days=8)
    assert house.desk.confirm(second, ip="", source="") is ConfirmResult.CONFIRMED
    assert house.desk.confirm(second, ip="", source="") is ConfirmResult.ALREADY
    assert house.desk.unsubscribe(leave, ip="", source="page")
    assert house.desk.confirm(second, ip="", source="") is ConfirmResult.INVALID
    assert house.desk.find("ada@example.com").state is SubscriberState.UNSUBSCRIBED


def test_a_used_link_says_so_for_an_hour_and_then_tells_nothing(house: JoiningDesk) -> None:
    """Pressed twice, it is kind; found in an old mail, it is as good as any link that never was, and
    so is one that was replaced: neither tells whether the reader is subscribed (F3).
    """
    house.ask("ada@example.com")
    replaced = house.link("ada@example.com")
    house.ask("ada@example.com")
    link = house.link("ada@example.com")
    house.desk.confirm(link, ip="", source="")
    assert house.desk.look_up_confirm(replaced) is ConfirmResult.INVALID
    house.now += PRESSED_TWICE
    assert house.desk.look_up_confirm(link) is ConfirmResult.ALREADY
    assert house.desk.confirm(link, ip="", source="") is ConfirmResult.ALREADY
    house.now += timedelta(seconds=1)
    assert house.desk.look_up_confirm(link) is ConfirmResult.INVALID
    assert house.desk.confirm(link, ip="", source="") is ConfirmResult.INVALID
    assert house.desk.find("ada@example.com").state is SubscriberState.ACTIVE
    assert len(house.subscribers.events(house.desk.find("ada@example.com").id)) == 3


def test_who_left_may_come_back_by_confirming(house: JoiningDesk) -> None:
    """A reader who unsubscribed joins again only by a new confirmation."""
    house.join("ada@example.com")
    house.desk.unsubscribe_address("ada@example.com")
    house.ask("ada@example.com")
    assert house.desk.find("ada@example.com").state is SubscriberState.PENDING
    token = house.link("ada@example.com")
    assert house.desk.confirm(token, ip="", source="") is ConfirmResult.CONFIRMED
    assert house.desk.find("ada@example.com").unsubscribed_at is None


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "ada@",
        "a b@example.com",
        "<ada@example.com>",
        "ada@example.com\r\nBcc: x@y.org",
        "abuse@example.com",
        '"ada lovelace"@example.com',
        "ada@[192.0.2.1]",
        "a" * 5000,
    ],
)
def test_what_nobody_reads_is_dropped_in_silence(house: JoiningDesk, typed: str) -> None:
    """No address, a broken one and an office's mailbox are taken like all, and cause nothing (F4)."""
    house.ask(typed)
    assert house.mails() == []
    assert list(house.subscribers.everyone()) == []
    assert house.signups.waiting() == ()


def test_who_writes_from_a_refused_domain_is_dropped_in_silence(
    database: Database, now: datetime, tmp_path: Path
) -> None:
    """The author's list counts for the form, with what lies below its domains, and is read again when it changes; a
    command takes such an address all the same (rule F16).
    """
    refused = tmp_path / "domains.txt"
    refused.write_text("# throw-away\nmailinator.com\n")
    house = JoiningDesk(database, now, refuse_domains=refused)
    for address in ("ada@mailinator.com", "ada@x.MAILINATOR.com"):
        house.ask(address)
    assert (house.mails(), house.signups.waiting()) == ([], ())
    house.ask("ada@notmailinator.com")
    assert len(house.mails()) == 1
    refused.write_text("notmailinator.com, and no more\n# none")
    house.ask("bob@mailinator.com", ip="192.0.2.2")
    assert len(house.mails()) == 1
    refused.write_text("example.com\n")
    house.take("email\neve@example.com\n")
    assert house.state("eve@example.com") is SubscriberState.ACTIVE


def test_a_flood_at_one_address_is_three_mails_at_most(house: JoiningDesk) -> None:
    """However often somebody types an address, it gets so many mails a day and no more (F5)."""
    for number in range(30):
        house.ask("ada@example.com", ip=f"192.0.2.{number}")
    assert len(house.mails()) == LIMITS.per_address
    house.now += timedelta(hours=25)
    house.ask("ada@example.com")
    assert len(house.mails()) == 1, "the next day it may be asked for again"


def test_a_reader_is_told_once_a_month_that_all_is_well(house: JoiningDesk) -> None:
    """Signing up twice tells a reader so, once per period, and asks for nothing (F5)."""
    house.join("ada@example.com")
    house.mails()
    for _ in range(3):
        house.ask("ADA@example.com", ip="192.0.2.77")
    assert [mail.kind for mail in house.mails()] == [DeliveryKind.NOTICE]
    assert house.desk.find("ada@example.com").state is SubscriberState.ACTIVE


def test_a_flood_from_one_network_leaves_room_for_others(house: JoiningDesk) -> None:
    """One IPv6 /64 is one origin; its flood stops at its own limit (F6)."""
    for number in range(20):
        house.ask(f"victim{number}@example.com", ip=f"2001:db8::{number:x}")
    assert len(house.mails()) == LIMITS.per_origin
    house.ask("ada@example.org", ip="2001:db8:0:1::1")
    assert [mail.address for mail in house.mails()] == ["ada@example.org"]


def test_floods_are_bounded_by_domain_and_in_all(house: JoiningDesk) -> None:
    """Many origins together cause no more mail than the limits, which refused ones do not use up."""
    for number in range(20):
        house.ask(f"victim{number}@example.com", ip=f"192.0.2.{number}")
    assert len(house.mails()) == LIMITS.per_domain
    for number in range(20):
        house.ask(f"victim@host{number}.example.org", ip=f"198.51.100.{number}")
    assert len(house.mails()) == LIMITS.in_total - LIMITS.per_domain
    house.now += timedelta(hours=2)
    house.desk.process()
    assert len(house.mails()) == LIMITS.in_total, "who waited is served when there is room"


def test_a_suppressed_address_cannot_sign_up(house: JoiningDesk) -> None:
    """What is never mailed is not mailed a confirmation either; the form does not say so."""
    house.desk.suppress("ada@example.com", "asked by letter")
    house.ask("Ada@Example.com")
    assert house.mails() == []
    assert house.desk.lift("ada@example.com")
    house.ask("ada@example.com")
    assert len(house.mails()) == 1


class StubResolver(dns.resolver.Resolver):
    """Answers about every domain what a test wants it to."""

    def __init__(self, trouble: Exception) -> None:
        super().__init__(configure=False)
        self._trouble = trouble

    def resolve(self, *args: object, **kwargs: object) -> dns.resolver.Answer:  # type: ignore[override]
        """The trouble."""
        raise self._trouble


def _nxdomain() -> Exception:
    query = dns.message.make_query("example.com.", "MX")
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.NXDOMAIN)
    name = query.question[0].name
    return dns.resolver.NXDOMAIN(qnames=[name], responses={name: response})


@pytest.mark.parametrize(
    ("trouble", "mails"),
    [(_nxdomain(), 0), (dns.exception.Timeout(), 1), (dns.resolver.NoNameservers(), 1)],
    ids=["no such domain", "timeout", "server failure"],
)
def test_only_an_answer_of_the_dns_counts_against_an_address(
    database: Database, now: datetime, trouble: Exception, mails: int
) -> None:
    """A domain that does not exist is not mailed; a DNS that does not answer stops nobody (F13)."""
    house = JoiningDesk(database, now, resolver=StubResolver(trouble))
    house.ask("ada@example.com")
    assert len(house.mails()) == mails


def test_handled_signups_forget_the_address(house: JoiningDesk) -> None:
    """After the decision the request holds no address, and after a day it is gone."""
    house.ask("ada@example.com")
    count = house.signups.count
    assert count(since=house.now, before_id=10**9) == 1
    house.now += timedelta(hours=25)
    house.ask("bob@example.com")
    assert count(since=house.now - timedelta(days=30), before_id=10**9) == 1


# ── leaving ──────────────────────────────────────────────────────────────────────────────────


def test_leaving_twice_is_no_error(house: JoiningDesk) -> None:
    """The link of one who has left, or was erased, still answers yes; an invented one no (A12)."""
    house.join("ada@example.com")
    token = house.tokens.unsubscribe(house.desk.find("ada@example.com").id)
    assert house.desk.is_unsubscribe_token(token)
    assert house.desk.find("ada@example.com").state is SubscriberState.ACTIVE
    assert house.desk.unsubscribe(token, ip="192.0.2.1", source="one-click")
    assert house.desk.unsubscribe(token, ip="192.0.2.1", source="one-click")
    kinds = [
        event.kind for event in house.subscribers.events(house.desk.find("ada@example.com").id)
    ]
    assert kinds.count(ConsentEventKind.UNSUBSCRIBED) == 1
    house.desk.erase("ada@example.com")
    assert house.desk.unsubscribe(token, ip="", source="page")
    assert not house.desk.unsubscribe("00" * 22, ip="", source="page")
    assert not house.desk.is_unsubscribe_token("00" * 22)


def test_a_masked_address_is_known_to_its_owner_alone() -> None:
    """Enough for the reader to know it, and too little for whom a mail was forwarded to (F4)."""
    assert mask_address("ada.lovelace@example.com") == "a…e@example.com"
    assert mask_address("ab@example.com") == "…@example.com"


# ── by command ───────────────────────────────────────────────────────────────────────────────


def test_the_author_adds_and_never_revives(house: JoiningDesk) -> None:
    """Added at once; a second spelling is the same reader; who left or is suppressed stays out (F14)."""
    assert house.desk.add(" Ada@Example.com ", name="Ada\n L", tags=["vip"]) is Added.ADDED
    known = house.desk.find("ada@example.com")
    assert (known.address, known.name, known.tags) == ("Ada@example.com", "Ada L", ("vip",))
    assert known.state is SubscriberState.ACTIVE
    assert known.consent
    assert house.desk.add("ADA@EXAMPLE.COM") is Added.EXISTS
    assert house.desk.add("ada+2@example.com") is Added.ADDED
    assert house.desk.unsubscribe_address("ada@example.com")
    assert not house.desk.unsubscribe_address("ada@example.com")
    assert house.desk.add("ada@example.com") is Added.EXISTS
    assert house.desk.find("ada@example.com").state is SubscriberState.UNSUBSCRIBED
    house.desk.suppress("bob@example.com")
    assert house.desk.add("bob@example.com") is Added.SUPPRESSED
    with pytest.raises(AddressError):
        house.desk.add("not an address")
    with pytest.raises(NotFound):
        house.desk.unsubscribe_address("nobody@example.com")


def test_erasure_leaves_no_address_and_keeps_the_promise(
    house: JoiningDesk, database_url: str
) -> None:
    """No file of the store holds the address afterwards, and no import brings it back (F11)."""
    house.join("ada.lovelace@example.com")
    house.ask("ada.lovelace@example.com", ip="192.0.2.50")
    house.desk.suppress("ada.lovelace@example.com", "mail from ada.lovelace@example.com")
    house.desk.erase("ada.lovelace@example.com")
    with pytest.raises(NotFound):
        house.desk.find("ada.lovelace@example.com")
    report = house.take("email\nada.lovelace@example.com\n")
    assert (report.added, len(report.refused)) == (0, 1)
    (kept,) = house.subscribers.suppressions()
    assert (kept.reason, kept.address, kept.evidence) == (SuppressionReason.ERASED, "", "")
    with pytest.raises(Conflict):
        house.desk.lift("ada.lovelace@example.com")
    with pytest.raises(NotFound):
        house.desk.erase("nobody@example.com")
    if database_url.startswith("sqlite"):
        folder = Path(database_url.removeprefix("sqlite:///")).parent
        for file in folder.iterdir():
            assert b"ada.lovelace" not in file.read_bytes(), file.name
