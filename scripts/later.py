"""Owns which modules of Python the process of a command has only by name until somebody uses them.

SQLAlchemy and pydantic load asyncio and importlib.metadata for what no command that looks ever calls, and with
these come TLS, zip files and the reading of mail: an eighth of all that `newsletter status` does.
"""

from __future__ import annotations

import sys
from importlib import import_module
from threading import RLock
from types import ModuleType
from typing import Any, Final

LATER: Final = {"asyncio": ("iscoroutine",), "importlib.metadata": ("entry_points",)}
"""The modules, and the functions that others take of them when they are loaded, to call them later."""
_WHOLE: Final = frozenset({"importlib.metadata"})
"""Those of which nobody imports a part: to take a function of a package is to ask for its path first."""
_LOADING: Final = RLock()


class _Later(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:  # as of any module
        if name == "__path__" and self.__name__ in _WHOLE:
            raise AttributeError(name)
        found = getattr(_load(self), name)
        setattr(self, name, found)  # whoever has this one keeps it
        return found


def _load(later: ModuleType) -> ModuleType:
    with _LOADING:
        if sys.modules.get(later.__name__) is later:
            del sys.modules[later.__name__]
        return import_module(later.__name__)


def load_when_used() -> None:
    """From now on, in this process, those of them that are not yet loaded."""
    for name, functions in LATER.items():
        if name in sys.modules:
            continue
        later = _Later(name)
        for function in functions:
            setattr(later, function, _call_later(later, function))
        sys.modules[name] = later
        package, _, own = name.rpartition(".")
        if package:
            setattr(import_module(package), own, later)


def _call_later(later: ModuleType, function: str) -> Any:
    def call(*arguments: Any, **named: Any) -> Any:
        return getattr(_load(later), function)(*arguments, **named)

    return call
