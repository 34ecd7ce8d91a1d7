"""What reports do, on real databases: to the delivery, to its reader, and to nobody else."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from mailer.inbound.report import ReportKind
from newsletter.inbound.reportdesk import KEPT_FOR, ReportDesk
from newsletter.inbound.softbounces import SoftLimits
from storage.database.engine import Database
from storage.model.deliveries import DeliveryState
from storage.model.readers import ConsentEventKind, SubscriberState, Suppression, SuppressionReason
from storage.model.reports import Effect
from tests.conftest import NOON
from tests.worlds.inbound.reports import DAY, FOLDER, PLACEHOLDER, House, house_over
from tests.worlds.store import new_subscriber, quarantined, settled


@pytest.fixture
def house(database: Database) -> House:
    """Three readers, on each engine."""
    return house_over(database)


@pytest.mark.parametrize("name", ["postfix-hard", "envelope-id", "qmail-hard", "international"])
def test_a_hard_bounce_suppresses_at_once(house: House, name: str) -> None:
    """The key finds the delivery: it is bounced, its reader suppressed, nobody else (rules C2, C6)."""
    issue = house.mail()
    result = house.desk.process(house.report(name, issue, 2))
    assert (result.action, result.subscriber and result.subscriber.id) == (Effect.SUPPRESSED, 2)
    assert house.store.delivery(issue, 2).state is DeliveryState.BOUNCED
    assert [house.reason(reader) for reader in (1, 2, 3)] == [
        None,
        SuppressionReason.HARD_BOUNCE,
        None,
    ]
    assert house.store.delivery(issue, 1).state is DeliveryState.ACCEPTED


def test_a_delivery_that_ended_otherwise_stays_so(house: House) -> None:
    """A bounce after a complaint, or of mail that was taken back, moves no delivery (rule B26)."""
    issue = house.mail()
    house.desk.process(house.report("arf-abuse", issue, 1))
    house.desk.process(house.report("postfix-hard", issue, 1))
    assert house.store.delivery(issue, 1).state is DeliveryState.COMPLAINED
    waiting = house.store.publish("second")
    house.desk.process(house.report("gmail-full", waiting, 2))
    assert house.store.delivery(waiting, 2).state is DeliveryState.QUEUED


def test_queued_mail_to_a_dead_address_is_stopped(house: House) -> None:
    """A report about the last issue also stops the next one that waits (promise 3)."""
    issue = house.mail()
    waiting = house.store.publish("second")
    house.desk.process(house.report("postfix-hard", issue, 1))
    assert house.store.delivery(waiting, 1).state is DeliveryState.SUPPRESSED
    assert house.store.delivery(waiting, 2).state is DeliveryState.QUEUED


def test_the_envelope_wins_over_the_header(house: House) -> None:
    """What the mail system says of the recipient is looked at first (rule C2)."""
    issue = house.mail()
    raw = house.report("postfix-hard", issue, 1)
    result = house.desk.process(raw, envelope_to=house.path(issue, 3))
    assert result.subscriber is not None
    assert result.subscriber.id == 3


def test_an_address_in_the_text_decides_nothing(house: House) -> None:
    """A report that names others changes only whose key it came to (rule C2)."""
    issue = house.mail()
    raw = house.report("names-another", issue, 1)
    for reader in (2, 3):
        raw = raw.replace(b"<bob@example.org>", f"<reader{reader}@example.org>".encode())
        raw = raw.replace(b"rfc822; bob@", f"rfc822; reader{reader}@".encode())
    house.desk.process(raw)
    assert [house.reason(reader) is not None for reader in (1, 2, 3)] == [True, False, False]


@pytest.mark.parametrize("mac", ["", ".000000000000", ".xyz"])
def test_forged_reports_change_nothing(house: House, mac: str) -> None:
    """A wrong or missing key, for every reader: nothing changes; it is counted and kept (rule C3)."""
    issue = house.mail()
    before = house.everything()
    for reader in (1, 2, 3):
        raw = (FOLDER / "postfix-hard.eml").read_bytes()
        forged = f"notes+i{issue.id}.s{reader}{mac}@example.com"
        raw = raw.replace(PLACEHOLDER.encode(), forged.encode())
        assert house.desk.process(raw).action is Effect.QUARANTINED
    assert house.everything() == before
    assert len(quarantined(house.reports)) == 3


def test_a_wrong_key_in_front_hides_a_right_one_behind(house: House) -> None:
    """A forged envelope does not borrow the key of another field (rule C3)."""
    issue = house.mail()
    raw = house.report("envelope-id", issue, 1)
    forged = f"notes+i{issue.id}.s2.000000000000@example.com"
    assert house.desk.process(raw, envelope_to=forged).action is Effect.QUARANTINED


@pytest.mark.parametrize(
    "name", ["postfix-delayed", "relayed", "delivered", "expanded", "vacation", "ordinary"]
)
def test_what_is_no_failure_does_nothing(house: House, name: str) -> None:
    """Delays, successes, automatic answers and letters change nothing (rules C4, C8)."""
    issue = house.mail()
    before = house.everything()
    assert house.desk.process(house.report(name, issue, 1)).action is Effect.NOTHING
    assert house.everything() == before
    assert not house.reports.counts()


def test_a_fault_of_the_sender_leaves_the_reader_alone(house: House) -> None:
    """A refusal by policy marks the delivery and counts against nobody (promise 7)."""
    for number in range(7):
        issue = house.mail(f"issue-{number}")
        house.clock[0] += 10 * DAY
        raw = house.report("gmail-unauthenticated", issue, 1, at=house.clock[0] - DAY)
        assert house.desk.process(raw).action is Effect.BOUNCED
        assert house.store.delivery(issue, 1).state is DeliveryState.BOUNCED
    assert house.reason(1) is None
    assert house.consent(1) is SubscriberState.ACTIVE


def test_the_same_report_twice_is_one_event(house: House) -> None:
    """A mailbox that is replayed changes nothing, whatever its line ends are (rules C13, C14)."""
    issue = house.mail()
    raw = house.report("gmail-full", issue, 1)
    assert house.desk.process(raw).action is Effect.COUNTED
    after = house.everything()
    for copy in (raw, raw.replace(b"\n", b"\r\n"), b"Received: again\n" + raw):
        assert house.desk.process(copy).action is Effect.DUPLICATE
    assert house.everything() == after
    assert house.soft_bounces(1) == 1


def test_a_dry_run_changes_nothing(house: House) -> None:
    """It says what would be done, and leaves no trace."""
    issue = house.mail()
    before = house.everything()
    raw = house.report("postfix-hard", issue, 1)
    assert house.desk.process(raw, dry_run=True).action is Effect.SUPPRESSED
    assert house.everything() == before
    assert not house.reports.counts()
    assert house.desk.process(raw).action is Effect.SUPPRESSED
    assert house.desk.process(raw, dry_run=True).action is Effect.DUPLICATE


def test_a_dry_run_foretells_what_a_report_would_do(house: House) -> None:
    """The fifth soft bounce would suppress: it says so, twice, and then does it (rule C6)."""
    for number in range(5):
        issue = house.mail(f"number {number}")
        house.clock[0] = NOON + 7 * number * DAY + DAY
        raw = house.report("gmail-full", issue, 1, NOON + 7 * number * DAY)
        before = house.everything(), house.reports.counts()
        foretold = [house.desk.process(raw, dry_run=True) for _ in range(2)]
        assert (house.everything(), house.reports.counts()) == before
        done = house.desk.process(raw)
        assert foretold == [done, done]
        assert house.desk.process(raw, dry_run=True).action is Effect.DUPLICATE
    assert done.action is Effect.SUPPRESSED


def test_a_bounce_after_a_lift_counts_again(house: House) -> None:
    """The author may lift; only a new report suppresses again (rule C6)."""
    issue = house.mail()
    raw = house.report("postfix-hard", issue, 1)
    house.desk.process(raw)
    assert house.store.subscribers.lift("hash-1")
    assert house.desk.process(raw).action is Effect.DUPLICATE
    assert house.reason(1) is None


def test_a_confirmation_may_bounce(house: House) -> None:
    """Mail without an issue is found, too: the reader's latest confirmation is bounced."""
    reader = house.store.ask(9)
    claims = [claim.delivery_id for claim in house.store.claim()]
    house.store.begin(*claims)
    house.store.settle(*(settled(id_) for id_ in claims))
    house.desk.process(house.report("postfix-hard", None, reader))
    assert house.store.states()[claims[0]] is DeliveryState.BOUNCED
    assert house.reason(reader) is SuppressionReason.HARD_BOUNCE


