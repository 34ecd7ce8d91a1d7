"""How long this process waits for its database, and what ends a wait that leads nowhere.

A server whose machine hangs, or that was stopped, keeps its connections open and says nothing. What
asks it would wait for ever; so a thread looks after all that ask. When one has waited long, it
asks whether the server answers anybody: a busy one does and is waited for, a silent one has all its
connections cut, and whoever waited gets an error. SQLite is waited for in short steps instead.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakSet

from storage.model import Log

log = Log()

HURRY_S: Final = 2.0
"""How long is waited once this process is to end."""
SILENCE_S: Final = 8.0
"""How long a server may say nothing before it is asked whether it is there."""
_LOOK_S: Final = 0.25


class Patience:
    """The longest wait for a lock, in seconds; short from `hurry` on."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        self.silence_s = SILENCE_S

    def hurry(self) -> None:
        """The process is to end: wait no longer than that ever again."""
        self.wait_s = min(self.wait_s, HURRY_S)
        self.silence_s = min(self.silence_s, HURRY_S)

    def insist(
        self,
        step: Callable[[], object],
        is_busy: Callable[[Exception], bool],
        wait_s: float | None = None,
    ) -> None:
        """Take a step that fails while others hold a lock, again and again until time is up."""
        began = time.monotonic()
        most = self.wait_s if wait_s is None else wait_s
        while True:
            try:
                step()
            except Exception as error:
                if not is_busy(error) or time.monotonic() - began >= min(most, self.wait_s):
                    raise
            else:
                return


class Probe:
    """A question that a silent server holds up, asked once at a time for all who want to know: whoever comes
    meanwhile hears the answer to the one that is under way.
    """

    def __init__(self, look: Callable[[], bool]) -> None:
        self._look = look
        self._asking = threading.Lock()
        self._thread: threading.Thread | None = None
        self._found: list[bool] = []

    def ask(self, patience_s: float) -> bool:
        """The answer; False when there is none by then."""
        with self._asking:
            if self._thread is None or not self._thread.is_alive():
                found: list[bool] = []
                thread = threading.Thread(target=lambda: found.append(self._look()), daemon=True)
                thread.start()
                self._thread, self._found = thread, found
            thread, found = self._thread, self._found
        thread.join(patience_s)
        return found == [True]


class Watch:
    """Looks after whoever waits for a server. `answers` asks it anew, and takes seconds at most."""

    def __init__(self, patience: Patience, answers: Callable[[], bool]) -> None:
        self._patience = patience
        self._answers = answers
        self._connections: WeakSet[Any] = WeakSet()
        self._since: dict[object, float] = {}
        """When each of those who wait began to."""
        self._ended = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, connection: Any) -> None:
        """A connection of the driver's that may have to be cut."""
        self._connections.add(connection)

    @contextmanager
    def over(self) -> Iterator[None]:
        """Within it the server is asked for something."""
        if self._thread is None:
            self._start()
        key = object()
        self._since[key] = time.monotonic()
        try:
            yield
        finally:
            del self._since[key]

    def end(self) -> None:
        """Stop the thread that looks after those who wait."""
        self._ended.set()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, daemon=True, name="database")
                self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_S):
            since = min(list(self._since.values()), default=None)
            if since is None or time.monotonic() - since < self._patience.silence_s:
                continue
            if self._answers():
                # It is only slow. Asked again when as much time has passed once more.
                now = time.monotonic()
                self._since.update(dict.fromkeys(list(self._since), now))
                continue
            self._cut()

    def _cut(self) -> None:
        """Shut these connections, so that whoever waits for one gets an error now."""
        for connection in list(self._connections):
            try:
                duplicate = socket.socket(fileno=socket.dup(connection.fileno()))
            except Exception:  # noqa: S112, BLE001 - it is closed already, and so cut
                continue
            with duplicate:
                try:
                    duplicate.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
