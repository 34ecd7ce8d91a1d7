"""What logging loads, and when."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
PROGRAM = """
import sys
from scripts.console import LogForm, configure_logging
from storage.model import Log

configure_logging(30, LogForm.LOGFMT)
Log().info("nothing.happened")
print("structlog" in sys.modules)
Log().warning("it.happened", number=1)
print("structlog" in sys.modules)
"""


def test_the_library_is_loaded_with_the_first_line() -> None:
    """A line below the level loads nothing; the first one above it is written as it was prepared."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            PROGRAM,
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout == "False\nTrue\n"
    assert done.stderr.count("\n") == 1
    assert "event=it.happened number=1" in done.stderr


TOGETHER = """
import logging, sys, threading
from scripts import console
from storage.model import Log, log

class Told:
    def __init__(self): self.lock, self.waiting = threading.Lock(), threading.Event()
    def __enter__(self):
        if self.lock.locked(): self.waiting.set()
        self.lock.acquire()
    def __exit__(self, *_): self.lock.release()

second = threading.Thread(target=lambda: Log().warning("second.line"))
log._configuring = told = Told()

def configure():
    second.start()
    while second.is_alive() and not told.waiting.wait(0.01): pass
    console._configure(logging.WARNING, console.LogForm.LOGFMT)

log.prepare_log(logging.WARNING, configure)
Log().warning("first.line")
second.join()
"""


def test_first_lines_of_two_threads_are_both_written_as_prepared() -> None:
    """A thread that comes while another one prepares the log waits for it: nothing goes to standard output."""
    done = subprocess.run(
        [sys.executable, "-c", TOGETHER], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == ""
    assert sorted(line.split("event=")[1] for line in done.stderr.splitlines()) == [
        "first.line",
        "second.line",
    ]
