"""Owns how an event is logged: by structlog, which is loaded with the first line that is written.

Most commands write none, and it is dear to load.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_pending: Final[list[Callable[[], None]]] = []
_least: Final = [logging.NOTSET]
_configuring: Final = threading.Lock()


def prepare_log(level: int, configure: Callable[[], None]) -> None:
    """Have structlog configured before its first line, by `configure`; below `level` there is none."""
    _least[:] = [level]
    _pending[:] = [configure]
    if "structlog" in sys.modules:
        _configure()


def _configure() -> None:
    """Whoever comes while another thread does it waits, or its line would go to standard output in a form of structlog's."""
    if not _pending:
        return
    with _configuring:
        while _pending:
            _pending[0]()
            del _pending[0]


class Log:
    """Writes events with keys. No address, token or link is one of them."""

    __slots__ = ()

    def debug(self, event: str, **keys: object) -> None:
        """A step."""
        _write("debug", logging.DEBUG, event, keys)

    def info(self, event: str, **keys: object) -> None:
        """Something was done."""
        _write("info", logging.INFO, event, keys)

    def warning(self, event: str, **keys: object) -> None:
        """Something did not go as it should."""
        _write("warning", logging.WARNING, event, keys)

    def error(self, event: str, **keys: object) -> None:
        """Somebody should see to it."""
        _write("error", logging.ERROR, event, keys)

    def exception(self, event: str, **keys: object) -> None:
        """Likewise, with the exception that is being handled."""
        _write("exception", logging.ERROR, event, keys)


def _write(method: str, level: int, event: str, keys: dict[str, object]) -> None:
    if level < _least[0]:
        return
    import structlog

    _configure()
    # The log's disk is full, or whoever read it has gone: mail goes out all the same.
    with suppress(OSError):
        getattr(structlog.get_logger(), method)(event, **keys)
