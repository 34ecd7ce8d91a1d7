"""The commands, run as a person runs them but in this process, on real files and databases."""

from __future__ import annotations

import io
import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
import typer.main

from newsletter import Newsletter
from scripts.cli import app, main
from tests.worlds.commands import Run

ROOT = Path(__file__).parents[3]


# ── starting ─────────────────────────────────────────────────────────────────────────────────


def test_init_makes_all_that_is_needed_and_mails_nobody(run: Run, tmp_path: Path) -> None:
    """A fresh newsletter runs as it is, its secret is its owner's alone, and its first note is private."""
    home = tmp_path / "new"
    assert run("init", home).code == 0
    assert {file.name for file in home.rglob("*")} == {
        *("newsletter.toml", "secret", "notes", "about.md", "first-note.md"),
    }
    assert (home / "secret").stat().st_mode & 0o777 == 0o600
    ran = run("--config", home / "newsletter.toml", "send", "--json")
    assert ran.code == 0
    assert isinstance(document := ran.json(), dict)
    assert (document["published"], document["queued"], document["problems"]) == ([], 0, [])


def test_init_overwrites_nothing(run: Run, folder: Path) -> None:
    """A second init fails and leaves every byte as it was; a notes folder is used as it is."""
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    ran = run("init")
    assert (ran.code, ran.out) == (1, "")
    assert "newsletter.toml is there already" in ran.err
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
    (folder / "newsletter.toml").unlink()
    (folder / "secret").unlink()
    (folder / "notes" / "first-note.md").write_text("mine", "utf-8")
    assert run("init").code == 0
    assert (folder / "notes" / "first-note.md").read_text("utf-8") == "mine"


def test_init_takes_notes_that_are_there(run: Run, folder: Path, tmp_path: Path) -> None:
    """They are read where they are, and nothing is written beside them; a folder that is not there is refused."""
    vault = tmp_path / 'my "vault"'
    vault.mkdir()
    (vault / "a.md").write_text("---\npublish: 2020-01-01\n---\nWords.")
    home = tmp_path / "another"
    refused = run("init", home, "--notes", tmp_path / "nowhere")
    assert (refused.code, home.exists()) == (1, False)
    begun = run("init", home, "--notes", vault)
    assert begun.code == 0
    assert "check --all" in begun.out
    assert [path.name for path in vault.iterdir()] == ["a.md"]
    assert sorted(path.name for path in home.iterdir()) == ["newsletter.toml", "secret"]
    sent = run("--config", home / "newsletter.toml", "send", "--json").json()
    assert isinstance(sent, dict)
    assert sent["published"] == ["a"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--config", "missing.toml", "issues"],
        ["no-such-command"],
        ["send", "--no-such-option"],
        ["schedule", "first-note.md"],
        ["schedule", "first-note.md", "--now", "--at", "tomorrow 9:00"],
        ["schedule", "first-note.md", "--at", "whenever"],
        ["schedule", "first-note.md", "--at", "tomorrow 9:00", "--tz", "Mars/Olympus"],
        ["import", "posts", "notes", "--to", "elsewhere", "--system", "typewriter"],
        ["deliveries", "x", "--state", "lost"],
        ["preview", "first-note.md", "--format", "pdf"],
        ["preview", "first-note.md", "--format", "html,text"],
        ["--verbose", "--quiet", "issues"],
    ],
)
def test_wrong_usage_ends_with_two(run: Run, folder: Path, arguments: list[str]) -> None:
    """A command line or a configuration that cannot be meant is 2, with nothing on standard output."""
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err


