"""Owns files of subscribers: CSV to rows, rows to CSV. Pure but for the streams it is given.

Reads our own export, a plain list, and the exports of other systems (newsletter/subscribing/dialects.py).
Streams: a file may be larger than memory.

A cell of an export that a spreadsheet would run as a formula begins with an apostrophe, and
reading an export takes exactly that apostrophe off again; other files are read as they are.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final, TextIO

from newsletter.subscribing.dialects import (
    Dialect,
    Origin,
    RowError,
    clean_text,
    parse_time,
    recognise,
    refusal,
    split_tags,
)
from storage.model import (
    ConsentEvent,
    ConsentEventKind,
    Subscriber,
    SubscriberFileError,
    SubscriberState,
    Suppression,
    SuppressionReason,
)

PORTION: Final = 1000
"""Rows of an import that are one transaction."""
MAX_NAME: Final = 200
"""Characters of a name that are kept."""
MAX_CONSENT: Final = 2000
"""Characters of a consent's wording that are kept."""

EXPORT_COLUMNS: Final = (
    *("email", "name", "tags", "state", "created_at", "confirmed_at", "unsubscribed_at"),
    *("consent", "suppressed", "suppressed_at", "evidence", "address_hash", "proof"),
)
"""Of an export. `address_hash` is filled only where a reader was erased and the address is gone;
`proof` is the whole proof of consent (rule F9), in JSON (RFC 8259).
"""

MAX_CELL: Final = 16_777_216
"""Characters of a cell that is read: a proof has a line for each time that somebody asked."""

