"""A real delivery report: made by a private Postfix for mail to nobody, and read back."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.inbound.reading import parse_report
from mailer.inbound.report import ReportKind
from newsletter.secret import Keyring
from newsletter.tokens import Tokens
from tests.peers.mailboxes.reporting import Postfix, running_postfix


@pytest.fixture
def postfix(postfix_home: Path) -> Iterator[Postfix]:
    """A private instance in a folder of its own, which ends with the test."""
    with running_postfix(postfix_home) as started:
        yield started


def test_a_real_report_comes_back_to_its_delivery(postfix: Postfix) -> None:
    """Postfix keeps the extension and the envelope id: both name issue and reader (rules A34, C1)."""
    tokens = Tokens(Keyring(secrets=(b"s" * 32,)))
    sender = tokens.return_path(7, 44, "notes@example.com")
    local = sender.partition("@")[0].replace("+", "+2B")
    with smtplib.SMTP("127.0.0.1", postfix.port) as session:
        session.sendmail(
            sender,
            ["ada@example.org"],
            b"From: notes@example.com\r\nSubject: hello\r\n\r\nhello\r\n",
            mail_options=["RET=HDRS", f"ENVID={local}"],
            rcpt_options=["NOTIFY=FAILURE", "ORCPT=rfc822;ada@example.org"],
        )
    report = parse_report(postfix.wait_for_report())
    assert (report.kind, report.status) == (ReportKind.HARD, "5.1.1")
    assert report.recipients == ("ada@example.org",)
    named = [tokens.read_return_path(address) for address in report.envelopes]
    assert named
    assert set(named) == {(7, 44)}
