"""`newsletter doctor`: relays and sites that misbehave one fault at a time."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from mailer.smtp import Relay, Tls
from newsletter import Newsletter
from newsletter.config.config import load_config
from newsletter.doctor.diagnosis import Diagnosis, Health
from newsletter.doctor.doctor import Surroundings, examine, examine_secret, judge_space
from newsletter.doctor.relay import examine_relay
from newsletter.doctor.site import examine_site
from scripts.cli import main
from storage.database.engine import Database
from tests.conftest import NOON
from tests.peers.smtp import Act, Move, Peer
from tests.peers.zone import Zone
from tests.worlds.site import Client

AUTH = (
    "250-peer.test\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250-DSN\r\n"
    "250-SMTPUTF8\r\n250-STARTTLS\r\n250 AUTH PLAIN"
)


FIELDS = {"area", "name", "verdict", "message", "advice", "record"}


def verdicts(found: list[Diagnosis]) -> dict[str, Health]:
    """The verdict of each name."""
    return {one.name: one.health for one in found}


# ── relays ───────────────────────────────────────────────────────────────────────────────────


def look(peer: Peer, relay: Relay, now: datetime = NOON) -> list[Diagnosis]:
    """What is said of a relay."""

    async def main() -> list[Diagnosis]:
        async with peer.serving():
            config = replace(relay, port=peer.port)
            return await asyncio.to_thread(lambda: list(examine_relay(config, now=now)))

    return asyncio.run(main())


PLAIN = Relay(host="127.0.0.1", port=0, tls=Tls.NONE)


@pytest.fixture
def protected(tmp_path: Path) -> tuple[ssl.SSLContext, Relay]:
    """A relay's TLS, and a configuration that trusts it and logs in."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return context, Relay(
        host="127.0.0.1",
        port=0,
        tls=Tls.STARTTLS,
        ca=file,
        username="ada",
        password="secret",
    )


def test_a_relay_in_order(protected: tuple[ssl.SSLContext, Relay]) -> None:
    """Reachable, protected, logged in, and nothing was sent."""
    context, config = protected
    peer = Peer({"EHLO": AUTH}, tls=context)
    found = look(peer, config)
    assert verdicts(found) == dict.fromkeys(("relay", "tls", "offers", "login"), Health.OK)
    assert "1,000,000 octets" in found[2].message
    assert "MAIL" not in peer.verbs


def test_a_certificate_that_nobody_vouches_for(
    protected: tuple[ssl.SSLContext, Relay], tmp_path: Path
) -> None:
    """Then TLS is the complaint, and the password is not sent (rule A36)."""
    context, config = protected
    trustme.CA().cert_pem.write_to_path(str(config.ca))
    peer = Peer({"EHLO": AUTH}, tls=context)
    found = look(peer, config)
    assert verdicts(found) == {
        "relay": Health.OK,
        "tls": Health.ERROR,
        "offers": Health.SKIPPED,
        "login": Health.SKIPPED,
    }
    assert "?ca=FILE" in found[1].advice
    assert "AUTH" not in peer.verbs


def test_a_relay_without_starttls(protected: tuple[ssl.SSLContext, Relay]) -> None:
    """Mail is not sent in clear instead, and that is said."""
    found = look(Peer(), protected[1])
    assert verdicts(found)["tls"] is Health.ERROR
    assert "STARTTLS" in found[1].message
    assert "smtps://" in found[1].advice


Certificate = Callable[[trustme.CA, Path], ssl.SSLContext]


def issued(*names: str, **dates: datetime) -> Certificate:
    """A certificate of the authority that is trusted, for these names."""

    def make(authority: trustme.CA, _: Path) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names, **dates).configure_cert(context)  # type: ignore[arg-type]
        return context

    return make


def by_a_stranger(_: trustme.CA, folder: Path) -> ssl.SSLContext:
    """A certificate of an authority that nobody knows."""
    return issued("127.0.0.1")(trustme.CA(), folder)


def self_signed(_: trustme.CA, folder: Path) -> ssl.SSLContext:
    """A certificate that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "self.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + made.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


LONG_AGO, YESTERDAY = datetime(2001, 1, 1, tzinfo=UTC), datetime(2002, 1, 1, tzinfo=UTC)
FAR, FARTHER = datetime(2098, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("certificate", "words", "advice"),
    [
        (self_signed, "self-signed", "?ca=FILE"),
        (by_a_stranger, "authority behind its certificate is not known", "?ca=FILE"),
        (issued("other.test"), "not made for the name 127.0.0.1", "name that stands in"),
        (
            issued("127.0.0.1", not_before=LONG_AGO, not_after=YESTERDAY),
            ": its certificate has expired",
            "renewed",
        ),
        (
            issued("127.0.0.1", not_before=FAR, not_after=FARTHER),
            ": its certificate is not valid yet",
            "clock",
        ),
    ],
)
def test_each_fault_of_a_certificate_is_named(
    protected: tuple[ssl.SSLContext, Relay],
    tmp_path: Path,
    certificate: Certificate,
    words: str,
    advice: str,
) -> None:
    """Self-signed, unknown, for another name, over or not begun: said so, and no login (rule A36)."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(protected[1].ca))
    peer = Peer({"EHLO": AUTH}, tls=certificate(authority, tmp_path))
    found = look(peer, protected[1])
    assert verdicts(found) == {
        "relay": Health.OK,
        "tls": Health.ERROR,
        "offers": Health.SKIPPED,
        "login": Health.SKIPPED,
    }
    assert words in found[1].message
    assert advice in found[1].advice
    assert not {"AUTH", "MAIL"} & set(peer.verbs)


