"""The installed command `newsletter`, as a shell, a timer and a supervisor start it."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.peers.nursery import PROGRAM, Forked, run_forked

Shell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A newsletter made by `init`, without a hold, on a free port."""
    folder = tmp_path / "home"
    assert run_forked([PROGRAM, "init", folder], env=_environment()).returncode == 0
    config = folder / "newsletter.toml"
    text = config.read_text("utf-8").replace('hold = "5m"', 'hold = "0s"')
    config.write_text(text.replace("port = 8000", "port = 0"), "utf-8")
    return folder


@pytest.fixture
def shell(home: Path) -> Shell:
    """Runs a command line in the newsletter's folder, in a process that is forked."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_forked([PROGRAM, *arguments], cwd=home, env=_environment())

    return call


@pytest.fixture
def whole_shell(home: Path) -> Shell:
    """The same in a process that is started, as a shell does it."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *arguments],
            cwd=home,
            capture_output=True,
            text=True,
            timeout=120,
            env=_environment(),
        )

    return call


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER")}


def _kept(home: Path) -> list[email.message.EmailMessage]:
    """What the embedded outbox holds."""
    files: Sequence[Path] = sorted((home / "outbox").glob("*/new/*")) or sorted(
        (home / "outbox").glob("new/*")
    )
    return [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files
    ]  # type: ignore[misc]


def test_from_an_empty_folder_to_a_mail_in_five_commands(whole_shell: Shell, home: Path) -> None:
    """init, import, schedule, send: each reader gets the note once, over SMTP, with a way out."""
    (home / "list.csv").write_text(
        "email,name\nada@example.com,Ada\nbob@example.com,Bob\n", "utf-8"
    )
    shell = whole_shell
    assert shell("subscribers", "import", "list.csv", "--consent", "fair").returncode == 0
    assert shell("schedule", "first-note.md", "--now").returncode == 0
    sent = shell("send", "--json")
    assert (sent.returncode, json.loads(sent.stdout)["accepted"]) == (0, 2)
    assert json.loads(shell("send", "--json").stdout)["accepted"] == 0
    mails = _kept(home)
    assert sorted(mail["To"].addresses[0].addr_spec for mail in mails) == [
        "ada@example.com",
        "bob@example.com",
    ]
    assert all("/unsubscribe/" in mail["List-Unsubscribe"] for mail in mails)


def test_run_says_where_things_are_and_ends_when_told(home: Path) -> None:
    """`run` prints addresses that answer, and SIGTERM ends it with exit code 0."""
    service = subprocess.Popen(
        [PROGRAM, "run"],
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    try:
        assert service.stdout is not None
        said = "".join(service.stdout.readline() for _ in range(6))
        site = re.search(r"^site +(http://\S+)$", said, re.MULTILINE)
        assert site is not None
        assert re.search(r"^outbox +http://\S+/outbox$", said, re.MULTILINE)
        health = re.search(r"^health +(http://127\.0\.0\.1:\S+/healthz)$", said, re.MULTILINE)
        assert health is not None
        with urllib.request.urlopen(health[1], timeout=120) as answer:
            assert answer.status == 200
        with urllib.request.urlopen(f"{site[1]}feed.xml", timeout=120) as answer:
            assert b"<rss" in answer.read()
    finally:
        service.send_signal(signal.SIGTERM)
        out, err = service.communicate(timeout=120)
    assert (service.returncode, out) == (0, "")
    assert "Traceback" not in err


def test_the_log_names_nobody(shell: Shell, home: Path) -> None:
    """Even the most talkative log of a whole run holds no address, token, link or secret (A37)."""
    assert shell("subscribers", "add", "ada@example.com").returncode == 0
    assert shell("schedule", "first-note.md", "--now").returncode == 0
    sent = shell("--verbose", "send")
    assert sent.returncode == 0
    assert sent.stderr
    assert "@example.com" not in sent.stderr
    (mail,) = _kept(home)
    token = mail["List-Unsubscribe"].rpartition("/")[2].rstrip(">")
    assert token not in sent.stderr
    assert (home / "secret").read_text("ascii").strip() not in sent.stderr


def test_results_are_kept_apart_from_the_log(shell: Shell) -> None:
    """Standard output is one JSON document, also when the log is on; a log line is key=value."""
    listed = shell("--verbose", "send", "--json")
    assert json.loads(listed.stdout)["problems"] == []
    lines = [line for line in listed.stderr.splitlines() if line.startswith("timestamp=")]
    assert all(re.match(r"timestamp=\S+ level=\w+ event=\S+", line) for line in lines)


def test_a_reader_of_the_output_may_go_away(home: Path) -> None:
    """`newsletter … | head -1` ends without a complaint."""
    rows = "".join(f"reader{number}@example.com\n" for number in range(5000))
    (home / "list.csv").write_text(f"email\n{rows}", "utf-8")
    taken = run_forked(
        [PROGRAM, "subscribers", "import", "list.csv", "--consent", "fair"], cwd=home
    )
    assert taken.returncode == 0, taken.stderr
    for command in ("list", "export"):
        pipe = subprocess.Popen(
            [PROGRAM, "subscribers", command],
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert pipe.stdout is not None
        pipe.stdout.readline()
        pipe.stdout.close()
        assert pipe.stderr is not None
        assert pipe.stderr.read() == b""
        pipe.stderr.close()
        assert pipe.wait(timeout=120) == 1


def test_a_second_run_of_the_same_newsletter_is_refused(home: Path) -> None:
    """On SQLite one process schedules; a second says so and fails, and the first goes on."""
    first = Forked(
        [PROGRAM, "run"],
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=_environment(),
    )
    try:
        assert first.stdout is not None
        assert first.stdout.readline().startswith("site")
        second = run_forked([PROGRAM, "run"], cwd=home)
        assert second.returncode == 1
        assert "another `newsletter run`" in second.stderr
        assert first.poll() is None
    finally:
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=120)
