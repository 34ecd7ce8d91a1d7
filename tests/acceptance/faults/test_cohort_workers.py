"""Two `newsletter worker` behind one gate on PostgreSQL; one is killed while the cohort is filled."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import psycopg

from newsletter import Newsletter
from storage.model.deliveries import DeliveryState
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.service.installed import CONNECTIONS, PROGRAM, build, tell

RECIPIENTS = 600
FIRST = 200
RATE = 60
"""Messages per second of each worker: so slow that both are at work when one is killed."""


def test_a_gate_is_one_for_all_workers(postgres: str, tmp_path: Path) -> None:
    """Exactly the first two hundred are mailed by both together, also if one dies in the middle
    (rules B9, B17).
    """
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE gated TEMPLATE migrated")
    with Relay().serving() as relay:
        relay.expected = FIRST
        house = build(
            tmp_path / "home",
            storage=f"{postgres}/gated",
            smtp=f"smtp://127.0.0.1:{relay.port}?tls=none",
            recipients=RECIPIENTS,
            rate=RATE,
        )
        with house.config.open("a", encoding="utf-8") as config:
            config.write(f'cohort = {FIRST}\ncohort_wait = "1h"\n')
        with Newsletter.open(house.config, environ={}) as newsletter:
            assert newsletter.poll().queued == RECIPIENTS
        victim = house.start(PROGRAM, "worker")
        relay.kill(victim.pid, Phase.DOT, FIRST // 2)
        other = house.start(PROGRAM, "worker")
        try:
            victim.communicate(timeout=120)
            assert not relay.spare()
            assert relay.everybody.wait(120)
        finally:
            victim.kill()
            other.send_signal(signal.SIGTERM)
            _, err = other.communicate(timeout=120)
    tell(recipients=FIRST, kills=1, copies=relay.copies)
    assert other.returncode == 0, err
    assert len(set(relay.accepted)) == FIRST
    assert relay.copies <= CONNECTIONS
    states = Counter(delivery.state for delivery in house.deliveries())
    assert states == {DeliveryState.ACCEPTED: FIRST, DeliveryState.QUEUED: RECIPIENTS - FIRST}
