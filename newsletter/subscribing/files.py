"""Owns files of subscribers: CSV to rows, rows to CSV. Pure but for the streams it is given.

Reads our own export, a plain list, and the exports of other systems (newsletter/subscribing/dialects.py),
of which it takes who is a reader there (newsletter/subscribing/membership.py). Streams: a file may be
larger than memory.

A cell of an export that a spreadsheet would run as a formula begins with an apostrophe, and
reading an export takes exactly that apostrophe off again; other files are read as they are.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TextIO

from mailer.address import strip_unseen
from newsletter.subscribing.dialects import (
    Dialect,
    Origin,
    RowError,
    clean_text,
    parse_time,
    recognise,
    split_tags,
)
from newsletter.subscribing.membership import Column, Membership, RowJudge, read_header
from newsletter.subscribing.records import (
    ExportedSubscriber,
    RefusedRow,
    SubscriberFile,
    SubscriberRow,
    read_feed_key,
    read_wishes,
)
from newsletter.subscribing.words import fold
from storage.model import (
    ConsentEvent,
    ConsentEventKind,
    SubscriberFileError,
    SubscriberState,
    SuppressionReason,
    spell_tags,
    stamp,
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
    *("topics", "pace", "paused_until", "language", "zone", "feed_key"),
)
"""Of an export. `address_hash` is filled only where a reader was erased and the address is gone;
`proof` is the whole proof of consent (rule F9), in JSON (RFC 8259); `feed_key` keeps the address of a
reader's own feed, and is as secret as that.
"""

MAX_CELL: Final = 16_777_216
"""Characters of a cell that is read: a proof has a line for each time that somebody asked."""

_PROOF_WORDS: Final = ("ip", "source", "message_id")

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")
_DELIMITERS: Final = (",", ";", "\t")
_MOST_ABOVE: Final = 3
"""Lines of a title above the header."""
_MOST_LINES_OF_HEADER: Final = 50
_OURS: Final = frozenset(map(fold, EXPORT_COLUMNS))
_JUDGED_TOO: Final = frozenset(
    {"consent", "confirmed at", "confirm time", "optin time", "tags", "labels"}
)
"""Columns that are kept, and decide who is a reader as well."""


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def read_rows(stream: Iterable[str]) -> Iterator[SubscriberRow | RefusedRow]:
    """The rows of an open CSV file; see `open_rows`."""
    yield from open_rows(stream).rows


def open_rows(stream: Iterable[str]) -> SubscriberFile:
    """An open CSV file, its header read; blank lines are skipped.

    Columns are separated by a comma, a semicolon or a tab, as the header shows. The header is the
    first line that names a column of addresses: some systems write a title above it, and Excel
    `sep=;`. Raises SubscriberFileError when there is none, and, while the rows are read, when a
    quote is never closed.
    """
    lines = iter(stream)
    above: list[list[str]] = []
    begins = 0
    while len(above) <= _MOST_ABOVE and (head := _take_record(lines)):
        delimiter = find_delimiter("".join(head))
        titles = next(csv.reader(head, delimiter=delimiter), [])
        header = Header.of(titles)
        if header is not None:
            records = _records(lines, delimiter, begins + len(head))
            rows = _read_records(records, header)
            return SubscriberFile(unread=header.unread, rows=rows, records=records)
        above.append(titles)
        begins += len(head)
        if any("@" in cell for cell in titles):
            break  # readers, not a title: nobody is to be skipped
    found = ", ".join(cell.strip() for cell in above[0] if cell.strip()) if above else ""
    raise SubscriberFileError(
        "the first line must name the columns, one of them “email”; "
        f"it has: {found[:500] or 'nothing'}"
    )


def _take_record(lines: Iterator[str]) -> list[str]:
    """The lines of the next record, which is one unless a quoted cell goes on; empty at the end."""
    taken: list[str] = []
    quotes = 0
    while len(taken) < _MOST_LINES_OF_HEADER and (line := next(lines, "")):
        taken.append(line)
        quotes += line.count('"')
        if quotes % 2 == 0:
            break
    return taken


def find_delimiter(line: str) -> str:
    """Which of the separators a header has most of, outside of quotes."""
    bare = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


def _records(
    lines: Iterable[str], delimiter: str, begins: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins; `begins` lines stand above."""
    csv.field_size_limit(MAX_CELL)  # of the process: nobody else reads CSV in it
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = begins + reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SubscriberFileError(
                f"line {line} cannot be read as CSV ({error}); is there a quote not closed?"
            ) from error
        if any(map(str.strip, record)):
            yield line, record


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first line, understood."""

    dialect: Dialect
    names: tuple[str, ...]
    """Folded."""
    keys: tuple[str, ...]
    """Under which cells are found: the names, but where one stands again, nothing that is asked for."""
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, titles: Sequence[str]) -> Header | None:
        """None when no column holds addresses."""
        names = tuple(map(fold, titles))
        dialect = recognise(names)
        if dialect is None:
            return None
        settled = {
            number
            for number, name in enumerate(names)
            if name in (dialect.read - _JUDGED_TOO) | dialect.beside
            or (dialect.origin is Origin.OURS and name in _OURS)
        }
        columns = tuple(read_header(titles, settled=settled))
        keys = tuple(
            f"\0{number}" if name in names[:number] else name for number, name in enumerate(names)
        )
        return cls(dialect=dialect, names=names, keys=keys, columns=columns)

    @property
    def unread(self) -> tuple[str, ...]:
        """Columns that are neither kept nor decide anything."""
        read = _OURS if self.dialect.origin is Origin.OURS else self.dialect.read
        return tuple(
            column.title
            for column, name in zip(self.columns, self.names, strict=True)
            if column.title and name not in read and not column.topic.is_judged
        )

    def cells(self, record: Sequence[str]) -> dict[str, str]:
        """The cells by their folded names; of a name that stands twice, the first."""
        return dict(zip(self.keys, record, strict=False))


def _read_records(
    records: Iterable[tuple[int, list[str]]], header: Header
) -> Iterator[SubscriberRow | RefusedRow]:
    judge = RowJudge(header.columns)
    for line, cells in records:
        yield _read_record(line, cells, header, judge)


def _read_record(
    line: int, cells: list[str], header: Header, judge: RowJudge
) -> SubscriberRow | RefusedRow:
    columns = header.cells(cells)
    email = strip_unseen(columns.get(header.dialect.email, ""))
    judged = judge(cells)
    if len(cells) > len(header.names) and any(map(str.strip, cells[len(header.names) :])):
        reason = f"has {len(cells)} cells, the header has {len(header.names)}"
        return RefusedRow(line=line, email=email, reason=reason)
    if judged.membership is Membership.LEFT:
        return RefusedRow(
            line=line, email=email, reason=judged.reason, left=True, left_at=_when(judged.left_at)
        )
    try:
        if header.dialect.origin is Origin.OURS:
            row = _read_ours(line, {name: _disarm(cell) for name, cell in columns.items()})
        else:
            row = _read_foreign(line, email, columns, header.dialect)
    except RowError as error:
        return RefusedRow(line=line, email=email, reason=str(error))
    if judged.membership is Membership.DOUBTFUL:
        return RefusedRow(line=line, email=email, reason=judged.reason)
    return row


def _when(cell: str) -> datetime | None:
    """The time in a cell that says that somebody left, if it holds one."""
    try:
        return parse_time(cell)
    except ValueError:
        return None


def _read_foreign(
    line: int, email: str, columns: dict[str, str], dialect: Dialect
) -> SubscriberRow:
    name = " ".join([columns.get(part, "") for part in dialect.name])
    return SubscriberRow(
        line=line,
        email=email,
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
        created_at=_read_time(columns, "created at"),
        confirmed_at=_read_time(columns, "confirmed at"),
        unsubscribed_at=_read_time(columns, "unsubscribed at"),
        origin=Origin.OURS,
        state=_read_state(state) if state else None,
        suppression=_read_suppression(suppression) if suppression else None,
        suppressed_at=_read_time(columns, "suppressed at"),
        evidence=columns.get("evidence", ""),
        address_hash=columns.get("address hash", ""),
        proof=_read_proof(columns.get("proof", ""), columns.get("consent", "")),
        wishes=read_wishes(columns, _read_time(columns, "paused until")),
        feed_key=read_feed_key(columns.get("feed key", "")),
    )


def _read_time(columns: dict[str, str], name: str, *, strict: bool = True) -> datetime | None:
    """A cell's time. Other systems write times as they like: losing one costs less than the reader."""
    try:
        return parse_time(columns.get(name, ""))
    except ValueError as error:
        if strict:
            raise RowError(
                f"{name.replace(' ', '_')} is not a time like 2026-12-01T09:00:00Z"
            ) from error
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
    """Reads a cell that `_proof` wrote."""
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
    yield spell_tags(reader.tags) if reader else ""
    yield reader.state.value if reader else ""
    yield _time_cell(reader.created_at) if reader else ""
    yield _time_cell(reader.confirmed_at) if reader else ""
    yield _time_cell(reader.unsubscribed_at) if reader else ""
    yield reader.consent if reader else ""
    yield suppression.reason.value if suppression else ""
    yield _time_cell(suppression.created_at) if suppression else ""
    yield suppression.evidence if suppression else ""
    yield suppression.address_hash if suppression and not (reader or suppression.address) else ""
    yield _proof(row.proof, reader.consent if reader else "")
    yield spell_tags(reader.wishes.topics) if reader else ""
    yield reader.wishes.pace.value if reader else ""
    yield _time_cell(reader.wishes.paused_until) if reader else ""
    yield reader.wishes.language if reader else ""
    yield reader.wishes.zone if reader else ""
    yield reader.feed_key if reader else ""


def _proof(events: Iterable[ConsentEvent], consent: str) -> str:
    """One object a line of proof; left out is what is empty, and a wording that the row has anyway."""
    lines = []
    for event in events:
        line = {"kind": event.kind.value, "at": _time_cell(event.at)}
        line |= {name: word for name in _PROOF_WORDS if (word := getattr(event, name))}
        if event.text != consent:
            line["text"] = event.text
        lines.append(line)
    return json.dumps(lines, ensure_ascii=False) if lines else ""


def _time_cell(at: datetime | None) -> str:
    """A time as a cell; empty for None."""
    return stamp(at) or ""


def _arm(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _disarm(cell: str) -> str:
    return cell.removeprefix("'")
