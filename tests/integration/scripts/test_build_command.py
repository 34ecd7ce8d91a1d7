"""`newsletter build`, run as a person runs it but in this process."""

from __future__ import annotations

from pathlib import Path

from tests.worlds.commands import Run


def test_a_build_publishes_what_is_due_and_mails_nobody(run: Run, folder: Path) -> None:
    """From notes to files in one command; the second time nothing is written."""
    note = folder / "notes" / "old.md"
    note.write_text("---\ntitle: Old\npublish: 2020-01-02\n---\n[x](https://elsewhere.example/)\n")
    first = run("build", folder / "public", "--json")
    assert first.code == 0, first.err
    assert (folder / "public" / "issues" / "old" / "index.html").exists()
    document = first.json()
    assert isinstance(document, dict)
    assert document["files"] == document["written"] > 0
    assert document["dead"] == document["problems"] == []
    again = run("build", folder / "public")
    assert (
        again.out
        == f"{document['files']} files: 0 written, {document['files']} as they were, 0 removed\n"
    )


def test_a_dead_link_is_told_and_ends_with_one(run: Run, folder: Path) -> None:
    """The page, and the link as it stands there."""
    config = folder / "newsletter.toml"
    url = next(
        line.split('"')[1] for line in config.read_text().splitlines() if line.startswith("url =")
    )
    note = folder / "notes" / "old.md"
    note.write_text(f"---\ntitle: Old\npublish: 2020-01-02\n---\n[x]({url}/gone)\n")
    ran = run("build", folder / "public")
    assert ran.code == 1
    assert f"/issues/old: nothing is at {url}/gone" in ran.err


def test_a_folder_of_others_is_refused(run: Run, folder: Path) -> None:
    """The notes folder is no place for a site."""
    ran = run("build", folder / "notes")
    assert ran.code == 1
    assert "has files that no build put there" in ran.err
