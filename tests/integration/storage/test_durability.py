"""Whether what was committed survives a power cut: what each connection asks for, and what the doctor says."""

from __future__ import annotations

from pathlib import Path

import psycopg
import sqlalchemy as sa

from newsletter.app import Newsletter
from storage.database import Database, lossy_settings
from tests.worlds.publishing.due import settle


def test_each_connection_waits_for_the_disk(postgres: str, tmp_path: Path) -> None:
    """Whatever the server's default: PostgreSQL is told to wait where it would not, and keeps to a replica where it is
    to wait for one; SQLite syncs at each commit. Both of the connections for everything and of those for outcomes.
    """
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as server:
        server.execute("CREATE DATABASE hasty TEMPLATE migrated")
        try:
            for asked, found in (
                ("off", "on"),
                ("local", "local"),
                ("remote_apply", "remote_apply"),
            ):
                server.execute(f"ALTER DATABASE hasty SET synchronous_commit = {asked}")
                database = Database.open(f"{postgres}/hasty")
                assert settings(database, "SHOW synchronous_commit") == {found}
                assert "synchronous_commit" not in lossy_settings(database)
                database.close()
        finally:
            server.execute("DROP DATABASE hasty WITH (FORCE)")
    database = Database.open(f"sqlite:///{tmp_path / 'n.db'}")
    assert settings(database, "PRAGMA synchronous") == {2}  # FULL
    assert lossy_settings(database) == ()
    database.close()


def settings(database: Database, query: str) -> set[object]:
    """What either kind of connection says."""
    with database.reading() as connection:
        found = connection.scalar(sa.text(query))

    def ask(cursor: object) -> object:
        cursor.execute(query)  # type: ignore[attr-defined]
        return cursor.fetchone()[0]  # type: ignore[attr-defined]

    return {found, database.direct(ask)}


def test_the_doctor_tells_of_a_server_that_may_lose_what_was_committed(
    postgres: str, tmp_path: Path
) -> None:
    """That of the tests does not write for good: said with the settings, and what to do."""
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as server:
        server.execute("CREATE DATABASE lossy TEMPLATE migrated")
        try:
            config = settle(tmp_path, f"{postgres}/lossy", "outbox:outbox")
            with Newsletter.open(config, environ={}) as newsletter:
                (told,) = [one for one in newsletter.doctor() if one.name == "durability"]
            assert "fsync = off, full_page_writes = off:" in told.message
            assert "reload the server" in told.advice
        finally:
            server.execute("DROP DATABASE lossy WITH (FORCE)")
