"""An operating system that sorts otherwise than it did when a database's indexes were made."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from newsletter.app import Newsletter
from storage.database import Database, sorts_otherwise
from tests.worlds.publishing.due import READERS, send, settle

ADVICE = "REINDEX DATABASE name; ALTER DATABASE name REFRESH COLLATION VERSION;"


def test_an_upgraded_system_is_told_from_the_one_that_made_the_indexes(
    postgres: str, tmp_path: Path
) -> None:
    """PostgreSQL remembers with which version of the sorting a database was made: the doctor says so when it is another,
    nothing else is held up by it, and what it advises ends it.
    """
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as server:
        if server.info.server_version < 150_000:
            pytest.skip("PostgreSQL before 15 does not know it of a database")
        server.execute(
            "CREATE DATABASE sorted TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de'"
        )
        try:
            config = settle(tmp_path, f"{postgres}/sorted", "outbox:outbox")
            assert "sorting" not in told(config)
            server.execute("UPDATE pg_database SET datcollversion = '1' WHERE datname = 'sorted'")
            assert told(config)["sorting"].endswith(ADVICE)
            assert send(config).accepted == READERS
            with psycopg.connect(f"{postgres}/sorted", autocommit=True) as connection:
                for statement in ADVICE.replace("name", "sorted").strip(";").split("; "):
                    connection.execute(statement)
            assert "sorting" not in told(config)
        finally:
            server.execute("DROP DATABASE sorted WITH (FORCE)")


def test_sqlite_sorts_by_itself(tmp_path: Path) -> None:
    """It has no sorting but its own."""
    database = Database.open(f"sqlite:///{tmp_path / 'n.db'}")
    assert not sorts_otherwise(database)
    database.close()


def told(config: Path) -> dict[str, str]:
    """What the doctor says and advises, by its name."""
    with Newsletter.open(config, environ={}) as newsletter:
        return {one.name: one.advice for one in newsletter.doctor()}
