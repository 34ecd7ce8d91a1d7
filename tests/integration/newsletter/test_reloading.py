"""A reload is refused that would end the service, and ends in good order where it is overtaken."""

from __future__ import annotations

import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from queue import SimpleQueue

import psycopg

from tests.peers.relays.counting import Phase, Relay
from tests.peers.silence import dripping
from tests.worlds.service.installed import PROGRAM, House, build, environment
from tests.worlds.service.running import Service, command, draining, pause, running, settle
from tests.worlds.zones import write_zones

NEW = "ab" * 32


def reload_until(service: Service, event: str) -> None:
    """Asks for a reload and waits for this line of the log."""
    told = len(service.log)
    service.process.send_signal(signal.SIGHUP)
    while not any(event in line for line in service.log[told:]):
        assert service.process.poll() is None, "".join(service.log)
        pause()


def build_beside(folder: Path, smtp: str) -> House:
    """A newsletter with three readers and a note that is due, whose site has a port of its own."""
    house = build(folder, storage="sqlite:///n.db", smtp=smtp, recipients=3)
    with house.config.open("a") as file:
        file.write("[web]\nport = 0\n")
    return house


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
        house = build_beside(tmp_path / "home", f"smtp://127.0.0.1:{relay.port}?tls=none")
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


def test_what_was_judged_is_what_it_begins_again_with(tmp_path: Path) -> None:
    """A configuration that is broken once a reload was taken, with a message on the wire, ends nothing: the service
    begins again with the one that was judged, and refuses the broken one that somebody asked for meanwhile.
    """
    with Relay().serving() as relay:
        house = build_beside(tmp_path / "home", f"smtp://127.0.0.1:{relay.port}?tls=none")
        good = house.config.read_text()
        found: SimpleQueue[Service] = SimpleQueue()
        dots = count()

        def mood(phase: Phase, _recipient: str) -> None:
            if phase is Phase.DOT and not next(dots):
                service = found.get(timeout=120)
                house.config.write_text(good.replace('"Notes"', '"Judged"'))
                reload_until(service, "service.reloading")
                house.config.write_text(f"{good}nonsense = 1\n")
                service.process.send_signal(signal.SIGHUP)

        relay.mood = mood  # type: ignore[assignment]
        with running(house) as service:
            found.put(service)
            while not any("reload.refused" in line for line in service.log):
                assert service.process.poll() is None, "".join(service.log)
                pause()
            assert "nonsense" in "".join(service.log)
            assert b"Judged" in urllib.request.urlopen(service.site, timeout=40).read()
            assert service.stop()[0] == 0
        assert relay.copies == 0


@contextmanager
def started(house: House, **environ: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The service, not a forked one: how it starts is what is looked at. And its log."""
    process = subprocess.Popen(
        [PROGRAM, "run"],
        cwd=house.folder,
        env={**environment(), **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with draining(process) as log:
            yield process, log
    finally:
        process.wait()


def site_of(process: subprocess.Popen[str], log: list[str]) -> str:
    """Where it says next that its site is."""
    assert process.stdout is not None
    while not (line := process.stdout.readline()).startswith("site"):
        assert line, "".join(log)
    return line.split()[1]


def test_a_reload_that_a_peer_holds_up_begins_as_a_new_process(tmp_path: Path) -> None:
    """A mailbox that drips for ever is left after ten seconds, as at an end: the process has begun anew by then, under
    the same number, with the changed configuration.
    """
    house = settle(tmp_path / "home", "sqlite:///newsletter.db")
    with dripping(b"* OK ", b".") as (port, come), house.config.open("a") as file:
        file.write(f'[bounces]\nimap = "imap://ada:secret@127.0.0.1:{port}/INBOX"\n')
        file.flush()
        with started(house) as (process, log):
            site_of(process, log)
            assert come.wait(120), "".join(log)
            house.config.write_text(house.config.read_text().replace('"Notes"', '"After"'))
            process.send_signal(signal.SIGHUP)
            site = site_of(process, log)
            assert "service.left" in "".join(log)
            assert b"After" in urllib.request.urlopen(site, timeout=40).read()


def test_a_reload_that_is_asked_for_while_it_starts_is_looked_at_once_it_runs(
    tmp_path: Path,
) -> None:
    """SIGHUP does not end a service that reads its configuration for the first time, and is not lost."""
    house = settle(tmp_path / "home", "sqlite:///newsletter.db")
    text = house.config.read_text()
    house.config.unlink()
    os.mkfifo(house.config)
    with started(house) as (process, log):
        for _ in range(2):  # at the start, and for the reload
            with house.config.open("w") as file:  # somebody reads it
                process.send_signal(signal.SIGHUP)
                house.config.unlink()
                os.mkfifo(house.config)
                file.write(text)
        while not any("reload.taken" in line for line in log):
            assert process.poll() is None, "".join(log)
            pause()


def test_a_reload_takes_other_rules_of_time_zones(tmp_path: Path) -> None:
    """What runs keeps those it began with; a reload takes those that are on the disk, and is refused where the
    newsletter's zone cannot be read, while all goes on.
    """
    house = settle(tmp_path / "home", "sqlite:///newsletter.db")
    text = house.config.read_text()
    house.config.write_text(text.replace("[schedule]", 'timezone = "Europe/Berlin"\n[schedule]', 1))
    note = house.folder / "notes" / "old.md"
    note.write_text("---\ntitle: Old\npublish: 2020-01-01 00:30\n---\n\nText.\n")
    zones = tmp_path / "zones"
    write_zones(zones, {"Europe/Berlin": "Europe/Berlin"})
    with started(house, PYTHONTZPATH=str(zones)) as (process, log):
        site = site_of(process, log)

        def shown() -> str:
            with suppress(urllib.error.HTTPError):  # it is not published yet
                return urllib.request.urlopen(f"{site}issues/old", timeout=40).read().decode()
            return ""

        while "1 January 2020" not in shown():
            assert process.poll() is None, "".join(log)
            pause()
        (zones / "Europe/Berlin").write_bytes(b"half an upgr")
        process.send_signal(signal.SIGHUP)
        while not any("reload.refused" in line for line in log):
            assert process.poll() is None, "".join(log)
            pause()
        assert "is not the name of a time zone" in "".join(log)
        assert "1 January 2020" in shown()
        write_zones(zones, {"Europe/Berlin": "America/New_York"})
        process.send_signal(signal.SIGHUP)
        while "31 December 2019" not in shown():
            assert process.poll() is None, "".join(log)
            pause()
