"""Whether the public site is there, takes a click on unsubscribe, and agrees about the time.

A few requests to the site itself; redirects are not followed (RFC 8058 3.1, rule A7).
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from newsletter.doctor.diagnosis import Diagnosis, failed, passed, skipped, warned

CLOCK_ERROR: Final = timedelta(minutes=5)
_PATIENCE_S: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    date: str
    location: str


def examine_site(url: str, *, clock: Callable[[], datetime]) -> Iterator[Diagnosis]:
    """The public site: whether it is there, and takes a click on unsubscribe (RFC 8058 3.1)."""
    try:
        alive = _ask(url, "GET", "/subscribe")
        click = _ask(url, "POST", "/unsubscribe/doctor", "List-Unsubscribe=One-Click")
    except (OSError, http.client.HTTPException) as error:
        yield _unreachable(url, error)
        yield skipped("one-click", f"{url} was not reached.")
        yield skipped("clock", f"{url} was not reached.")
        return
    if alive.status == http.client.OK:
        yield passed("site", f"{url} answers.")
    else:
        yield failed(
            "site",
            f"{url}/subscribe answers {alive.status}: something else than this program is there.",
            "Have the web server hand requests to `newsletter run`, or correct [newsletter] url.",
        )
    yield _judge_click(click)
    yield _judge_clock(alive.date, clock())


def _ask(url: str, method: str, path: str, body: str = "") -> _Answer:
    """One request; redirects are not followed. Raises OSError or HTTPException."""
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            parts.hostname or "",
            parts.port,
            timeout=_PATIENCE_S,
            context=ssl.create_default_context(),
        )
    else:
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=_PATIENCE_S
        )
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection.request(method, f"{parts.path}{path}", body=body or None, headers=headers)
        answer = connection.getresponse()
        return _Answer(
            status=answer.status,
            date=answer.getheader("Date") or "",
            location=answer.getheader("Location") or "",
        )
    finally:
        connection.close()


def _unreachable(url: str, error: Exception) -> Diagnosis:
    if isinstance(error, ssl.SSLCertVerificationError):
        return failed(
            "site",
            f"The certificate of {url} is not valid: {error.verify_message}.",
            "Have a valid certificate made for it; readers cannot unsubscribe meanwhile.",
        )
    return failed(
        "site",
        f"{url} cannot be reached, so readers cannot unsubscribe.",
        "Start `newsletter run`, and have the web server hand requests to it.",
    )


def _judge_click(answer: _Answer) -> Diagnosis:
    """A key that nobody has must be refused by us (404), not by something in front of us."""
    if answer.status == http.client.NOT_FOUND:
        return passed("one-click", "A click on unsubscribe reaches this program.")
    if answer.location:
        return failed(
            "one-click",
            f"A click on unsubscribe is redirected ({answer.status}); mail programs do not follow "
            "(RFC 8058 3.1).",
            "Put the final address into [newsletter] url.",
        )
    return failed(
        "one-click",
        f"A click on unsubscribe is answered {answer.status} instead of 404 for an unknown reader.",
        "Let POST requests to /unsubscribe/ through, without login, cookie or challenge.",
    )


def _judge_clock(date: str, now: datetime) -> Diagnosis:
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return skipped("clock", "The site does not say what time it is.")
    error = abs(now - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)))
    if error > CLOCK_ERROR:
        return warned(
            "clock",
            f"This clock and that of the site differ by {int(error.total_seconds() // 60)} minutes.",
            "Set the clock, best by NTP: issues go out by it.",
        )
    return passed("clock", "This clock agrees with that of the site, which may be the same one.")
