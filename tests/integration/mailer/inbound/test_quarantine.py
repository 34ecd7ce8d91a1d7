"""What was set aside, as its author reads it, takes it again, and forgets it."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from newsletter.app import Newsletter
from scripts.cli import main
from scripts.commands.quarantine import readable
from storage.model.readers import SuppressionReason
from storage.model.reports import Effect
from storage.readers.quarantine import PER_SOURCE, RAW_LIMIT, Bound
from tests.conftest import NOON
from tests.worlds.inbound.intakes import settle_in

FOLDER = Path(__file__).parents[3] / "fixtures" / "reports"
HOSTILE = (
    b"From: MAILER-DAEMON@mx.example.net\r\nSubject: Undelivered \x1b[2J\x07 mail\r\n\r\n"
    b"\xe2\x80\xae reversed \xc2\x9b31m \x00 bell\r\rand so\n<b>on</b> [bold]\xff\n"
)


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Path:
    """A newsletter with one reader, on each engine."""
    return settle_in(tmp_path / "house", storage=database_url)


@pytest.fixture
def run(config: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command of that newsletter."""

    def call(*arguments: object) -> Ran:
        capsys.readouterr()
        try:
            main(["--config", str(config), *map(str, arguments)])
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return call


def take(config: Path, raw: bytes, envelope_to: str = "") -> Effect:
    """One message comes back."""
    with Newsletter.open(config, environ={}, clock=lambda: NOON) as newsletter:
        return newsletter.report_desk.process(raw, envelope_to=envelope_to).action


def test_what_was_set_aside_is_listed(config: Path, run: Callable[..., Ran]) -> None:
    """Newest first, with when, what and why; what was matched is not among it (rules C3, C12)."""
    assert run("quarantine", "list").err == "nothing was set aside\n"
    assert take(config, (FOLDER / "postfix-hard.eml").read_bytes()) is Effect.QUARANTINED
    assert take(config, (FOLDER / "arf-other.eml").read_bytes()) is Effect.QUARANTINED
    first, second = json.loads(run("quarantine", "list", "--json").out)
    assert (first["kind"], second["kind"]) == ("unknown", "hard")
    assert second["received_at"] == "2026-11-22T12:00:00Z"
    assert second["status"] == "5.1.1"
    assert second["octets"] == len((FOLDER / "postfix-hard.eml").read_bytes())
    assert second["why"].startswith("no key of ours names a reader: 550 5.1.1")
    assert first["why"] == "cannot be understood: other"
    out = run("quarantine", "list").out.splitlines()
    assert out[0].split() == ["NUMBER", "RECEIVED", "KIND", "STATUS", "OCTETS", "WHY"]
    assert out[2].split()[0] == str(second["number"])


def test_one_is_shown_without_what_steers_a_terminal(
    config: Path, run: Callable[..., Ran], tmp_path: Path
) -> None:
    """Controls and reversed writing are left out, on screen and in JSON; a file has every octet."""
    assert take(config, HOSTILE) is Effect.QUARANTINED
    (entry,) = json.loads(run("quarantine", "list", "--json").out)
    shown = run("quarantine", "show", entry["number"])
    assert shown.code == 0
    assert "Subject: Undelivered [2J mail\n" in shown.out
    assert "reversed 31m  bell\n\nand so\n<b>on</b> [bold]" in shown.out
    document = json.loads(run("quarantine", "show", entry["number"], "--json").out)
    for text in (shown.out, document["content"]):
        assert not {"\x1b", "\x07", "\x00", "\x9b", "\u202e", "\r"} & set(text)
    file = tmp_path / "kept.eml"
    assert run("quarantine", "show", entry["number"], "--out", file).code == 0
    assert file.read_bytes() == HOSTILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("quarantine", "show", entry["number"], "--out", file).code == 1


@pytest.mark.parametrize(
    "raw", [bytes(range(256)), "\u200f\ufeff\u2066x\u2028y".encode(), b"", b"\r" * 9]
)
def test_anything_can_be_shown(raw: bytes) -> None:
    """Whatever was kept, showing it is plain text."""
    text = readable(raw)
    assert all(character == "\n" or character.isprintable() for character in text)


def test_one_that_is_not_there_is_told(run: Callable[..., Ran]) -> None:
    """An unknown number is an error, and nothing is dropped."""
    for arguments in (("show", 7), ("drop", 7)):
        ran = run("quarantine", *arguments)
        assert ran.code == 1
        assert "there is no report in quarantine with the number '7'" in ran.err
    assert run("quarantine", "drop").code == 2
    assert run("quarantine", "drop", 7, "--all").code == 2


def test_what_is_dropped_may_come_again(config: Path, run: Callable[..., Ran]) -> None:
    """Dropped is as if it had never come; what is kept is not touched (rule C13)."""
    names = ("postfix-hard", "qmail-hard", "arf-other")
    raws = [(FOLDER / f"{name}.eml").read_bytes() for name in names]
    for raw in raws:
        assert take(config, raw) is Effect.QUARANTINED
        assert take(config, raw) is Effect.DUPLICATE
    numbers = [one["number"] for one in json.loads(run("quarantine", "list", "--json").out)]
    assert run("quarantine", "drop", numbers[2], 999).code == 1
    assert json.loads(run("quarantine", "drop", numbers[2], "--json").out) == {"dropped": 1}
    assert [take(config, raw) for raw in raws] == [
        Effect.QUARANTINED,
        Effect.DUPLICATE,
        Effect.DUPLICATE,
    ]
    assert run("quarantine", "drop", "--all").out == "3 dropped\n"
    assert run("quarantine", "list").err == "nothing was set aside\n"


