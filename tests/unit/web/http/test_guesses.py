"""Who fails to prove themselves: counted by origin and in all, and nobody else is kept out."""

from __future__ import annotations

from web.http.guesses import IN_TOTAL, PER_ORIGIN, WINDOW_S, Guesses, network_of


def test_an_origin_may_guess_a_few_times() -> None:
    """After ten failures an address waits for the window's end, and others do not."""
    guesses = Guesses()
    for number in range(PER_ORIGIN):
        assert guesses.wait_s("192.0.2.1", number) == 0
        guesses.fail("192.0.2.1", number)
    assert guesses.wait_s("192.0.2.1", 100) == WINDOW_S - 100
    assert guesses.wait_s("192.0.2.2", 100) == 0
    assert guesses.wait_s("192.0.2.1", WINDOW_S) == 0


def test_proof_does_not_undo_failures() -> None:
    """Nobody buys new guesses with an event of their own."""
    guesses = Guesses()
    for _ in range(PER_ORIGIN):
        guesses.fail("192.0.2.1", 0)
        guesses.succeed("192.0.2.1")
    assert guesses.wait_s("192.0.2.1", 1) > 0


def test_many_origins_are_one_guesser_and_known_services_are_heard() -> None:
    """When all together have failed too often, only those who proved themselves before are heard."""
    guesses = Guesses()
    guesses.succeed("198.51.100.7")
    for number in range(IN_TOTAL):
        guesses.fail(f"10.0.{number // 200}.{number % 200}", 0)
    assert guesses.wait_s("203.0.113.9", 1) == WINDOW_S - 1
    assert guesses.wait_s("198.51.100.7", 1) == 0


def test_a_customer_of_ipv6_is_one_origin() -> None:
    """A /64 is one; an address of IPv4 is the same however it came."""
    assert network_of("2001:db8::1") == network_of("2001:db8:0:0:ffff::2")
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")
    assert network_of("nonsense") == "nonsense"


def test_many_origins_fill_no_memory() -> None:
    """The oldest are forgotten."""
    guesses = Guesses()
    for number in range(10_000):
        guesses.fail(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", number * WINDOW_S)
        guesses.succeed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(guesses._origins) <= 2000
    assert len(guesses._known) <= 2000
