"""Keeps a folder as the site is, for as long as the service runs (`[web] static_dir`)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from newsletter import Newsletter
from newsletter.showing import BuildReport
from storage.model import Log, NewsletterError
from web.building.build import build
from web.building.sight import Sight

LOOK_S: Final = 2.0
"""Between two looks whether the site changed."""
_AT_LEAST_S: Final = 3600.0
"""It is built again after so long whatever we see: somebody may have touched the folder."""
_log = Log()


class Keeper:
    """Looks, and builds in a thread when readers would see something else."""

    def __init__(
        self,
        newsletter: Newsletter,
        directory: Path,
        *,
        every_s: float = LOOK_S,
        on_built: Callable[[BuildReport], None] = lambda _: None,
    ) -> None:
        self._every_s = every_s
        self._on_built = on_built
        self._newsletter = newsletter
        self._sight = Sight(newsletter)
        self._directory = directory
        self._built: tuple[object, float] | None = None
        self._stopped = threading.Event()
        self._told = ""

    async def keep(self, stop: asyncio.Event) -> None:
        """Until `stop`; a build under way ends early then."""
        looking = asyncio.create_task(self._look_often(stop))
        await stop.wait()
        self._stopped.set()
        await looking

    async def _look_often(self, stop: asyncio.Event) -> None:
        clock = asyncio.get_running_loop().time
        while not stop.is_set():
            await asyncio.to_thread(self._look, clock())
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._every_s)

    def _look(self, now: float) -> None:
        try:
            now_is = self._sight.mark()
            if self._built is not None:
                known, at = self._built
                if now_is == known and now - at < _AT_LEAST_S:
                    return
            report = build(self._newsletter, self._directory, is_stopped=self._stopped.is_set)
        except NewsletterError as error:
            self._tell(str(error))
            return
        except Exception:  # noqa: BLE001 - a tick: the next one tries again
            _log.exception("static.failed")
            return
        self._built = (now_is, now)
        self._told = ""
        self._on_built(report)
        _log.info("static.built", files=report.files, written=report.written)
        for dead in report.dead[:10]:
            _log.warning("static.dead_link", page=dead.page, link=dead.link)
        for problem in report.problems[:10]:
            _log.warning("static.problem", problem=problem)

    def _tell(self, reason: str) -> None:
        """Once, however often it is tried."""
        if reason != self._told:
            _log.warning("static.impossible", reason=reason)
        self._told = reason
