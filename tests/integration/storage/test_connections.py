"""Connections to PostgreSQL that wait in the pool: whether the server still has the other end."""

from __future__ import annotations

import time
from contextlib import closing

import psycopg
import pytest
import sqlalchemy as sa

from storage.database import connections
from storage.database.engine import Database
from storage.database.facts import Facts
from storage.model.errors import StorageError

_ONE = sa.text("SELECT 1")
_END_OTHERS = sa.text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
)


def ask(database: Database) -> object:
    """Ask the server something small."""
    with database.reading() as connection:
        return connection.scalar(_ONE)


def test_connections_that_the_server_ended_are_replaced(database: Database) -> None:
    """A restart between two questions is no error, however soon the next one comes."""
    if database.is_sqlite:  # there is no server to restart there
        return
    with database.reading(), database.reading(), database.transaction() as connection:
        connection.execute(_ONE)  # three that wait in the pool from now on
    with database.transaction() as connection:
        connection.execute(_END_OTHERS)
    with database.reading() as one, database.reading() as two:  # each has a connection of its own
        assert [one.scalar(_ONE), two.scalar(_ONE), ask(database)] == [1, 1, 1]


def test_the_server_is_asked_only_after_a_rest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before each question: that would be one round trip more for everything."""
    if database.is_sqlite:
        return
    dialect = type(database._engine.dialect)
    asked, ping = [], dialect.do_ping
    monkeypatch.setattr(dialect, "do_ping", lambda *given: asked.append(1) or ping(*given))
    assert [ask(database) for _ in range(10)] == [1] * 10
    assert not asked
    later = time.monotonic() + 60
    monkeypatch.setattr(connections.time, "monotonic", lambda: later)
    assert ask(database) == 1
    assert asked == [1]


def test_what_is_known_of_the_server_is_not_asked_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection for what is written in groups has two questions of its own: each is a round trip for who sends."""
    if database.is_sqlite:
        return
    ask(database)
    asked, execute = list[str](), psycopg.Cursor.execute

    def listen(cursor: psycopg.Cursor, query: object, *given: object, **options: object) -> object:
        asked.append(str(query))
        return execute(cursor, query, *given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(psycopg.Cursor, "execute", listen)
    assert database.direct(lambda cursor: cursor.execute("SELECT 1") and cursor.fetchall()) == [
        (1,)
    ]
    first, second, *ours = asked
    assert first.startswith("SELECT pg_backend_pid()")
    assert second.startswith("SET lock_timeout")
    assert ours == ["SELECT 1"]


def test_a_database_that_cannot_keep_every_letter_is_refused(postgres: str) -> None:
    """`initdb` where no locale is set makes SQL_ASCII: said at the first look, with the way to mend it; and a server
    whose clients write in Latin-1 unless told otherwise keeps every letter.
    """
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as server:
        server.execute(
            "CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        server.execute("CREATE DATABASE latin TEMPLATE migrated")
        server.execute("ALTER DATABASE latin SET client_encoding = 'LATIN1'")
        try:
            with closing(Database.open(f"{postgres}/ascii")) as database:
                with pytest.raises(StorageError, match=r"SQL_ASCII.*--encoding=UTF8 ascii"):
                    database.prepare()
                assert not database.answers()
            with closing(Database.open(f"{postgres}/latin")) as database:
                facts = Facts(database)
                facts.put("name", "Łukasz 愛")
                assert facts.get("name") == "Łukasz 愛"
        finally:
            for name in ("ascii", "latin"):
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")
