"""Owns opening a list: a file, a pipe or standard input, in the encodings that spreadsheets write.

A list is read twice, once to see that all of it can be read and once to take it. What can be read
only once, a pipe, is therefore kept meanwhile in a nameless file that nobody else can open.
"""

from __future__ import annotations

import codecs
import io
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from newsletter.subscribing.files import open_rows
from newsletter.subscribing.records import SubscriberFile
from storage.model import SubscriberFileError

_Row = TypeVar("_Row")

STANDARD_INPUT: Final = Path("-")

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks (Unicode 23.8); that of UTF-32 LE begins like that of UTF-16 LE."""
_HEAD: Final = 200


class SubscriberSource:
    """An open list. Each pass reads it from its beginning."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name

    def read(self) -> SubscriberFile:
        """The header, and the rows as they are asked for; until the next call.

        Raises SubscriberFileError, here or at a later row.
        """
        self._stream.seek(0)
        encoding = guess_encoding(self._stream.read(_HEAD))
        again = os.dup(self._stream.fileno())  # closed with its text, which the stream must not be
        os.lseek(again, 0, os.SEEK_SET)
        text = io.TextIOWrapper(io.BufferedReader(io.FileIO(again)), encoding=encoding, newline="")
        try:
            with self._told():
                found = open_rows(text)
        except SubscriberFileError:
            text.close()
            raise
        return SubscriberFile(
            unread=found.unread,
            rows=self._all(found.rows, text),
            records=self._all(found.records, text),
        )

    def check(self) -> tuple[int, tuple[str, ...]]:
        """How many rows there are, and the columns that are not read. Raises SubscriberFileError, at
        whatever row: after this all of it can be read.
        """
        whole = self.read()
        return sum(1 for _ in whole.records), whole.unread

    def _all(self, found: Iterator[_Row], text: io.TextIOWrapper) -> Iterator[_Row]:
        with text, self._told():
            yield from found

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Within it, what goes wrong is told of this file."""
        try:
            yield
        except SubscriberFileError as error:
            raise SubscriberFileError(f"{self._name}: {error}") from error
        except UnicodeError as error:
            raise SubscriberFileError(
                f"{self._name} is not UTF-8; save it as “CSV UTF-8” and try again"
            ) from error
        except OSError as error:
            raise SubscriberFileError(f"{self._name} cannot be read: {error.strerror}") from error


@contextmanager
def open_source(path: Path) -> Iterator[SubscriberSource]:
    """Open a list; `-` is standard input. Raises SubscriberFileError."""
    name = "standard input" if path == STANDARD_INPUT else str(path)
    with ExitStack() as stack:
        try:
            stream = _open(path, stack)
        except OSError as error:
            raise SubscriberFileError(f"{name} cannot be read: {error.strerror}") from error
        yield SubscriberSource(stream, name)


def guess_encoding(head: bytes) -> str:
    """Of a file that begins like this: by its mark, by the NULs of UTF-16 without one, else UTF-8."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    half = len(head) // 2
    if half and head[1::2].count(0) > half // 2:
        return "utf-16-le"
    return "utf-16-be" if half and head[::2].count(0) > half // 2 else "utf-8"


def _open(path: Path, stack: ExitStack) -> BinaryIO:
    """A stream that can go back to its beginning, open for as long as the stack is."""
    if path == STANDARD_INPUT:
        stream: BinaryIO = sys.stdin.buffer
    else:
        stream = stack.enter_context(path.open("rb"))
        if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            return stream
    kept = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    shutil.copyfileobj(stream, kept)
    return kept
