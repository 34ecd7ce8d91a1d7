"""Tags of readers on the command line."""

from __future__ import annotations

from pathlib import Path

from tests.worlds.commands import Run


def test_readers_are_tagged_and_listed_by_tag(run: Run, folder: Path) -> None:
    """As the documents show it: given, taken, found by tag and words, so many at most."""
    for name in ("ada", "bob", "cleo"):
        assert run("subscribers", "add", f"{name}@example.com", "--name", name.title()).code == 0
    tagged = run("subscribers", "tag", "ada@example.com", "ml", "early reader")
    assert tagged.out.strip() == "ada@example.com: ml, early reader"
    run("subscribers", "tag", "bob@example.com", "ML")
    listed = run("subscribers", "list", "--tag", "Ml", "--json").json()
    assert [one["address"] for one in listed] == ["ada@example.com", "bob@example.com"]  # type: ignore[attr-defined, index]
    assert "cleo" not in run("subscribers", "list", "--tag", "ml").out
    found = run("subscribers", "list", "--search", "CLEO", "--limit", "1", "--json").json()
    assert [one["name"] for one in found] == ["Cleo"]  # type: ignore[attr-defined, index]
    taken = run("subscribers", "untag", "ada@example.com", "ML", "--json").json()
    assert taken["tags"] == ["early reader"]  # type: ignore[call-overload, index]
    assert run("subscribers", "tag", "eve@example.com", "ml").code == 1
    assert folder.exists()
