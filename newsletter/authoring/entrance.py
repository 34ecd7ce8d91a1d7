"""Owns who may come to the author's desk: an invitation works once, and a session ends.

An invitation is made by a command, which whoever has this machine may run, and is remembered as its
hash; using it forgets it. A session is a key that says when it ends and when the author last sent
everybody away. A form carries a key of its session, so that no other page can post it (CSRF).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from newsletter.tokens import Tokens
from storage.database import Facts

INVITATION_LASTS: Final = timedelta(minutes=15)

_INVITED: Final = "desk.invited"
_ERA: Final = "desk.era"
_SESSION: Final = b"s"
_FORM: Final = b"f"
_TIME_BYTES: Final = 5
_NONCE_BYTES: Final = 12


class Entrance:
    """The door of one newsletter's desk. Safe to share among threads and processes."""

    def __init__(
        self, facts: Facts, tokens: Tokens, clock: Callable[[], datetime], session: timedelta
    ) -> None:
        self._facts = facts
        self._tokens = tokens
        self._clock = clock
        self._session = session

    @property
    def session_lasts(self) -> timedelta:
        """How long a browser that came in may stay."""
        return self._session

    def invite(self) -> str:
        """What opens the door once, within INVITATION_LASTS; an earlier invitation is void."""
        word = secrets.token_urlsafe(24)
        ends = self._clock() + INVITATION_LASTS
        self._facts.put(_INVITED, f"{_hash(word)} {ends.isoformat()}")
        return word

    def is_invited(self, word: str) -> bool:
        """Whether that would open the door now. Changes nothing."""
        kept = self._facts.get(_INVITED) or ""
        known, _, ends = kept.partition(" ")
        if not known or not secrets.compare_digest(known, _hash(word)):
            return False
        return self._clock() < datetime.fromisoformat(ends)

    def enter(self, word: str) -> str | None:
        """The session of whoever is invited, and of nobody after them; None for everybody else."""
        kept = self._facts.get(_INVITED) or ""
        if not self.is_invited(word) or not self._facts.take(_INVITED, kept):
            return None
        ends = int((self._clock() + self._session).timestamp())
        payload = ends.to_bytes(_TIME_BYTES) + secrets.token_bytes(_NONCE_BYTES)
        return self._tokens.desk(_SESSION + self._era() + payload)

    def is_inside(self, session: str) -> bool:
        """Whether a session is one, and has not ended."""
        payload = self._tokens.read_desk(session)
        era = self._era()
        size = len(_SESSION + era) + _TIME_BYTES + _NONCE_BYTES
        if payload is None or len(payload) != size or not payload.startswith(_SESSION + era):
            return False
        start = len(_SESSION + era)
        ends = int.from_bytes(payload[start : start + _TIME_BYTES])
        return self._clock() < datetime.fromtimestamp(ends, UTC)

    def leave(self) -> None:
        """End every session, and void an invitation."""
        self._facts.put(_ERA, secrets.token_hex(8))
        self._facts.drop(_INVITED)

    def form_key(self, session: str) -> str:
        """What the forms of a session carry."""
        return self._tokens.desk(_FORM + hashlib.sha256(session.encode()).digest())

    def is_form_key(self, key: str, session: str) -> bool:
        """Whether a form is one of this session's."""
        return secrets.compare_digest(key.encode(), self.form_key(session).encode())

    def _era(self) -> bytes:
        return (self._facts.get(_ERA) or "first").encode()


def _hash(word: str) -> str:
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()
