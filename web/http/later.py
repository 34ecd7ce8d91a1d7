"""Work that an answer must not wait for: done in a thread, one run at a time, none forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from storage.model import Log, StorageError

_log = Log()


class Later:
    """Runs `work` soon after each nudge; nudges during a run are answered by one more run.

    Not tied to a request: neither the reader's connection nor the time of its next request shows
    how long the work took (rule F4).
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._wanted = False
        self._task: asyncio.Task[None] | None = None

    def nudge(self) -> None:
        """Asks for a run. Call it inside the event loop."""
        self._wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def finish(self) -> None:
        """Waits until nothing is asked for any more."""
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while self._wanted:
            self._wanted = False
            try:
                await asyncio.to_thread(self._work)
            except StorageError as error:  # the database told of its trouble where it noticed it
                _log.warning("later.put_off", error=type(error).__name__)
            except Exception:  # noqa: BLE001 - a tick: what it leaves undone, the scheduler's next one does
                _log.exception("later.failed")
