"""A process that sends as the dispatcher does, to a relay that is its standard output.

It begins each message in the transaction that records the one before it on that connection, and
writes one line per message to the relay. Tests kill it and look at what the store knows.
"""

from __future__ import annotations

import os
import sys
from collections import deque

from storage.database.engine import Database
from storage.ledger.ledger import Ledger
from storage.model.deliveries import DeliveryState, Settlement
from tests.conftest import NOON
from tests.worlds.store import LEASE


def send(url: str, worker: str, connections: int) -> None:
    """Send all that is due; every message passes `connections` at most at a time."""
    ledger = Ledger(Database.open(url))
    while claims := ledger.claim(worker, now=NOON, limit=50, lease=LEASE):
        waiting = deque(claim.delivery_id for claim in claims)
        on_the_wire: list[int] = []
        while waiting or on_the_wire:
            outcomes = [
                Settlement(delivery_id=id_, state=DeliveryState.ACCEPTED, at=NOON, code=250)
                for id_ in on_the_wire
            ]
            ahead = [waiting.popleft() for _ in range(min(connections, len(waiting)))]
            granted = ledger.record(worker, outcomes, ahead, now=NOON)
            on_the_wire = [id_ for id_ in ahead if id_ in granted]
            for id_ in on_the_wire:
                os.write(1, f"{id_}\n".encode())  # at once, so that a kill cannot take it back


if __name__ == "__main__":
    send(sys.argv[1], sys.argv[2], int(sys.argv[3]))
