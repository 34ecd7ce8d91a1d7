"""What lies in a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storage.notes.inside import find_inside


def test_what_is_found_is_what_the_system_finds(tmp_path: Path) -> None:
    """Through files, links and links to links it is the file that the real path leads to, and none that lies outside."""
    root, away = tmp_path / "notes", tmp_path / "away"
    (root / "a").mkdir(parents=True)
    away.mkdir()
    for file in (root / "a" / "n.md", away / "n.md"):
        file.write_text("x")
    (root / "b").symlink_to("a")
    (root / "c").symlink_to(root / "b")
    (root / "a" / "near.md").symlink_to("n.md")
    (root / "out").symlink_to(away)
    (root / "a" / "far.md").symlink_to("../../away/n.md")
    (root / "beside").symlink_to(tmp_path / "notes2")
    (tmp_path / "notes2").mkdir()
    (tmp_path / "link").symlink_to(root)
    for folder in (root, tmp_path / "link"):
        for path in (
            *("a/n.md", "b/n.md", "c/near.md", "a/near.md", "none/n.md", "a/n.md/x"),
            *("out/n.md", "a/far.md", "c/far.md", "beside", "beside/x", "out/none"),
        ):
            real = Path(os.path.realpath(folder / path))
            found = find_inside(str(folder), path.split("/"))
            expected = real if real.is_relative_to(root) else None
            assert (Path(os.path.realpath(found)) if found else None) == expected, path
            assert not found or not Path(found).is_symlink(), path


def test_what_is_no_path_is_said(tmp_path: Path) -> None:
    """A name that no file can have is no file that is missing."""
    with pytest.raises(ValueError, match="surrogates"):
        find_inside(str(tmp_path), ["\ud800"])