def test_a_configuration_that_may_not_be_read_is_told_by_whoever_reads_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its name and the reason, as of any other file, and not as a wrong option."""
    path = tmp_path / "newsletter.toml"
    path.write_text("")
    monkeypatch.setattr("os.access", lambda *_: False)  # what it may not, root may
    ran = run("--config", path, "issues")
    assert "--config" not in ran.err
    assert "[newsletter] title: missing" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["status", "frist-note", "--json"], 1, "there is no issue 'frist-note'"),
        (["plan", "--json", "nope.md"], 1, "there is no note 'nope.md'"),
        (["subscribers", "show", "x@example.com", "--json"], 1, "there is no subscriber"),
        (["--config", "missing.toml", "issues", "--json"], 2, "missing.toml: 1 problem"),
        (["stats", "--days", "x", "--json"], 2, "newsletter stats: --days: must be a whole number"),
        (
            ["quarantine", "drop", "x", "--json"],
            2,
            "newsletter quarantine drop: NUMBER: must be a whole number",
        ),
    ],
)
def test_a_program_that_asked_for_json_gets_json_also_of_a_failure(
    run: Run, folder: Path, arguments: list[str], code: int, told: str
) -> None:
    """One document with the sentence that people are told; the exit code says which kind it is."""
    assert folder.is_dir()
    ran = run(*arguments)
    assert ran.code == code
    assert isinstance(document := ran.json(), dict)
    assert list(document) == ["error"]
    assert told in str(document["error"])
    assert str(document["error"]).partition("\n")[0] in ran.err


@pytest.mark.parametrize("encoding", ["ascii", "iso8859-1", "utf-8"])
def test_a_terminal_without_the_letters_gets_their_numbers(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """A title that the locale cannot write ends no command, and JSON says the same in any of them."""
    (folder / "notes" / "tee.md").write_text("# \u8336 \u00fcber alles\n\nWords.\n", "utf-8")
    assert run("schedule", "tee", "--now").code == 0
    written = {}
    for option in ("", "--json"):
        raw = io.BytesIO()
        terminal = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
        with monkeypatch.context() as patch, suppress(SystemExit):
            patch.setattr("sys.stdout", terminal)
            main(["plan", *filter(None, [option])])
        written[option] = raw.getvalue().decode(encoding)
    assert "ber alles" in written[""]
    assert json.loads(written["--json"])["notes"][0]["title"] == "\u8336 \u00fcber alles"


def test_the_version_is_told_without_a_newsletter(run: Run, tmp_path: Path) -> None:
    """Who reports a fault can say which version it is, wherever they are."""
    told = run("--config", tmp_path / "none.toml", "--version")
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
    assert told.code == 0
    ours, zones = told.out.splitlines()
    assert ours == f"newsletter {project['project']['version']}"
    assert re.fullmatch(r"time zones (20\d\d[a-z]|of a version that is not told)", zones)


def test_the_zones_of_the_product_are_told_where_the_machine_has_none(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Python takes them: those of the machine first, whose version may not be told (rule G12)."""
    monkeypatch.setattr("zoneinfo.TZPATH", (str(tmp_path / "none"),))
    assert (
        run("--version").out.splitlines()[1] == f"time zones {import_module('tzdata').IANA_VERSION}"
    )
    (tmp_path / "UTC").write_bytes(b"TZif")
    monkeypatch.setattr("zoneinfo.TZPATH", (str(tmp_path),))
    assert "not told" in run("--version").out
    (tmp_path / "tzdata.zi").write_text("# version 1999z\n")
    assert run("--version").out.splitlines()[1] == "time zones 1999z"


