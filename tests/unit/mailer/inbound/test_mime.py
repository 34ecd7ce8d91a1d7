"""Reports that were cut, damaged, spliced or made up: answered, never raised at (rule C12).

Small always, in great number with --slow; `pytest -rP` shows how many cases there were.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.inbound.reading import parse_report
from mailer.inbound.report import BounceReport, ReportKind
from tests.sizes import examples
from tests.unit.mailer.inbound.test_reading import EXPECTED, FIXTURES

ALL = list(FIXTURES.values())


def assert_fit(report: BounceReport) -> None:
    """What may be stored, logged and shown: bounded, of one line, without an address."""
    assert re.fullmatch(r"[0-9a-f]{64}", report.event_id)
    for words in (report.diagnostic, *(finding.diagnostic for finding in report.findings)):
        assert words.isprintable()
        assert len(words) <= 500
        assert "@" not in words
    assert len(report.recipients) <= 20
    assert all(address.isprintable() for address in report.recipients)


@pytest.mark.timeout(1800)  # with --slow some 45,000 reports
def test_cut_and_broken_reports_are_read(slow: bool) -> None:
    """Each fixture cut at many points and with octets changed is answered, never raised at (C12)."""
    chance = random.Random(7)
    for raw in FIXTURES.values():
        for end in range(0, len(raw), 7 if slow else 2003):
            assert_fit(parse_report(raw[:end]))
        for _ in range(200 if slow else 1):
            broken = bytearray(raw)
            for _ in range(chance.randint(1, 30)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            assert_fit(parse_report(bytes(broken)))


def test_a_cut_makes_no_report_harder(slow: bool) -> None:
    """What is no hard bounce does not become one by losing its end: a reader would be lost by it."""
    count = 0
    for name, raw in FIXTURES.items():
        # Its code alone says 5.1.1; the words that make it milder stand behind that.
        if EXPECTED[name].kind == "hard" or name == "french-full":
            continue
        for end in range(0, len(raw), 1 if slow else 211):
            count += 1
            assert parse_report(raw[:end]).kind is not ReportKind.HARD, (name, end)
    sys.stdout.write(f"cuts={count}\n")
    assert count > 250


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A fixture after some accidents."""
    raw = bytearray(draw(st.sampled_from(ALL)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(raw)))
        end = min(len(raw), at + draw(st.integers(0, 400)))
        match draw(st.sampled_from(("flip", "cut", "drop", "double", "splice", "ends", "insert"))):
            case "flip" if at < len(raw):
                raw[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del raw[at:]
            case "drop":
                del raw[at:end]
            case "double":
                raw[at:at] = raw[at:end] * draw(st.integers(1, 5))
            case "splice":
                other = draw(st.sampled_from(ALL))
                raw[at:at] = other[draw(st.integers(0, len(other))) :][:800]
            case "ends":
                raw[at:end] = raw[at:end].replace(
                    b"\n", draw(st.sampled_from((b"\r\n", b"\r", b"")))
                )
            case _:
                raw[at:at] = draw(st.binary(max_size=30))
    return bytes(raw)


def test_damaged_reports_are_answered(slow: bool) -> None:
    """Flipped, lost, doubled, spliced and inserted octets: an answer that is fit to keep (C12)."""
    kinds: Counter[str] = Counter()

    @settings(max_examples=100_000 if slow else examples(150), deadline=None, database=None)
    @given(damaged())
    def read(raw: bytes) -> None:
        report = parse_report(raw)
        kinds[report.kind.value] += 1
        assert_fit(report)

    read()
    figures = " ".join(f"{kind}={count}" for kind, count in sorted(kinds.items()))
    sys.stdout.write(f"damaged={kinds.total()}: {figures}\n")
    assert kinds.total() >= examples(150)


@settings(max_examples=examples(30), deadline=None)
@given(st.binary(max_size=2000))
def test_any_octets_are_answered(raw: bytes) -> None:
    """Octets that are no message at all are answered (rule C12)."""
    report = parse_report(raw)
    assert report.kind in {ReportKind.NONE, ReportKind.UNKNOWN, ReportKind.AUTO_REPLY}


_HEADERS = st.sampled_from(
    (
        "From: MAILER-DAEMON",
        "Subject: =?utf-8?b?????=",
        "Subject: =?x-none?q?=FF?=",
        "Content-Type: multipart/report; boundary=b",
        "Content-Type: text/plain; charset=punycode",
        "Content-Type: text/plain; charset*=''%ff",
        "Content-Type: message/delivery-status",
        "Content-Type: message/feedback-report",
        "Content-Type: multipart/digest; boundary=b",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: x-uuencode",
        "Date: Mon, 99 Foo 99999 99:99:99 +9999",
        "Date: Mon, 01 Jan 0001 00:00:00 +2359",
        "To: \x00\udcff",
        "",
        "--b",
        "--b--",
        "Action: failed",
        "Final-Recipient: rfc822;",
        "Status: 5.1.99999",
        "\\x{FFFFFF}",
        "begin 644 x",
    )
)


@settings(max_examples=examples(80), deadline=None)
@given(st.lists(_HEADERS, max_size=25))
def test_any_lines_are_answered(lines: list[str]) -> None:
    """Lines that mean something, in an order that does not, are answered (rule C12)."""
    raw = "\n".join(lines).encode("utf-8", "surrogateescape")
    assert_fit(parse_report(raw))
