"""Owns the parts that keep something: one for each matter of the store, over one database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import RLock
from typing import TYPE_CHECKING
from uuid import UUID

from newsletter.config import Config
from newsletter.parts.part import Waker, part
from newsletter.secret import Generations
from newsletter.tokens import Tokens
from newsletter.watermark import Watermark
from storage.database import Database, Facts

if TYPE_CHECKING:
    from storage.archive import FormulaPictures, Issues, Places
    from storage.ledger import Gates, Ledger, Mailings, Overview, Rescuer
    from storage.notes import FolderNotes, Notebook, Schedules
    from storage.readers import Reports, Roll, SignUps, Subscribers


class Kept:
    """What all other parts stand on."""

    def __init__(
        self,
        *,
        config: Config,
        database: Database,
        watermark: Watermark,
        tokens: Tokens,
        generations: Generations,
        namespace: UUID,
        clock: Callable[[], datetime],
    ) -> None:
        self.config = config
        self.database = database
        self.watermark = watermark
        self.tokens = tokens
        self.generations = generations
        self.namespace = namespace
        """What ids in feeds are made of."""
        self.clock = clock
        self.wake = Waker()
        self.facts = Facts(database)
        self.making = RLock()

    @part
    def gates(self) -> Gates:
        """What bounds an issue's mail in the beginning."""
        from newsletter.settings import gates

        return gates(self.config)

    @part
    def archive(self) -> Issues:
        """The issues."""
        from storage.archive import Issues

        return Issues(self.database, self.clock)

    @part
    def places(self) -> Places:
        """Where each issue stands among the others."""
        from storage.archive import Places

        return Places(self.database)

    @part
    def formulas(self) -> FormulaPictures:
        """Formulas, drawn for mail."""
        from storage.archive import FormulaPictures

        return FormulaPictures(self.database)

    @part
    def ledger(self) -> Ledger:
        """Deliveries: claimed, begun, settled."""
        from storage.ledger import Ledger

        return Ledger(self.database, self.gates)

    @part
    def mailings(self) -> Mailings:
        """The mail of an issue as a whole."""
        from storage.ledger import Mailings

        return Mailings(self.database, self.gates)

    @part
    def overview(self) -> Overview:
        """How it all stands, counted."""
        from storage.ledger import Overview

        return Overview(self.database, self.gates)

    @part
    def rescuer(self) -> Rescuer:
        """What dead workers left behind."""
        from storage.ledger import Rescuer

        return Rescuer(self.database)

    @part
    def subscribers(self) -> Subscribers:
        """Readers, and the suppressions."""
        from storage.readers import Subscribers

        return Subscribers(self.database)

    @part
    def signups(self) -> SignUps:
        """Sign-ups that wait."""
        from storage.readers import SignUps

        return SignUps(self.database)

    @part
    def roll(self) -> Roll:
        """Tags of readers, and whom an audience means."""
        from storage.readers import Roll

        return Roll(self.database)

    @part
    def reports(self) -> Reports:
        """Mail that came back, and the quarantine."""
        from storage.readers import Reports

        return Reports(self.database)

    @part
    def folder(self) -> FolderNotes:
        """The folder of the notes."""
        from newsletter.settings import which_notes
        from storage.notes import FolderNotes

        notes = self.config.notes
        return FolderNotes(notes.path, which_notes(self.config), static=notes.static)

    @part
    def schedules(self) -> Schedules:
        """When the author wants a note to go out."""
        from storage.notes import Schedules

        return Schedules(self.database)

    @part
    def notebook(self) -> Notebook:
        """What the poll remembers of each note."""
        from storage.notes import Notebook

        return Notebook(self.database)