def test_what_was_set_aside_can_be_taken_again(
    config: Path, run: Callable[..., Ran], tmp_path: Path
) -> None:
    """Kept with the address it came to, so that show, drop and bounce take it anew."""
    with Newsletter.open(config, environ={}) as newsletter:
        path = newsletter.parts.tokens.return_path(None, 1, "notes@example.com")
        reader = newsletter.subscribers.get(1)
    assert reader is not None
    raw = (FOLDER / "cut-off.eml").read_bytes().replace(b"notes+i1.s1.000000000000", b"notes")
    assert take(config, raw, envelope_to=path) is Effect.QUARANTINED
    (entry,) = json.loads(run("quarantine", "list", "--json").out)
    file = tmp_path / "again.eml"
    run("quarantine", "show", entry["number"], "--out", file)
    assert file.read_bytes() == f"Delivered-To: {path}\r\n".encode() + raw
    assert run("quarantine", "drop", entry["number"]).code == 0
    whole = (FOLDER / "postfix-hard.eml").read_bytes().replace(b"notes+i1.s1.000000000000", b"x")
    file.write_bytes(file.read_bytes().partition(b"\r\n")[0] + b"\r\n" + whole)
    assert run("bounce", file).code == 0
    with Newsletter.open(config, environ={}) as newsletter:
        found = newsletter.subscriptions.suppression("ada@example.org")
    assert found is not None
    assert found.reason is SuppressionReason.HARD_BOUNCE


def test_a_large_one_is_kept_in_part(config: Path, run: Callable[..., Ran]) -> None:
    """Enough to see what it is; a flood does not fill the disk."""
    assert take(config, HOSTILE + b"x" * (2 * RAW_LIMIT)) is Effect.QUARANTINED
    (entry,) = json.loads(run("quarantine", "list", "--json").out)
    assert entry["octets"] == RAW_LIMIT


FORGED = (
    b"From: MAILER-DAEMON@mx%d.%s\r\nTo: notes@example.com\r\nSubject: Undelivered mail %d\r\n"
    b"\r\nwhatever\r\n"
)


def flood(config: Path, count: int, domain: bytes, *, octets: int = 100_000) -> list[str]:
    """Forged bounces of this size come in, all different; the names of what was logged meanwhile."""
    with (
        structlog.testing.capture_logs() as logs,
        Newsletter.open(config, environ={}, clock=lambda: NOON) as newsletter,
    ):
        for number in range(count):
            raw = FORGED % (number, domain, number) + b" " * octets
            assert newsletter.report_desk.process(raw).action is Effect.QUARANTINED
    return [log["event"] for log in logs]


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch, slow: bool) -> Bound:
    """What is kept of one source: with --slow as it is, else a tenth."""
    bound = PER_SOURCE if slow else Bound(PER_SOURCE.reports // 10, PER_SOURCE.octets // 10)
    monkeypatch.setattr("storage.readers.quarantine.PER_SOURCE", bound)
    return bound


def test_a_flood_stays_within_bounds(config: Path, run: Callable[..., Ran], bound: Bound) -> None:
    """Three times as many forged bounces of one domain as are kept push nothing else out; the author is
    told once, and again only after having looked.
    """
    most = bound.octets // RAW_LIMIT
    assert take(config, (FOLDER / "postfix-hard.eml").read_bytes()) is Effect.QUARANTINED
    told = flood(config, 3 * most, b"forger.example")
    assert told.count("quarantine.full") == 1
    kept = json.loads(run("quarantine", "list", "--json").out)
    assert sum(one["octets"] for one in kept) <= bound.octets + RAW_LIMIT
    assert kept[-1]["status"] == "5.1.1"
    listed = run("quarantine", "list")
    assert "were let go to make room" in listed.err
    assert "let go" in run("status").out
    document = json.loads(run("status", "--json").out)["quarantine"]
    assert document["let_go"] == 2 * most
    assert document["since"] == "2026-11-22T12:00:00Z"
    run("quarantine", "drop", kept[0]["number"])
    assert run("quarantine", "list").err == ""
    assert json.loads(run("status", "--json").out)["quarantine"] is None


def test_many_small_ones_of_one_source_stay_within_bounds(config: Path, bound: Bound) -> None:
    """Not only octets are counted: a thousand small reports would hide the ones that matter. And what is
    let go leaves no row behind.
    """
    flood(config, bound.reports + 20, b"forger.example", octets=0)
    with Newsletter.open(config, environ={}) as newsletter:
        assert len(newsletter.reports.set_aside()) == bound.reports
        assert sum(newsletter.reports.counts().values()) == bound.reports


def test_sources_together_stay_within_bounds(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood that calls itself something else each time pushes out the oldest of all."""
    monkeypatch.setattr("storage.readers.quarantine.IN_TOTAL", Bound(8, 300_000))
    for number in range(12):
        flood(config, 1, b"forger%d.example" % number)
    with Newsletter.open(config, environ={}) as newsletter:
        kept = newsletter.reports.set_aside()
        assert sum(one.size for one in kept) <= 300_000
        newest = newsletter.reports.content(kept[0].number)
    assert newest is not None
    assert b"@mx0.forger11.example" in newest
