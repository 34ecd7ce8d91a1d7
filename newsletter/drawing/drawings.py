"""Pictures that mail programs do not show, drawn for them: SVG, WebP and AVIF as PNG or JPEG.

Each is drawn when somebody first asks for it, in a process of its own (newsletter/drawing/artist.py), one at a time,
and kept in memory within bounds. What cannot be drawn is remembered as such.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from mailer.compose import DRAWN
from newsletter.cores import on_every_core
from storage.model import Log
from storage.notes import MediaFile

log = Log()

DRAWN_SUFFIX: Final = ".png"
"""Behind a picture's own name: whatever kind the drawing is of, mail programs look at what is in it."""
_PATIENCE_S: Final = 20
_KEPT: Final = 50_000_000
"""Octets of drawings in memory."""
_MOST: Final = 1_000
_ARTIST: Final = Path(__file__).with_name("artist.py")
POSTER: Final = Path(__file__).with_name("poster.py")
"""The program that draws a preview from a title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture as mail shows it."""

    content: bytes
    content_type: str
    source: MediaFile


def drawn_from(path: str) -> str | None:
    """The path of the picture that `a.svg.png` is a drawing of; None for other paths."""
    source = path.removesuffix(DRAWN_SUFFIX)
    is_drawn = source != path and PurePosixPath(source).suffix.lower() in DRAWN
    return source if is_drawn else None


class Drawings:
    """The drawings of one newsletter. Safe to share among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._octets = 0

    def draw(self, source: MediaFile) -> Drawing | None:
        """The drawing of a picture as its file is now; None for what cannot be drawn, which is logged."""
        key = str(source.file), source.mark
        with self._lock:  # one at a time: each may take a processor and much memory
            if (made := self._kept.get(key)) is None:
                made = _draw(source)
                self._keep(key, made)
            self._kept.move_to_end(key)
        if not made:
            return None
        kind = "image/png" if made.startswith(b"\x89PNG") else "image/jpeg"
        return Drawing(content=made, content_type=kind, source=source)

    def _keep(self, key: tuple[str, str], made: bytes) -> None:
        self._kept[key] = made
        self._octets += len(made)
        while len(self._kept) > 1 and (self._octets > _KEPT or len(self._kept) > _MOST):
            self._octets -= len(self._kept.popitem(last=False)[1])


def _draw(source: MediaFile) -> bytes:
    """Empty for what cannot be drawn."""
    kind = "svg" if source.content_type == "image/svg+xml" else "picture"
    return draw_file(source.file, [kind])


def draw_file(file: Path, how: Sequence[str]) -> bytes:
    """What the artist makes of a file; empty for what cannot be drawn, which is logged."""
    try:
        with file.open("rb") as stream:
            return run_program(_ARTIST, how, stream, file.name)
    except OSError as error:
        log.warning("picture.undrawn", name=file.name, reason=type(error).__name__)
        return b""


def run_program(program: Path, how: Sequence[str], given: IO[bytes], name: str) -> bytes:
    """What a program of ours makes of its input; empty where it fails or takes too long, which is logged."""
    try:
        with tempfile.TemporaryDirectory() as empty, on_every_core():
            done = subprocess.run(  # noqa: S603 - our own program, with nothing of the picture's
                [sys.executable, "-P", str(program), *how],
                stdin=given,
                capture_output=True,
                cwd=empty,
                timeout=_PATIENCE_S,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("picture.undrawn", name=name, reason=type(error).__name__)
        return b""
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        log.warning("picture.undrawn", name=name, reason=reason)
        return b""
    return done.stdout
