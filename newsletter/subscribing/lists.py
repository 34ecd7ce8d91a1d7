"""Owns bringing a list of subscribers from elsewhere and taking it away again (rule F17).

Judges each row and hands the good ones to storage in portions, one transaction each. Files and
their columns are in newsletter/subscribing/files.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final

from mailer.address import (
    Address,
    is_role,
    parse_address,
    parse_mailbox,
    strip_unseen,
    tidy_address,
)
from newsletter.subscribing.candidates import Candidate, Seen
from newsletter.subscribing.dialects import Origin, RowError, clean_text
from newsletter.subscribing.files import MAX_CONSENT, MAX_NAME, PORTION
from newsletter.subscribing.records import ExportedSubscriber, RefusedRow, SubscriberRow
from newsletter.subscribing.rules import is_own
from newsletter.subscribing.signupdesk import fresh_nonce
from newsletter.tokens import Tokens
from storage.model import (
    Added,
    AddressError,
    ConsentEvent,
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
_LEFT_THERE: Final = {
    SubscriberState.ACTIVE: "; is subscribed here, and stays so: see `subscribers unsubscribe`",
    SubscriberState.PENDING: "; has asked to join here",
    SubscriberState.UNSUBSCRIBED: "; has unsubscribed here, too",
}
_DAY: Final = timedelta(days=1)
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Departed(StrEnum):
    """What becomes of those who left elsewhere. They are no readers either way."""

    KEEP = "keep"
    """They are remembered as having left, so that no later list brings them in."""
    DROP = "drop"
    """Nothing is kept of them."""


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
    """Rows that made nobody a reader, those who left elsewhere among them."""
    dry_run: bool
    departed: int = 0
    """Addresses that are remembered as having left."""
    stopped: bool = False
    """Whether it was stopped before the last row. What it tells is what is in."""


class SubscriberLists:
    """Whole lists in and out of the store."""

    def __init__(
        self,
        subscribers: Subscribers,
        tokens: Tokens,
        *,
        clock: Callable[[], datetime],
        allow_test_domains: bool = False,
        own: Collection[str] = (),
    ) -> None:
        self._subscribers = subscribers
        self._tokens = tokens
        self._clock = clock
        self._allow_test_domains = allow_test_domains
        self._own = own

    def import_rows(
        self,
        rows: Iterable[SubscriberRow | RefusedRow],
        *,
        consent: str = "",
        dry_run: bool = False,
        departed: Departed = Departed.KEEP,
        progress: Callable[[int], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> ImportReport:
        """Take over a list; never revives anybody who left or is suppressed.

        `consent` stands for rows that bring none; a row with neither is refused. `progress` is
        told how many rows each portion had. `dry_run` reports the same and changes nothing. `stop`
        is asked before each portion, which is a transaction.
        """
        iterator, seen, count = iter(rows), Seen(), 0
        refused, kept = list[RefusedRow](), Counter[str]()
        stopped = False
        while not (stopped := stop()) and (portion := list(islice(iterator, PORTION))):
            candidates, refusals = self._judge(portion, consent, seen, departed)
            ended = seen.take_ended()
            if not dry_run:
                candidates, late = self._keep(candidates)
                refusals += late
                self._end(ended)
            count += len(portion)
            undone = sum(key in seen.joined for key in ended)
            kept["added"] += sum(candidate.is_reader for candidate in candidates) - undone
            kept["suppressed"] += sum(one.suppression is not None for one in candidates)
            kept["departed"] += sum(
                one.new is not None and not one.is_reader for one in candidates
            ) + len(ended)
            refused += sorted(refusals, key=lambda refusal: refusal.line)
            progress(len(portion))
        return ImportReport(
            rows=count,
            added=kept["added"],
            suppressed=kept["suppressed"],
            departed=kept["departed"],
            refused=tuple(refused),
            dry_run=dry_run,
            stopped=stopped,
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
        self,
        portion: Sequence[SubscriberRow | RefusedRow],
        consent: str,
        seen: Seen,
        departed: Departed,
    ) -> tuple[list[Candidate], list[RefusedRow]]:
        """Look at each row by itself, then compare all with the store."""
        candidates: list[Candidate] = []
        refused: list[RefusedRow] = []
        for row in portion:
            try:
                if isinstance(row, SubscriberRow):
                    candidates.append(self._read(row, consent, seen))
                elif row.left and (found := self._read_departed(row, seen, departed)):
                    candidates.append(found)
                else:
                    refused.append(row)
            except (AddressError, RowError) as error:
                refused.append(_refuse(row, str(error)))
        return self._compare(candidates, refused, seen)

    def _read(self, row: SubscriberRow, consent: str, seen: Seen) -> Candidate:
        """What a row asks for. Raises AddressError or RowError."""
        if not row.email and row.suppression is SuppressionReason.ERASED:
            return Candidate(row=row, new=None, suppression=_erased(row, self._clock()))
        ours = row.origin is Origin.OURS
        address, name = self._address(row.email, is_exact=ours)
        if address.key in seen.left:
            raise RowError("has left by a row above")
        if address.key in seen.taken:
            raise RowError("is in the file already")
        if is_role(address) and not ours:
            raise RowError("is the mailbox of an office, not of a reader; add it by hand")
        if is_own(address.key, self._own) and not ours:
            raise RowError("is an address that this newsletter sends from")
        if name and not row.name:
            row = replace(row, name=clean_text(name, MAX_NAME))
        new = None if ours and row.state is None else self._new(row, address, consent)
        seen.taken.add(address.key)
        return Candidate(row=row, new=new, suppression=self._suppression(row, address))

    def _read_departed(self, row: RefusedRow, seen: Seen, departed: Departed) -> Candidate | None:
        """How a row is remembered that says: left. None when it is not. Raises AddressError.

        A reader whom a row above brought in leaves by it, also where that row was taken by an import of
        the same file that was killed.
        """
        address, _ = self._address(row.email)
        is_first = address.key not in seen.left
        seen.left.add(address.key)
        if address.key in seen.joined or (
            is_first and address.key in seen.known and _is_imported(self._subscribers, address.key)
        ):
            seen.end(address.key)
            return None
        if departed is Departed.DROP or not is_first or address.key in seen.taken:
            return None
        address_hash = self._tokens.address_hash(address.key)
        return Candidate(row=row, new=_departed(row, address, address_hash, self._clock()))

    def _address(self, cell: str, *, is_exact: bool = False) -> tuple[Address, str]:
        """The address in a cell, and the name beside it: `Ada <ada@example.com>` is usual."""
        if is_exact or "<" not in cell:
            bare = strip_unseen(cell) if is_exact else tidy_address(cell)
            return parse_address(bare, allow_test_domains=self._allow_test_domains), ""
        found = parse_mailbox(cell, allow_test_domains=self._allow_test_domains)
        return found.address, found.name

    def _new(self, row: SubscriberRow, address: Address, consent: str) -> NewSubscriber:
        given = row.consent or consent
        state = row.state or _ACTIVE
        if row.origin is not Origin.OURS and _is_to_come(row, self._clock()):
            raise RowError("is said to have joined at a time to come")
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
            wishes=row.wishes,
            feed_key=row.feed_key,
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

    def _compare(
        self, candidates: Sequence[Candidate], refused: list[RefusedRow], seen: Seen
    ) -> tuple[list[Candidate], list[RefusedRow]]:
        """Leave out what the store holds, or holds against it. One look for all."""
        states = self._subscribers.states([c.new.key for c in candidates if c.new])
        suppressed = self._subscribers.suppressed([c.address_hash for c in candidates])
        taken = []
        for candidate in candidates:
            state = states.get(candidate.new.key) if candidate.new else None
            if candidate.address_hash in suppressed:
                refused.append(_refuse(candidate.row, "is suppressed: never mailed"))
                continue
            is_gone = candidate.is_reader and candidate.key in seen.left
            if isinstance(candidate.row, RefusedRow):
                known = _LEFT_THERE[state] if state else ""
                refused.append(_refuse(candidate.row, candidate.row.reason + known))
            elif state is not None:
                refused.append(_refuse(candidate.row, _KNOWN[state]))
                if state is SubscriberState.ACTIVE and candidate.new is not None:
                    seen.known.add(candidate.new.key)
            elif is_gone:
                refused.append(_refuse(candidate.row, "has left by a row below"))
            left = replace(candidate, new=None) if state or is_gone else candidate
            if left.new or left.suppression:
                taken.append(left)
        return seen.join(taken), refused

    def _keep(self, candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[RefusedRow]]:
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
            if late and candidate.is_reader:
                refused.append(_refuse(candidate.row, "was added by somebody else just now"))
            kept.append(replace(candidate, new=None) if late else candidate)
        return kept, refused

    def _end(self, keys: Sequence[str]) -> None:
        """End what rows above began: the file says further down that these left."""
        for key in keys:
            known = self._subscribers.find(key)
            if known is not None:
                event = ConsentEvent(
                    subscriber_id=known.id,
                    kind=ConsentEventKind.UNSUBSCRIBED,
                    at=self._clock(),
                    source="import",
                )
                self._subscribers.unsubscribe(known.id, event)


def _is_to_come(row: SubscriberRow, now: datetime) -> bool:
    """Whether a row says of itself what cannot be; the clocks of two systems differ by a day at most."""
    return any(at > now + _DAY for at in (row.created_at, row.confirmed_at) if at is not None)


def _erased(row: SubscriberRow, now: datetime) -> Suppression:
    if not _HASH.fullmatch(row.address_hash):
        raise RowError("has neither an address nor its hash")
    return Suppression(
        address_hash=row.address_hash,
        address="",
        reason=SuppressionReason.ERASED,
        evidence="",
        created_at=row.suppressed_at or now,
    )


def _is_imported(subscribers: Subscribers, key: str) -> bool:
    """Whether a reader came by an import, and has said nothing since."""
    known = subscribers.find(key)
    if known is None or known.state is not SubscriberState.ACTIVE:
        return False
    proof = subscribers.proofs([known.id]).get(known.id, ())
    return bool(proof) and proof[-1].kind is ConsentEventKind.IMPORTED


def _departed(row: RefusedRow, address: Address, address_hash: str, now: datetime) -> NewSubscriber:
    """Those who left elsewhere, as they are remembered: the address, and what the row said."""
    left = ConsentEvent(
        subscriber_id=0,
        kind=ConsentEventKind.UNSUBSCRIBED,
        at=now,
        source="import",
        text=clean_text(row.reason, MAX_CONSENT),
    )
    return NewSubscriber(
        address=address.display,
        key=address.key,
        hash=address_hash,
        state=SubscriberState.UNSUBSCRIBED,
        nonce=fresh_nonce(),
        created_at=now,
        unsubscribed_at=row.left_at or now,
        proof=(left,),
    )


def _refuse(row: SubscriberRow | RefusedRow, reason: str) -> RefusedRow:
    return RefusedRow(line=row.line, email=row.email, reason=reason)
