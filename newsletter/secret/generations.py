"""The generations of a secret: which ones a database was used with, kept in it as fingerprints.

What is signed with a secret works for as long as that one stands in the file. One that was put in and is lost
again, by an old copy of the file say, takes the links of all mails with it that were sent meanwhile, and nothing
else would show it: the oldest, which the database is bound to, is still there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from newsletter.secret.keyring import Keyring, load_secret, read_secret
from storage.model import ConfigError, Log, SecretMismatch, StorageError

if TYPE_CHECKING:
    from storage.database import Facts

log = Log()

OLDEST: Final = "secret"
"""The fact which secret the database was made with."""
_USED: Final = "secret/"
"""Before a fingerprint: the fact since when that secret has been in use."""


class Generations:
    """Of the secret of one database."""

    def __init__(
        self, path: Path, facts: Facts, fingerprints: Callable[[Keyring], Sequence[str]]
    ) -> None:
        """`fingerprints` tells secrets apart, newest first."""
        self._path = path
        self._facts = facts
        self._fingerprints = fingerprints
        self._own: frozenset[str] = frozenset()
        """What this process signs and verifies with."""

    def load(self, now: datetime) -> Keyring:
        """The secret, made if the database is new, and from now on known to be in use.

        Raises ConfigError when it cannot be used, SecretMismatch when it is not the database's.
        """
        known = self._facts.beginning(OLDEST)
        if OLDEST in known and not self._path.exists():
            raise SecretMismatch(
                f"the secret {self._path} is missing; bring it back: without it the links in mails "
                "already sent stop working"
            )
        keyring = load_secret(self._path)
        oldest = self._fingerprints(keyring)[-1]
        self._refuse_other(known.get(OLDEST) or self._facts.settle(OLDEST, oldest), oldest)
        self._own = frozenset(self._fingerprints(keyring))
        self._remember([one for one in self._own if _USED + one not in known], now)
        return keyring

    def _remember(self, unknown: Sequence[str], now: datetime) -> None:
        try:
            for one in unknown:
                self._facts.settle(_USED + one, now.isoformat(timespec="seconds"))
        except StorageError as error:
            # What can be read is to be read, from a server in recovery too.
            log.warning("secret.not_remembered", reason=str(error))

    def refuse_unusable(self) -> None:
        """Raises ConfigError or SecretMismatch when nothing could be started with the file as it is now, and
        StorageError while the database does not answer.
        """
        oldest = self._fingerprints(read_secret(self._path))[-1]
        self._refuse_other(self._facts.get(OLDEST) or oldest, oldest)

    def _refuse_other(self, known: str, found: str) -> None:
        if known != found:
            raise SecretMismatch(
                f"the secret in {self._path} is not the one this database was made with; bring that "
                "one back (to replace a secret, put the new one in a line above it)"
            )

    def find_faults(self) -> list[str]:
        """What is wrong with the file as it is now, each a sentence that says what to do. Raises StorageError."""
        try:
            self.refuse_unusable()
        except (ConfigError, SecretMismatch) as error:
            words = "; ".join(error.problems) if isinstance(error, ConfigError) else str(error)
            return [f"Nothing can be started any more with {self._path}: {words}."]
        return list(self._find_lost(read_secret(self._path)))

    def _find_lost(self, keyring: Keyring) -> Iterator[str]:
        there = frozenset(self._fingerprints(keyring))
        for key, since in self._facts.beginning(_USED).items():
            one = key.removeprefix(_USED)
            if one not in there and one not in keyring.gone:
                yield (
                    f"A secret that was in use from {since[:10]} on is not in {self._path} any more: links and return "
                    "paths of mails that were sent with it lead nowhere. Put its line back above the last one; or, "
                    f"if you took it away on purpose, write `gone {one}` in its place."
                )
            elif one in there and one not in self._own:
                yield (
                    f"{self._path} has a newer secret than this process: links of mails that others sign with it lead "
                    "nowhere here. Reload the service (SIGHUP)."
                )