def test_a_certificate_that_ends_soon(protected: tuple[ssl.SSLContext, Relay]) -> None:
    """Two weeks before its end it is a warning."""
    context, config = protected
    far = look(Peer({"EHLO": AUTH}, tls=context), config)
    assert verdicts(far)["tls"] is Health.OK
    late = datetime(9999, 12, 30, tzinfo=UTC)
    soon = look(Peer({"EHLO": AUTH}, tls=context), config, now=late)
    assert verdicts(soon) == {
        "relay": Health.OK,
        "tls": Health.WARNING,
        "offers": Health.OK,
        "login": Health.OK,
    }


@pytest.mark.parametrize(
    ("missing", "verdict", "words"),
    [
        ("PIPELINING", Health.WARNING, "several round trips"),
        ("DSN", Health.OK, "without DSN"),
        ("SMTPUTF8", Health.OK, "outside ASCII"),
        ("SIZE 1000000", Health.OK, "too large is noticed only after"),
    ],
)
def test_what_a_relay_does_not_offer_is_told(missing: str, verdict: Health, words: str) -> None:
    """Each missing extension with what it costs; only pipelining is worth a warning (rule B12)."""
    offered = AUTH.replace(f"250-{missing}\r\n", "")
    (found,) = [one for one in look(Peer({"EHLO": offered}), PLAIN) if one.name == "offers"]
    assert found.health is verdict
    assert words in found.message


def test_a_password_that_is_refused(protected: tuple[ssl.SSLContext, Relay]) -> None:
    """The login alone is the complaint, and the password is not repeated."""
    context, config = protected
    found = look(Peer({"EHLO": AUTH, "AUTH": "535 5.7.8 no"}, tls=context), config)
    assert verdicts(found) == {
        "relay": Health.OK,
        "tls": Health.OK,
        "offers": Health.OK,
        "login": Health.ERROR,
    }
    assert "535" in found[3].message
    assert "secret" not in str(found)


@pytest.mark.parametrize("greeting", ["554 5.7.1 go away", Act.CLOSE])
def test_a_relay_that_is_not_there(greeting: Move) -> None:
    """Without a greeting nothing else is looked at."""
    found = look(Peer({"GREET": greeting}), PLAIN)
    assert verdicts(found) == {
        "relay": Health.ERROR,
        "tls": Health.SKIPPED,
        "offers": Health.SKIPPED,
        "login": Health.SKIPPED,
    }


# ── the site ─────────────────────────────────────────────────────────────────────────────────


@contextmanager
def site(answers: Mapping[str, int], *, date: datetime | None = NOON) -> Iterator[str]:
    """A web server that answers GET and POST as told; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(answers.get("GET", 200))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(answers.get("POST", 404))

        def answer(self, status: int) -> None:
            self.send_response_only(status)
            if date is not None:
                self.send_header("Date", format_datetime(date, usegmt=True))
            if 300 <= status < 400:
                self.send_header("Location", "https://elsewhere.example.com/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: pytest's output is for pytest."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({}, None),
        ({"GET": 404}, "site"),
        ({"POST": 301}, "one-click"),
        ({"POST": 403}, "one-click"),
        ({"POST": 405}, "one-click"),
        ({"POST": 200}, "one-click"),
    ],
)
def test_a_click_must_reach_the_program(answers: Mapping[str, int], error: str | None) -> None:
    """Redirects, challenges and foreign pages in its way are errors (RFC 8058 3.1, rule A7)."""
    with site(answers) as url:
        found = list(examine_site(url, clock=lambda: NOON))
    assert [one.name for one in found if one.health is not Health.OK] == ([error] if error else [])


def test_a_redirected_click_names_the_remedy() -> None:
    """Which address to configure instead is said, as mail programs do not follow (RFC 8058 3.1)."""
    with site({"POST": 308}) as url:
        found = {one.name: one for one in examine_site(url, clock=lambda: NOON)}
    assert "redirected (308)" in found["one-click"].message
    assert "[newsletter] url" in found["one-click"].advice


def test_the_real_site_takes_the_click(tmp_path: Path) -> None:
    """What the doctor asks of a site, the product's own site answers."""
    (tmp_path / "newsletter.toml").write_text(CONFIG, "utf-8")
    with (
        Newsletter.open(tmp_path / "newsletter.toml", environ={}) as newsletter,
        Client(newsletter) as client,
    ):
        body = {"content-type": "application/x-www-form-urlencoded"}
        click = client.ask(
            "POST", "/unsubscribe/doctor", headers=body, content=b"List-Unsubscribe=One-Click"
        )
        assert client.get("/subscribe").status_code == 200
    assert click.status_code == 404


