"""The limit for who fetches a feed whole every few seconds, and all whom it leaves alone."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_network

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from tests.worlds.clock import Seconds
from tests.worlds.rows import each
from web.http.manners import BURST, EVERY_S, NEAR_BURST, NEAR_EVERY_S, Allowances, Manners

PUBLIC, OTHER = "8.8.8.8", "9.9.9.9"


class Site:
    """A feed behind the limit, and behind a proxy that is believed."""

    def __init__(self) -> None:
        self.clock = Seconds()
        self.counts: list[tuple[str, int]] = []
        self.app = Manners(
            PlainTextResponse("feed"),
            trusted=[ip_network("127.0.0.1")],
            count=lambda method, status: self.counts.append((method, status)),
            clock=lambda: self.clock.now,
        )

    def ask(self, path: str = "/feed.xml", *, ip: str = PUBLIC, **headers: str) -> httpx.Response:
        """One request through the proxy, without a client or a loop: some tests ask thousands of times."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {"x-forwarded-for": ip, **sent}.items()
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "client": ("127.0.0.1", 1),
            "headers": [(name.encode(), value.encode()) for name, value in named],
        }
        told: list[Message] = []

        async def send(message: Message) -> None:
            told.append(message)

        with suppress(StopIteration):  # nothing there waits, and so it ends at once
            self.app(scope, receive, send).send(None)
        start, body = told
        return httpx.Response(start["status"], headers=start["headers"], content=body["body"])


async def receive() -> Message:
    """A request has no body."""
    raise AssertionError


def test_who_fetches_every_few_seconds_is_asked_to_wait() -> None:
    """With the time after which there is an answer again, which is true, and which scripts may read."""
    site = Site()
    statuses = []
    for _ in range(BURST * 2):
        statuses.append(site.ask().status_code)
        site.clock.now += 5
    assert statuses[:BURST] == [200] * BURST
    assert statuses.count(429) > BURST // 2
    answers = [site.ask() for _ in range(2)]
    limited = answers[-1]
    assert limited.status_code == 429
    assert limited.headers["cache-control"] == "no-store"
    assert limited.headers["access-control-allow-origin"] == "*"
    assert "Retry-After" in limited.headers["access-control-expose-headers"]
    site.clock.now += int(limited.headers["retry-after"])
    assert site.ask().status_code == 200
    assert ("GET", 429) in site.counts


@pytest.mark.parametrize(
    "headers", [{"if_none_match": '"x"'}, {"if_modified_since": "Sun, 22 Nov 2026 12:00:00 GMT"}]
)
def test_who_says_what_they_have_is_never_limited(headers: dict[str, str]) -> None:
    """However often they ask."""
    site = Site()
    assert {site.ask(**headers).status_code for _ in range(BURST + 1)} == {200}


def test_others_do_not_pay_for_one() -> None:
    """Another network, another program, another feed, pages: all go on."""
    site = Site()
    for _ in range(BURST + 1):
        limited = site.ask(user_agent="rude/1")
    assert limited.status_code == 429
    assert site.ask(user_agent="rude/1", ip=OTHER).status_code == 200
    assert site.ask(user_agent="polite/1").status_code == 200
    assert site.ask("/tags/x/feed.xml", user_agent="rude/1").status_code == 200
    assert {site.ask("/", user_agent="rude/1").status_code for _ in range(BURST + 1)} == {200}


@each("ip", ["10.0.0.1", "127.0.0.1", "192.168.1.1", "::1", "fd00::1", "::ffff:10.0.0.1", "odd"])
def test_a_proxy_that_is_not_named_is_many_readers(ip: str) -> None:
    """All of them come from there: hundreds may in a row, and so may ten a second; not who never stops."""
    site = Site()
    assert {site.ask(ip=ip).status_code for _ in range(NEAR_BURST)} == {200}
    limited = site.ask(ip=ip)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "1")
    for _ in range(20):
        site.clock.now += NEAR_EVERY_S + 0.001
        assert site.ask(ip=ip).status_code == 200


@each("ip", ["203.0.113.9", "198.51.100.7", "2001:db8::1"])
def test_an_address_of_a_document_is_one_readers(ip: str) -> None:
    """No proxy stands there, and whoever tries the limit takes one of these."""
    site = Site()
    assert [site.ask(ip=ip).status_code for _ in range(BURST + 1)] == [200] * BURST + [429]


def test_one_customer_of_ipv6_is_one() -> None:
    """A /64 has one allowance; a flood of networks is remembered within bounds."""
    site = Site()
    for number in range(BURST):
        assert site.ask(ip=f"2606:4700::{number:x}").status_code == 200
    assert site.ask(ip="2606:4700::ffff").status_code == 429
    allowances = Allowances()
    for number in range(10_000):
        assert allowances.take((str(number), b"", "/feed.xml"), 0.0) == 0.0


def test_polite_programs_never_meet_it() -> None:
    """One that fetches the whole feed every minute, for a day."""
    allowances = Allowances()
    asker = (PUBLIC, b"simple/1", "/feed.xml")
    assert {allowances.take(asker, 60.0 * minute) for minute in range(24 * 60)} == {0.0}
    assert EVERY_S < 60
