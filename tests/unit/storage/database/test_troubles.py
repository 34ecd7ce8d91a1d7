"""Whether there is a trouble with the database, and until when."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from storage.database.troubles import FULL_S, Troubles
from storage.model import DatabaseFull, StorageError
from tests.worlds.clock import Seconds


@pytest.mark.parametrize(
    ("error", "full_s", "lasts"),
    [
        (StorageError("gone"), FULL_S, False),
        (DatabaseFull("full"), FULL_S, True),
        (DatabaseFull("full"), 0.0, False),
    ],
)
def test_a_server_without_room_is_believed_full_for_a_minute(
    error: StorageError, full_s: float, lasts: bool
) -> None:
    """Whatever it takes in other tables meanwhile; any other trouble ends with what was written. Each is told once."""
    seconds = Seconds()
    troubles = Troubles(full_s=full_s, clock=seconds)
    troubles.are_told = True
    with capture_logs() as logs:
        for _ in range(3):
            troubles.begin(error, writes=True)
            seconds.now += FULL_S - 1
            troubles.end()
            assert troubles.is_writing_in_vain is lasts
        seconds.now += 1
        troubles.end()
    assert not troubles.is_writing_in_vain
    told = [line["event"] for line in logs]
    assert told == ["database.trouble", "database.recovered"] * (1 if lasts else 3)
