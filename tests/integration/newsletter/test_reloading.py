"""A reload is refused that would end the service, and ends in good order where it is overtaken."""

from __future__ import annotations

import signal
from itertools import count
from pathlib import Path
from queue import SimpleQueue

import psycopg

from tests.peers.relays.counting import Phase, Relay
from tests.worlds.service.installed import build
from tests.worlds.service.running import Service, command, running, settle

NEW = "ab" * 32


def reload_until(service: Service, event: str) -> None:
    """Asks for a reload and waits for this line of the log."""
    told = len(service.log)
    service.process.send_signal(signal.SIGHUP)
    while not any(event in line for line in service.log[told:]):
        assert service.process.poll() is None, "".join(service.log)


def test_a_reload_that_nothing_could_be_opened_with_is_refused(tmp_path: Path) -> None:
    """With an emptied secret on the disk the process goes on and says why; it takes the reload once that is mended."""
    house = settle(tmp_path / "home", "sqlite:///newsletter.db")
    secret = house.folder / "secret"
    old = secret.read_text()
    with running(house) as service:
        secret.write_text("")
        reload_until(service, "reload.refused")
        assert "holds no secret" in "".join(service.log)
        assert service.get(service.site) == 200
        secret.write_text(f"{NEW}\n{old}")
        reload_until(service, "service.stopped")
        assert service.get(service.site) == 200  # it has begun again
        assert service.stop()[0] == 0


def test_a_reload_while_the_database_is_away_is_refused(postgres: str, tmp_path: Path) -> None:
    """The process goes on, answers from memory and takes the next one when the database is back."""
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:

        def allow(there: bool) -> None:
            connection.execute(f"ALTER DATABASE reloaded ALLOW_CONNECTIONS {there}")
            connection.execute(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = 'reloaded'"
            )

        connection.execute("CREATE DATABASE reloaded TEMPLATE migrated")
        house = settle(tmp_path / "home", f"{postgres}/reloaded")
        with running(house) as service:
            assert service.get(service.site) == 200
            allow(False)
            reload_until(service, "reload.refused")
            assert service.process.poll() is None
            allow(True)
            reload_until(service, "service.stopped")
            assert service.get(service.site) == 200
            assert service.stop()[0] == 0
        connection.execute("DROP DATABASE reloaded WITH (FORCE)")


def test_a_signal_to_end_overtakes_a_reload(tmp_path: Path) -> None:
    """SIGTERM after SIGHUP, with a message on the wire: that is finished and recorded, and the process ends with 0."""
    with Relay().serving() as relay:
        smtp = f"smtp://127.0.0.1:{relay.port}?tls=none"
        house = build(tmp_path / "home", storage="sqlite:///n.db", smtp=smtp, recipients=3)
        with house.config.open("a") as file:
            file.write("[web]\nport = 0\n")
        found: SimpleQueue[Service] = SimpleQueue()
        dots = count()

        def mood(phase: Phase, _recipient: str) -> None:
            if phase is Phase.DOT and not next(dots):
                service = found.get(timeout=120)
                reload_until(service, "service.reloading")
                service.process.send_signal(signal.SIGTERM)

        relay.mood = mood  # type: ignore[assignment]
        with running(house) as service:
            found.put(service)
            assert service.process.wait(120) == 0
        relay.mood = lambda _phase, _recipient: None
        assert command(house, "send").returncode == 0
        assert len(relay.accepted) == 3
        assert relay.copies == 0
