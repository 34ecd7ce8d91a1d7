"""The operator is told: by mail, once, whichever relay works, and always in the log."""

from __future__ import annotations

import email
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
import structlog
import trustme

from newsletter.app import Newsletter
from newsletter.service.turn import Turn
from newsletter.watching import Faults, Watch
from newsletter.watching.certificates import find_end
from storage.database import Database
from storage.model import Mailing, StorageError
from tests.peers.ports import free_port
from tests.peers.relays.counting import Relay
from tests.worlds.clock import Clock, Seconds
from tests.worlds.readers.site import serving_both


@contextmanager
def opened(folder: Path, smtp: str, clock: Clock) -> Iterator[Newsletter]:
    """A newsletter whose operator is somebody else than its author, with one issue that is paused."""
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "newsletter.toml").write_text(
        '[newsletter]\ntitle = "T\u00f6pfe"\nurl = "http://127.0.0.1"\nsender = "a@example.org"\n'
        f'alerts = "ops@example.net"\n{smtp}'
    )
    note = folder / "notes" / "first.md"
    note.write_text(f"---\npublish: {clock.now.isoformat()}\n---\n# First\n\nHello.\n")
    with Newsletter.open(folder / "newsletter.toml", environ={}, clock=clock) as newsletter:
        newsletter.subscriptions.add("ada@example.com", consent="asked")
        newsletter.poll()
        yield newsletter


def test_a_trouble_is_mailed_once_a_day(tmp_path: Path) -> None:
    """An issue that was stopped: one mail at once, nothing more that day, one the next; none of what the
    author paused.
    """
    clock = Clock()
    with opened(tmp_path, '[smtp]\nurl = "outbox:outbox"\n', clock) as newsletter:
        look = newsletter.watching.watch.run
        newsletter.pause("first")
        look()
        newsletter.resume("first")
        newsletter.pause("first", "the relay refuses every reader")
        for _ in range(3):
            look()
            clock.move(hours=1)
        mails = list((tmp_path / "outbox" / "new").iterdir())
        assert len(mails) == 1
        message = email.message_from_bytes(mails[0].read_bytes())
        assert message["To"] == "ops@example.net"
        assert message["Auto-Submitted"] == "auto-generated"
        assert "the relay refuses every reader" in message.get_payload(decode=True).decode()  # type: ignore[union-attr]
        clock.move(days=1)
        look()
        assert len(list((tmp_path / "outbox" / "new").iterdir())) == 2
        assert newsletter.status("first").issue.mailing is Mailing.PAUSED


def test_sign_ups_without_room_are_told_once_a_day(tmp_path: Path) -> None:
    """When the total of an hour is used up its author reads it by mail, however many come, once a day."""
    clock = Clock()
    config = '[smtp]\nurl = "outbox:outbox"\n[subscribers]\nlimit_total = 1\n'
    with opened(tmp_path, config, clock) as newsletter:
        for hour in range(3):
            for number in range(4):
                newsletter.subscriptions.request(
                    f"reader{number}@example{hour}.org", ip="192.0.2.9", source="", consent="yes"
                )
            newsletter.subscriptions.process()
            clock.move(minutes=20)
            newsletter.watching.watch.run()
        (mail,) = (tmp_path / "outbox" / "new").iterdir()
        assert b"sign-ups wait for room: `limit_total`" in mail.read_bytes().replace(b"=\r\n", b"")


def test_the_second_relay_tells_of_the_first(tmp_path: Path) -> None:
    """A relay that is away keeps nothing from being told; with none left the log has it, and a mail
    follows as soon as one works again.
    """
    clock = Clock()
    dead = f'[[smtp]]\nurl = "smtp://127.0.0.1:{free_port()}"\n'
    with (
        Relay().serving() as relay,
        opened(
            tmp_path, f'{dead}[[smtp]]\nurl = "smtp://127.0.0.1:{relay.port}"\n', clock
        ) as newsletter,
        structlog.testing.capture_logs() as lines,
    ):
        newsletter.pause("first", "refused")
        newsletter.watching.watch.run()
        assert relay.accepted == {"ops@example.net": 1}
    assert [line["event"] for line in lines if line["event"].startswith("alert")] == [
        "alert",
        "alert.refused",
        "alert.mailed",
    ]


def test_without_any_relay_the_log_has_it(tmp_path: Path) -> None:
    """Told once there, and the mail is tried again later."""
    clock, port = Clock(), free_port()
    with (
        opened(tmp_path, f'[smtp]\nurl = "smtp://127.0.0.1:{port}"\n', clock) as newsletter,
        structlog.testing.capture_logs() as lines,
    ):
        newsletter.pause("first", "refused")
        newsletter.watching.watch.run()
        clock.move(minutes=1)
        newsletter.watching.watch.run()
        events = [line["event"] for line in lines if line["event"].startswith("alert")]
        assert events == ["alert", "alert.refused", "alert.not_mailed"]
        clock.move(minutes=10)
        newsletter.watching.watch.run()
        events = [line["event"] for line in lines if line["event"].startswith("alert")]
        assert events[3:] == ["alert.refused", "alert.not_mailed"]


def test_until_when_a_certificate_is_valid(tmp_path: Path) -> None:
    """Asked as a reader's program would: its end, or that it is not valid."""
    import socket
    import threading

    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(2):
            peer, _ = listener.accept()
            with peer:
                try:
                    server.wrap_socket(peer, server_side=True).close()
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    url = f"https://localhost:{listener.getsockname()[1]}"
    ends = find_end(url, trusting)
    assert ends is not None
    assert ends.tzinfo is not None
    assert find_end(url) is None
    thread.join()
    listener.close()
    with pytest.raises(OSError, match="refused"):
        find_end(url)