def test_the_configuration_may_come_from_the_environment(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NEWSLETTER_CONFIG is read where --config is not given."""
    monkeypatch.chdir(tmp_path)
    assert run("issues").code == 2
    monkeypatch.setenv("NEWSLETTER_CONFIG", str(folder / "newsletter.toml"))
    assert run("issues").code == 0


def test_an_error_is_one_sentence(run: Run, folder: Path) -> None:
    """What fails says what and what to do, without a traceback, and names what is nearest."""
    ran = run("preview", "frist-note.md")
    assert ran.code == 1
    assert ran.err == (
        "newsletter: there is no note 'frist-note.md'; did you mean 'first-note.md'?\n"
    )


# ── the author's schedule ────────────────────────────────────────────────────────────────────


def test_a_schedule_is_seen_in_the_calendar_and_taken_back(run: Run, folder: Path) -> None:
    """Scheduling, the calendar and unscheduling agree, in the zone that was asked for."""
    ran = run(
        *("schedule", "first-note.md", "--at", "2099-07-01 09:00", "--tz", "Europe/Berlin"),
        "--json",
    )
    assert ran.json() == {
        "note": "first-note.md",
        "publish_at": "2099-07-01T07:00:00Z",
        "wall": "2099-07-01T09:00:00",
        "zone": "Europe/Berlin",
        "remark": "",
        "changed": True,
        "was": None,
        "running": False,
        "errors": 0,
    }
    told = run("schedule", "first-note.md", "--at", "2099-07-01", "--tz", "Europe/Berlin")
    assert "Wednesday 2099-07-01 at 09:00 CEST (Europe/Berlin), in " in told.out
    assert "already" in told.err
    assert "`[schedule] time`" in told.err
    assert "nothing is running" in told.err
    (planned,) = run("calendar", "--json").json()  # type: ignore[misc]
    assert (planned["note"], planned["publish_at"]) == ("first-note.md", "2099-07-01T07:00:00Z")
    assert "The first note" in run("calendar").out
    assert run("unschedule", "first-note.md").code == 0
    assert run("calendar", "--json").json() == []
    assert run("unschedule", "first-note.md").code == 1


def test_a_time_in_the_past_is_refused(run: Run, folder: Path) -> None:
    """Yesterday is no schedule, and nothing is planned after the attempt."""
    ran = run("schedule", "first-note.md", "--at", "2020-01-01 09:00")
    assert (ran.code, ran.out) == (1, "")
    assert "past" in ran.err
    assert run("calendar", "--json").json() == []


def test_a_preview_is_what_would_be_mailed(run: Run, folder: Path) -> None:
    """Text, HTML and the whole message, on standard output or by the file's ending; several at once."""
    assert "Write here, in Markdown." in run("preview", "first-note.md").out
    assert "<html" in run("preview", "first-note.md", "--format", "html").out
    assert run("preview", "first-note.md", "--format", "eml").out.count("MIME-Version: 1.0") == 1
    assert run("preview", "first-note.md", "--out", "look.html").code == 0
    assert "<html" in (folder / "look.html").read_text("utf-8")
    assert run("preview", "first-note.md", "--format", "html,text,eml", "--out", "all").code == 0
    assert {file.name for file in folder.glob("all.*")} == {"all.html", "all.txt", "all.eml"}
    document = run("preview", "first-note.md", "--json").json()
    assert isinstance(document, dict)
    assert list(document) == ["subject", "html", "text", "warnings"]
    assert run("issues", "--json").json() == []


# ── what became of it ────────────────────────────────────────────────────────────────────────


def test_send_reports_what_it_did(run: Run, folder: Path) -> None:
    """`send --json` has the documented keys; a second send has nothing left to do."""
    run("subscribers", "add", "ada@example.com")
    run("schedule", "first-note.md", "--now")
    first = run("send", "--json")
    document = first.json()
    assert first.code == 0
    assert isinstance(document, dict)
    assert document.pop("seconds") > 0
    assert document == {
        "published": ["first-note"],
        "withdrawn": [],
        "restored": [],
        "queued": 1,
        "accepted": 1,
        "deferred": 0,
        "rejected": 0,
        "suppressed": 0,
        "unknown": 0,
        "waiting": [],
        "problems": [],
    }
    assert "nothing was due" in run("send").out


def test_send_fails_when_the_notes_are_gone(run: Run, folder: Path) -> None:
    """A missing notes folder is a problem and exit 1, and still one JSON document."""
    (folder / "notes").rename(folder / "elsewhere")
    ran = run("send", "--json")
    document = ran.json()
    assert ran.code == 1
    assert isinstance(document, dict)
    assert len(document["problems"]) == 1


def test_an_issue_is_named_by_its_address_too(run: Run, sent: Path) -> None:
    """As it is copied from the browser, with or without its host."""
    assert sent.is_dir()
    for written in ("http://127.0.0.1:8000/issues/first-note", "/issues/first-note/"):
        assert "The first note" in run("status", written).out


def test_an_issue_can_be_followed(run: Run, sent: Path) -> None:
    """Issues, status and deliveries tell the same, to a person and to a program."""
    (issue,) = run("issues", "--json").json()  # type: ignore[misc]
    assert issue["slug"] == "first-note"
    assert (issue["mailing"], issue["deliveries"]["accepted"]) == ("done", 2)
    assert run("status", "first-note", "--json").json() == issue
    assert run("status", "first-note", "--watch", "--json").json() == issue
    listed = run("deliveries", "first-note", "--json").json()
    assert isinstance(listed, list)
    assert [one["address"] for one in listed] == ["ada@example.com", "bob@example.com"]
    assert run("deliveries", "first-note", "--state", "deferred", "--json").json() == []
    document = run("status", "--json").json()
    assert isinstance(document, dict)
    assert document["subscribers"] == {"pending": 0, "active": 2, "unsubscribed": 0}
    assert (document["deliveries"]["total"], document["under_way"]) == (2, [])
    assert re.search(r"first-note +The first note .* 2 accepted", run("issues").out)
    assert "accepted   2" in run("status", "first-note").out
    assert "bob@example.com" in run("deliveries", "first-note").out


def test_a_paused_domain_is_shown(run: Run, sent: Path) -> None:
    """Whose readers wait because their host is not believed stands in `status`, and until when."""
    with Newsletter.open(sent / "newsletter.toml", environ={}) as newsletter:
        until = newsletter.parts.clock() + timedelta(hours=3)
        newsletter.parts.ledger.pause_domain("astray.example", until=until)
    assert "astray.example is paused until" in run("status").out
    document = run("status", "--json").json()
    assert isinstance(document, dict)
    assert document["domains_paused"] == {"astray.example": until.isoformat()}


def test_mail_is_held_and_taken_back(run: Run, folder: Path) -> None:
    """Within the hold, pause, resume and cancel act; afterwards they say why they cannot."""
    config = folder / "newsletter.toml"
    config.write_text(config.read_text("utf-8").replace('hold = "0s"', 'hold = "5m"'), "utf-8")
    run("subscribers", "add", "ada@example.com")
    run("schedule", "first-note.md", "--now")
    sent = run("send").out
    assert "1 queued" in sent
    assert "first-note: its mail begins 20" in sent
    assert "`newsletter cancel first-note` takes it back" in sent
    assert run("resume", "first-note").code == 1
    assert run("pause", "first-note").code == 0
    assert "paused" in run("status", "first-note").out
    assert run("resume", "first-note").code == 0
    cancelled = run("cancel", "first-note")
    assert "1 reader will not get it" in cancelled.out
    assert "newsletter pause" in cancelled.err
    assert run("pause", "first-note").code == 1
    (one,) = run("deliveries", "first-note", "--json").json()  # type: ignore[misc]
    assert one["state"] == "cancelled"
    unknown = run("cancel", "the-frist-note")
    assert unknown.code == 1
    assert "did you mean 'first-note'?" in unknown.err


# ── the surface ──────────────────────────────────────────────────────────────────────────────


def _options() -> Iterator[tuple[str, str]]:
    """Every (command, option) there is; "" for the command itself."""
    todo = [("newsletter", typer.main.get_command(app))]
    while todo:
        path, command = todo.pop()
        yield path, ""
        for parameter in command.params:
            yield from ((path, option) for option in parameter.opts if option.startswith("--"))
        todo += [(f"{path} {name}", sub) for name, sub in getattr(command, "commands", {}).items()]


def test_every_command_and_option_is_documented() -> None:
    """docs/commands.md has a section per command, which mentions each of its options."""
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    sections: dict[str, str] = {}
    for section in re.split(r"^#+ ", text, flags=re.MULTILINE):
        title, _, body = section.partition("\n")
        for name in re.findall(r"`([^`]+)`", title):
            sections[name] = body
    missing = [
        f"{path} {option}".strip()
        for path, option in _options()
        if option != "--help"
        and (path not in sections or (option and f"`{option}" not in sections[path]))
    ]
    assert not missing


def test_every_command_has_help_with_an_example(run: Run) -> None:
    """--help of each command says what it does and shows a line to type."""
    paths = {path for path, option in _options() if not option}
    groups = {path for path in paths if any(one.startswith(f"{path} ") for one in paths)}
    for path in paths - groups:
        ran = run(*path.split()[1:], "--help")
        assert ran.code == 0
        assert f"Example: {path}" in " ".join(ran.out.split())
