"""`newsletter check` in a workflow, and mending: formats that GitHub reads, and diffs."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.worlds.commands import Run

ROOT = Path(__file__).parents[3]
NOTE = "---\ntitel: T\npublish: now\n---\n# T\n\n[dead](nothing.md) and [a%\u2028b](https://a.example/?utm_source=x)\n"


@pytest.fixture
def note(folder: Path) -> Path:
    """A note with an error, and two things that can be mended."""
    path = folder / "notes" / "wrong.md"
    path.write_text(NOTE, "utf-8")
    return path


def test_findings_are_annotations_and_sarif(run: Run, note: Path) -> None:
    """Each with its file, line, code and severity; the file is valid by the schema of SARIF 2.1.0."""
    told = run("check", "wrong.md", "--format", "github")
    assert told.code == 1
    lines = told.out.splitlines()
    assert all(line.startswith(("::error ", "::warning ")) for line in lines)
    dead = next(line for line in lines if "title=dead-link" in line)
    assert dead.startswith("::error file=notes/wrong.md,line=7,")
    written = run("check", "wrong.md", "--format", "sarif")
    assert written.code == 1
    schema = json.loads((ROOT / "tests/fixtures/schemas/sarif-2.1.0.json").read_text("utf-8"))
    document = written.json()
    jsonschema.validate(document, schema)
    assert isinstance(document, dict)
    [ran] = document["runs"]
    found = {one["ruleId"]: one for one in ran["results"]}
    assert found["dead-link"]["level"] == "error"
    place = found["dead-link"]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("notes/wrong.md", 7)
    assert ran["tool"]["driver"]["rules"][found["dead-link"]["ruleIndex"]]["id"] == "dead-link"


def test_mending_shows_a_diff_and_writes_it_when_told(run: Run, note: Path) -> None:
    """A dry run changes nothing; mended, the same findings are gone and the error is still told."""
    tried = run("check", "wrong.md", "--fix", "--dry-run")
    assert "utm_source" in tried.out
    assert note.read_text("utf-8") == NOTE
    done = run("check", "wrong.md", "--fix")
    assert done.code == 1
    assert "utm_source" not in note.read_text("utf-8")
    assert "[dead-link]" in done.out
    assert "[tracking-link]" not in done.out
    assert run("check", "--dry-run").code == 2


def test_what_is_found_is_told_again_when_it_is_published(run: Run, note: Path) -> None:
    """Each thing once, with its line, within the hold, when `cancel` still helps."""
    run("subscribers", "add", "ada@example.com", "--consent", "fair")
    sent = run("send")
    told = [line for line in sent.err.splitlines() if "code=dead-link" in line]
    assert len(told) == 1
    assert "event=note.finding" in told[0]
    assert "line=7" in told[0]
