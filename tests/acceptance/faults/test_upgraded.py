"""The tables are brought to a later version while an older program sends: it ends by itself and says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.app import Newsletter
from storage.database import schema
from storage.database.engine import Database
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.service.installed import CONNECTIONS, PROGRAM, build, tell

RECIPIENTS = 60
LATER = "9999"


def in_an_hour() -> datetime:
    """When all that was put off is due."""
    return datetime.now(UTC) + timedelta(hours=1)


def bring_to(url: str, revision: str, change: str) -> None:
    """What the next program's `db upgrade` does, in one transaction."""
    database = Database.open(url)
    with database.transaction() as connection:
        connection.execute(sa.text(f"ALTER TABLE deliveries {change}"))
        connection.execute(sa.update(schema.alembic_version).values(version_num=revision))
    database.close()


@pytest.mark.parametrize(
    ("command", "change", "undone"),
    [
        ("run", "ADD COLUMN novel INTEGER", "DROP COLUMN novel"),
        ("worker", "RENAME COLUMN reply TO last_reply", "RENAME COLUMN last_reply TO reply"),
    ],
)
def test_an_older_program_ends_when_the_tables_are_upgraded(
    command: str, change: str, undone: str, database_url: str, tmp_path: Path
) -> None:
    """In words and within seconds, also where it can record nothing any more; nothing is lost, and the program that
    fits mails the rest.
    """
    changed: list[int] = []

    def mood(phase: Phase, _recipient: str) -> str | None:
        if phase is Phase.DOT and relay.accepted.total() == 20 and not changed:
            changed.append(relay.accepted.total())
            bring_to(database_url, LATER, change)
        return "451 4.3.0 not now" if changed and phase is Phase.RCPT else None

    with Relay(mood).serving() as relay:  # type: ignore[arg-type]
        house = build(
            tmp_path / "home",
            storage=database_url,
            smtp=f"smtp://127.0.0.1:{relay.port}?tls=none",
            recipients=RECIPIENTS,
        )
        with house.config.open("a") as file:
            file.write("[web]\nport = 0\n")
        with Newsletter.open(house.config, environ={}) as newsletter:
            assert newsletter.poll().queued == RECIPIENTS
        old = house.start(PROGRAM, command)
        try:
            _, told = old.communicate(timeout=120)
        finally:
            old.kill()
        assert old.returncode == 1
        assert f"the database has schema {LATER}, newer than the {schema.REVISION}" in told
        assert changed
        relay.mood = lambda _phase, _recipient: None
        bring_to(database_url, schema.REVISION, undone)
        with Newsletter.open(house.config, environ={}, clock=in_an_hour) as newsletter:
            newsletter.send()
        tell(recipients=RECIPIENTS, copies=relay.copies)
        assert len(relay.accepted) == RECIPIENTS
        assert relay.copies <= CONNECTIONS
