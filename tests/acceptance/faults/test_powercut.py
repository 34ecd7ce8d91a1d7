"""The power is cut in the middle of a sending over SQLite."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from newsletter import Newsletter
from storage.model import DeliveryState
from tests.acceptance.faults.powercut import FILES, Disk, record
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.service.installed import CONNECTIONS, PROGRAM, House, address, build, tell

READERS = 200
CUTS = 40
SEED = 20261128


@pytest.mark.only_slow
def test_a_power_cut_repeats_no_more_than_a_kill(tmp_path: Path) -> None:
    """Wherever it comes, and whatever of what was not synced is left: the database is whole, nobody is said to have had
    what the relay had not, and who had it is unknown of for one message of each connection at most (promise 2).
    """
    taken: list[tuple[float, str]] = []

    def mood(phase: Phase, recipient: str) -> None:
        if phase is Phase.DOT:
            taken.append((time.time(), recipient))

    chance, most = Random(SEED), 0
    with Relay().serving() as relay:
        relay.mood = mood  # type: ignore[assignment]
        smtp = f"smtp://127.0.0.1:{relay.port}?tls=none"
        house = build(tmp_path / "home", storage="sqlite:///n.db", smtp=smtp, recipients=READERS)
        before, traces = tmp_path / "before", tmp_path / "traces"
        shutil.copytree(house.folder, before)
        traces.mkdir()
        disk = Disk(before)
        steps = record(house.folder, traces, PROGRAM, "send")
    assert {who for _, who in taken} == {address(number) for number in range(READERS)}
    cuts = set(chance.sample(range(len(steps) - 1), CUTS))
    for number, step in enumerate(steps[:-1]):
        disk.take(step)
        if number not in cuts:
            continue
        had = {who for at, who in taken if at < steps[number + 1].at}
        for left in disk.cut(chance):
            recorded = accepted(put_together(tmp_path / "after", before, left))
            assert recorded <= had
            most = max(most, len(had - recorded))
    tell(steps=len(steps), cuts=CUTS, most_in_doubt=most)
    assert most <= CONNECTIONS


def put_together(folder: Path, before: Path, left: dict[str, bytes | None]) -> House:
    """The newsletter as it was before, with what is left of its database."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(before, folder, ignore=shutil.ignore_patterns("n.db*"))
    for name in FILES:
        if (content := left[name]) is not None:
            (folder / name).write_bytes(content)
    with closing(sqlite3.connect(folder / "n.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return House(folder)


def accepted(house: House) -> set[str]:
    """Who had the issue, as far as the product knows; nobody before there is one."""
    with Newsletter.open(house.config, environ={}) as newsletter:
        return {
            one.address
            for status in newsletter.issues()
            for one in newsletter.parts.overview.deliveries(
                status.issue.id, state=DeliveryState.ACCEPTED
            )
        }
