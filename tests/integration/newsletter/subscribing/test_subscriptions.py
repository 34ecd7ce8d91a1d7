"""Joining, leaving, lists and erasure on real databases."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.exception
import dns.message
import dns.rcode
import dns.resolver
import pytest

from newsletter.subscribing.files import read_rows
from newsletter.subscribing.lists import Departed
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
from tests.worlds.joining import FORM, LIMITS, WORDING, JoiningDesk


@pytest.fixture
def house(database: Database, now: datetime) -> JoiningDesk:
    """A newsletter's door, nobody in yet."""
    return JoiningDesk(database, now)


@pytest.fixture
def empty_house(tmp_path: Path, now: datetime) -> Iterator[JoiningDesk]:
    """A second store with the same secret, to move into."""
    database = Database.open(f"sqlite:///{tmp_path / 'second.db'}")
    database.prepare()
    yield JoiningDesk(database, now)
    database.close()


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


# ── lists ────────────────────────────────────────────────────────────────────────────────────

LIST = """email,name,consent
ada@example.com,Ada,
bob@example.com,Bob,letter of 2020
ADA@example.com,again,
nobody,,
left@example.com,,
never@example.com,,
waiting@example.com,,
abuse@example.com,,
reader@example.com,,
"""


def _prepare(house: JoiningDesk) -> None:
    house.desk.add("reader@example.com")
    house.desk.add("left@example.com")
    house.desk.unsubscribe_address("left@example.com")
    house.desk.suppress("never@example.com")
    house.ask("waiting@example.com")


def test_an_import_says_of_each_refused_row_why(house: JoiningDesk) -> None:
    """Line and reason for every row that is not taken; nobody is revived (F17)."""
    _prepare(house)
    report = house.take(LIST)
    assert (report.rows, report.added) == (9, 2)
    reasons = {row.line: row.reason for row in report.refused}
    assert list(reasons) == [4, 5, 6, 7, 8, 9, 10]
    for line, word in {
        4: "in the file already",
        5: "@-sign",
        6: "has unsubscribed",
        7: "suppressed",
        8: "not confirmed yet",
        9: "office",
        10: "subscribed already",
    }.items():
        assert word in reasons[line]
    assert house.desk.find("left@example.com").state is SubscriberState.UNSUBSCRIBED
    assert house.desk.find("waiting@example.com").state is SubscriberState.PENDING
    assert house.desk.find("ada@example.com").consent == "fair 2019"
    assert house.desk.find("bob@example.com").consent == "letter of 2020"


def test_a_refused_row_does_not_stand_in_the_way_of_a_good_one(house: JoiningDesk) -> None:
    """Of an address that is in the file twice, the first row that can be taken is (F17)."""
    rows = (
        "email,consent\n"
        "ada@example.com,\nADA@example.com,signed at the fair\nada@example.com,letter\n"
    )
    report = house.take(rows, consent="")
    assert [(row.line, row.reason.split(":")[0]) for row in report.refused] == [
        (2, "comes without consent"),
        (4, "is in the file already"),
    ]
    assert house.desk.find("ada@example.com").consent == "signed at the fair"


def test_a_dry_run_tells_the_same_and_changes_nothing(house: JoiningDesk) -> None:
    """The report of a dry run is the report of the import that follows it."""
    _prepare(house)
    before = house.export()
    tried = house.take(LIST, dry_run=True)
    assert house.export() == before
    done = house.take(LIST)
    assert (tried.rows, tried.added, tried.refused) == (done.rows, done.added, done.refused)
    assert (tried.dry_run, done.dry_run) == (True, False)


LEFT_ELSEWHERE = (
    "email,status,unsubscribed_at\n"
    "in@example.com,active,\nleft@example.com,unsubscribed,2022-01-01\nout@example.com,?,\n"
)


def test_who_left_elsewhere_is_remembered_as_having_left(house: JoiningDesk) -> None:
    """No later list brings them in, and they may join again by a sign-up of their own (F17)."""
    report = house.take(LEFT_ELSEWHERE)
    assert (report.added, report.departed, len(report.refused)) == (1, 1, 2)
    left = house.desk.find("left@example.com")
    assert (left.state, left.unsubscribed_at) == (
        SubscriberState.UNSUBSCRIBED,
        datetime(2022, 1, 1, tzinfo=UTC),
    )
    (event,) = house.subscribers.events(left.id)
    assert event.kind is ConsentEventKind.UNSUBSCRIBED
    assert "unsubscribed" in event.text
    assert house.state("out@example.com") is None
    bought = house.take("email\nleft@example.com\nout@example.com\n")
    assert (bought.added, house.state("left@example.com")) == (1, SubscriberState.UNSUBSCRIBED)
    house.join("left@example.com")
    assert house.state("left@example.com") is SubscriberState.ACTIVE


def test_who_left_elsewhere_may_be_dropped(house: JoiningDesk) -> None:
    """Nothing is kept of them if the author says so; readers they are not either way."""
    report = house.take(LEFT_ELSEWHERE, departed=Departed.DROP)
    assert (report.added, report.departed, len(report.refused)) == (1, 0, 2)
    assert house.state("left@example.com") is None


