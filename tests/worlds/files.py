"""A notes folder in which every file is there, for tests of what does not look at files."""

from __future__ import annotations

from pathlib import PurePosixPath


def beside(written: str, folder: str) -> str | None:
    """The path of a file that lies beside the note, or below the notes folder."""
    start = PurePosixPath("") if written.startswith("/") else PurePosixPath(folder)
    parts: list[str] = []
    for part in (start / written.lstrip("/")).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return None if any(part.startswith(".") for part in parts) else "/".join(parts) or None
