"""How the service ends: on the first signal in good order, on the second at once, in ten seconds anyway.

What is on the wire, in a database or at a mailbox depends on peers, and a peer may be silent. So an
orderly end has a time; after it the process leaves, as if it had been killed, which loses nothing
(rule G7): what was not recorded is rescued. Where it was to begin again it does so as a new process.

Signals are obeyed by handlers of Python's own: those of the loop are lost with it, and where one is taken away the
kernel ends the process for a signal that comes before the next stands.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, Self

from newsletter.cores import on_every_core
from storage.model import Log

log = Log()

ORDERLY_S: Final = 7.0
"""Seconds for what is running to finish."""
LIMIT_S: Final = 9.5
"""Seconds after the first signal in which the process has ended, whatever its peers do."""

_BEGUN_ANEW: Final = "_NEWSLETTER_BEGUN_ANEW"
"""A variable of a process that goes on for one that ran; not of `NEWSLETTER_`, where settings are looked for."""

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class _Asked:
    """SIGHUP, from the first run of a process to its end: who asks for a reload is remembered until somebody looks."""

    def __init__(self) -> None:
        self.is_asked = False
        self.look: Callable[[], None] | None = None
        """Has the run that is on look soon; None between two."""

    def __call__(self, *_: object) -> None:
        self.is_asked = True
        if self.look is not None:
            self.look()


class Ending:
    """The end of one run; `stop` is set when it begins. As a context it lasts as long as the run."""

    def __init__(self, may_reload: Callable[[], bool] | None = None) -> None:
        """`may_reload` looks whether a changed configuration can be taken, when SIGHUP asks for it;
        without it that is one more signal to end.
        """
        self.stop = asyncio.Event()
        self._may_reload = may_reload
        self.is_recorded = False
        """Whether what was on the wire is finished and recorded, so that leaving leaves no doubt."""
        self._why = ""
        """Why it ends although nobody asked for it."""
        self._leaving: threading.Timer | None = None
        self._asked = _Asked()
        self._reloading: asyncio.Task[None] | None = None
        self._begins_again = False
        self._is_told_to_end = False

    @property
    def is_reload(self) -> bool:
        """Whether it ends to begin again, with a changed configuration; a signal to end overtakes that."""
        return self._begins_again and not self._is_told_to_end

    @contextmanager
    def obeying(self) -> Iterator[None]:
        """Within it, SIGTERM and SIGINT begin the end instead of ending the process, and SIGHUP has a
        changed configuration taken; on a terminal SIGHUP says that it was closed, and begins the end.
        """
        if threading.current_thread() is not threading.main_thread():
            yield  # Python delivers signals to the main thread alone
            return
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in (*_SIGNALS, signal.SIGHUP)}
        for number in _SIGNALS:
            signal.signal(number, lambda *_: self._end(loop))
        if self._may_reload is None or os.isatty(0):
            signal.signal(signal.SIGHUP, lambda *_: self._end(loop))
        else:
            self._hear(before[signal.SIGHUP], loop)
        try:
            yield
        finally:
            self._asked.look = None
            if self._leaving is None:
                for number, handler in before.items():
                    signal.signal(number, handler)

    def _hear(self, before: object, loop: asyncio.AbstractEventLoop) -> None:
        """From now on a reload is ours to look at, also one that was asked for since the run before this one."""
        if isinstance(before, _Asked):
            self._asked = before
        self._asked.look = lambda: call_soon(loop, self._look)
        signal.signal(signal.SIGHUP, self._asked)
        # The kernel may have kept one for us since before we could obey it.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])
        if self._asked.is_asked:
            self._look()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """After it `is_reload` is certain: a signal that comes later is not ours to obey."""
        if self._leaving is not None:
            self._leaving.cancel()
        if self.is_reload:
            self._leave_signals()

    def _look(self) -> None:
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.create_task(self._reload())

    async def _reload(self) -> None:
        """Look for as long as somebody asks: what is asked for during a look is not answered by it."""
        while self._asked.is_asked and not self.stop.is_set():
            self._asked.is_asked = False
            if await self._may_begin_again() and not self.stop.is_set():
                self._begins_again = True
                self._begin()

    async def _may_begin_again(self) -> bool:
        """Whoever asks for a reload gets an answer, whatever comes in between."""
        if self._may_reload is None:
            return False
        try:
            return await asyncio.to_thread(self._may_reload)
        except Exception as error:
            log.exception("reload.refused", problems=[str(error) or type(error).__name__])
            return False

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        """A signal to end, also while it is to begin again: what is on the wire is finished all the same. The next one
        ends us whatever we are doing.
        """
        self._is_told_to_end = True
        self._leave_signals()
        call_soon(loop, self._begin)

    def _leave_signals(self) -> None:
        """From now on they are the kernel's."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    def fail(self, why: str) -> None:
        """A part of the service has ended, which none should: the others have as long as after a signal."""
        if not self.stop.is_set():
            self._why = why
            if threading.current_thread() is threading.main_thread():
                self._begin()
            self.stop.set()

    def _begin(self) -> None:
        if not self.is_reload:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            self._leave_signals()
        if self._leaving is None:
            self._leaving = threading.Timer(LIMIT_S, self._leave)
            self._leaving.daemon = True
            self._leaving.start()
            self.stop.set()

    def _leave(self) -> None:
        why = {"reason": self._why} if self._why else {}
        log.warning("service.left", recorded=self.is_recorded, **why)
        if self.is_reload:
            _begin_anew()
        os._exit(0 if self.is_recorded and not self._why else 1)


def was_begun_anew() -> bool:
    """Whether this process goes on for a service that ran; true once."""
    return os.environ.pop(_BEGUN_ANEW, None) is not None


def _begin_anew() -> None:
    """Start this process as it was started, with nothing of what it waited for. Returns where that cannot be."""
    # The kernel keeps one that comes before it can be obeyed.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
    with on_every_core(), suppress(OSError):
        environ = {**os.environ, _BEGUN_ANEW: "1"}
        os.execve(sys.executable, sys.orig_argv, environ)  # noqa: S606 - our own command line


def call_soon(loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
    """Have the loop call it, from any thread; nothing where the loop has ended."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(call)