@pytest.mark.parametrize("departed", list(Departed))
@pytest.mark.parametrize("apart", [0, 1500])
@pytest.mark.parametrize("left_first", [True, False])
def test_who_is_in_a_file_both_ways_is_no_reader(
    house: JoiningDesk, departed: Departed, apart: int, *, left_first: bool
) -> None:
    """One list's row says reader, another's says left: it is the leaving that holds."""
    between = "".join(f"reader{number}@example.com,active\n" for number in range(apart))
    both = ["ada@example.com,active\n", "ADA@example.com,unsubscribed\n"]
    first, second = reversed(both) if left_first else both
    report = house.take(f"email,status\n{first}{between}{second}", departed=departed)
    assert report.added == apart
    assert house.state("ada@example.com") is not SubscriberState.ACTIVE
    tried = house.take(f"email,status\n{first}{between}{second}", departed=departed, dry_run=True)
    assert tried.added == 0


def test_leaving_elsewhere_does_not_end_what_began_here(house: JoiningDesk) -> None:
    """A reader who joined here stays one: the row is named, and the author decides."""
    house.join("left@example.com")
    report = house.take(LEFT_ELSEWHERE)
    assert house.state("left@example.com") is SubscriberState.ACTIVE
    assert any("is subscribed here" in row.reason for row in report.refused)
    assert report.departed == 0


def test_a_dry_run_foretells_departures(house: JoiningDesk) -> None:
    """As many remembered and refused as the import then has, and nobody in."""
    tried = house.take(LEFT_ELSEWHERE, dry_run=True)
    assert list(house.subscribers.everyone()) == []
    done = house.take(LEFT_ELSEWHERE)
    assert (tried.departed, tried.refused) == (done.departed, done.refused)


def test_a_cell_may_hold_a_name_and_an_address(house: JoiningDesk) -> None:
    """As mail programs and list managers write it; what nobody sees around it is taken off."""
    report = house.take(
        'email,name\nAda <ada@example.com>,\n"""Lovelace, B"" <b@example.com>",Bo\n'
        "\u00a0\u200bc@example.com\ufeff,\n<d@example.com>,\n"
    )
    assert report.added == 4, report.refused
    assert [one.name for one in house.subscribers.everyone()] == ["Ada", "Bo", "", ""]


def test_tags_with_commas_are_kept_and_exported(
    house: JoiningDesk, empty_house: JoiningDesk
) -> None:
    """A tag is a phrase; it goes into the store, out, and into the next one whole."""
    house.take('email,tags\na@example.com,"""maths, applied"",poetry"\n')
    assert house.desk.find("a@example.com").tags == ("maths, applied", "poetry")
    empty_house.take(house.export())
    assert empty_house.desk.find("a@example.com").tags == ("maths, applied", "poetry")


def test_an_import_stops_between_portions(house: JoiningDesk) -> None:
    """What it tells is what is in; the same file again brings the rest and nobody twice."""
    lines = "email\n" + "".join(f"reader{number}@example.com\n" for number in range(2500))
    portions = iter([False, False, True])
    report = house.desk.import_rows(
        read_rows(io.StringIO(lines)), consent="fair", stop=lambda: next(portions)
    )
    assert (report.stopped, report.rows, report.added) == (True, 2000, 2000)
    assert house.subscribers.counts()[SubscriberState.ACTIVE] == 2000
    assert house.take(lines).added == 500


def test_nobody_is_imported_without_consent(house: JoiningDesk) -> None:
    """Consent comes with the row or with the command; with neither the row is refused (F17)."""
    report = house.take(LIST, consent="")
    assert report.added == 1
    assert "without consent" in report.refused[0].reason
    with pytest.raises(NotFound):
        house.desk.find("ada@example.com")


def test_an_export_moves_the_whole_list(house: JoiningDesk, empty_house: JoiningDesk) -> None:
    """Into an empty store an export brings every state, time, consent and suppression back, and the
    proof of consent line by line (F9).
    """
    _prepare(house)
    house.take('email,name,tags,consent,confirmed_at\nx@example.com,=1+1,"a,b",fair,2020-01-01\n')
    house.join("joined@example.com", ip="198.51.100.1")
    house.desk.suppress("reader@example.com", "asked")
    house.desk.add("gone@example.com")
    house.desk.erase("gone@example.com")
    exported = house.export()
    report = empty_house.take(exported, consent="")
    assert report.refused == ()
    assert report.suppressed == 3
    assert empty_house.export() == exported
    for address in ("joined@example.com", "left@example.com", "x@example.com"):
        moved, was = (
            [
                replace(event, subscriber_id=0)
                for event in one.subscribers.events(one.desk.find(address).id)
            ]
            for one in (empty_house, house)
        )
        assert moved == was != []
    asked, _ = house.subscribers.events(house.desk.find("joined@example.com").id)
    for fact in (WORDING, FORM, "198.51.100.1", "192.0.2.9", asked.message_id):
        assert fact, "there is something to find"
        assert fact in exported
    assert empty_house.desk.add("gone@example.com") is Added.SUPPRESSED
    again = empty_house.take(exported, consent="")
    assert (again.added, again.suppressed) == (0, 0)
    assert empty_house.export() == exported


def test_an_import_of_many_portions_takes_all(house: JoiningDesk) -> None:
    """More rows than one transaction holds come in, each once, and progress tells how far it is."""
    lines = "".join(f"reader{number}@example.com\n" for number in range(2500))
    told: list[int] = []
    report = house.desk.import_rows(
        read_rows(io.StringIO(f"email\n{lines}{lines}")), consent="fair", progress=told.append
    )
    assert (report.added, len(report.refused)) == (2500, 2500)
    assert told == [1000] * 5
    assert house.subscribers.counts()[SubscriberState.ACTIVE] == 2500
