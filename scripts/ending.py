"""Owns what signals do to a command before it has begun."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ended_at_once() -> Iterator[None]:
    """Within it Ctrl-C ends the process, as it does any program: some libraries, while they are loaded, show
    Python's exception and go on.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def keep_hangup() -> None:
    """From now on the kernel keeps a SIGHUP until the service can obey it: it would end one that is about to start.

    Not on a terminal, of which it says that it was closed.
    """
    if not os.isatty(0):
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
