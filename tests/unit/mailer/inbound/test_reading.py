"""Reports that come back, one fixture in the shape of each host, and what hostile ones may do."""

from __future__ import annotations

import quopri
import re
import sys
from base64 import encodebytes
from collections import Counter
from functools import cache

import pytest

from mailer.inbound import findings, mime, octets, prose, reading
from mailer.inbound.reading import parse_report
from mailer.inbound.report import BounceReport, ReportKind
from mailer.replies import outcome, words
from tests.sizes import is_full
from tests.worlds.inbound.fixtures import EXPECTED, FIXTURES, OURS
from tests.worlds.looking import looked_at
from tests.worlds.rows import each


@cache
def read(name: str) -> BounceReport:
    """A fixture as it is, read once."""
    return parse_report(FIXTURES[name])


def test_every_fixture_is_expected() -> None:
    """No fixture is forgotten by the table."""
    assert set(FIXTURES) == set(EXPECTED)


def test_every_class_has_fixtures() -> None:
    """All kinds of report are among them; the counts are shown by `pytest -rP`."""
    counts = Counter(expected.kind for expected in EXPECTED.values())
    figures = " ".join(f"{kind}={count}" for kind, count in sorted(counts.items()))
    sys.stdout.write(f"reports: {counts.total()}: {figures}\n")
    # Who leaves by mail is known by the address it came to, not by what it says (rule C11).
    assert set(counts) == {*ReportKind} - {ReportKind.UNSUBSCRIBE}


@each("name", EXPECTED)
def test_each_host_is_understood(name: str) -> None:
    """Kind, status, action and recipients of reports as every host makes them (rules C1, C4, C5, C8,
    C9), those that are no more than a text included.
    """
    report = read(name)
    told = next((finding for finding in report.findings if finding.kind is report.kind), None)
    recipients = " ".join(report.recipients)
    found = (report.kind.value, report.status, told.action if told else "", recipients)
    assert found == EXPECTED[name]


def test_no_fixture_names_our_own_address_as_a_recipient() -> None:
    """Whom a report came to is not whom it is about (rule C2)."""
    named = {name for name in EXPECTED if OURS in read(name).recipients}
    assert not named


def test_line_ends_make_no_difference() -> None:
    """LF, CRLF and CR-only files give the same report and the same event (rule C14)."""
    for name in EXPECTED:
        raw, report = FIXTURES[name], read(name)
        assert parse_report(raw.replace(b"\n", b"\r\n")) == report, name
        assert parse_report(raw.replace(b"\n", b"\r")) == report, name


def test_failed_recipients_are_named() -> None:
    """A report of two recipients is about the one that failed, as it was written to first."""
    assert parse_report(FIXTURES["two-recipients"]).recipients == ("ada@example.org",)
    assert parse_report(FIXTURES["exim-hard"]).recipients == ("ada@example.org",)


def test_internationalised_reports_are_read() -> None:
    """RFC 6533: the part's own type, the address type utf-8, UTF-8 in the diagnostic (rule C15)."""
    report = parse_report(FIXTURES["international"])
    assert report.recipients == ("żółw@example.org",)
    assert "Empfänger unbekannt" in report.diagnostic


def test_an_encoded_status_part_is_read() -> None:
    """A delivery-status part that was encoded for transport means the same."""
    encoded = re.sub(
        rb"Content-Type: message/global-delivery-status\n\n(.*?)\n--BOUND",
        lambda match: (
            b"Content-Type: message/global-delivery-status\n"
            b"Content-Transfer-Encoding: base64\n\n" + _base64(match.group(1)) + b"\n--BOUND"
        ),
        FIXTURES["international"],
        count=1,
        flags=re.DOTALL,
    )
    assert parse_report(encoded).recipients == ("żółw@example.org",)


@each("kind", ["global-delivery-status", "delivery-status"])
@each("cut", ["Reporting-MTA", "Action", "Diagnostic-Code"])
def test_a_quoted_printable_status_part_is_read(kind: str, cut: str) -> None:
    """Its lines may be broken anywhere, its letters be numbers: it means the same (rule C15)."""
    fields = (
        "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: utf-8; 南@example.org\n"
        "Action: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 delivery refused since quota is exceeded\n"
    )
    encoded = quopri.encodestring(fields.encode()).decode()
    encoded = re.sub(rf"(?m)^({cut}: .*..)(...)$", r"\1=\n\2", encoded)
    raw = (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: {OURS}\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
        f"--B\nContent-Type: message/{kind}\n"
        f"Content-Transfer-Encoding: quoted-printable\n\n{encoded}\n--B--\n"
    ).encode()
    report = parse_report(raw)
    assert (report.kind, report.recipients) == (ReportKind.SOFT, ("南@example.org",))
    assert report.findings[0].action == "failed"
    assert parse_report(raw.replace(b"\n", b"\r\n")) == report
    plain = raw.replace(encoded.encode(), fields.encode())
    assert parse_report(plain).recipients == (
        "南@example.org",
    )  # though it says that it is encoded


