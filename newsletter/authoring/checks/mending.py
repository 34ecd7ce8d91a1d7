"""Mends what can be mended without losing anything: shows what it would do, and does it. Pure but for the file.

A fix is characters of one line that become others. A file that has changed since it was read, or in which
they do not stand there once, is left as it is.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from newsletter.authoring.findings import Finding
from storage.model import NoteError


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What becomes of one file."""

    note: str
    before: bytes
    after: bytes
    codes: tuple[str, ...]
    """Of the findings that are mended."""

    @property
    def diff(self) -> str:
        """As `diff -u` writes it."""
        old, new = (
            side.decode("utf-8", "replace").splitlines(keepends=True)
            for side in (self.before, self.after)
        )
        return "".join(difflib.unified_diff(old, new, self.note, f"{self.note} (mended)"))

    def write(self, root: Path) -> None:
        """Put it in the file's place, whole, with its mode, and for good: it is the author's own, and a power cut may leave
        a new name of content that never came to the disk. Raises NoteError if the file changed meanwhile.
        """
        path = (root / self.note).resolve()
        try:
            if path.read_bytes() != self.before:
                raise NoteError(self.note, "the file changed meanwhile, so it was left as it is")
            beside = path.with_name(f".{path.name}.mended")
            with beside.open("wb") as stream:
                stream.write(self.after)
                stream.flush()
                os.fsync(stream.fileno())
            beside.chmod(path.stat().st_mode & 0o777)
            os.replace(beside, path)  # noqa: PTH105 - says that it replaces
        except OSError as error:
            raise NoteError(self.note, f"the file cannot be written: {error.strerror}") from error


def mend(note: str, source: bytes, findings: Iterable[Finding]) -> Mended | None:
    """What the fixes make of a file; None where there is nothing to mend."""
    lines, done = source.split(b"\n"), list[str]()
    for finding in findings:
        fix, line = finding.fix, finding.line
        if fix is None or line is None or not 0 < line <= len(lines):
            continue
        old = fix.old.encode()
        if lines[line - 1].count(old) == 1:
            lines[line - 1] = lines[line - 1].replace(old, fix.new.encode())
            done.append(finding.code)
    if not done:
        return None
    return Mended(note=note, before=source, after=b"\n".join(lines), codes=tuple(done))
