"""How relays divide a run, with relays that are as fast as the test says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.dispatch.pace import Rate
from mailer.dispatch.ports import OpenSession
from mailer.dispatch.relaystate import RelayState
from mailer.dispatch.shares import SharedPace, Shares
from mailer.smtp.relay import Relay
from tests.sizes import examples


async def _never(relay: Relay) -> OpenSession:
    raise AssertionError(f"nothing is sent here, and {relay.host} is not there")


class World:
    """Relays with shares and speeds, and a clock."""

    def __init__(self, *shares: int, connections: int = 2, rate: float = 0.0) -> None:
        self.now = 0.0
        self.states = [
            RelayState(
                Relay(host="r", port=25, share=share, connections=connections, rate=rate),
                _never,
                lambda: self.now,
                proven=True,
            )
            for share in shares
        ]
        self.shares = Shares(self.states, lambda: self.now)
        self.taken = [0] * len(shares)
        for index in range(len(shares)):
            self.shares.start(index)

    def run(self, seconds: float, *speeds: float) -> list[int]:
        """Each relay asks so often a second; how many each got."""
        before = list(self.taken)
        credit = [0.0] * len(speeds)
        for _ in range(round(seconds * 100)):
            self.now += 0.01
            for index, speed in enumerate(speeds):
                credit[index] = min(credit[index] + speed / 100, max(speed / 10, 1))
                while credit[index] >= 1 and not self.shares.ask(index):
                    credit[index] -= 1
                    self.taken[index] += 1
        return [now - then for now, then in zip(self.taken, before, strict=True)]


def part(taken: list[int], index: int = 0) -> float:
    """The part that one relay took."""
    return taken[index] / sum(taken)


@settings(max_examples=examples(12), deadline=None)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.floats(50, 800), st.floats(50, 800)),
)
def test_each_takes_its_share_whatever_its_speed(
    shares: tuple[int, int], speeds: tuple[float, float]
) -> None:
    """Within two per cent and a handful of messages, however different the relays are."""
    taken = World(*shares).run(8, *speeds)
    wanted = shares[0] / sum(shares) * sum(taken)
    assert abs(taken[0] - wanted) <= 0.02 * sum(taken) + 2 * max(shares)


def test_the_slower_one_is_never_kept_waiting() -> None:
    """The run is as fast as the shares allow: the relay that is behind works at full speed."""
    taken = World(3, 1).run(20, 1000, 100)
    assert taken[1] == pytest.approx(2000, rel=0.02)
    assert taken[0] == pytest.approx(6000, rel=0.04)


def test_three_relays_take_three_shares() -> None:
    """5 : 3 : 2 of what all send."""
    taken = World(5, 3, 2).run(10, 400, 900, 200)
    assert [part(taken, n) for n in range(3)] == pytest.approx([0.5, 0.3, 0.2], abs=0.02)


def test_a_relay_that_does_not_work_is_not_waited_for() -> None:
    """Its share goes to the others; back again it takes its own, and does not catch up for long."""
    world = World(1, 1)
    world.run(10, 200, 200)
    world.states[1].backoff.fail("down")
    assert world.run(10, 200, 0) == [2000, 0]
    world.states[1].backoff.clear()
    again = world.run(10, 200, 200)
    assert part(again) == pytest.approx(0.5, abs=0.05)


def test_a_relay_that_hangs_is_waited_for_only_briefly() -> None:
    """One that neither fails nor takes anything costs the others some seconds."""
    world = World(1, 1)
    world.run(10, 200, 200)
    stuck = world.run(20, 200, 0)
    assert stuck[0] >= 200 * (20 - 5.5)


def test_a_slow_rate_is_no_hanging() -> None:
    """A relay that may send one message in eight seconds keeps its share all the same."""
    world = World(1, 1, rate=1 / 8)
    taken = world.run(160, 200, 1 / 8)
    assert part(taken) == pytest.approx(0.5, abs=0.05)


def test_a_relay_with_nothing_to_do_is_not_waited_for() -> None:
    """When its connections have ended, what is left is sent by the others."""
    world = World(1, 1)
    world.run(5, 100, 100)
    world.shares.leave(1)
    assert world.run(5, 100, 0) == [500, 0]


def test_a_relay_that_was_never_let_in_is_not_waited_for() -> None:
    """Until it has proven that it can be used the others send everything."""
    world = World(3, 1)
    world.states[1].proven = False
    assert world.run(5, 100, 0) == [500, 0]


def test_the_rate_holds_within_a_share() -> None:
    """A relay's own rate comes first; a message counts when it goes, not when it is booked."""
    world = World(1, 1, connections=1)
    pace = SharedPace(Rate(2, lambda: world.now), world.shares, 0)
    first, second = pace.book(), pace.book()
    assert pace.until(first) == 0
    assert pace.until(second) == 0.5
    world.now += 0.5
    assert 0 < pace.until(second) < 0.1  # the other has not taken anything yet
    assert world.shares.ask(1) == 0
    assert pace.until(second) == 0