def _base64(content: bytes) -> bytes:
    import base64

    return base64.encodebytes(content)


def test_the_envelope_comes_before_everything_else() -> None:
    """What the mail system says is first, then trace fields, then the envelope id (rule C2)."""
    report = parse_report(FIXTURES["postfix-hard"], envelope_to="first@example.com")
    assert report.envelopes[:2] == ("first@example.com", OURS)
    assert f"{OURS.partition('@')[0]}@" in parse_report(FIXTURES["envelope-id"]).envelopes


def test_a_complaint_shows_its_keys() -> None:
    """The recipient is redacted; the return path and the link in the returned part are not (C9)."""
    tokens = parse_report(FIXTURES["arf-abuse"]).tokens
    assert any(OURS in token for token in tokens)
    assert any(token.endswith("dead") for token in tokens)


def test_a_copy_by_another_way_is_the_same_event() -> None:
    """Trace fields differ between copies of one report; its event does not (rule C13)."""
    raw = FIXTURES["postfix-hard"]
    copy = b"Received: from elsewhere; Sun, 22 Nov 2026 09:05:00 +0000\n" + raw
    assert parse_report(copy).event_id == parse_report(raw).event_id
    assert len({read(name).event_id for name in FIXTURES}) == len(FIXTURES)


def test_no_address_leaves_in_a_diagnostic() -> None:
    """What is kept as evidence holds no address."""
    for report in map(read, FIXTURES):
        assert "@" not in "".join([report.diagnostic, *(one.diagnostic for one in report.findings)])


def test_hosts_that_disagree_are_taken_at_the_milder_word() -> None:
    """Two failed groups, one hard and one soft: soft, unless the reader's own is asked for."""
    raw = FIXTURES["two-recipients"].replace(b"Action: delivered", b"Action: failed")
    raw = raw.replace(b"Status: 2.0.0", b"Status: 4.2.2")
    report = parse_report(raw)
    assert report.kind is ReportKind.SOFT
    own = report.about("ADA@example.org")
    assert own is not None
    assert own.kind is ReportKind.HARD


@each("size", [630_000, 1_200_000])
@each("line", [b"y" * 70 + b"\n", b"\n"], ids=["lines", "blank lines"])
def test_a_large_report_is_one_event_however_it_came(size: int, line: bytes) -> None:
    """Neither line ends nor trace fields nor an mbox's first line decide where its reading ends
    (rules C13, C14).
    """
    raw = FIXTURES["postfix-hard"].replace(
        b"User unknown? Mailbox", b"x\n" + line * (size // len(line))
    )
    report = parse_report(raw)
    assert report.kind is ReportKind.HARD
    assert parse_report(raw.replace(b"\n", b"\r\n")) == report
    assert parse_report(raw.replace(b"\n", b"\r")) == report
    trace = b"Received: from elsewhere; Sun, 22 Nov 2026 09:05:00 +0000\n" * 20
    for copy in (trace + raw, b"From a@example.org Sun Nov 22 09:00:00 2026\n" + raw):
        assert parse_report(copy).event_id == report.event_id


@pytest.mark.parametrize("count", [60, 5000])
def test_deep_nesting_is_set_aside(count: int) -> None:
    """A message of nothing but containers is not looked into (rule C12)."""
    nest = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(count)
    )
    assert parse_report(b"From: MAILER-DAEMON\n" + nest).kind is ReportKind.UNKNOWN


MOST_LOOKS = 20
"""How often each octet may be looked at: patterns, not places in them."""


