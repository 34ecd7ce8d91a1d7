"""The command `newsletter doctor`, everything in order, and then one fault at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from mailer.authentication.keys import KeyType, SigningKey, make_key
from newsletter import Newsletter
from scripts.cli import main
from tests.integration.newsletter.doctor.test_doctor import AUTH, CONFIG, site
from tests.integration.newsletter.doctor.test_relay_doctor import (
    LONG_AGO,
    YESTERDAY,
    Certificate,
    issued,
    self_signed,
)
from tests.peers.relays.smtp import Act, Move, Peer
from tests.peers.zone import DOMAIN, HERE, Zone

PEM = make_key(KeyType.RSA)
KEY = SigningKey.load(PEM, domain=DOMAIN, selector="s1")


@dataclass
class Around:
    """A newsletter for which everything is right, until a fault is put in."""

    folder: Path
    zone: Zone = field(default_factory=Zone)
    script: dict[str, Move] = field(default_factory=lambda: {"EHLO": AUTH})
    answers: dict[str, int] = field(default_factory=dict)
    certificate: Certificate = field(default_factory=lambda: issued("127.0.0.1"))
    authority: trustme.CA = field(default_factory=trustme.CA)
    late: timedelta = timedelta()
    is_scheduling: bool = True
    edit: Callable[[str], str] = str

    def build(self) -> None:
        """Files, and what the DNS says of the key."""
        (self.folder / "notes").mkdir()
        (self.folder / "secret").write_text("x" * 64)
        (self.folder / "secret").chmod(0o600)
        (self.folder / "s1.pem").write_bytes(PEM)
        (self.folder / "s1.pem").chmod(0o600)
        self.authority.cert_pem.write_to_path(str(self.folder / "ca.pem"))
        self.zone.texts[KEY.record_name] = [KEY.private.record()]

    async def run(self, *arguments: str) -> int:
        """The exit code of the command, everything served meanwhile."""
        peer = Peer(self.script, tls=self.certificate(self.authority, self.folder))
        async with peer.serving():
            with site(self.answers, date=datetime.now(UTC) - self.late) as url:
                text = CONFIG.replace("https://notes.example.com", url)
                text += (
                    f'[smtp]\nurl = "smtp://ada:pw@127.0.0.1:{peer.port}?tls=starttls&ca=ca.pem"\n'
                )
                text += '[dkim]\nselector = "s1"\nkey = "s1.pem"\n'
                (self.folder / "newsletter.toml").write_text(self.edit(text), "utf-8")
                return await asyncio.to_thread(self._call, arguments)

    def _call(self, arguments: tuple[str, ...]) -> int:
        try:
            main(["--config", str(self.folder / "newsletter.toml"), "doctor", *arguments])
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Around:
    """Everything in order; its DNS is the only one that is asked."""
    made = Around(tmp_path)
    made.build()
    monkeypatch.setattr("newsletter.operating.Dns", lambda: made.zone)
    monkeypatch.setattr("newsletter.operating.find_own_address", lambda: HERE)
    monkeypatch.setattr(Newsletter, "is_running", lambda _: made.is_scheduling)
    return made


def test_everything_right_ends_with_0(around: Around, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is wrong, nothing skipped, and every part was looked at (rules A1, A2)."""
    code = asyncio.run(around.run("--json"))
    found = json.loads(capsys.readouterr().out)
    assert {one["name"] for one in found if one["verdict"] != "ok"} == set()
    assert code == 0
    assert {one["name"] for one in found} >= {
        *("relay", "tls", "offers", "login", "domain", "spf", "spf relay", "dmarc", "dkim s1"),
        *("alignment", "bounces", "ptr", "site", "one-click", "clock", "secret", "notes"),
    }
    assert asyncio.run(around.run()) == 0
    assert capsys.readouterr().out.endswith("Nothing to complain about.\n")


def texts(name: str, *records: str) -> Callable[[Around], None]:
    """A fault in TXT records."""
    return lambda around: around.zone.texts.update({name: list(records)})


def answers(**given: int) -> Callable[[Around], None]:
    """A fault of the site."""
    return lambda around: around.answers.update(given)


