"""`db upgrade` from every version there was, with data: nothing is lost on the way, on either database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.copies import snapshot
from storage.database import Database, Facts, schema
from storage.model.deliveries import DeliveryState
from storage.model.reports import Effect, NewReport
from storage.readers.reports import Reports
from storage.readers.signups import NewSignUp
from tests.conftest import NOON
from tests.worlds.store import Store, counted, kept_counts, settled

ROOT = Path(__file__).parents[3]
VERSIONS = ROOT / "storage" / "database" / "migrations" / "versions"
MADE_BY_STEPS = {"issue_words", "moves"}
"""Tables that a step fills from what there is."""


@dataclass(frozen=True)
class Rows:
    """What a table holds."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def live(folder: Path) -> dict[str, Rows]:
    """A newsletter in use, in tables of now: every kind of row that a year brings."""
    database = Database.open(f"sqlite:///{folder / 'now.db'}")
    database.prepare()
    store = Store(database)
    store.join(4)
    store.ask(9)
    store.leave(2)
    store.publish("first")
    store.publish("second")
    for number, claim in enumerate(store.claim(limit=4)):
        store.begin(claim.delivery_id)
        outcome = (DeliveryState.ACCEPTED, DeliveryState.DEFERRED, DeliveryState.REJECTED)[
            number % 3
        ]
        store.settle(settled(claim.delivery_id, outcome, reply="said"))
    store.signups.keep(
        NewSignUp(
            address="a@example.org",
            address_key="a@example.org",
            domain="example.org",
            ip="192.0.2.1",
            source="form",
            consent="yes",
            at=NOON,
        )
    )
    Reports(database).record(
        NewReport(
            event_id="1",
            kind="hard",
            status="5.1.1",
            effect=Effect.BOUNCED,
            happened_at=NOON,
            received_at=NOON + timedelta(hours=1),
            evidence="550",
            issue_id=1,
            subscriber_id=1,
        )
    )
    Facts(database).put("namespace", "kept")
    with snapshot(database) as look:
        found = {
            one.name: Rows(one.columns, tuple(tuple(row) for row in look.rows(one.name)))
            for one in look.tables()
        }
    database.close()
    return found


def emptied(url: str) -> Database:
    """The database without a table."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).unlink(missing_ok=True)
        return Database.open(url)
    database = Database.open(url)
    with database.transaction() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    assert database.revision() is None
    return database


def fill(connection: sa.Connection, name: str, rows: Rows) -> tuple[str, ...]:
    """Puts rows into a table as it is in this version; the columns that could be filled."""
    there = {column["name"]: column for column in sa.inspect(connection).get_columns(name)}
    ours = tuple(column for column in rows.columns if column in there)
    gone = [
        column["name"]
        for column in there.values()
        if column["name"] not in rows.columns and not column["nullable"]
    ]
    flags = {key for key, column in there.items() if isinstance(column["type"], sa.Boolean)}
    table = sa.table(name, *(sa.column(column) for column in (*ours, *gone)))
    for row in rows.rows:
        values = dict(zip(rows.columns, row, strict=True))
        kept = {key: bool(values[key]) if key in flags else values[key] for key in ours}
        empty = {key: 0 if isinstance(there[key]["type"], sa.Integer) else "" for key in gone}
        connection.execute(sa.insert(table).values(**kept, **empty))
    return ours


def look_at(connection: sa.Connection, name: str, columns: tuple[str, ...]) -> list[str]:
    """The rows of a table, in an order of their own."""
    table = sa.table(name, *(sa.column(column) for column in columns))
    rows = connection.execute(sa.select(*(table.c[column] for column in columns)))
    return sorted(repr([int(v) if isinstance(v, bool) else v for v in row]) for row in rows)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Rows]:
    """The rows of a newsletter in use."""
    return live(tmp_path_factory.mktemp("live"))


def test_every_version_is_brought_along(database_url: str, year: Mapping[str, Rows]) -> None:
    """Step by step from the first version: what each table held when it came is there at every later one,
    counts are right in the end, and what is kept can be read and used.
    """
    database = emptied(database_url)
    held: dict[str, tuple[tuple[str, ...], list[str]]] = {}
    for path in sorted(VERSIONS.glob("0*.py")):
        database.upgrade(path.name[:4])
        with database.transaction() as connection:
            there = set(sa.inspect(connection).get_table_names())
            for table in schema.metadata.sorted_tables:
                name = table.name
                if name in there and name in year and name not in {*held, *MADE_BY_STEPS}:
                    columns = fill(connection, name, year[name])
                    held[name] = (columns, look_at(connection, name, columns))
            for name, (columns, rows) in held.items():
                kept = sa.inspect(connection).get_columns(name)
                names = {column["name"] for column in kept}
                if set(columns) <= names:
                    now = look_at(connection, name, columns)
                    assert set(rows) <= set(now), (path.name, name)
    database.prepare()
    store = Store(database)
    assert {name for name, rows in year.items() if rows.rows} <= {*held, *MADE_BY_STEPS}
    assert kept_counts(store) == counted(store)
    assert [one.slug for one in store.issues.everything()] == ["second", "first"]
    assert len(list(store.subscribers.everyone())) == 5
    assert store.claim()
    database.close()
