"""What reports do, on real databases: to the delivery, to its reader, and to nobody else."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mailer.inbound.report import ReportKind
from mailer.policy.settlement import RetryPolicy, decide_settlement
from mailer.replies.outcome import Phase, parse_reply
from newsletter.inbound.reportdesk import KEPT_FOR, ReportDesk
from newsletter.inbound.softbounces import SoftLimits
from newsletter.secret import Keyring
from newsletter.tokens import Tokens
from storage.database import schema
from storage.database.engine import Database
from storage.model.deliveries import DeliveryKind, DeliveryState
from storage.model.readers import ConsentEventKind, SubscriberState, Suppression, SuppressionReason
from storage.model.reports import Effect
from storage.readers.reports import Reports
from tests.conftest import NOON
from tests.worlds.reports import DAY, FOLDER, PLACEHOLDER, House
from tests.worlds.store import Store, consent, new_subscriber, quarantined, settled


@pytest.fixture
def house(database: Database) -> House:
    """Three readers, on each engine."""
    store, tokens = Store(database), Tokens(Keyring(secrets=(b"s" * 32,)))
    clock = [NOON + DAY]
    reports = Reports(database)
    desk = ReportDesk(
        reports,
        store.subscribers,
        tokens,
        limits=SoftLimits(count=5, span=timedelta(days=14), clean=timedelta(days=30)),
        clock=lambda: clock[0],
    )
    store.join(3)
    return House(store=store, tokens=tokens, desk=desk, reports=reports, clock=clock)


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


def test_soft_bounces_of_several_issues_suppress(house: House) -> None:
    """The fifth issue in two weeks is one too many; the first four only count (rule C6)."""
    done = []
    for number in range(5):
        issue = house.mail(f"issue-{number}")
        house.clock[0] += 4 * DAY
        raw = house.report("gmail-full", issue, 1, at=house.clock[0])
        done.append(house.desk.process(raw).action)
    assert done == [Effect.COUNTED] * 4 + [Effect.SUPPRESSED]
    assert house.reason(1) is SuppressionReason.SOFT_BOUNCES
    assert house.consent(1) is SubscriberState.ACTIVE


def test_soft_bounces_in_one_week_are_not_enough(house: House) -> None:
    """Five issues on five days may be one full mailbox on a holiday (rule C6)."""
    for number in range(6):
        issue = house.mail(f"issue-{number}")
        house.clock[0] += DAY
        house.desk.process(house.report("gmail-full", issue, 1, at=house.clock[0]))
    assert house.reason(1) is None


def test_a_clean_period_begins_the_count_anew(house: House) -> None:
    """A month in which mail arrived wipes out what was before; a month without mail does not (C6)."""
    for number in range(4):
        issue = house.mail(f"issue-{number}")
        house.clock[0] += 7 * DAY
        for reader in (1, 2):
            house.desk.process(house.report("gmail-full", issue, reader, at=house.clock[0]))
    house.clock[0] += 45 * DAY
    issue = house.mail("after the holidays")
    with house.store.database.transaction() as connection:  # reader 1 got one in between
        d = schema.deliveries.c
        connection.execute(
            sa.update(schema.deliveries)
            .where(d.issue_id == issue.id)
            .values(settled_at=house.clock[0] - 20 * DAY)
        )
    last = house.mail("last")
    house.desk.process(house.report("gmail-full", last, 1, at=house.clock[0]))
    house.desk.process(house.report("gmail-full", issue, 2, at=house.clock[0] - DAY))
    assert house.reason(1) is None
    assert house.reason(2) is SuppressionReason.SOFT_BOUNCES


def test_many_reports_of_one_issue_are_one(house: House) -> None:
    """Only distinct issues count (rule C6)."""
    issue = house.mail()
    for _ in range(9):
        house.clock[0] += 4 * DAY
        house.desk.process(house.report("gmail-full", issue, 1, at=house.clock[0]))
    assert house.reason(1) is None


def test_a_complaint_unsubscribes(house: House) -> None:
    """Left, never mailed again, and the delivery says why (rule C9)."""
    issue = house.mail()
    result = house.desk.process(house.report("arf-abuse", issue, 2))
    assert result.action is Effect.UNSUBSCRIBED
    assert house.consent(2) is SubscriberState.UNSUBSCRIBED
    assert house.reason(2) is SuppressionReason.COMPLAINT
    assert house.store.delivery(issue, 2).state is DeliveryState.COMPLAINED
    last = house.store.subscribers.events(2)[-1]
    assert (last.kind, last.source) == (ConsentEventKind.UNSUBSCRIBED, "complaint")


def test_a_complaint_without_a_return_path_is_found_by_its_link(house: House) -> None:
    """The link in the returned part is as good a key, when all addresses are redacted (rule C9)."""
    issue = house.mail()
    raw = house.report("arf-abuse", issue, 3)
    raw = raw.replace(house.path(issue, 3).encode(), b"redacted@example.com")
    assert house.desk.process(raw).action is Effect.UNSUBSCRIBED
    assert house.consent(3) is SubscriberState.UNSUBSCRIBED


def test_a_complaint_that_names_only_its_reader_is_about_an_issue(house: House) -> None:
    """The link in it stands in issues alone: a confirmation, older or newer, was not meant (C9)."""
    reader = house.store.ask(9)
    assert house.store.subscribers.confirm(
        reader, "asked", new_nonce="used", event=consent(ConsentEventKind.CONFIRMED)
    )
    issue = house.mail()  # and the confirmation before it
    house.store.subscribers.notify(reader, now=NOON)
    house.pass_on()
    raw = house.report("arf-abuse", issue, reader)
    raw = raw.replace(house.path(issue, reader).encode(), b"redacted@example.com")
    assert house.desk.process(raw).action is Effect.UNSUBSCRIBED
    states = Counter(house.store.states().values())
    assert house.store.delivery(issue, reader).state is DeliveryState.COMPLAINED
    assert (states[DeliveryState.COMPLAINED], states[DeliveryState.ACCEPTED]) == (1, 5)


def test_a_complaint_found_by_its_link_is_about_the_mail_it_returns(house: House) -> None:
    """Where the link says whose it is, the Message-ID says which of the reader's mails (rule C9)."""
    issue, later = house.mail("first"), house.mail("second")
    made = house.tokens.message_id(
        kind=DeliveryKind.ISSUE,
        issue_id=issue.id,
        subscriber_id=3,
        delivery_id=0,
        domain="example.com",
    )
    raw = house.report("arf-abuse", issue, 3).replace(
        b"<11111111111111111111111111111111@example.com>", made.encode()
    )
    assert made.encode() in raw
    raw = raw.replace(house.path(issue, 3).encode(), b"redacted@example.com")
    assert house.desk.process(raw).action is Effect.UNSUBSCRIBED
    assert house.store.delivery(issue, 3).state is DeliveryState.COMPLAINED
    assert house.store.delivery(later, 3).state is DeliveryState.ACCEPTED