def says(**script: Move) -> Callable[[Around], None]:
    """A fault of the relay."""
    return lambda around: around.script.update(script)


def has(certificate: Certificate) -> Callable[[Around], None]:
    """A fault of the relay's certificate."""
    return lambda around: setattr(around, "certificate", certificate)


def edited(old: str, new: str) -> Callable[[Around], None]:
    """A fault of the configuration."""
    return lambda around: setattr(around, "edit", lambda text: text.replace(old, new))


def confirming_from_nowhere(around: Around) -> None:
    """A fault of the From of confirmations (rule A38)."""
    around.zone.missing.add("confirm.news.example.com")
    edited("[smtp]", '[subscribers]\nsender = "N <n@confirm.news.example.com>"\n[smtp]')(around)


FAULTS: dict[str, tuple[Callable[[Around], None], str, str]] = {
    "self-signed": (has(self_signed), "tls", "error"),
    "wrong name": (has(issued("other.test")), "tls", "error"),
    "expired": (
        has(issued("127.0.0.1", not_before=LONG_AGO, not_after=YESTERDAY)),
        "tls",
        "error",
    ),
    "no STARTTLS": (says(EHLO=AUTH.replace("250-STARTTLS\r\n", "")), "tls", "error"),
    "silent relay": (says(GREET=Act.CLOSE), "relay", "error"),
    "bad password": (says(AUTH="535 5.7.8 no"), "login", "error"),
    "no pipelining": (says(EHLO=AUTH.replace("250-PIPELINING\r\n", "")), "offers", "warning"),
    "no domain": (lambda around: around.zone.missing.add(DOMAIN), "domain", "error"),
    "no SPF": (texts(DOMAIN), "spf", "error"),
    "SPF of another": (texts(DOMAIN, "v=spf1 ip4:192.0.2.1 -all"), "spf relay", "error"),
    "no DMARC": (texts("_dmarc.example.com"), "dmarc", "error"),
    "no key": (texts(KEY.record_name), "dkim s1", "error"),
    "another key": (texts(KEY.record_name, "v=DKIM1; k=rsa; p=AAAA"), "dkim s1", "error"),
    "no MX": (lambda around: around.zone.exchangers.clear(), "bounces", "error"),
    "no PTR": (lambda around: around.zone.pointers.clear(), "ptr", "error"),
    "strange site": (answers(GET=404), "site", "error"),
    "redirected click": (answers(POST=308), "one-click", "error"),
    "challenged click": (answers(POST=403), "one-click", "error"),
    "late clock": (lambda around: setattr(around, "late", timedelta(hours=1)), "clock", "warning"),
    "no notes": (lambda around: (around.folder / "notes").rmdir(), "notes", "error"),
    "open secret": (lambda around: (around.folder / "secret").chmod(0o644), "secret", "warning"),
    "no address": (edited('postal_address = "Here"', ""), "postal address", "warning"),
    "confirmations from nowhere": (confirming_from_nowhere, "confirmations domain", "error"),
    "no run": (lambda around: setattr(around, "is_scheduling", False), "scheduler", "warning"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_is_one_complaint_of_the_command(
    around: Around, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exactly that complaint, with what to do; 1 for an error, 0 for a warning (rules A2, A36)."""
    harm, name, verdict = FAULTS[fault]
    harm(around)
    code = asyncio.run(around.run("--json"))
    found = json.loads(capsys.readouterr().out)
    complaints = [one for one in found if one["verdict"] in {"warning", "error"}]
    assert [(one["name"], one["verdict"]) for one in complaints] == [(name, verdict)]
    assert complaints[0]["advice"]
    assert code == (1 if verdict == "error" else 0)


def test_a_copy_that_arrived_is_looked_at(
    around: Around, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--signed FILE`: what the relay signed is judged, and nothing else is asked (rule A6)."""
    mail = tmp_path / "arrived.eml"
    mail.write_bytes(f"From: notes@{DOMAIN}\r\nSubject: First\r\n\r\nhello\r\n".encode())
    assert asyncio.run(around.run("--signed", str(mail))) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("The message that arrived\n")
    assert "without a DKIM signature" in shown
    assert asyncio.run(around.run("--signed", str(tmp_path / "none"))) == 2
