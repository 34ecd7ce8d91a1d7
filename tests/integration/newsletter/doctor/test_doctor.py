"""`newsletter doctor`: sites and machines that misbehave one fault at a time."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from newsletter import Newsletter
from newsletter.config.config import load_config
from newsletter.doctor.diagnosis import Diagnosis, Health
from newsletter.doctor.doctor import (
    Surroundings,
    examine,
    examine_database,
    examine_secret,
    judge_space,
)
from newsletter.doctor.site import examine_site
from scripts.cli import main
from storage.database.engine import Database
from tests.conftest import NOON
from tests.peers.relays.smtp import Peer
from tests.peers.zone import Zone
from tests.worlds.readers.site import Client

AUTH = (
    "250-peer.test\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250-DSN\r\n"
    "250-SMTPUTF8\r\n250-STARTTLS\r\n250 AUTH PLAIN"
)


FIELDS = {"area", "name", "verdict", "message", "advice", "record"}


def verdicts(found: list[Diagnosis]) -> dict[str, Health]:
    """The verdict of each name."""
    return {one.name: one.health for one in found}


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


def test_a_database_that_others_can_read(tmp_path: Path) -> None:
    """As one was made before its mode was looked at: it holds every address."""
    file = tmp_path / "n.db"
    file.write_bytes(b"x")
    file.chmod(0o644)
    assert examine_database(file).advice == f"chmod 600 {file}"
    file.chmod(0o600)
    assert examine_database(file).health is Health.OK


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
