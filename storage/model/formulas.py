"""A formula drawn for mail: what crosses from who draws it to who keeps and serves it. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaPicture:
    """A picture of a formula, twice as large as it is shown."""

    digest: str
    """Of the formula and of how it is drawn, in hexadecimal: its name for ever, as mails are."""
    png: bytes
    width: int
    """Pixels as it is shown,"""
    height: int
    depth: int
    """and how many of them are below the line on which the words around it stand."""
