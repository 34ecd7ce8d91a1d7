"""Claims of workers that live, die or stand still, as the service's upkeep takes them over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.app import Newsletter
from newsletter.service import Upkeep
from newsletter.service.workers import worker_name
from storage.model.deliveries import DeliveryState
from tests.conftest import NOON
from tests.worlds.clock import Clock, Seconds
from tests.worlds.publishing.due import settle

LEASE = timedelta(minutes=1)


@pytest.mark.parametrize("jump", [timedelta(hours=2), timedelta(days=366), timedelta(days=9130)])
def test_what_is_on_the_wire_is_waited_for_by_a_clock_that_nobody_sets(
    tmp_path: Path, jump: timedelta
) -> None:
    """A clock that is set ahead makes nothing of a living process doubtful; an hour that passes does (B9, G10)."""
    config = settle(tmp_path, "sqlite:///newsletter.db", "smtp://127.0.0.1:1?tls=none", readers=3)
    clock, seconds = Clock(NOON), Seconds()
    with Newsletter.open(config, environ={}, clock=clock) as newsletter:
        newsletter.poll()
        parts = newsletter.parts
        upkeep = Upkeep(
            config=parts.config,
            mailings=parts.mailings,
            overview=parts.overview,
            rescuer=parts.rescuer,
            moved=lambda: None,
            clock=clock,
            wake=lambda: None,
            monotonic=seconds,
        )
        worker = worker_name()
        first, _, _ = parts.ledger.claim(worker, now=clock.now, limit=3, lease=LEASE)
        parts.ledger.record(worker, [], [first.delivery_id], now=clock.now)
        clock.now += jump
        for passed in (0.0, 3500.0):
            seconds.now += passed
            upkeep.rescue()
            assert newsletter.totals().counts[DeliveryState.SENDING] == 1
        seconds.now += 200
        upkeep.rescue()
        assert newsletter.totals().counts[DeliveryState.UNKNOWN] == 1