def test_a_clock_that_is_wrong() -> None:
    """Six minutes are a warning, four are none, and a site without a date says nothing."""
    for minutes, verdict in ((4, Health.OK), (6, Health.WARNING)):
        with site({}, date=NOON - timedelta(minutes=minutes)) as url:
            found = verdicts(list(examine_site(url, clock=lambda: NOON)))
        assert found["clock"] is verdict
    with site({}, date=None) as url:
        assert verdicts(list(examine_site(url, clock=lambda: NOON)))["clock"] is Health.SKIPPED


def test_a_site_that_is_not_there() -> None:
    """Readers could not leave: an error, and the rest is skipped."""
    with site({}) as url:
        pass
    found = verdicts(list(examine_site(url, clock=lambda: NOON)))
    assert found == {
        "site": Health.ERROR,
        "one-click": Health.SKIPPED,
        "clock": Health.SKIPPED,
    }


# ── this machine, and the command ────────────────────────────────────────────────────────────

CONFIG = """
[newsletter]
title = "N"
url = "https://notes.example.com"
sender = "notes@news.example.com"
postal_address = "Here"
"""


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(10**6, Health.ERROR), (10**8, Health.WARNING), (10**10, Health.OK)],
)
def test_a_full_disk_is_told(tmp_path: Path, free: int, verdict: Health) -> None:
    """Little room is a warning, almost none an error."""
    assert judge_space("disk database", tmp_path, free).health is verdict


def test_a_secret_that_others_can_read(tmp_path: Path) -> None:
    """Its mode is looked at, and the command to mend it is named."""
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0o600)
    assert examine_secret(secret).health is Health.OK
    secret.chmod(0o640)
    assert examine_secret(secret).advice == f"chmod 600 {secret}"
    assert examine_secret(tmp_path / "none").health is Health.ERROR


def test_everything_is_looked_at_together(tmp_path: Path) -> None:
    """With relay, DNS and site in order, and a run under way, there is no complaint."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "secret").chmod(0o600)
    around = Surroundings(
        resolver=Zone(), is_scheduling=lambda: True, clock=lambda: NOON, own_address=lambda: None
    )

    async def look_around() -> list[Diagnosis]:
        async with Peer({"EHLO": AUTH}).serving() as peer:
            with site({}) as url:
                file = tmp_path / "newsletter.toml"
                text = CONFIG.replace("https://notes.example.com", url)
                file.write_text(
                    f'{text}[smtp]\nurl = "smtp://127.0.0.1:{peer.port}?tls=none"\n', "utf-8"
                )
                config = load_config(file, {})
                return await asyncio.to_thread(lambda: examine(config, around))

    found = verdicts(asyncio.run(look_around()))
    complaints = {name: verdict for name, verdict in found.items() if verdict is not Health.OK}
    assert complaints == {
        "login": Health.SKIPPED,  # no user
        "dkim": Health.WARNING,  # no key
        "spf relay": Health.SKIPPED,  # no public address
        "ptr": Health.SKIPPED,
    }


def test_with_the_outbox_the_network_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says what it skipped, and a fresh newsletter has no errors."""
    (tmp_path / "newsletter.toml").write_text(CONFIG, "utf-8")
    (tmp_path / "notes").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEWSLETTER_CONFIG", raising=False)
    main_code(["doctor", "--json"], expected=0)
    document = json.loads(capsys.readouterr().out)
    assert all(one.keys() == FIELDS for one in document)
    skipped = {one["name"] for one in document if one["verdict"] == "skipped"}
    assert {"relay", "spf", "dkim", "dmarc", "bounces", "one-click"} <= skipped
    (tmp_path / "notes").rmdir()
    main_code(["doctor"], expected=1)
    shown = capsys.readouterr().out
    assert re.search(r"^  error +notes ", shown, re.MULTILINE)
    assert "relay, tls, offers, login" in shown  # one reason, one line
    assert "\n1 error: notes. Mend" in shown


def test_a_running_scheduler_is_seen(tmp_path: Path) -> None:
    """Whoever holds the schedule is noticed, and the question does not take it away."""
    (tmp_path / "newsletter.toml").write_text(CONFIG, "utf-8")
    with Newsletter.open(tmp_path / "newsletter.toml", environ={}) as newsletter:
        assert verdicts(newsletter.doctor())["scheduler"] is Health.WARNING
        other = Database.open(newsletter.config.storage.url)
        lock = other.try_lock("scheduler")
        assert lock is not None
        assert verdicts(newsletter.doctor())["scheduler"] is Health.OK
        lock.release()
        other.close()


def main_code(arguments: list[str], *, expected: int) -> None:
    """Run a command line; its exit code is the expected one."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert (ended.value.code or 0) == expected
