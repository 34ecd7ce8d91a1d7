"""An import whose process is killed: what is in stays in, and the same command again takes the rest."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from newsletter.app import Newsletter
from newsletter.subscribing.lists import ImportReport
from newsletter.subscribing.source import open_source
from storage.model.readers import ConsentEventKind, SubscriberState
from tests.peers.nursery import run_forked
from tests.worlds.inbound.intakes import ROOT, settle_in

ACTIVE = SubscriberState.ACTIVE
ADA = "ada@example.org"
KILLED = """
import os, signal, sys
from newsletter import Newsletter
from newsletter.subscribing import open_source
from pathlib import Path
config, file, where = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])

def rows(found):
    for number, row in enumerate(found):
        if number == where:
            os.kill(os.getpid(), signal.SIGKILL)
        yield row

with Newsletter.open(config, environ={}) as newsletter, open_source(file) as source:
    newsletter.subscriptions.import_rows(rows(source.read().rows), consent="sheet")
"""


@pytest.mark.parametrize(
    ("size", "where"),
    [
        (1100, 1),
        (1100, 1150),
        pytest.param(200_100, 57_500, marks=pytest.mark.only_slow),
        pytest.param(200_100, 200_150, marks=pytest.mark.only_slow),
    ],
)
def test_a_killed_import_is_taken_up_again(
    database_url: str, tmp_path: Path, size: int, where: int
) -> None:
    """Whole portions are in after SIGKILL at any row, nothing is half done, and after the second run all is as
    if there had been but one: each reader once with one proof, and who leaves further down has left.
    """
    lines = [f"reader{n}@example.org,subscribed" for n in range(size)]
    lines += ["reader7@example.org,unsubscribed", f"reader{size - 50}@example.org,unsubscribed"]
    lines += [f"later{n}@example.org,subscribed" for n in range(100)]
    file = tmp_path / "list.csv"
    file.write_text("Email,Status\n" + "\n".join(lines) + "\n")
    config = settle_in(tmp_path / "it", storage=database_url)
    program = [sys.executable, "-c", KILLED, str(config), str(file), str(where)]
    assert run_forked(program, cwd=ROOT).returncode == -signal.SIGKILL
    with Newsletter.open(config, environ={}) as newsletter:
        there = _readers(newsletter)
        assert len(there) - 1 == where // 1000 * 1000, "ada, and whole portions"
        first = _take(newsletter, file)
        after = _readers(newsletter)
        assert len(after) == 1 + size + 99, "ada, and all but who left within the same portion"
        left = {address for address, reader in after.items() if reader[0] is not ACTIVE}
        assert left == {"reader7@example.org"}
        assert {proof for address, (_, proof) in after.items() if address not in left | {ADA}} == {
            (ConsentEventKind.IMPORTED,)
        }
        assert first.added == size + 98 - sum(address not in left for address in there) + 1
        again = _take(newsletter, file)
        assert (again.added, again.departed) == (0, 0)
        assert _readers(newsletter) == after


def _take(newsletter: Newsletter, file: Path) -> ImportReport:
    with open_source(file) as source:
        return newsletter.subscriptions.import_rows(source.read().rows, consent="sheet")


def _readers(newsletter: Newsletter) -> dict[str, tuple[SubscriberState, tuple[str, ...]]]:
    """State and proof of consent of each, by address."""
    return {
        one.subscriber.address: (one.subscriber.state, tuple(event.kind for event in one.proof))
        for one in newsletter.subscriptions.export_rows()
        if one.subscriber is not None
    }
