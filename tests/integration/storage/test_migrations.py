"""A schema that knows its version: made at once or step by step it is the same, and what is another's is refused."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from storage.database import schema
from storage.database.engine import Database
from storage.model.deliveries import DeliveryState
from storage.model.errors import SchemaOutdated
from tests.peers.nursery import Forked
from tests.worlds.facts import keys, put
from tests.worlds.store import Store, counted, kept_counts, settled

ROOT = Path(__file__).parents[3]


# ── schema ───────────────────────────────────────────────────────────────────────────────────


def empty(database: Database) -> None:
    """Take every table away."""
    with database.transaction() as connection:
        for table in (*reversed(schema.metadata.sorted_tables), schema.alembic_version):
            table.drop(connection)
        for name in ("issue_terms", "issue_stems"):
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {name}"))


def structure(database: Database) -> dict[str, object]:
    """Columns, keys and indexes of every table, in no order; how a column is filled is left out."""
    with database.reading() as connection:
        looked = sa.inspect(connection)
        found: dict[str, object] = {}
        for name in looked.get_table_names():
            columns = looked.get_columns(name)
            kept = [(one["name"], str(one["type"]), one["nullable"]) for one in columns]
            others = (
                [
                    (
                        one,
                        {key: str(value) for key, value in one.pop("dialect_options", {}).items()},
                    )
                    for one in looked.get_indexes(name)
                ],
                looked.get_unique_constraints(name),
                looked.get_foreign_keys(name),
                looked.get_pk_constraint(name),
                looked.get_check_constraints(name),
            )
            found[name] = (sorted(kept), *(sorted(map(str, one)) for one in others))
        if database.is_sqlite:
            query = sa.text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
            found["numbers never given twice"] = set(connection.scalars(query))
        return found


def _is_in_the_schema(name: str | None, kind: str, _parents: object) -> bool:
    """Not the index of words, which is each engine's own and filled by triggers."""
    return kind not in ("table", "index") or not (name or "").startswith(
        ("issue_terms", "issue_stems")
    )


def test_the_migrations_make_the_tables_that_the_code_uses(database: Database) -> None:
    """Tables, columns, indexes and keys of the migrations are those of the schema."""
    empty(database)
    database.upgrade()
    with database.reading() as connection:
        opts = {"compare_type": True, "include_name": _is_in_the_schema}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, schema.metadata) == []


def test_a_new_database_is_as_one_that_was_brought_along(database: Database) -> None:
    """Whether its tables were made at once or by the migrations, step by step, nobody can tell."""
    empty(database)
    database.upgrade()
    migrated = structure(database)
    empty(database)
    database.prepare()
    assert structure(database) == migrated
    assert len(migrated) > 10
    database.prepare()
    assert structure(database) == migrated


def test_the_migrations_leave_the_room_on_pages_that_the_schema_asks_for(
    database: Database,
) -> None:
    """How full PostgreSQL may write a table's pages is the same in both (Alembic does not look)."""
    if database.is_sqlite:
        return
    asked = {
        table.name: [f"{key}={value}" for key, value in table.info["with"].items()]
        for table in schema.metadata.sorted_tables
        if "with" in table.info
    }
    asked["issue_terms"] = ["toast_tuple_target=128"]  # made by statements of its own
    with database.reading() as connection:
        found = connection.execute(
            sa.text(
                "SELECT relname, reloptions FROM pg_class WHERE relkind = 'r' AND reloptions <> '{}'"
            )
        )
        assert dict(tuple(row) for row in found) == asked
    assert len(asked) > 1


def test_upgrading_again_is_harmless(database: Database) -> None:
    """A database of this version is left alone, with all that is in it."""
    with database.transaction() as connection:
        put(connection, "kept")
    database.upgrade()
    database.prepare()
    assert keys(database) == {"kept"}


def test_the_revision_is_that_of_the_last_migration(database: Database) -> None:
    """A start compares two short words, and needs no library for it."""
    with database.reading() as connection:
        made = MigrationContext.configure(connection).get_current_revision()
    assert made == schema.REVISION


def test_tables_of_another_version_are_refused(database: Database) -> None:
    """An older or newer program says what to do and touches nothing."""
    with database.transaction() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(SchemaOutdated, match="newsletter db upgrade"):
        database.prepare()


def test_processes_that_start_together_make_one_schema(database_url: str) -> None:
    """The second waits for the first and finds it done."""
    if database_url.startswith("postgresql"):  # it is a copy that has its tables already
        emptied = Database.open(database_url)
        with emptied.transaction() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
        emptied.close()
    code = (
        f"from storage.database.engine import Database; Database.open({database_url!r}).prepare()"
    )
    starting = [
        Forked[str]([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    errors = [process.communicate()[1] for process in starting]
    assert [process.returncode for process in starting] == [0, 0, 0], errors
    made = Database.open(database_url)
    assert keys(made) == set()
    made.close()


def test_counts_of_what_was_sent_before_they_were_kept_are_made_once(store: Store) -> None:
    """An older database is counted when it is upgraded, and what is told is right from then on."""
    store.join(3)
    issue = store.publish()
    (claim, *_) = store.claim(limit=1)
    store.begin(claim.delivery_id)
    store.settle(settled(claim.delivery_id))
    expected = counted(store)
    with store.database.transaction() as connection:
        for column in ("language", "subject", "image", "image_alt"):
            connection.execute(sa.text(f"ALTER TABLE issues DROP COLUMN {column}"))
        connection.execute(sa.text("DROP TABLE absences"))
        connection.execute(sa.text("ALTER TABLE schedules DROP COLUMN title"))
        connection.execute(sa.text("ALTER TABLE schedules DROP COLUMN content_hash"))
        connection.execute(sa.text("DROP TABLE moves"))
        connection.execute(sa.text("DROP INDEX ix_subscribers_state"))
        with Operations.context(MigrationContext.configure(connection)):
            import_module("storage.database.migrations.versions.0006_counts_kept").upgrade()
    assert kept_counts(store) == expected
    assert expected[issue.id] == {DeliveryState.ACCEPTED: 1, DeliveryState.QUEUED: 2}
