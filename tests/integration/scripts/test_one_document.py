"""Where a result goes: one JSON document on standard output, a FILE that is asked for beside it, `-` for standard output."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds.commands import Run


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (["desk", "--leave"], "url"),
        (["subscribers", "unsubscribe", "ada@example.com"], "unsubscribed"),
        (["subscribers", "erase", "ada@example.com", "--yes"], "known"),
        (["suppressions", "add", "ada@example.com"], "added"),
        (["preview", "first-note.md", "--out", "there.html"], "subject"),
        (["stats", "--svg", "there.svg"], "readers"),
        (["calendar", "--ics", "there.ics"], ""),
    ],
)
def test_with_json_it_is_one_document(run: Run, sent: Path, command: list[str], key: str) -> None:
    """Whatever else is asked for; the file is written all the same."""
    ran = run(*command, "--json")
    document = ran.json()
    assert ran.code == 0
    assert isinstance(document, dict if key else list)
    assert not key or key in document
    for name in command:
        assert not name.startswith("there.") or (sent / name).stat().st_size > 0


@pytest.mark.parametrize(
    "command",
    [
        ["calendar", "--ics", "-"],
        ["stats", "--svg", "-"],
        ["preview", "first-note.md", "--out", "-"],
        ["preview", "first-note.md", "--serve"],
    ],
)
def test_two_results_do_not_share_standard_output(run: Run, sent: Path, command: list[str]) -> None:
    """A second one beside the document is a mistake of usage, told within the document."""
    ran = run(*command, "--json")
    assert ran.code == 2
    assert "one document" in str(ran.json())
    assert sent.exists()


@pytest.mark.parametrize(
    ("command", "beginning"),
    [
        (["subscribers", "export", "-"], "email,"),
        (["preview", "first-note.md", "--out", "-"], "This is a test copy"),
    ],
)
def test_a_dash_is_standard_output(
    run: Run, sent: Path, command: list[str], beginning: str
) -> None:
    """No file of that name is made, which might hold every reader's address."""
    ran = run(*command)
    assert (ran.code, ran.out.startswith(beginning)) == (0, True)
    assert not (sent / "-").exists()