def test_a_complaint_without_any_key_is_set_aside(house: House) -> None:
    """A complaint that returns nothing of ours unsubscribes nobody (rules C3, C10)."""
    issue = house.mail()
    before = house.everything()
    raw = (FOLDER / "arf-abuse.eml").read_bytes().replace(b"redacted@", b"reader1@")
    assert house.desk.process(raw).action is Effect.QUARANTINED
    assert house.everything() == before
    assert house.store.delivery(issue, 1).state is DeliveryState.ACCEPTED


def test_other_feedback_touches_no_reader(house: House) -> None:
    """What is not spam does nothing, a failed authentication is an alarm (rule C9)."""
    issue = house.mail()
    before = house.everything()
    assert house.desk.process(house.report("arf-not-spam", issue, 1)).action is Effect.NOTHING
    assert house.desk.process(house.report("arf-auth-failure", issue, 1)).action is Effect.ALARM
    assert house.everything() == before


@pytest.mark.parametrize("word", ["a\0b", "a\x1b[2Jb", "a\u202eb", "ada@example.org"])
def test_hostile_feedback_is_set_aside(house: House, word: str) -> None:
    """Whatever stands where the kind of feedback should: it is kept, and what the author is shown of
    it is one clean line without addresses (rule C12).
    """
    raw = (FOLDER / "arf-other.eml").read_bytes()
    raw = raw.replace(b"Feedback-Type: other", b"Feedback-Type: " + word.encode())
    assert house.desk.process(raw).action is Effect.QUARANTINED
    (kept,) = house.reports.set_aside()
    assert kept.evidence.isprintable()
    assert "@" not in kept.evidence


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


