"""What lies in a folder: names that go down and nowhere else, and links that stay.

Looks at files, reads none. Standard library only.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path, PurePosixPath


def is_plain(path: str) -> bool:
    """Whether it is a visible path that goes down and nowhere else."""
    parts = PurePosixPath(path).parts
    hidden = any(part.startswith(".") for part in parts)
    return bool(parts) and not (hidden or path.startswith("/") or "\0" in path or "\\" in path)


def stays_inside(real: str, root: str) -> bool:
    """Whether a real path is the folder `root` or lies in it."""
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)


def find_inside(folder: str, steps: Sequence[str]) -> str | None:
    """The file that lies `steps`, each a name, below a folder, with no link on its way from there, whether it is
    there or not; None if a link leads out of the folder.

    What is above the steps is only looked at if one of them is a link: that would be done for each of
    thousands of notes and pictures. Raises ValueError for what is no path.
    """
    path = folder.rstrip(os.sep)
    for number, step in enumerate(steps, 1):
        path = f"{path}{os.sep}{step}"
        try:
            is_link = stat.S_ISLNK(os.lstat(path).st_mode)
        except OSError:
            continue  # it is not there, nor is anything below it
        if is_link:
            real = os.path.realpath(Path(path, *steps[number:]))
            return real if stays_inside(real, os.path.realpath(folder)) else None
    return path
