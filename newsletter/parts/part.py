"""Owns how a part comes to be, and what wakes the dispatcher."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, Protocol, Self, TypeVar, overload

_Part = TypeVar("_Part")


class Making(Protocol):
    """What parts belong to."""

    making: RLock
    """Held while a part is put together."""


class part(Generic[_Part]):  # noqa: N801 - it stands where `property` would
    """A part that is put together when it is first asked for: once, whichever threads ask.

    What it is made of is imported then, so that a command that only looks loads little.
    """

    def __init__(self, make: Callable[[Any], _Part]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, parts: None, owner: type) -> Self: ...
    @overload
    def __get__(self, parts: Making, owner: type) -> _Part: ...
    def __get__(self, parts: Making | None, owner: type) -> Self | _Part:
        if parts is None:
            return self
        made = vars(parts)  # which Python asks first from now on
        with parts.making:
            if self._name not in made:
                made[self._name] = self._make(parts)
        found: _Part = made[self._name]
        return found


class Waker:
    """Tells the dispatcher, if one runs in this process, that something may be due. Thread-safe."""

    def __init__(self) -> None:
        self._wake: Callable[[], None] | None = None

    def __call__(self) -> None:
        """Wake the dispatcher, if there is one: something may be due."""
        if (wake := self._wake) is not None:
            wake()

    def connect(self, wake: Callable[[], None] | None) -> None:
        """Set what is called; None when the dispatcher has ended."""
        self._wake = wake
