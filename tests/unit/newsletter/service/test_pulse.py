"""What a service feels of itself."""

from __future__ import annotations

from newsletter.service.pulse import Pulse
from tests.worlds.clock import Seconds


def test_ticks_are_timed() -> None:
    """How late it began, how long it took, how often it failed."""
    clock = Seconds()
    pulse = Pulse(clock)
    assert pulse.uptime_s is None
    pulse.begin(tuple)
    pulse.expect("poll", 30)
    pulse.enter("poll")
    clock.now += 2
    pulse.leave("poll", is_well=True)
    clock.now += 33
    pulse.enter("poll")
    assert pulse.ticks()["poll"].is_running
    pulse.leave("poll", is_well=False)
    seen = pulse.ticks()["poll"]
    assert (seen.late_s, seen.took_s, seen.runs, seen.failures) == (5, 0, 2, 1)
    assert pulse.uptime_s == 35


def test_what_does_not_come_is_overdue() -> None:
    """Also what has never come, what hangs, and what always fails; a service just begun is given time."""
    clock = Seconds()
    pulse = Pulse(clock)
    pulse.begin(tuple)
    for name in ("never", "hangs", "fails", "well"):
        pulse.expect(name, 10)
    pulse.enter("hangs")
    assert pulse.overdue() == {}
    for _ in range(20):
        clock.now += 10
        for name in ("fails", "well"):
            pulse.enter(name)
            pulse.leave(name, is_well=name == "well")
    assert pulse.overdue() == {"never": 200, "hangs": 200, "fails": 200}
