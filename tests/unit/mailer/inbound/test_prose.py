"""Mails without fields: which are bounces by their words, and which are answers of people and machines."""

from __future__ import annotations

from mailer.inbound.reading import parse_report
from mailer.inbound.report import ReportKind
from tests.worlds.inbound.fixtures import EXPECTED, FIXTURES, OURS
from tests.worlds.rows import each


def test_returned_words_decide_nothing() -> None:
    """What our own newsletter says about full mailboxes and spam is not read as a reason."""
    assert parse_report(FIXTURES["qmail-hard"]).kind is ReportKind.HARD
    assert parse_report(FIXTURES["exim-hard"]).kind is ReportKind.HARD


def test_a_machine_that_is_away_is_no_bounce() -> None:
    """An automatic answer is one by its subject, even from an address that bounces come from (C8)."""
    raw = b"From: postmaster@example.org\nSubject: Automatic reply: news\n\nNot delivered to me.\n"
    assert parse_report(raw).kind is ReportKind.AUTO_REPLY


WORDED = sorted(
    name
    for name, expected in EXPECTED.items()
    if expected.kind in {"hard", "soft", "policy", "delayed", "unknown"}
    and b"message/delivery-status" not in FIXTURES[name]
    and b"Return-Path: <>" in FIXTURES[name]
)
"""Bounces that are no more than a text."""


@each("value", ["auto-replied", "auto-generated", "auto-generated (failure)"])
def test_a_bounce_may_say_that_nobody_wrote_it(value: str) -> None:
    """Hosts mark bounces as automatic, as RFC 3834 wants it: they stay what they are (rule C8)."""
    for name in WORDED:
        raw = FIXTURES[name].replace(b"\nReturn-Path: <>", b"", 1)
        marked = b"Return-Path: <>\nAuto-Submitted: " + value.encode() + b"\n" + raw
        assert parse_report(marked).kind.value == EXPECTED[name].kind, name


def answer(
    subject: str, text: str, *, sender: str = "Ada <ada@example.org>", head: str = ""
) -> bytes:
    """What comes back from a reader's own machine, with the null sender."""
    lines = f"Return-Path: <>\nFrom: {sender}\nTo: {OURS}\nSubject: {subject}\n{head}"
    return f"{lines}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode()


MARK = "Auto-Submitted: auto-replied\n"


@each(
    ("subject", "text"),
    [
        ("Re: How we fixed our bounce rate", "User unknown: she has left the company."),
        ("How we fixed our bounce rate", "Not delivered to Ada: no such user any more."),
        ("AW: Zustellung und Abos", "Ihre Mail konnte nicht gelesen werden."),
        ("Auto: Undeliverable promises", "I could not be reached, my mailbox is full."),
        ("Re[2]: Message delivery failed to excite me", "This account no longer exists."),
    ],
)
@each(
    "sender",
    ["Ada <ada@example.org>", "Pizza Delivery <hi@example.org>", "Help <help@example.org>"],
)
def test_an_answer_repeats_our_words_and_bounces_nobody(
    subject: str, text: str, sender: str
) -> None:
    """An answer that says so has the null sender, our subject and words of failure: still it is no
    bounce, also not with our message attached (rule C8).
    """
    assert parse_report(answer(subject, text, sender=sender, head=MARK)).kind is (
        ReportKind.AUTO_REPLY
    )


@each(
    ("subject", "head"),
    [
        ("Automatic reply: Why mail is returned", ""),
        ("Abwesend: Undelivered mail", MARK),
        ("Re: Undelivered mail", MARK),
    ],
)
def test_an_answer_may_return_our_mail(subject: str, head: str) -> None:
    """A machine of the reader's that attaches what it answers sends no bounce (rule C8)."""
    parts = "--B\nContent-Type: text/plain\n\nUser unknown until Monday.\n\n--B\n"
    parts += "Content-Type: message/rfc822\n\nSubject: x\n\ny\n--B--\n"
    raw = answer(subject, "", head=head).partition(b"Content-Type")[0]
    raw += b'Content-Type: multipart/mixed; boundary="B"\n\n' + parts.encode()
    assert parse_report(raw).kind is ReportKind.AUTO_REPLY


@each(
    "sender",
    [
        "Pizza Delivery <hi@example.org>",
        "Sam Deliver <sam@example.org>",
        "Mail Delivery Service <parcels@example.org>",
    ],
)
def test_those_who_deliver_for_a_living_are_no_machines(sender: str) -> None:
    """A shop that answers by hand or by machine writes about its parcels, not about mail (C8)."""
    raw = answer("Ticket 55", "It cannot be delivered: no such user.", sender=sender)
    raw = raw.replace(b"Return-Path: <>", b"Return-Path: <hi@example.org>")
    assert parse_report(raw).kind is ReportKind.NONE
    marked = raw.replace(b"Subject:", MARK.encode() + b"Subject:")
    assert parse_report(marked).kind is ReportKind.AUTO_REPLY


@each("sender", ["Ada <ada@example.org>", "postmaster@example.org"])
@each("named", ["; report-type=disposition-notification", ""])
def test_a_receipt_is_no_bounce(sender: str, named: str) -> None:
    """What a reader did with mail that arrived (RFC 8098): read, or deleted unread (rule C8)."""
    raw = (
        f"Return-Path: <>\nFrom: {sender}\nTo: {OURS}\n"
        "Subject: Not read: Why user unknown means returned mail\n"
        f'Content-Type: multipart/report{named}; boundary="B"\n\n'
        "--B\nContent-Type: text/plain\n\nUndeliverable, user unknown: it was deleted unread.\n\n"
        "--B\nContent-Type: message/disposition-notification\n\n"
        "Final-Recipient: rfc822; ada@example.org\n"
        "Disposition: automatic-action/MDN-sent-automatically; deleted\n\n--B--\n"
    )
    assert parse_report(raw.encode()).kind is ReportKind.AUTO_REPLY


@each(
    ("sentence", "address"),
    [
        ("宛先ada@example.orgへのメールは配信できませんでした。User unknown", "ada@example.org"),
        ("收件人：ada@mail.example.org。User unknown", "ada@mail.example.org"),
        ("邮件无法投递到ada.b+c@example.org，User unknown", "ada.b+c@example.org"),
        ("다음 주소ada@example.org에게 User unknown", "ada@example.org"),
        ("ส่งไปยังada@example.orgไม่ได้ User unknown", "ada@example.org"),
        ("用户@例子.org 无法投递 User unknown", "用户@例子.org"),
        ("ada@例子.org 无法投递 User unknown", "ada@例子.org"),
        ("ada@mail.例子.org 无法投递 User unknown", "ada@mail.例子.org"),
        ("ada@例子.广告 无法投递 User unknown", "ada@例子.广告"),
        ("Zu müller@bücher.example nicht zugestellt: User unknown", "müller@bücher.example"),
    ],
)
def test_an_address_is_told_from_the_words_around_it(sentence: str, address: str) -> None:
    """Scripts without blanks write on right behind an address; one in such a script is left whole."""
    raw = answer(
        "Undelivered Mail Returned to Sender", sentence, sender="MAILER-DAEMON@mx.example.org"
    )
    assert parse_report(raw).recipients == (address,)
