"""What an import knows while it runs: what each row asks for, and whom the rows so far were about. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.subscribing.records import RefusedRow, SubscriberRow
from storage.model import Suppression
from storage.readers import NewSubscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A row that may be taken; without `new` it only brings a suppression."""

    row: SubscriberRow | RefusedRow
    new: NewSubscriber | None
    suppression: Suppression | None = None

    @property
    def is_reader(self) -> bool:
        """Whether it makes a subscriber, in whatever state, of a row that was not refused."""
        return self.new is not None and isinstance(self.row, SubscriberRow)

    @property
    def key(self) -> str:
        """Of the address that it would add; empty without one."""
        return self.new.key if self.new else ""

    @property
    def address_hash(self) -> str:
        """Under which the store may hold something against it."""
        found = self.new.hash if self.new else self.suppression and self.suppression.address_hash
        return found or ""


class _Keys:
    """Address keys of which only the hash is kept: a million addresses take half the memory."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def add(self, key: str) -> None:
        """Remember one."""
        self._hashes.add(hash(key))

    def __contains__(self, key: str) -> bool:
        return hash(key) in self._hashes


class Seen:
    """Whom the rows so far were about."""

    def __init__(self) -> None:
        self.taken = _Keys()
        """Readers of a row that could be taken."""
        self.joined = _Keys()
        """Those of them whom this file brought in."""
        self.known = _Keys()
        """Those of them who are subscribed already, perhaps because this file was begun before."""
        self.left = _Keys()
        """Those who left by a row."""
        self._ended: list[str] = []

    def end(self, key: str) -> None:
        """A reader whom this file brought in, now or before, left by a later row of it."""
        self._ended.append(key)

    def take_ended(self) -> list[str]:
        """The readers for whom `end` was called since this was asked last."""
        ended, self._ended = self._ended, []
        return ended

    def join(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The same candidates; their readers count as brought in."""
        for candidate in candidates:
            if candidate.is_reader and candidate.new is not None:
                self.joined.add(candidate.new.key)
        return list(candidates)
