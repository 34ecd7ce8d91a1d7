"""Fuzzing that follows coverage, by atheris, which is no dependency of ours.

    pip install atheris
    python -m tests.fuzz notes|reports|lists|backups [-max_total_time=60] [CORPUS…]

What comes out but an error of our own tree is a fault; libFuzzer keeps the octets that led there.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import atheris

LOOKED_AT = [
    "feeds.notes",
    "mailer.inbound",
    "newsletter.keeping.copyfile",
    "newsletter.subscribing.files",
    "newsletter.subscribing.dialects",
]

with atheris.instrument_imports(include=LOOKED_AT):
    from feeds.notes import Habits, parse_note
    from mailer.inbound.reading import parse_report
    from newsletter.keeping.copyfile import CopyReader
    from newsletter.subscribing.files import read_rows
    from storage.model import BackupError, NoteError, SubscriberFileError


def notes(octets: bytes) -> None:
    """A note is read, or refused with its path."""
    try:
        parse_note(octets, "a/b.md", zone=ZoneInfo("Europe/Berlin"), habits=Habits())
    except NoteError:
        return


def reports(octets: bytes) -> None:
    """A report is read, whatever it is."""
    parse_report(octets)


def lists(octets: bytes) -> None:
    """A list is read row by row, or refused."""
    text = octets.decode("utf-8", "replace")
    try:
        for _ in read_rows(io.StringIO(text, newline="")):
            pass
    except SubscriberFileError:
        return


def backups(octets: bytes) -> None:
    """A backup is believed or refused, never half."""
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(octets)
        file.flush()
        try:
            with CopyReader(Path(file.name)) as reader:
                reader.verify()
        except BackupError:
            return


TARGETS: dict[str, Callable[[bytes], None]] = {
    one.__name__: one for one in (notes, reports, lists, backups)
}

if __name__ == "__main__":
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()