_PROOF_WORDS: Final = ("ip", "source", "message_id")

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")
_DELIMITERS: Final = (",", ";", "\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberRow:
    """One row, read but not judged."""

    line: int
    """Where the row begins in the file; the header is on line 1."""
    email: str
    name: str = ""
    tags: tuple[str, ...] = ()
    consent: str = ""
    created_at: datetime | None = None
    confirmed_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    origin: Origin = Origin.PLAIN
    state: SubscriberState | None = None
    """Only from our own export; None there: a suppression of somebody who is no subscriber."""
    suppression: SuppressionReason | None = None
    suppressed_at: datetime | None = None
    evidence: str = ""
    address_hash: str = ""
    proof: tuple[ConsentEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was not taken, and why."""

    line: int
    email: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedSubscriber:
    """One row of an export: a subscriber, a suppression, or both."""

    subscriber: Subscriber | None = None
    suppression: Suppression | None = None
    proof: tuple[ConsentEvent, ...] = ()


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def read_file(path: Path) -> Iterator[SubscriberRow | RefusedRow]:
    """The rows of a CSV file in UTF-8, with or without a byte order mark.

    Raises SubscriberFileError, at the first row or at a later one.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield from read_rows(stream)
    except UnicodeDecodeError as error:
        raise SubscriberFileError(
            f"{path} is not UTF-8; save it as “CSV UTF-8” and try again"
        ) from error
    except OSError as error:
        raise SubscriberFileError(f"{path} cannot be read: {error.strerror}") from error


def read_rows(stream: Iterable[str]) -> Iterator[SubscriberRow | RefusedRow]:
    """The rows of an open CSV file; blank lines are skipped.

    Columns are separated by a comma, a semicolon or a tab, as the header shows. Raises
    SubscriberFileError when there is no e-mail column, or a quote that is never closed.
    """
    lines = iter(stream)
    first = next(lines, "")
    records = _records(chain([first], lines), max(_DELIMITERS, key=first.count))
    _, header = next(records, (1, []))
    names = tuple(cell.strip().lower() for cell in header)
    dialect = recognise(names)
    if dialect is None:
        found = ", ".join(cell.strip() for cell in header if cell.strip()) or "nothing"
        raise SubscriberFileError(
            f"the first line must name the columns, one of them “email”; it has: {found[:500]}"
        )
    for line, cells in records:
        if any(cell.strip() for cell in cells):
            yield _read_record(line, cells, names, dialect)


def _records(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins."""
    csv.field_size_limit(MAX_CELL)  # of the process: nobody else reads CSV in it
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SubscriberFileError(
                f"line {begins} cannot be read as CSV ({error}); is there a quote not closed?"
            ) from error
        yield begins, record


def _read_record(
    line: int, cells: list[str], names: tuple[str, ...], dialect: Dialect
) -> SubscriberRow | RefusedRow:
    columns = dict(zip(names, cells, strict=False))
    email = columns.get(dialect.email, "").strip()
    if any(cell.strip() for cell in cells[len(names) :]):
        reason = f"has {len(cells)} cells, the header has {len(names)}"
        return RefusedRow(line=line, email=email, reason=reason)
    try:
        if dialect.origin is Origin.OURS:
            return _read_ours(line, {name: _disarm(cell) for name, cell in columns.items()})
        return _read_foreign(line, columns, dialect)
    except RowError as error:
        return RefusedRow(line=line, email=email, reason=str(error))


def _read_foreign(line: int, columns: dict[str, str], dialect: Dialect) -> SubscriberRow:
    reason = refusal(columns, dialect.origin)
    if reason:
        raise RowError(reason)
    name = " ".join(columns.get(part, "") for part in dialect.name)
    return SubscriberRow(
        line=line,
        email=columns.get(dialect.email, "").strip(),
        name=clean_text(name, MAX_NAME),
        tags=split_tags(columns.get(dialect.tags, "")),
        consent=clean_text(columns.get("consent", ""), MAX_CONSENT),
        created_at=_read_time(columns, dialect.created_at, strict=dialect.is_plain),
        confirmed_at=_read_time(columns, dialect.confirmed_at, strict=dialect.is_plain),
        origin=dialect.origin,
    )


def _read_ours(line: int, columns: dict[str, str]) -> SubscriberRow:
    state, suppression = columns.get("state", ""), columns.get("suppressed", "")
    if not state and not suppression:
        raise RowError("has neither a state nor a suppression")
    return SubscriberRow(
        line=line,
        email=columns["email"],
        name=clean_text(columns.get("name", ""), MAX_NAME),
        tags=split_tags(columns.get("tags", "")),
        consent=columns.get("consent", ""),
        created_at=_read_time(columns, "created_at"),
        confirmed_at=_read_time(columns, "confirmed_at"),
        unsubscribed_at=_read_time(columns, "unsubscribed_at"),
        origin=Origin.OURS,
        state=_read_state(state) if state else None,
        suppression=_read_suppression(suppression) if suppression else None,
        suppressed_at=_read_time(columns, "suppressed_at"),
        evidence=columns.get("evidence", ""),
        address_hash=columns.get("address_hash", ""),
        proof=_read_proof(columns.get("proof", ""), columns.get("consent", "")),
    )


def _read_time(columns: dict[str, str], name: str, *, strict: bool = True) -> datetime | None:
    """A cell's time. Other systems write times as they like: losing one costs less than the reader."""
    try:
        return parse_time(columns.get(name, ""))
    except ValueError as error:
        if strict:
            raise RowError(f"{name} is not a time like 2026-12-01T09:00:00Z") from error
        return None


def _read_state(text: str) -> SubscriberState:
    try:
        return SubscriberState(text)
    except ValueError as error:
        raise RowError(f"state must be one of {', '.join(SubscriberState)}") from error


def _read_suppression(text: str) -> SuppressionReason:
    try:
        return SuppressionReason(text)
    except ValueError as error:
        raise RowError(f"suppressed must be one of {', '.join(SuppressionReason)}") from error


def _read_proof(cell: str, consent: str) -> tuple[ConsentEvent, ...]:
    """What `_proof` wrote."""
    try:
        return tuple(_read_event(line, consent) for line in (json.loads(cell) if cell else ()))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RowError("proof is not as an export of this program has it") from error


def _read_event(line: Mapping[str, str], consent: str) -> ConsentEvent:
    at = parse_time(line["at"])
    words = {name: line.get(name, "") for name in _PROOF_WORDS} | {
        "text": line.get("text", consent)
    }
    if at is None or "\0" in "".join(words.values()).encode().decode():
        raise ValueError("no time, or what no database keeps")
    return ConsentEvent(subscriber_id=0, kind=ConsentEventKind(line["kind"]), at=at, **words)


# ── writing ──────────────────────────────────────────────────────────────────────────────────


def write_rows(rows: Iterable[ExportedSubscriber], stream: TextIO) -> int:
    """Write an export (RFC 4180) and return the number of rows below the header.

    The stream must not translate newlines. Reading it back gives the same rows.
    """
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(EXPORT_COLUMNS)
    count = 0
    for row in rows:
        writer.writerow(map(_arm, _cells(row)))
        count += 1
    return count


def _cells(row: ExportedSubscriber) -> Iterator[str]:
    """The cells in the order of EXPORT_COLUMNS."""
    reader, suppression = row.subscriber, row.suppression
    yield reader.address if reader else suppression.address if suppression else ""
    yield reader.name if reader else ""
    yield ",".join(reader.tags) if reader else ""
    yield reader.state.value if reader else ""
    yield format_time(reader.created_at) if reader else ""
    yield format_time(reader.confirmed_at) if reader else ""
    yield format_time(reader.unsubscribed_at) if reader else ""
    yield reader.consent if reader else ""
    yield suppression.reason.value if suppression else ""
    yield format_time(suppression.created_at) if suppression else ""
    yield suppression.evidence if suppression else ""
    yield suppression.address_hash if suppression and not (reader or suppression.address) else ""
    yield _proof(row.proof, reader.consent if reader else "")


def _proof(events: Iterable[ConsentEvent], consent: str) -> str:
    """One object a line of proof; left out is what is empty, and a wording that the row has anyway."""
    lines = []
    for event in events:
        line = {"kind": event.kind.value, "at": format_time(event.at)}
        line |= {name: word for name in _PROOF_WORDS if (word := getattr(event, name))}
        if event.text != consent:
            line["text"] = event.text
        lines.append(line)
    return json.dumps(lines, ensure_ascii=False) if lines else ""


def format_time(at: datetime | None) -> str:
    """ISO 8601 in UTC, exact to the microsecond: `2026-12-01T09:00:00Z`; empty for None."""
    return "" if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _arm(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _disarm(cell: str) -> str:
    return cell.removeprefix("'")
