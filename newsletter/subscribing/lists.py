"""Owns bringing a list of subscribers from elsewhere and taking it away again (rule F17).

Judges each row and hands the good ones to storage in portions, one transaction each. Files and
their columns are in newsletter/subscribing/files.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from mailer.address import Address, is_role, parse_address
from newsletter.subscribing.dialects import Origin, RowError
from newsletter.subscribing.files import PORTION, ExportedSubscriber, RefusedRow, SubscriberRow
from newsletter.subscribing.signupdesk import fresh_nonce
from newsletter.tokens import Tokens
from storage.model import (
    Added,
    AddressError,
    ConsentEventKind,
    SubscriberState,
    Suppression,
    SuppressionReason,
)
from storage.readers import NewSubscriber, Subscribers

_ACTIVE: Final = SubscriberState.ACTIVE
_KNOWN: Final = {
    SubscriberState.ACTIVE: "is subscribed already",
    SubscriberState.PENDING: "has asked to join and has not confirmed yet",
    SubscriberState.UNSUBSCRIBED: "has unsubscribed; only the reader can join again",
}
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of the rows of a file."""

    rows: int
    """Rows read; blank lines are none."""
    added: int
    """Rows that became subscribers, in whatever state."""
    suppressed: int
    """Suppressions taken over from an export of ours."""
    refused: tuple[RefusedRow, ...]
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A row that may be taken; without `new` it only brings a suppression."""

    row: SubscriberRow
    new: NewSubscriber | None
    suppression: Suppression | None

    @property
    def address_hash(self) -> str:
        """Under which the store may hold something against it."""
        found = self.new.hash if self.new else self.suppression and self.suppression.address_hash
        return found or ""


class SubscriberLists:
    """Whole lists in and out of the store."""

    def __init__(
        self,
        subscribers: Subscribers,
        tokens: Tokens,
        *,
        clock: Callable[[], datetime],
        allow_test_domains: bool = False,
    ) -> None:
        self._subscribers = subscribers
        self._tokens = tokens
        self._clock = clock
        self._allow_test_domains = allow_test_domains

    def import_rows(
        self,
        rows: Iterable[SubscriberRow | RefusedRow],
        *,
        consent: str = "",
        dry_run: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> ImportReport:
        """Take over a list; never revives anybody who left or is suppressed.

        `consent` stands for rows that bring none; a row with neither is refused. `progress` is
        told how many rows each portion had. `dry_run` reports the same and changes nothing.
        """
        iterator, seen, refused = iter(rows), set[int](), list[RefusedRow]()
        count = added = suppressed = 0
        while portion := list(islice(iterator, PORTION)):
            candidates, refusals = self._judge(portion, consent, seen)
            if not dry_run:
                candidates, late = self._keep(candidates)
                refusals += late
            count += len(portion)
            added += sum(candidate.new is not None for candidate in candidates)
            suppressed += sum(candidate.suppression is not None for candidate in candidates)
            refused += sorted(refusals, key=lambda refusal: refusal.line)
            progress(len(portion))
        return ImportReport(
            rows=count, added=added, suppressed=suppressed, refused=tuple(refused), dry_run=dry_run
        )

    def export_rows(self) -> Iterator[ExportedSubscriber]:
        """Every subscriber as they came, then every suppression of somebody who is none."""
        of_readers = self._subscribers.suppressions_of_subscribers()
        readers = self._subscribers.everyone()
        while portion := list(islice(readers, PORTION)):
            proofs = self._subscribers.proofs([reader.id for reader in portion])
            for reader in portion:
                yield ExportedSubscriber(
                    subscriber=reader,
                    suppression=of_readers.get(reader.id),
                    proof=proofs.get(reader.id, ()),
                )
        paired = {suppression.address_hash for suppression in of_readers.values()}
        for suppression in self._subscribers.suppressions():
            if suppression.address_hash not in paired:
                yield ExportedSubscriber(suppression=suppression)

    # ── judging ──────────────────────────────────────────────────────────────────────────

    def _judge(
        self, portion: Sequence[SubscriberRow | RefusedRow], consent: str, seen: set[int]
    ) -> tuple[list[_Candidate], list[RefusedRow]]:
        """Look at each row by itself, then compare all with the store."""
        candidates: list[_Candidate] = []
        refused: list[RefusedRow] = []
        for row in portion:
            if isinstance(row, RefusedRow):
                refused.append(row)
                continue
            try:
                candidates.append(self._read(row, consent, seen))
            except (AddressError, RowError) as error:
                refused.append(_refuse(row, str(error)))
        return self._compare(candidates, refused)

    def _read(self, row: SubscriberRow, consent: str, seen: set[int]) -> _Candidate:
        """What a row asks for. Raises AddressError or RowError."""
        if not row.email and row.suppression is SuppressionReason.ERASED:
            return _Candidate(row=row, new=None, suppression=self._erased(row))
        address = parse_address(row.email, allow_test_domains=self._allow_test_domains)
        if hash(address.key) in seen:  # the hash only: a million addresses take half the memory
            raise RowError("is in the file already")
        ours = row.origin is Origin.OURS
        if is_role(address) and not ours:
            raise RowError("is the mailbox of an office, not of a reader; add it by hand")
        new = None if ours and row.state is None else self._new(row, address, consent)
        seen.add(hash(address.key))
        return _Candidate(row=row, new=new, suppression=self._suppression(row, address))

    def _new(self, row: SubscriberRow, address: Address, consent: str) -> NewSubscriber:
        given = row.consent or consent
        state = row.state or _ACTIVE
        proven = row.origin is Origin.OURS and (row.confirmed_at or state is not _ACTIVE)
        if not given and not proven:
            raise RowError("comes without consent: fill the column “consent”, or use --consent")
        return NewSubscriber(
            address=address.display,
            key=address.key,
            hash=self._tokens.address_hash(address.key),
            name=row.name,
            tags=row.tags,
            state=state,
            nonce=fresh_nonce(),
            consent=given,
            created_at=row.created_at or row.confirmed_at or self._clock(),
            confirmed_at=row.confirmed_at,
            unsubscribed_at=row.unsubscribed_at,
            proof=row.proof,
        )

    def _suppression(self, row: SubscriberRow, address: Address) -> Suppression | None:
        if row.suppression is None:
            return None
        return Suppression(
            address_hash=self._tokens.address_hash(address.key),
            address=address.display,
            reason=row.suppression,
            evidence=row.evidence,
            created_at=row.suppressed_at or self._clock(),
        )

    def _erased(self, row: SubscriberRow) -> Suppression:
        if not _HASH.fullmatch(row.address_hash):
            raise RowError("has neither an address nor its hash")
        return Suppression(
            address_hash=row.address_hash,
            address="",
            reason=SuppressionReason.ERASED,
            evidence="",
            created_at=row.suppressed_at or self._clock(),
        )

    def _compare(
        self, candidates: Sequence[_Candidate], refused: list[RefusedRow]
    ) -> tuple[list[_Candidate], list[RefusedRow]]:
        """Leave out what the store holds, or holds against it. One look for all."""
        states = self._subscribers.states([c.new.key for c in candidates if c.new])
        suppressed = self._subscribers.suppressed([c.address_hash for c in candidates])
        taken = []
        for candidate in candidates:
            state = states.get(candidate.new.key) if candidate.new else None
            if candidate.address_hash in suppressed:
                refused.append(_refuse(candidate.row, "is suppressed: never mailed"))
                continue
            if state is not None:
                refused.append(_refuse(candidate.row, _KNOWN[state]))
            left = candidate if state is None else replace(candidate, new=None)
            if left.new or left.suppression:
                taken.append(left)
        return taken, refused

    def _keep(self, candidates: Sequence[_Candidate]) -> tuple[list[_Candidate], list[RefusedRow]]:
        """Store what is left; whoever came in between by another way is refused after all."""
        fresh = [c.new for c in candidates if c.new]
        suppressions = [c.suppression for c in candidates if c.suppression]
        answers = iter(
            self._subscribers.add(
                fresh,
                kind=ConsentEventKind.IMPORTED,
                at=self._clock(),
                suppressions=suppressions,
            )
        )
        kept, refused = [], []
        for candidate in candidates:
            late = candidate.new is not None and next(answers) is not Added.ADDED
            if late:
                refused.append(_refuse(candidate.row, "was added by somebody else just now"))
            kept.append(replace(candidate, new=None) if late else candidate)
        return kept, refused


def _refuse(row: SubscriberRow, reason: str) -> RefusedRow:
    return RefusedRow(line=row.line, email=row.email, reason=reason)
