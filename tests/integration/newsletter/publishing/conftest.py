"""What tests of publishing begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds.publishing.notes import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty notes folder."""
    root = tmp_path / "notes"
    root.mkdir()
    return Folder(root)
