"""Owns what the doctor says of one thing: how it stands, and what to change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

PUBLISH: Final = "Publish, instead of what may stand there:"
"""The advice that goes with a record."""


class Health(StrEnum):
    """How something stands."""

    OK = "ok"
    WARNING = "warning"
    """It works, and could work better or longer."""
    ERROR = "error"
    """Mail does not arrive, or readers cannot leave; `newsletter doctor` ends with 1."""
    SKIPPED = "skipped"
    """Not looked at; the sentence says why."""


class Area(StrEnum):
    """What something belongs to, in the order in which it is told. The values are headings."""

    MACHINE = "This machine"
    RELAY = "The relay"
    DOMAIN = "The sender's domain"
    SITE = "The public site"
    MESSAGE = "The message that arrived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that was looked at."""

    name: str
    health: Health
    message: str
    """A sentence."""
    advice: str = ""
    """What to change; before a record, PUBLISH."""
    record: str = ""
    """The DNS record to publish, as a line of a zone file; empty when none is."""
    area: Area = Area.MACHINE


def passed(name: str, message: str) -> Diagnosis:
    """All is well."""
    return Diagnosis(name=name, health=Health.OK, message=message)


def skipped(name: str, message: str, advice: str = "") -> Diagnosis:
    """Not looked at."""
    return Diagnosis(name=name, health=Health.SKIPPED, message=message, advice=advice)


def warned(name: str, message: str, advice: str = "", *, record: str = "") -> Diagnosis:
    """It could be better."""
    return _told(Health.WARNING, name, message, advice, record)


def failed(name: str, message: str, advice: str = "", *, record: str = "") -> Diagnosis:
    """It does not work."""
    return _told(Health.ERROR, name, message, advice, record)


def _told(health: Health, name: str, message: str, advice: str, record: str) -> Diagnosis:
    return Diagnosis(
        name=name,
        health=health,
        message=message,
        advice=advice or (PUBLISH if record else ""),
        record=record,
    )


def within(area: Area, found: Iterable[Diagnosis]) -> Iterator[Diagnosis]:
    """The same, each belonging to this area."""
    return (replace(one, area=area) for one in found)


def record_line(name: str, text: str) -> str:
    """A TXT record as a line of a zone file, in strings of at most 255 characters (RFC 1035 3.3)."""
    strings = [text[at : at + 255] for at in range(0, len(text), 255)]
    return f"{name}. IN TXT " + " ".join(f'"{one}"' for one in strings)
