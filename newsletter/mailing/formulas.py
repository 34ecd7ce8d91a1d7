"""Pictures of the formulas in mails: drawn once, kept with the archive, served from there.

Nothing is drawn because somebody asks the site: what has no picture has no address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailer.compose import Formula, draw_formulas
from storage.archive import FormulaPictures
from storage.model import FormulaPicture


class FormulaDesk:
    """Finds the pictures of a mail, and draws and keeps those that are new. Safe to share among threads.

    Drawing takes its time: never in an event loop.
    """

    def __init__(self, pictures: FormulaPictures) -> None:
        self._pictures = pictures

    def __call__(self, formulas: Sequence[Formula]) -> Mapping[str, FormulaPicture]:
        """The pictures by digest, without those that cannot be drawn."""
        found = self._pictures.find([formula.digest for formula in formulas])
        drawn = draw_formulas(one for one in formulas if one.digest not in found)
        if drawn:
            self._pictures.keep(drawn.values())
        return {**found, **drawn}
