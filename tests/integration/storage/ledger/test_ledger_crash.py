"""kill -9 at any moment: nothing is lost, and only what was on the wire can be in doubt."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from storage.database.engine import Database
from storage.model.deliveries import DeliveryState
from storage.model.issues import Mailing
from tests.conftest import NOON
from tests.peers.nursery import Forked
from tests.worlds.store import Store

S = DeliveryState
ROOT = Path(__file__).parents[4]
CONNECTIONS = 5


def run(url: str, worker: str, *, kill_after: int | None) -> list[int]:
    """Let a process send, until so many messages have passed; the deliveries the relay got."""
    command = [sys.executable, "-m", "tests.worlds.sending.sender", url, worker, str(CONNECTIONS)]
    with Forked(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        passed = []
        for line in process.stdout:
            passed.append(int(line))
            if len(passed) == kill_after:
                process.kill()
        process.wait()
    assert (process.returncode == 0) == (kill_after is None)
    return passed


def test_crash_after_crash_nobody_is_skipped_and_doubt_is_bounded(
    database: Database, database_url: str
) -> None:
    """Rule B9: every reader gets the issue; twice at most as many per crash as connections."""
    store = Store(database)
    store.join(300)
    issue = store.publish()
    passed: Counter[int] = Counter()
    doubtful: set[int] = set()
    for turn, kill_after in enumerate((1, 23, 78)):
        now_passed = run(database_url, f"worker-{turn}", kill_after=kill_after)
        held = store.rows()
        accepted = {id_ for id_, row in held.items() if row.state is S.ACCEPTED}
        assert accepted <= set(passed) | set(now_passed), "recorded what was never sent"

        rescued = store.rescuer.rescue(now=NOON, resend=True, gone={f"worker-{turn}"})
        assert rescued.unknown <= CONNECTIONS
        unknown = {id_ for id_, row in store.rows().items() if row.state is S.UNKNOWN}
        assert set(now_passed) <= accepted | unknown, "forgot what was sent"
        assert set(store.states().values()) <= {S.ACCEPTED, S.UNKNOWN, S.QUEUED}
        passed.update(now_passed)
        doubtful |= unknown

    passed.update(run(database_url, "last", kill_after=None))
    assert set(passed) == set(store.rows())
    assert {id_ for id_, times in passed.items() if times > 1} <= doubtful
    assert passed.total() - 300 <= 3 * CONNECTIONS
    assert set(store.states().values()) == {S.ACCEPTED}
    assert store.mailings.finish() == [issue.id]
    assert store.issues.get(issue.id).mailing is Mailing.DONE
