"""`newsletter mail`, as its author runs it: after a cancel, and for who joined since."""

from __future__ import annotations

from pathlib import Path

from tests.worlds.commands import Run


def add(run: Run, *names: str) -> None:
    """Readers who agreed."""
    for name in names:
        assert run("subscribers", "add", f"{name}@example.com", "--consent", "fair").code == 0


def test_a_cancelled_issue_is_mailed_after_all(run: Run, sent: Path) -> None:
    """Who had it is left out; a dry run and a missing yes change nothing; twice is once."""
    nothing = run("mail", "first-note", "--yes")
    assert "every active reader has had it" in nothing.out
    add(run, "cleo")
    assert "1 active reader has not had it" in run("mail", "first-note", "--dry-run").out
    add(run, "dan")
    tried = run("mail", "first-note", "--dry-run")
    assert "2 active readers have not had it, 2 of them never queued" in tried.out
    unasked = run("mail", "first-note")
    assert (unasked.code, unasked.out) == (1, "")
    assert "--yes" in unasked.err
    assert "2 mails queued" in run("mail", "first-note", "--yes").out
    assert "2 readers will not get it" in run("cancel", "first-note").out
    document = run("mail", "first-note", "--yes", "--json").json()
    assert isinstance(document, dict)
    assert (document["new"], document["again"], document["queued"]) == (0, 2, True)
    sending = run("send", "--json").json()
    assert isinstance(sending, dict)
    assert sending["accepted"] == 2
    assert run("mail", "first-note", "--yes", "--json").json() == {
        "issue": "first-note",
        "queued": False,
        "new": 0,
        "again": 0,
        "mail_at": None,
    }
    inbox = [*sent.glob("outbox/**/new/*"), *sent.glob("outbox/**/cur/*")]
    assert len(inbox) == 4, "each of four readers has it once"


def test_what_is_paused_or_withdrawn_is_refused(run: Run, folder: Path) -> None:
    """The author is told what to do first."""
    add(run, "ada")
    config = folder / "newsletter.toml"
    config.write_text(config.read_text("utf-8").replace('hold = "0s"', 'hold = "1h"'), "utf-8")
    assert run("schedule", "first-note.md", "--at", "2030-01-02T09:00Z").code == 0
    assert run("unschedule", "first-note.md", "--json").json() == {
        "note": "first-note.md",
        "was": "2030-01-02T09:00:00Z",
    }
    assert run("schedule", "first-note.md", "--now").code == 0
    assert run("send").code == 0
    for command, mailing in (("pause", "paused"), ("resume", "open"), ("pause", "paused")):
        document = {"issue": "first-note", "mailing": mailing}
        assert run(command, "first-note", "--json").json() == document
    refused = run("mail", "first-note", "--yes")
    assert refused.code == 1
    assert "newsletter resume first-note" in refused.err
