"""A site that can be built as files, and the files that are there."""

from __future__ import annotations

from pathlib import Path


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below it but the list and what is packed."""
    found = {str(file.relative_to(folder)): file for file in folder.rglob("*") if file.is_file()}
    return {
        name: file.read_bytes()
        for name, file in found.items()
        if not name.startswith(".") and not name.endswith(".gz")
    }
