"""A relay that signs: a real Postfix with a real OpenDKIM, and what the doctor says of its mail."""

from __future__ import annotations

import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.doctor.diagnosis import Diagnosis, Health
from newsletter.doctor.received import examine_received
from tests.peers.mailboxes.reporting import Postfix, running_postfix
from tests.peers.zone import DOMAIN
from tests.unit.newsletter.doctor.test_received import MAIL, PEM, resolver

CONFIG = """
Syslog no
Canonicalization relaxed/simple
OversignHeaders From
Mode s
Domain {domain}
Selector relay
KeyFile {folder}/relay.pem
RequireSafeKeys no
InternalHosts 127.0.0.1
Socket inet:{port}@127.0.0.1
{more}
"""
"""As Debian installs it, but for what names the domain and the place."""


@contextmanager
def signing(folder: Path, home: Path, more: str) -> Iterator[Postfix]:
    """A private Postfix whose mail is signed by a private OpenDKIM."""
    program = shutil.which("opendkim", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    program = program or shutil.which("opendkim")
    if program is None:
        pytest.skip("OpenDKIM is missing: install opendkim to run this on it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "relay.pem").write_bytes(PEM)
    text = CONFIG.format(domain=DOMAIN, folder=folder, port=port, more=more)
    (folder / "opendkim.conf").write_text(text)
    filtering = subprocess.Popen([program, "-f", "-x", str(folder / "opendkim.conf")])
    try:
        wait_for(port)
        main = f"smtpd_milters = inet:127.0.0.1:{port}\n"
        with running_postfix(home, main=main) as postfix:
            yield postfix
    finally:
        filtering.terminate()
        filtering.wait(30)


def wait_for(port: int) -> None:
    """Until somebody listens there."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)  # OpenDKIM tells nobody when it is ready
    pytest.fail("OpenDKIM does not listen")


def arrived(places: tuple[Path, Path], more: str = "") -> dict[str, Diagnosis]:
    """What is said of an issue that went through the relay, as it was stored."""
    with signing(*places, more) as postfix:
        with smtplib.SMTP("127.0.0.1", postfix.port) as session:
            session.sendmail(f"notes@{DOMAIN}", ["notes@example.com"], MAIL.encode())
        raw = postfix.wait_for_report()
    return {one.name: one for one in examine_received(raw, domain=DOMAIN, resolver=resolver())}


@pytest.fixture
def places(tmp_path: Path, postfix_home: Path) -> tuple[Path, Path]:
    """Where OpenDKIM and Postfix keep what is theirs."""
    return tmp_path, postfix_home


def test_a_relay_as_it_is_installed_signs_too_little(places: tuple[Path, Path]) -> None:
    """OpenDKIM leaves out List-Unsubscribe-Post unless it is told, and the doctor says so (rule A6)."""
    found = arrived(places)
    told = found["signature covers"]
    assert told.health is Health.ERROR
    assert "List-Unsubscribe-Post not signed" in told.message
    assert "SignHeaders *,+List-Unsubscribe-Post" in told.advice


def test_the_advice_mends_it(places: tuple[Path, Path]) -> None:
    """With the line that the doctor names, both fields are signed (RFC 8058 4)."""
    found = arrived(places, "SignHeaders *,+List-Unsubscribe-Post")
    assert found["signature covers"].health is Health.OK
    assert found["return path"].health is Health.OK
