"""Several `newsletter worker` on one PostgreSQL: one dies, the others finish."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import psycopg

from newsletter import Newsletter
from storage.model.deliveries import DeliveryState
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.service.installed import CONNECTIONS, PROGRAM, address, build, tell

RECIPIENTS = 1_000
RATE = 150
"""Messages per second of each worker: so slow that both are at work when one is killed."""


def test_a_worker_that_dies_is_replaced_by_the_other(postgres: str, tmp_path: Path) -> None:
    """Two workers share an issue, one is killed in the middle: nobody is missed, and twice at most
    as many get it as the dead one had connections (rule B9).
    """
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE workers TEMPLATE migrated")
    with Relay().serving() as relay:
        relay.expected = RECIPIENTS
        smtp = f"smtp://127.0.0.1:{relay.port}?tls=none"
        house = build(
            tmp_path / "home",
            storage=f"{postgres}/workers",
            smtp=smtp,
            recipients=RECIPIENTS,
            rate=RATE,
        )
        with Newsletter.open(house.config, environ={}) as newsletter:
            assert newsletter.poll().queued == RECIPIENTS
        victim = house.start(PROGRAM, "worker")
        relay.kill(victim.pid, Phase.DOT, RECIPIENTS // 2)
        other = house.start(PROGRAM, "worker")
        try:
            victim.communicate(timeout=120)
            assert not relay.spare()
            assert relay.everybody.wait(120)
        finally:
            victim.kill()
            other.send_signal(signal.SIGTERM)
            _, err = other.communicate(timeout=120)
    tell(recipients=RECIPIENTS, kills=1, copies=relay.copies)
    assert other.returncode == 0, err
    assert set(relay.accepted) == {address(number) for number in range(RECIPIENTS)}
    assert relay.most_open > CONNECTIONS, "only one of them was at work"
    assert relay.copies <= CONNECTIONS
    states = Counter(delivery.state for delivery in house.deliveries())
    assert states == {DeliveryState.ACCEPTED: RECIPIENTS}