def test_an_erased_reader_leaves_no_report(house: House) -> None:
    """Erasing takes the reader's reports along, and what was set aside with the address; reports that
    come later are counted, and nothing is kept of what they say (rule F11).
    """
    issue = house.mail()
    house.desk.process(house.report("gmail-full", issue, 1))
    aside = (FOLDER / "postfix-hard.eml").read_bytes().replace(b"ada@", b"Reader1@")
    house.desk.process(aside)
    gone = Suppression(
        address_hash="hash-1",
        address="",
        reason=SuppressionReason.ERASED,
        evidence="",
        created_at=NOON,
    )
    assert house.store.subscribers.erase(gone, "reader1@example.org")
    assert not house.reports.counts()
    late = house.report("gmail-hard", issue, 1)
    assert house.desk.process(late, dry_run=True).action is Effect.NOTHING
    assert house.desk.process(late).action is Effect.NOTHING
    assert house.desk.process(late).action is Effect.DUPLICATE
    assert house.desk.process(house.report("cut-off", issue, 1)).action is Effect.NOTHING
    assert house.desk.process(house.report("arf-abuse", issue, 1)).action is Effect.NOTHING
    assert house.reports.counts() == {
        (kind, Effect.NOTHING): 1 for kind in ("hard", "unknown", "complaint")
    }
    assert not quarantined(house.reports)


