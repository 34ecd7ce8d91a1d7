"""Puts the parts together: from a configuration to everything one newsletter is made of.

Nothing happens here. newsletter/app.py has the verbs, newsletter/publication.py what readers see.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from feeds.syndication import newsletter_namespace
from newsletter.config import Config
from newsletter.parts import Parts
from newsletter.secret import load_secret
from newsletter.tokens import Tokens
from newsletter.watermark import Watermark
from storage.database import Database, Facts
from storage.model import SecretMismatch


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
        tokens = _open_tokens(config.web.secret_file, facts)
        namespace = facts.settle("namespace", str(newsletter_namespace(config.identity.url)))
    except BaseException:
        database.close()
        raise
    parts = Parts(
        config=config,
        database=database,
        watermark=watermark,
        tokens=tokens,
        namespace=UUID(namespace),
        clock=clock,
    )

    def hold(reason: str) -> int:
        return parts.mailings.hold(reason)  # a copy was restored, which is seldom

    watermark.keep()
    watermark.hold_restored(hold)
    return parts


def _open_tokens(secret_file: Path, facts: Facts) -> Tokens:
    """The keys behind every link; refuses to go on with others than the database was made with."""
    known = facts.get("secret")
    if known is not None and not secret_file.exists():
        raise SecretMismatch(
            f"the secret {secret_file} is missing; bring it back: without it the links in mails "
            "already sent stop working"
        )
    tokens = Tokens(load_secret(secret_file))
    if facts.settle("secret", tokens.fingerprint()) != tokens.fingerprint():
        raise SecretMismatch(
            f"the secret in {secret_file} is not the one this database was made with; bring that "
            "one back (to replace a secret, put the new one in a line above it)"
        )
    return tokens
