"""Faults of the surroundings in the middle of sending: nobody is missed, nobody gets it twice beyond the bound,
and it goes on by itself. docs/faults.md has the whole table.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from structlog.testing import capture_logs

from newsletter.app import Newsletter
from storage.model import StorageError
from tests.peers.relays import counting
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.publishing.due import CONNECTIONS, READERS, deliveries, send, settle, states


def in_a_minute() -> datetime:
    """When what was put off for a second is due."""
    return datetime.now(UTC) + timedelta(minutes=1)


@contextmanager
def own_database(postgres: str, name: str) -> Iterator[str]:
    """A database on the server for this test alone."""
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
        yield f"{postgres}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_every_connection_to_the_server_is_cut_off(postgres: str, tmp_path: Path) -> None:
    """PostgreSQL ends all sessions again and again while mail goes out, as a restart does: everybody gets
    the issue, and nobody who was not on the wire just then gets it twice.
    """
    with own_database(postgres, "cut") as url, Relay().serving() as relay:
        cuts: list[int] = []

        def mood(phase: Phase, _recipient: str) -> None:
            if phase is Phase.DOT and relay.accepted.total() in (10, 25, 40) and len(cuts) < 3:
                cuts.append(relay.accepted.total())
                threading.Thread(target=cut).start()

        def cut() -> None:
            with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'cut'"
                )

        relay.mood = mood  # type: ignore[assignment]
        config = settle(tmp_path, url, f"smtp://127.0.0.1:{relay.port}")
        for _ in range(20):
            try:
                report = send(config)
            except StorageError:
                continue
            if not report.problems and states(config) == {"accepted": READERS}:
                break
        assert cuts
        assert states(config) == {"accepted": READERS}
        assert len(relay.accepted) == READERS
        assert relay.copies <= CONNECTIONS * len(cuts)


def test_the_server_has_no_connection_left(postgres: str, tmp_path: Path) -> None:
    """Others have all connections: it is said in words, nothing is lost, and when one is free it goes on."""
    with own_database(postgres, "few") as url, Relay().serving() as relay:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE few LOGIN CONNECTION LIMIT 6")
            connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO few")
            connection.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO few")
        try:
            place = urlsplit(url)
            mine = f"postgresql://few@{place.hostname}:{place.port}/few"
            config = settle(tmp_path, mine, f"smtp://127.0.0.1:{relay.port}")
            others = [psycopg.connect(mine) for _ in range(6)]
            with pytest.raises(StorageError, match="too many connections"):
                send(config)
            assert relay.accepted.total() == 0
            for other in others:
                other.close()
            assert send(config).accepted == READERS
            assert relay.copies == 0
        finally:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("DROP OWNED BY few")
                connection.execute("DROP ROLE few")


def test_the_relays_name_is_unknown(tmp_path: Path) -> None:
    """The DNS is gone: no reader is charged a try, the reason is told, and later all are mailed."""
    storage = f"sqlite:///{tmp_path / 'n.db'}"
    config = settle(tmp_path, storage, "smtp://relay.invalid:25?tls=none")
    report = send(config)
    assert report.problems
    assert states(config) == {"queued": READERS}
    with Relay().serving() as relay:
        config = settle(tmp_path, storage, f"smtp://127.0.0.1:{relay.port}")
        assert send(config).accepted == READERS
        assert relay.copies == 0


def test_the_relay_takes_smaller_messages_than_the_issue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so before a word of the mail: the issue is paused, which is told once, and no reader is charged a try."""
    with Relay().serving() as relay:
        storage = f"sqlite:///{tmp_path / 'n.db'}"
        config = settle(tmp_path, storage, f"smtp://127.0.0.1:{relay.port}")
        with monkeypatch.context() as now, capture_logs() as logs:
            now.setattr(counting, "_EHLO", "250-relay.test\r\n250-PIPELINING\r\n250 SIZE 500")
            send(config)
        (told,) = [one for one in logs if one["event"] == "issue.paused"]
        assert "the relay takes 500" in told["reason"]
        with Newsletter.open(config, environ={}, clock=in_a_minute) as newsletter:
            newsletter.resume("note")
            assert newsletter.send().accepted == READERS
        assert {one.attempts for one in deliveries(config).values()} == {1}
        assert relay.copies == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody says which files are open")
def test_the_log_of_the_database_is_removed_while_mail_goes_out(tmp_path: Path) -> None:
    """Everybody is mailed once, and it is told, since what another command wrote meanwhile may be gone."""
    with Relay().serving() as relay:
        log = tmp_path / "n.db-wal"

        def mood(phase: Phase, _recipient: str) -> None:
            if phase is Phase.DOT and relay.accepted.total() == 20:
                log.unlink(missing_ok=True)

        relay.mood = mood  # type: ignore[assignment]
        config = settle(
            tmp_path, f"sqlite:///{tmp_path / 'n.db'}", f"smtp://127.0.0.1:{relay.port}"
        )
        report = send(config)
        assert [problem for problem in report.problems if f"{log}, was removed" in problem]
        assert states(config) == {"accepted": READERS}
        assert len(relay.accepted) == READERS
        assert relay.copies == 0
        assert not send(config).problems
