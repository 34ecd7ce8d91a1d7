"""A real delivery report: made by a private Postfix for mail to nobody, and read back."""

from __future__ import annotations

import os
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailer.reports import ReportKind, parse_report
from newsletter.tokens import Keyring, Tokens

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
maillog_file = {home}/spool/log
maillog_file_prefixes = {home}
myhostname = mx.example.net
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
recipient_delimiter = +
smtpd_reject_unlisted_recipient = no
smtpd_recipient_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = example.com, example.org
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = inline:{{ {{notes@example.com=bounces/}} }}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A Postfix that takes mail for example.org, where nobody is, and gets its reports back."""

    port: int
    maildir: Path

    def wait_for_report(self) -> bytes:
        """The first message in the Maildir of reports."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for path in self.maildir.glob("new/*"):
                return path.read_bytes()
            time.sleep(0.05)  # Postfix tells nobody when it has delivered
        pytest.fail("Postfix made no report")


@pytest.fixture
def postfix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postfix]:
    """A private instance in a folder of its own, which ends with the test."""
    if shutil.which("postfix") is None:
        pytest.skip("Postfix is missing: install postfix to run this on it")
    if os.geteuid() != 0:
        pytest.skip("Postfix must be started by root")
    home = tmp_path_factory.mktemp("postfix")
    for parent in (home, *home.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o055)
    for name in ("etc", "spool", "data", "mail"):
        (home / name).mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (home / "etc" / "main.cf").write_text(MAIN.format(home=home))
    (home / "etc" / "master.cf").write_text(MASTER.format(port=port))
    shutil.chown(home / "data", "postfix")
    shutil.chown(home / "mail", 65534, 65534)
    command = ["postfix", "-c", str(home / "etc")]
    started = subprocess.run([*command, "start"], capture_output=True, text=True)
    assert started.returncode == 0, started.stderr
    try:
        yield Postfix(port=port, maildir=home / "mail" / "bounces")
    finally:
        subprocess.run([*command, "stop"], capture_output=True)


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
