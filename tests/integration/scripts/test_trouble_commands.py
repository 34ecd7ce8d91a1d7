"""Commands for when something went wrong elsewhere: notes that vanished, a domain that called all unknown."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from newsletter import Newsletter
from storage.model.reports import Effect, NewReport
from tests.worlds.commands import Run


def hard_bounce(subscriber_id: int, at: datetime) -> NewReport:
    """A report that suppresses its reader."""
    return NewReport(
        event_id=f"bounce of {subscriber_id}",
        kind="hard",
        status="5.1.1",
        effect=Effect.SUPPRESSED,
        happened_at=at,
        received_at=at,
        evidence="no such user",
        issue_id=0,
        subscriber_id=subscriber_id,
    )


def test_many_notes_that_vanish_wait_for_the_authors_word(run: Run, folder: Path) -> None:
    """`send` fails and asks, `status` and `missing` show it, and `missing --withdraw` is the answer."""
    notes = folder / "notes"
    for number in range(5):
        text = f"---\npublish: 2026-01-01\n---\n# Old {number}\n"
        (notes / f"old{number}.md").write_text(text, "utf-8")
    assert run("send").code == 0
    assert (run("missing").out, run("missing", "--withdraw").code) == (
        "no published notes are missing\n",
        1,
    )
    for number in range(5):
        (notes / f"old{number}.md").unlink()
    ran = run("send", "--json")
    document = ran.json()
    assert isinstance(document, dict)
    assert ran.code == 1
    assert "newsletter missing --withdraw" in document["problems"][0]
    held = run("missing", "--json").json()
    assert isinstance(held, dict)
    assert (held["missing"], held["new"], held["examples"][0]) == (5, 0, "old0.md")
    document = run("status", "--json").json()
    assert isinstance(document, dict)
    assert document["notes_missing"] == held
    assert "5 published notes are missing" in run("status").out
    assert "the next look" in run("missing", "--withdraw").out
    assert run("send").code == 0
    issues = run("issues", "--json").json()
    assert isinstance(issues, list)
    assert {issue["state"] for issue in issues} == {"withdrawn"}
    assert run("missing", "--json").json() is None


def test_many_of_a_domain_are_lifted_at_once(run: Run, folder: Path) -> None:
    """What bounced at the domain since then may be mailed again; what the author, a reader or another
    domain said stays, and so does what bounced before.
    """
    wrong = ("ada@astray.example", "bob@astray.example", "cy@elsewhere.example")
    for address in wrong:
        assert run("subscribers", "add", address).code == 0
    with Newsletter.open(folder / "newsletter.toml", environ={}) as newsletter:
        now = newsletter.parts.clock()
        for address, days in zip(wrong, (0, 3, 0), strict=True):
            reader = newsletter.subscribers.find(address)
            assert reader is not None
            newsletter.reports.record(hard_bounce(reader.id, now - timedelta(days=days)))
        newsletter.parts.ledger.pause_domain("astray.example", until=now + timedelta(hours=3))
    assert run("suppressions", "add", "eve@astray.example").code == 0
    assert run("suppressions", "lift", "--since", "1d").code == 2
    assert run("suppressions", "lift", "--since", "never", "--domain", "astray.example").code == 2
    assert (
        run("suppressions", "lift", "--since", "1d", "--domain", "a.b", "--host", "c.d").code == 2
    )
    by_host = ("--since", "1d", "--host", "mx.astray.example")
    assert run("suppressions", "lift", *by_host, "--json").json() == {"lifted": 0}
    told = run("suppressions", "lift", *by_host)
    assert told.out == "0 addresses that mx.astray.example reported may be mailed again\n"
    assert run("suppressions", "lift", "ada@astray.example", "--since", "1d").code == 2
    done = run("suppressions", "lift", "--since", "1d", "--domain", "@Astray.example")
    assert (done.code, done.out) == (0, "1 address at astray.example may be mailed again\n")
    left = run("suppressions", "list", "--json").json()
    assert isinstance(left, list)
    assert {one["address"] for one in left} == {*wrong[1:], "eve@astray.example"}
    document = run("status", "--json").json()
    assert isinstance(document, dict)
    assert document["domains_paused"] == {}
