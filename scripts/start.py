"""Owns how the process of a command begins: before its libraries are loaded."""

from __future__ import annotations

import gc
import os
import sys
from typing import Final

from scripts.ending import ended_at_once, keep_hangup
from scripts.later import load_when_used

_UTF8: Final = "PYTHONUTF8"
"""Of Python (PEP 540); on by itself where the locale is C or POSIX."""
_LASTING: Final = {"run", "worker"}
"""The commands that take a SIGHUP for a wish, once they run."""


def read_names_as_text() -> None:
    """Begin anew in UTF-8 where a locale has file names read otherwise: notes with an umlaut would be taken for gone."""
    if sys.getfilesystemencoding() != "utf-8" and os.environ.get(_UTF8) != "1":
        os.environ[_UTF8] = "1"
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - our own command line


def main() -> None:
    """The command `newsletter`."""
    read_names_as_text()
    if not _LASTING.isdisjoint(sys.argv):
        keep_hangup()
    gc.disable()  # until a command begins: nothing of what is loaded is garbage, and looking for some takes a tenth
    # pydantic would look through all that is installed for plugins, at the start of every command.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    load_when_used()
    with ended_at_once():
        from scripts.cli import main as run

    run()
