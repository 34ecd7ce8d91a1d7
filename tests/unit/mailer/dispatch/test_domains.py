"""How domains are limited, slowed down and trusted again, with a clock that the test turns."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.dispatch.domains import Domains
from mailer.replies.outcome import Outcome, Phase, parse_reply
from tests.sizes import examples
from tests.worlds.clock import Seconds

TAKEN = parse_reply(250, "2.0.0 ok", phase=Phase.DOT)
PUT_OFF = parse_reply(450, "4.7.28 unusual rate of mail", phase=Phase.RCPT)
GREY = parse_reply(451, "4.7.1 Greylisted, come back later", phase=Phase.RCPT)
GOING = parse_reply(421, "4.3.2 closing", phase=Phase.MAIL)
REFUSED = parse_reply(550, "5.1.1 nobody", phase=Phase.RCPT)


def hear(domains: Domains, clock: Seconds, outcome: Outcome, times: int, every: float = 0.1) -> int:
    """The domain says the same so many times; how often that slowed it down."""
    slowed = 0
    for _ in range(times):
        clock.now += every
        slowed += domains.hear("a.test", outcome)
    return slowed


def test_no_more_connections_than_allowed_are_busy_with_a_domain() -> None:
    """The next one waits until one leaves; other domains do not (rule B17)."""
    domains = Domains(Seconds(), connections=2)
    assert [domains.enter("a.test") for _ in range(3)] == [True, True, False]
    assert domains.enter("b.test")
    domains.leave("a.test")
    assert domains.enter("a.test")


def test_a_connection_needs_one_seat_for_what_it_sends_to_a_domain() -> None:
    """A message that is announced behind another one of its domain takes no second seat."""
    domains = Domains(Seconds(), connections=1)
    assert domains.enter("a.test")
    assert domains.enter("a.test", {"a.test"})
    domains.leave("a.test")
    assert domains.enter("a.test")


def test_without_a_limit_nobody_waits() -> None:
    """0 bounds nothing."""
    domains = Domains(Seconds())
    assert all(domains.enter("a.test") for _ in range(100))
    assert not domains.is_full("a.test")


def test_a_run_of_refusals_halves_the_speed_again_and_again() -> None:
    """Each window of them makes the waits twice as long, but never longer than a minute."""
    clock = Seconds()
    domains = Domains(clock, connections=10_000)
    waits = []
    for _ in range(9):
        assert hear(domains, clock, PUT_OFF, 20) == 1
        waits.append(domains.wait_s("a.test"))
    assert 0.15 < waits[0] < 0.25  # ten a second were too many: five
    assert all(1.9 < later / sooner < 2.1 for sooner, later in pairwise(waits[:8]))
    assert waits[-1] <= 60


def test_other_domains_are_not_slowed() -> None:
    """One that puts mail off costs the others nothing (rule B18)."""
    clock = Seconds()
    domains = Domains(clock, connections=10_000)
    hear(domains, clock, PUT_OFF, 20)
    assert not domains.enter("a.test")
    assert all(domains.enter("b.test") for _ in range(50))


def test_success_speeds_up_step_by_step_until_all_is_as_before() -> None:
    """A window of messages that were taken doubles the speed; at the old speed nothing is left."""
    clock = Seconds()
    domains = Domains(clock, connections=10_000)
    hear(domains, clock, PUT_OFF, 40)
    wait = domains.wait_s("a.test", behind=1) - domains.wait_s("a.test")
    hear(domains, clock, TAKEN, 40)
    assert domains.wait_s("a.test", behind=1) < wait / 1.9
    hear(domains, clock, TAKEN, 60)
    assert all(domains.enter("a.test") for _ in range(9))


def test_what_is_not_the_domains_wish_does_not_count() -> None:
    """Greylisting, a relay that ends its session, unknown readers: no reason to slow down."""
    clock = Seconds()
    domains = Domains(clock, connections=10_000)
    for outcome in (GREY, GOING, REFUSED):
        assert hear(domains, clock, outcome, 100) == 0


def test_a_few_full_mailboxes_do_not_count() -> None:
    """One in five may be put off for its own reasons."""
    clock = Seconds()
    domains = Domains(clock, connections=10_000)
    for _ in range(50):
        assert hear(domains, clock, PUT_OFF, 1) + hear(domains, clock, TAKEN, 4) == 0


@settings(max_examples=examples(20))
@given(limit=st.floats(0.5, 50), share=st.sampled_from([2, 3]))
def test_the_speed_converges_to_what_a_domain_takes(limit: float, share: int) -> None:
    """A domain that puts off part of all above its limit is soon sent to at about that limit."""
    clock = Seconds()
    domains = Domains(clock, connections=10_000)
    speeds = []
    last = clock.now
    for number in range(1500):
        wait = domains.wait_s("a.test")
        clock.now += max(wait, 0.01)
        assert domains.enter("a.test")
        speed = 1 / (clock.now - last)
        last = clock.now
        speeds.append(speed)
        too_fast = speed > limit and number % share == 0
        domains.hear("a.test", PUT_OFF if too_fast else TAKEN)
    late = sorted(speeds[500:])
    assert limit / 4 <= late[len(late) // 2] <= limit * 2.5
    assert not math.isinf(domains.wait_s("a.test"))


def test_without_a_bound_the_pace_is_left_to_the_relay() -> None:
    """Refusals slow nothing down unless the author bounds the connections to a domain."""
    domains = Domains(Seconds())
    assert not any(domains.hear("a.test", PUT_OFF) for _ in range(100))
    assert domains.wait_s("a.test") == 0
