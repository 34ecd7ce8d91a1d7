"""How the rows of a list are measured: readers imported, beside the same file read and put into one bare table."""

from __future__ import annotations

import csv
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from newsletter.subscribing import open_source
from scripts.bench import peers
from scripts.bench.house import House
from scripts.bench.processes import BenchError
from scripts.bench.report import Bound, Row
from scripts.bench.rows import Bench, or_missing
from storage.database import Cursor

_COLUMNS: Final = ("email", "name", "tags", "confirmed_at", "consent")
_DOMAINS: Final = 1_000
_BARE: Final = f"CREATE TABLE bare ({', '.join(f'{name} TEXT' for name in _COLUMNS)})"
_MARKS: Final = ", ".join("?" for _ in _COLUMNS)


@dataclass(frozen=True, slots=True)
class _Cost:
    """What one way took: seconds of processor, ours and the server's, and on the clock."""

    processor_s: float
    seconds: float


def measure_import(bench: Bench) -> list[Row]:
    """A list of readers, each with a name, tags, a time and consent, on each database."""
    readers = bench.sizes.readers
    file = _write(bench.folder / "readers.csv", readers)
    row = Row(
        name="import-sqlite",
        title=f"{readers:,} readers imported on SQLite: processor, against reading the file and INSERT alone",
        bound=Bound.AT_MOST,
        target=13,
    )
    other = replace(
        row,
        name="import-postgresql",
        title=f"{readers:,} readers imported on PostgreSQL: processor, against reading the file and COPY alone",
    )
    rows = [_measure(bench, row, file, bench.house)]
    with (
        or_missing(other) as measured,
        peers.postgres(bench.folder / "imported") as server,
    ):
        urls = (server.new_database(f"import{n}") for n in range(bench.sizes.rounds))
        measured.append(
            _measure(
                bench,
                other,
                file,
                lambda: bench.house(database_url=next(urls)),
                server=server.processor_s,
            )
        )
    return rows + measured


def _write(file: Path, readers: int) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_COLUMNS)
        for number in range(readers):
            address = f"reader{number}@example{number % _DOMAINS}.org"
            tags = "ml,beta" if number % 3 == 0 else ""
            at = f"2026-01-{number % 28 + 1:02} 10:00:00+00:00"
            writer.writerow((address, f"Reader {number}", tags, at, "signed up at the fair"))
    return file


def _measure(
    bench: Bench,
    row: Row,
    file: Path,
    build: Callable[[], House],
    *,
    server: Callable[[], float] = lambda: 0.0,
) -> Row:
    bare, ours = list[_Cost](), list[_Cost]()
    for number in range(bench.sizes.rounds):
        bench.say(f"{row.name}, round {number + 1}")
        house = build()
        bare.append(_time(lambda house=house: _put(house, file), server))  # type: ignore[misc]
        ours.append(_time(lambda house=house: _take(house, file, bench.sizes.readers), server))  # type: ignore[misc]
    cost = statistics.median(one.processor_s for one in ours)
    reference = statistics.median(one.processor_s for one in bare)
    return replace(row, measured=cost / reference, note=f"{_told(ours)}; alone {_told(bare)}")


def _told(costs: Iterable[_Cost]) -> str:
    known = list(costs)
    return (
        f"{statistics.median(one.processor_s for one in known):.2f} s of processor, "
        f"{statistics.median(one.seconds for one in known):.2f} s"
    )


def _time(work: Callable[[], None], server: Callable[[], float]) -> _Cost:
    there, used, began = server(), time.process_time(), time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    return _Cost(time.process_time() - used + server() - there, seconds)


def _take(house: House, file: Path, readers: int) -> None:
    """As `newsletter subscribers import` does it."""
    with house.open() as newsletter, open_source(file) as source:
        source.check()
        report = newsletter.subscriptions.import_rows(source.read().rows)
    if report.added != readers:
        raise BenchError(f"{report.added} of {readers} readers added")


def _put(house: House, file: Path) -> None:
    """The same rows as they are, in one transaction."""

    def put(cursor: Any) -> None:
        with file.open(encoding="utf-8", newline="") as stream:
            rows = csv.reader(stream)
            next(rows)
            if newsletter.parts.database.is_sqlite:
                cursor.executemany(f"INSERT INTO bare VALUES ({_MARKS})", rows)  # noqa: S608 - ours
                return
            with cursor.copy("COPY bare FROM STDIN") as copy:
                for record in rows:
                    copy.write_row(record)

    def make(cursor: Cursor) -> None:
        cursor.execute(_BARE)

    with house.open() as newsletter:
        newsletter.parts.database.direct(make)
        newsletter.parts.database.direct(put)
