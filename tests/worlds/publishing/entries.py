"""Entries of a feed that a newsletter follows."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import NOON
from tests.worlds.publishing.following import Item

HOUR = timedelta(hours=1)
THREE = [Item("three", NOON - HOUR), Item("two", NOON - 2 * HOUR), Item("one", NOON - 3 * HOUR)]


def later(name: str, hours: float = 0.2) -> Item:
    """An entry that is written a little after noon."""
    return Item(name, NOON + hours * HOUR)