def test_numbers_beyond_the_database_are_nobodys(house: House) -> None:
    """Either database refuses to be asked for a number of more than 64 bits; to us it is one that is not there."""
    house.desk.process((FOLDER / "postfix-hard.eml").read_bytes())
    (kept,) = house.reports.set_aside(9)
    for none in (2**63, 10**30, -1, 0):
        assert house.reports.content(none) is None
        assert house.store.subscribers.get(none) is None
    assert house.reports.drop([10**30, kept.number]) == 1


def test_what_was_set_aside_is_forgotten_in_time(house: House) -> None:
    """The content goes after a month; that it came stays counted."""
    house.desk.process((FOLDER / "postfix-hard.eml").read_bytes())
    house.clock[0] += KEPT_FOR + DAY
    assert house.desk.prune() == 1
    assert not quarantined(house.reports)
    assert house.reports.counts() == {("hard", Effect.QUARANTINED): 1}


@pytest.mark.parametrize(
    ("diagnostic", "remote"),
    [
        ("smtp; 550 5.1.1 mail.letters.example: unknown", "mx.example.org"),
        ("smtp; 550 5.1.1 [203.0.113.5] does not exist", "mx.example.org"),
        ("smtp; 550 5.1.2 relay.example.net not found", "mx.example.org"),
        ("smtp; 550 5.1.1 gateway.example.net unknown", "mx.example.org"),
    ],
)
def test_a_report_that_speaks_of_our_hosts_costs_no_reader(
    house: House, diagnostic: str, remote: str
) -> None:
    """Our own name and address, and the hosts that passed our mail on, are not a reader (rule B5)."""
    issue = house.mail()
    desk = ReportDesk(
        house.reports,
        house.store.subscribers,
        house.tokens,
        limits=SoftLimits(count=5, span=timedelta(days=14), clean=timedelta(days=30)),
        clock=lambda: house.clock[0],
        hosts=lambda: ("mail.letters.example", "203.0.113.5"),
    )
    raw = house.report("postfix-hard", issue, 2)
    raw = re.sub(rb"Reporting-MTA:.*\n", b"Reporting-MTA: dns; relay.example.net\n", raw)
    raw = re.sub(rb"Arrival-Date:.*\n", b"Received-From-MTA: dns; gateway.example.net\n", raw)
    told = f"Remote-MTA: dns; {remote}\nDiagnostic-Code: {diagnostic}\n".encode()
    raw = re.sub(rb"Diagnostic-Code:.*\n(?:[ \t].*\n)*", told, raw)
    result = desk.process(raw)
    assert (result.kind, result.action) == (ReportKind.POLICY, Effect.BOUNCED)
    assert house.reason(2) is None


