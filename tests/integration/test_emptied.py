"""What a test on PostgreSQL may leave to the next one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from storage.database.engine import Database
from tests.peers.databases.emptied import Databases
from tests.worlds.store import Store


@pytest.fixture
def databases(postgres: str) -> Iterator[Databases]:
    """Those of the server, by names of their own."""
    with closing(Databases(postgres, "emptied")) as made:
        yield made


def test_the_next_test_finds_no_rows_and_counts_from_one(databases: Databases) -> None:
    """Emptied, with readers and issues in it, a database is as one that was just made."""
    found = []
    for _ in range(2):
        with databases.one() as url, closing(Database.open(url)) as database:
            store = Store(database)
            found.append((url, store.join(2), store.publish().id, len(store.rows())))
    assert found[0] == found[1]
    assert found[0][1:] == ([1, 2], 1, 2)


def test_what_a_test_leaves_open_is_ended(databases: Databases) -> None:
    """A session in the middle of a transaction, as of a process that was killed, holds up nothing."""
    with databases.one() as url:
        left = psycopg.connect(url)
        left.execute("LOCK TABLE issues")
    with databases.one() as again:
        assert again == url
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    left.close()


def test_one_whose_sessions_were_all_ended_is_not_taken_again(databases: Databases) -> None:
    """Also ours, by a test that ends whatever there is."""
    end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    with databases.one() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute(end)
    with databases.one() as other:
        assert other != url


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE subscribers CASCADE",
        "ALTER TABLE issues ADD COLUMN more text",
        "ALTER TABLE issues DROP COLUMN title",
        "DROP INDEX ix_deliveries_due",
        "CREATE TABLE more (id integer)",
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER refuse BEFORE UPDATE ON issues FOR EACH ROW EXECUTE FUNCTION refuse()",
        "REVOKE UPDATE ON issues FROM test",
        "UPDATE alembic_version SET version_num = '0001'",
        "DELETE FROM alembic_version",
        "ALTER DATABASE {name} SET default_transaction_read_only = on",
        "INSERT INTO meta SELECT 'many ' || n, repeat('much ', 100) FROM generate_series(1, 1000) AS n",
    ],
)
def test_whose_tables_were_changed_is_not_taken_again(databases: Databases, change: str) -> None:
    """Nor one with so much in it that PostgreSQL would plan for it in another way."""
    with databases.one() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute(change.format(name=connection.info.dbname))
    with databases.one() as other:
        assert other != url
