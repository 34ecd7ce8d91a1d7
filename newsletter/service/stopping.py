"""How the service ends: on the first signal in good order, on the second at once, in ten seconds anyway.

What is on the wire, in a database or at a mailbox depends on peers, and a peer may be silent. So an
orderly end has a time; after it the process leaves, as if it had been killed, which loses nothing
(rule G7): what was not recorded is rescued.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Self

from storage.model import Log

log = Log()

ORDERLY_S: Final = 7.0
"""Seconds for what is running to finish."""
LIMIT_S: Final = 9.5
"""Seconds after the first signal in which the process has ended, whatever its peers do."""

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Ending:
    """The end of one run; `stop` is set when it begins. As a context it lasts as long as the run."""

    def __init__(self, may_reload: Callable[[], bool] | None = None) -> None:
        """`may_reload` looks whether a changed configuration can be taken, when SIGHUP asks for it;
        without it that is one more signal to end.
        """
        self.stop = asyncio.Event()
        self.is_reload = False
        """Whether it ends to begin again, with a changed configuration."""
        self._may_reload = may_reload
        self.is_recorded = False
        """Whether what was on the wire is finished and recorded, so that leaving leaves no doubt."""
        self._why = ""
        """Why it ends although nobody asked for it."""
        self._leaving: threading.Timer | None = None
        self._reloading: asyncio.Task[None] | None = None

    @contextmanager
    def obeying(self) -> Iterator[None]:
        """Within it, SIGTERM and SIGINT begin the end instead of ending the process, and SIGHUP has a
        changed configuration taken; on a terminal SIGHUP says that it was closed, and begins the end.
        """
        if threading.current_thread() is not threading.main_thread():
            yield  # Python delivers signals to the main thread alone
            return
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._begin)
        asks = self._may_reload is not None and not os.isatty(0)
        loop.add_signal_handler(signal.SIGHUP, self._ask_to_reload if asks else self._begin)
        try:
            yield
        finally:
            if self._leaving is None:
                for number in (*_SIGNALS, signal.SIGHUP):
                    loop.remove_signal_handler(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """After it `is_reload` is certain: a signal that comes later is not ours to obey."""
        if self._leaving is not None:
            self._leaving.cancel()
        if self.is_reload:
            self._leave_signals()

    def _ask_to_reload(self) -> None:
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.create_task(self._reload())

    async def _reload(self) -> None:
        if await self._may_begin_again() and not self.stop.is_set():
            self.is_reload = True
            self._begin()
            for number in _SIGNALS:
                # Not the loop's: it may have come round for the last time, and would lose it.
                signal.signal(number, self._end_instead)

    async def _may_begin_again(self) -> bool:
        """Whoever asks for a reload gets an answer, whatever comes in between."""
        if self._may_reload is None:
            return False
        try:
            return await asyncio.to_thread(self._may_reload)
        except Exception as error:
            log.exception("reload.refused", problems=[str(error) or type(error).__name__])
            return False

    def _end_instead(self, *_: object) -> None:
        """A signal while it is to begin again: what is on the wire is finished all the same, and then it ends."""
        self.is_reload = False
        self._leave_signals()

    def _leave_signals(self) -> None:
        """From now on they are the kernel's: the next one ends us whatever we are doing."""
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
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        self._leave_signals()
        self._leaving = threading.Timer(LIMIT_S, self._leave)
        self._leaving.daemon = True
        self._leaving.start()
        self.stop.set()

    def _leave(self) -> None:
        why = {"reason": self._why} if self._why else {}
        log.warning("service.left", recorded=self.is_recorded, **why)
        os._exit(0 if self.is_recorded and not self._why else 1)
