"""The standard streams of a command: there from its beginning, and no trouble at its end."""

from __future__ import annotations

import errno
import os
import sys
from io import TextIOWrapper
from typing import Final, TextIO

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Why a file that output goes to takes no more."""


def open_output() -> None:
    """Streams that whoever starts the command has closed lead nowhere, so that no database gets their numbers and
    no word ends anything. What a terminal or a pipe has no letter for is shown as its number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def silence_output() -> None:
    """Has nothing more written to standard output: Python would complain once more when it flushes."""
    _silence(sys.stdout)


def end_output() -> None:
    """Lets go of what another thread has begun to write and no disk takes: Python would end with 120 for it, whatever
    became of the mail.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _silence(stream)


def _silence(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