def test_a_lift_begins_the_count_of_soft_bounces_anew(house: House) -> None:
    """After a lift it takes as many soft bounces as before it, and nobody else's count is touched:
    a lift that the next full mailbox undoes would be none (rule C6).
    """
    done: dict[int, list[Effect]] = {1: [], 2: []}
    for number in range(10):
        issue = house.mail(f"issue-{number}")
        house.clock[0] += 4 * DAY
        for reader in done if number < 4 else [1]:
            raw = house.report("gmail-full", issue, reader, at=house.clock[0])
            done[reader].append(house.desk.process(raw).action)
        if number == 4:
            assert house.store.subscribers.lift("hash-1")
    assert done[1] == ([Effect.COUNTED] * 4 + [Effect.SUPPRESSED]) * 2
    assert house.soft_bounces(2) == 4
    assert house.reason(1) is SuppressionReason.SOFT_BOUNCES


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


def test_complaints_of_strangers_are_set_aside(house: House) -> None:
    """Once sources are enrolled, feedback that they have not signed touches nobody (rule C10)."""
    issue = house.mail()
    desk = ReportDesk(
        house.reports,
        house.store.subscribers,
        house.tokens,
        limits=SoftLimits(count=5, span=timedelta(days=14), clean=timedelta(days=30)),
        clock=lambda: house.clock[0],
        is_genuine=lambda raw: b"X-Signed: yes" in raw,
    )
    before = house.everything()
    raw = house.report("arf-abuse", issue, 1)
    assert desk.process(raw).action is Effect.QUARANTINED
    assert desk.process(house.report("arf-auth-failure", issue, 1)).action is Effect.QUARANTINED
    assert desk.process(house.report("arf-not-spam", issue, 1)).action is Effect.NOTHING
    assert house.everything() == before
    assert desk.process(house.report("postfix-hard", issue, 2)).action is Effect.SUPPRESSED
    later = raw.replace(b"Date: Sun, 22", b"X-Signed: yes\nDate: Sun, 23")
    assert desk.process(later).action is Effect.UNSUBSCRIBED
    assert house.consent(1) is SubscriberState.UNSUBSCRIBED


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


def test_soft_refusals_in_the_session_wear_out_as_reports_do(house: House) -> None:
    """Five issues refused over two weeks are enough, whether by reply or by report (rule C6)."""
    outcome = parse_reply(550, "5.4.1 Recipient address rejected: Access denied", phase=Phase.RCPT)
    policy = RetryPolicy(retry=(DAY,), expire=2 * DAY)
    for number in range(5):
        assert not house.desk.wear_out()
        house.store.publish(f"issue{number}")
        claims = house.store.claim()
        at = NOON + number * 4 * DAY
        house.store.settle(
            *(
                decide_settlement(outcome, claim, at, policy)
                if claim.subscriber_id == 1
                else settled(claim.delivery_id)
                for claim in claims
            )
        )
    house.clock[0] = NOON + 20 * DAY
    assert house.desk.wear_out() == 1
    assert house.reason(1) is SuppressionReason.SOFT_BOUNCES
    assert house.reason(2) is None
    assert not house.desk.wear_out()