def test_one_host_of_many_small_domains_is_not_believed_of_all(house: House) -> None:
    """Forty readers of forty domains who had the last issue are gone, says one host: the first are
    believed, the others stay, and other hosts are believed as ever (rule B5).
    """
    store = house.store
    rows = [
        replace(new_subscriber(number), address=f"ada@small{number}.example")
        for number in range(10, 51)
    ]
    store.subscribers.add(rows, kind=ConsentEventKind.ADDED)
    house.mail("earlier")
    house.clock[0] += 7 * DAY
    issue = house.mail("later")
    host = b"Remote-MTA: dns; mx7.hosting.example\nDiagnostic-Code:"
    results = []
    for reader in range(4, 44):
        raw = house.report("postfix-hard", issue, reader, at=house.clock[0])
        results.append(house.desk.process(raw.replace(b"Diagnostic-Code:", host)).action)
    assert results == [Effect.SUPPRESSED] * 25 + [Effect.BOUNCED] * 15
    elsewhere = house.report("postfix-hard", issue, 44, at=house.clock[0])
    assert house.desk.process(elsewhere).action is Effect.SUPPRESSED
    # What it cost comes back with one lift, and nothing else does.
    assert house.desk.lift_host(house.clock[0] + DAY, "mx7.hosting.example") == 0
    assert house.desk.lift_host(house.clock[0] - DAY, "mx.elsewhere.example") == 0
    assert house.desk.lift_host(house.clock[0] - DAY, "mx7.hosting.example") == 25
    assert house.desk.lift_host(house.clock[0] - DAY, "hosting.example") == 0
    assert house.reason(4) is None
    assert house.reason(44) is SuppressionReason.HARD_BOUNCE


UNEXPLAINED = (
    ("Messaggio di sistema", "Il server ha restituito il codice 17."),
    ("Aviso do sistema", "Código 17."),
    ("Powiadomienie", "Kod 17."),
    ("Bericht", "Code 17."),
    ("Meddelande", "Kod 17."),
    ("Bildirim", "Kod 17."),
    ("Oznámení", "Kód 17."),
    ("알림", "코드 17."),
    ("通知", "代码 17."),
    ("About your mail", "Alas, it went nowhere."),
    ("", ""),
)


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
@pytest.mark.parametrize(
    "head",
    [
        "Return-Path: <>\nFrom: system@host.example\n",
        "From: MAILER-DAEMON@host.example\n",
        "From: MAILER-DAEMON@host.example\nAuto-Submitted: auto-replied\n",
    ],
)
def test_what_a_mail_system_says_in_odd_words_is_kept(house: House, head: str, kind: str) -> None:
    """A daemon's mail to a return path of ours never vanishes: somebody can look at it (rule C12)."""
    to = house.path(house.mail(), 1)
    for number, (subject, text) in enumerate(UNEXPLAINED, 1):
        lines = f"To: {to}\nSubject: {subject}\nContent-Type: {kind}; charset=utf-8\n\n{text}\n"
        done = house.desk.process(f"{head}{lines}".encode())
        assert done.action is Effect.QUARANTINED, subject
        assert len(house.reports.set_aside()) == number, subject
    assert house.reason(1) is None


def test_what_a_person_or_their_machine_answers_is_not_kept(house: House) -> None:
    """An answer to a return path is nobody's report (rule C8)."""
    to = house.path(house.mail(), 1)
    for head in (
        "From: ada@example.org\n",
        "From: a@b.example\nReturn-Path: <>\nAuto-Submitted: auto-replied\n",
    ):
        raw = f"{head}To: {to}\nSubject: Re: hello\n\nThank you.\n"
        assert house.desk.process(raw.encode()).action is Effect.NOTHING


def test_a_domain_whose_reports_call_everybody_gone_is_not_believed(house: House) -> None:
    """After 25 of one domain in a day its reports suppress nobody more; other domains do (B5)."""
    readers = [
        new_subscriber(n, address=f"r{n}@one.example", key=f"r{n}@one.example", hash=f"h{n}")
        for n in range(100, 140)
    ]
    house.store.subscribers.add(readers, kind=ConsentEventKind.ADDED)
    issue = house.mail()
    actions = Counter(
        house.desk.process(house.report("postfix-hard", issue, reader)).action
        for reader in range(4, 44)
    )
    assert actions == {Effect.SUPPRESSED: 25, Effect.BOUNCED: 15}
    other = house.desk.process(house.report("postfix-hard", issue, 1))
    assert other.action is Effect.SUPPRESSED
