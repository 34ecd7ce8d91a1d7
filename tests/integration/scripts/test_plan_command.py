"""`newsletter plan` and `send --plan`: what was planned goes out, exactly, or nothing does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.worlds.commands import Ran, Run


def made(run: Run, *notes: str) -> Any:
    """The plan, as a program reads it."""
    return run("plan", *notes, "--json").json()


def sent_nothing(ran: Ran, why: str) -> bool:
    """Whether it ended with 1, said why, and published nothing."""
    return ran.code == 1 and why in ran.err and "published" not in ran.out


def test_exactly_what_was_planned_is_sent_or_nothing(run: Run, folder: Path) -> None:
    """An edit, another reader, another note and a note less each change what a plan names."""
    for name in ("ada", "bob"):
        run("subscribers", "add", f"{name}@example.com", "--consent", "fair")
    note = folder / "notes" / "now.md"
    note.write_text("---\npublish: now\n---\n# Now\n\nWords.\n", "utf-8")
    first = made(run)
    assert (first["mails"], [one["note"] for one in first["notes"]]) == (2, ["now.md"])
    assert made(run)["hash"] == first["hash"], "looking twice changes nothing"
    note.write_text(note.read_text("utf-8") + "More.\n", "utf-8")
    assert sent_nothing(run("send", "--plan", first["hash"]), "now.md: was edited")
    second = made(run)
    run("subscribers", "add", "cleo@example.com", "--consent", "fair")
    assert sent_nothing(
        run("send", "--plan", second["hash"]), "goes to 3 readers now, and went to 2"
    )
    third = made(run)
    other = folder / "notes" / "other.md"
    other.write_text("---\npublish: now\n---\n# Other\n\nWords.\n", "utf-8")
    assert sent_nothing(run("send", "--plan", third["hash"]), "other.md: was not in the plan")
    fourth = made(run)
    other.unlink()
    assert sent_nothing(run("send", "--plan", fourth["hash"]), "other.md: was in the plan")
    for unmade in ("0123456789abcdef", ""):  # a script whose variable holds nothing means no plan
        assert sent_nothing(run("send", "--plan", unmade), "make a new one")
    report = run("send", "--plan", third["hash"], "--json").json()
    assert isinstance(report, dict)
    assert (report["published"], report["queued"], report["accepted"]) == (["now"], 3, 3)
    assert run("send", "--plan", third["hash"]).code == 1, "a plan is carried out once"


def test_a_plan_says_who_is_left_out_and_what_waits(run: Run, folder: Path) -> None:
    """Private notes and drafts, suppressed readers, limits and the hold are told; nothing is changed."""
    config = folder / "newsletter.toml"
    text = config.read_text("utf-8").replace('hold = "0s"', 'hold = "1h"')
    config.write_text(text.replace("# rate = 0", "rate = 2"), "utf-8")
    for name in ("ada", "bob", "cleo"):
        run("subscribers", "add", f"{name}@example.com", "--consent", "fair")
    run("subscribers", "unsubscribe", "bob@example.com")
    run("suppressions", "add", "cleo@example.com")
    private = made(run, "first-note.md")["notes"][0]
    assert private["title"] == "The first note"
    assert (private["mailed"], private["publish_at"]) == (False, None)
    assert "private" in private["why"]
    run("schedule", "first-note.md", "--now")
    told = made(run)
    assert told["left_out"] == {
        "digests": 0,
        "paused": 0,
        "pending": 0,
        "unsubscribed": 1,
        "suppressed": {"manual": 1},
    }
    assert told["notes"][0]["readers"] == told["mails"] == 1
    assert told["begins_at"] > told["made_at"]
    assert "suppressed (manual)" in run("plan").out
    assert run("issues", "--json").json() == []
    run("send")
    [under_way] = made(run)["under_way"]
    assert (under_way["issue"], under_way["waiting"]) == ("the-first-note", 1) or under_way[
        "waiting"
    ] == 1