def test_readyz_tells_the_truth(tmp_path: Path) -> None:
    """503 with the reason while something is not well, 200 when it is again; /metrics answers all the
    while.
    """
    clock = Clock()
    with opened(tmp_path, '[smtp]\nurl = "outbox:outbox"\n[web]\nport = 0\n', clock) as newsletter:
        pulse = newsletter.watching.pulse
        with serving_both(newsletter) as (_site, admin):
            answer = httpx.get(f"{admin}/readyz")
            assert answer.status_code == 200
            assert set(answer.json()["checks"]) == {"database", "relay", "scheduler", "disk"}
            pulse.begin(tuple)
            pulse.expect("poll", -60.0)  # overdue at once
            answer = httpx.get(f"{admin}/readyz")
            assert answer.status_code == 503
            assert "poll" in answer.json()["checks"]["scheduler"]["reason"]
            (tmp_path / "newsletter.db").rename(tmp_path / "away.db")
            answer = httpx.get(f"{admin}/readyz")
            assert answer.json()["checks"]["database"] == {
                "ok": False,
                "reason": "the database does not answer",
            }
            metrics = httpx.get(f"{admin}/metrics")
            assert metrics.status_code == 200
            assert "newsletter_database_up 0.0" in metrics.text
            assert "process_open_fds" in metrics.text
            (tmp_path / "away.db").rename(tmp_path / "newsletter.db")
            assert "newsletter_database_up 1.0" in httpx.get(f"{admin}/metrics").text
            assert json.loads(httpx.get(f"{admin}/readyz").text)["checks"]["database"]["ok"]


def test_a_backup_that_is_too_old(tmp_path: Path) -> None:
    """Told eight days after the first issue or the last backup."""
    clock = Clock()
    with opened(tmp_path, '[smtp]\nurl = "outbox:outbox"\n', clock) as newsletter:
        newsletter.watching.watch.run()
        assert newsletter.watching.watch.troubles == ()
        clock.now += timedelta(days=9)
        newsletter.watching.watch.run()
        (trouble,) = newsletter.watching.watch.troubles
        assert trouble.kind.value == "backup"
        newsletter.backup(tmp_path / "b.zip")
        newsletter.watching.watch.run()
        assert newsletter.watching.watch.troubles == ()


@contextmanager
def own_database(postgres: str, name: str) -> Iterator[tuple[str, Callable[[bool], None]]]:
    """A database of the test's own, and what takes it away or brings it back."""
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:

        def allow(there: bool) -> None:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {there}")
            connection.execute(
                f"SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '{name}'"
            )

        connection.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
        yield f"{postgres}/{name}", allow
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("reads", [False, True])
def test_a_database_that_is_away_is_told_by_mail(
    postgres: str, tmp_path: Path, reads: bool
) -> None:
    """Once, when it has not answered, or could not be written to, for five minutes; with what else is wrong meanwhile."""
    clock, seconds = Clock(), Seconds()
    with own_database(postgres, f"watched_{reads}".lower()) as (url, allow):
        config = f'[storage]\nurl = "{url}"\n[smtp]\nurl = "outbox:outbox"\n'
        with opened(tmp_path, config, clock) as newsletter:
            parts = newsletter.parts
            watch = Watch(
                parts.config,
                database=parts.database,
                overview=parts.overview,
                pulse=newsletter.watching.pulse,
                faults=Faults(signups_waiting=int, unstartable=lambda: "no key"),
                monotonic=seconds,
                clock=clock,
            )
            if reads:
                set_read_only(url, True)
            allow(reads)
            with pytest.raises(StorageError):
                newsletter.subscriptions.add("bob@example.com", consent="asked")
            watch.run()
            assert watch.troubles == ()
            seconds.now += 301
            for _ in range(2):
                watch.run()
            assert [one.kind.value for one in watch.troubles] == ["database", "start"]
            (mail,) = (tmp_path / "outbox" / "new").iterdir()
            assert b"the database could not be used" in mail.read_bytes()
            if reads:
                set_read_only(url, False)
            allow(True)
            newsletter.subscriptions.add("bob@example.com", consent="asked")
            watch.run()
            assert [one.kind.value for one in watch.troubles] == ["start"]


def set_read_only(url: str, wanted: bool) -> None:
    """Whoever connects from now on may write, or not."""
    name = url.rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.read_only = False
        connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {wanted}")


def test_alerts_are_looked_for_while_nobody_can_say_whose_turn_it_is(postgres: str) -> None:
    """Who stands by tells nothing while the server is there; without it everybody does, and begins nothing else."""
    with own_database(postgres, "watched_turns") as (url, allow):
        first, second = (Database.open(url) for _ in range(2))
        told: list[str] = []
        ours, theirs = Turn(first), Turn(second)
        ours.begin()
        ours.unless_others(lambda: told.append("ours"))()
        theirs.unless_others(lambda: told.append("theirs"))()
        assert told == ["ours"]
        allow(False)
        ours.unless_others(lambda: told.append("ours"))()
        theirs.unless_others(lambda: told.append("theirs"))()
        assert told == ["ours", "ours", "theirs"]
        with pytest.raises(StorageError):
            ours.only(lambda: told.append("poll"))()
        ours.end()
        first.close()
        second.close()
