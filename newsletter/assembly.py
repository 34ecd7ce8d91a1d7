"""Puts the parts together: from a configuration to everything one newsletter is made of.

Nothing happens here. newsletter/app.py has the verbs, newsletter/publication.py what readers see.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from feeds.syndication import newsletter_namespace
from newsletter.config import Config
from newsletter.parts import Parts
from newsletter.secret import Generations
from newsletter.tokens import Tokens, fingerprints
from newsletter.watermark import Watermark
from storage.database import Database, Facts


def open_parts(config: Config, clock: Callable[[], datetime]) -> Parts:
    """Open the database (making its tables if it is new) and the secret, and put all together.

    Raises StorageError, SchemaOutdated or SecretMismatch.
    """
    database = Database.open(config.storage.url)
    watermark = Watermark(config.web.secret_file, database, clock)
    try:
        watermark.refuse_missing()
        database.prepare()
        facts = Facts(database)
        generations = Generations(config.web.secret_file, facts, fingerprints)
        tokens = Tokens(generations.load(clock()))
        namespace = facts.settle("namespace", str(newsletter_namespace(config.identity.url)))
    except BaseException:
        database.close()
        raise
    parts = Parts(
        config=config,
        database=database,
        watermark=watermark,
        tokens=tokens,
        generations=generations,
        namespace=UUID(namespace),
        clock=clock,
    )

    def hold(reason: str) -> int:
        return parts.mailings.hold(reason)  # a copy was restored, which is seldom

    watermark.keep()
    watermark.hold_restored(hold)
    return parts
