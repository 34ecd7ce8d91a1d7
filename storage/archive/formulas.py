"""Pictures of formulas that mails show. Kept for ever: a mail asks for them whenever it is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from storage.database import Database, insert_new, schema
from storage.model import FormulaPicture

_AT_ONCE: Final = 500
"""Below every driver's limit on parameters."""


class FormulaPictures:
    """The drawn formulas of one newsletter. One method, one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, digests: Sequence[str]) -> Mapping[str, FormulaPicture]:
        """Those of them that are drawn, by digest."""
        table = schema.formulas
        found: dict[str, FormulaPicture] = {}
        with self._database.reading() as connection:
            for start in range(0, len(digests), _AT_ONCE):
                query = sa.select(table).where(
                    table.c.digest.in_(digests[start : start + _AT_ONCE])
                )
                for row in connection.execute(query).mappings():
                    found[row["digest"]] = FormulaPicture(**row)
        return found

    def keep(self, pictures: Iterable[FormulaPicture]) -> None:
        """Adds them; one that is there stays as it is."""
        with self._database.transaction() as connection:
            for one in pictures:
                insert_new(
                    connection,
                    schema.formulas,
                    {
                        "digest": one.digest,
                        "png": one.png,
                        "width": one.width,
                        "height": one.height,
                        "depth": one.depth,
                    },
                )

    def digests(self) -> list[str]:
        """The names of all."""
        column = schema.formulas.c.digest
        with self._database.reading() as connection:
            return list(connection.scalars(sa.select(column).order_by(column)))

    def png(self, digest: str) -> bytes | None:
        """The picture of that name; None if no mail ever showed it."""
        query = sa.select(schema.formulas.c.png).where(schema.formulas.c.digest == digest)
        with self._database.reading() as connection:
            found = connection.scalar(query)
        return None if found is None else bytes(found)