@pytest.mark.timeout(30)
@pytest.mark.parametrize("filler", [b"\n", b"a: b\n\n", b"x", b"a.b.", b"\r", b" \n"])
@pytest.mark.parametrize("name", ["postfix-hard", "qmail-hard"])
def test_what_a_stranger_repeats_costs_no_square(name: str, filler: bytes) -> None:
    """Thousands of empty lines, or many thousand octets of one word, in each place of a report are
    read in bounded time; half a megabyte of all of them with --slow.
    """
    raw, size = FIXTURES[name], 10_000 if filler.isspace() or b"\n" in filler else 40_000
    size = 500_000 if is_full() else size
    for start in range(0, len(raw), max(1, len(raw) // (5 if is_full() else 3))):
        at = raw.find(b"\n", start) + 1
        with looked_at(findings, mime, octets, prose, reading, outcome, words) as looked:
            parse_report(raw[:at] + filler * (size // len(filler)) + raw[at:])
        assert looked.characters < MOST_LOOKS * (len(raw) + size)


def test_a_huge_message_is_read_to_a_limit() -> None:
    """What counts stands in front of what was returned: a large return changes nothing."""
    raw = FIXTURES["postfix-hard"]
    huge = raw.replace(b"User unknown? Mailbox", b"x" * 80 + b"\n" + b"y" * 3_000_000)
    assert parse_report(huge).kind is ReportKind.HARD


RETURNED = (
    b"Return-Path: <notes+i1.s1.000000000000@example.com>\nFrom: notes@example.com\n"
    b'To: "ada b"@example.org\nMessage-ID: <x@example.com>\n'
    b"List-Unsubscribe: <https://a.example/unsubscribe/" + b"0" * 40 + b">\n\nhello\n"
)
ARF = (
    b"From: loop@host.example\nTo: notes@example.com\nSubject: a complaint\nMIME-Version: 1.0\n"
    b"Content-Type: multipart/report; report-type=feedback-report; boundary=q\n\n--q\n"
    b"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\nUser-Agent: x\n\n--q\n"
    b"Content-Type: %s\nContent-Transfer-Encoding: %s\n\n%s\n--q--\n"
)


@each("kind", [b"message/rfc822", b"text/rfc822-headers"])
@each("encoding", [b"7bit", b"base64", b"quoted-printable"])
def test_a_complaint_returns_its_mail_in_any_encoding(kind: bytes, encoding: bytes) -> None:
    """The keys are found, however the returned message travelled."""
    coded = {b"base64": encodebytes, b"quoted-printable": quopri.encodestring}
    report = parse_report(ARF % (kind, encoding, coded.get(encoding, bytes)(RETURNED)))
    assert report.kind is ReportKind.COMPLAINT
    assert report.tokens == ("<notes+i1.s1.000000000000@example.com>", "0" * 40)
    assert report.reported_message_id == "<x@example.com>"


DSN = (
    "From: MAILER-DAEMON@mx.example.org\nTo: notes+i1.s1.000000000000@example.com\n"
    "Subject: Undelivered Mail\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary={0}\n\n--{0}\n"
    "Content-Type: text/plain\n\nIt could not be delivered.\n--{0}\n"
    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n{1}\n{2}--{0}--\n"
)
NAMED = "Final-Recipient: rfc822; ada@example.org\nAction: failed\n"
FOLDED = (
    "Status: 5.1.1\nDiagnostic-Code: smtp; 550-5.1.1 The mail account that\n"
    " 550-5.1.1 you tried to reach does\n 550-5.1.1 not exist here\n"
)
BARE = "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n"
INNER = DSN.format("z", NAMED + BARE, "")
JAPANESE = (
    "From: MAILER-DAEMON@mx.example.jp\nTo: notes+i1.s1.000000000000@example.com\n"
    "Subject: =?utf-8?b?6YWN5L+h44Ko44Op44O8?=\nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    "メールをお届けできませんでした。\n\n{}\n"
)
SHAPES = {
    "folded over repeats": DSN.format("q", NAMED + FOLDED, ""),
    "neither action nor recipient": DSN.format("q", BARE, ""),
    "a bounce in a bounce": DSN.format(
        "q", NAMED + "Status: 5.0.0\n", f"--q\nContent-Type: message/rfc822\n\n{INNER}"
    ),
    "Japanese, Postfix's words": JAPANESE.format(
        "<ada@example.org>: host mx.example.org said: 550 <ada@example.org>: Recipient address "
        "rejected: User unknown in local recipient table"
    ),
    "Japanese alone": JAPANESE.format("ada@example.org\n宛先のユーザが見つかりません。"),
}


@each("name", SHAPES)
def test_an_unknown_reader_is_found_in_every_shape(name: str) -> None:
    """Where a daemon folds, leaves out, wraps or says it without a status part."""
    report = parse_report(SHAPES[name].encode())
    assert report.kind is ReportKind.HARD
    assert report.about("ada@example.org") is not None
