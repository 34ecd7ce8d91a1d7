"""Asks whether what notes link to is there: few questions at once, politely, and never without an end.

Nothing of an answer is read but its status and where it leads. Addresses of one's own network are not asked.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from newsletter.authoring.findings import Finding, Fix, error, warn
from newsletter.following import is_public_address

MOST_LINKS: Final = 300
AT_ONCE: Final = 4
PATIENCE_S: Final = 10.0
PAUSE_S: Final = 0.5
"""Between two questions to one host."""
MOST_S: Final = 180.0
"""For all of them together."""
_AGENT: Final = "newsletter-service (link check; asked by its author)"
_NO_HEAD: Final = frozenset({400, 403, 404, 405, 501})
"""Answers to HEAD that some servers give where they have the page."""
_GONE: Final = frozenset({404, 410})
_MOVED: Final = frozenset({301, 308})
_HTTPS: Final = 443
_HTTP: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one question."""

    status: int | None
    """None where there was no answer."""
    moved_to: str = ""
    """Where it is for good, if it says so."""
    why: str = ""
    """Of no answer."""

    @property
    def is_gone(self) -> bool:
        """Whether there is nothing at the address any more."""
        return self.status in _GONE

    @property
    def is_failing(self) -> bool:
        """Whether it cannot be had now, for whatever reason."""
        return self.status is None or self.status >= 500


def report_answer(link: str, answer: Answer, line: int | None) -> Finding | None:
    """What is to be said of it; None where all is well."""
    if answer.is_gone:
        return error("link-gone", f"The link {link} leads to nothing ({answer.status}).", line)
    if answer.is_failing:
        why = answer.why or f"it answers {answer.status}"
        return warn("link-fails", f"The link {link} cannot be opened now: {why}.", line)
    if answer.moved_to:
        told = f"What the link {link} leads to is at {answer.moved_to} now."
        return warn("link-moved", told, line, Fix(old=link, new=answer.moved_to))
    return None


class LinkAsker:
    """Asks many hosts at once and each of them slowly."""

    def __init__(
        self,
        *,
        pause_s: float = PAUSE_S,
        patience_s: float = PATIENCE_S,
        is_asked: Callable[[str], bool] | None = None,
        wait: Callable[[float], None] = time.sleep,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pause_s = pause_s
        self._patience_s = patience_s
        self._is_asked = is_asked or is_public
        self._wait = wait
        self._steady = steady

    def ask(
        self,
        links: Iterable[str],
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> Mapping[str, Answer]:
        """The answers, by link; those that are not asked, for they are too many or not public, have none."""
        hosts: dict[str, list[str]] = defaultdict(list)
        wanted = list(dict.fromkeys(links))[:MOST_LINKS]
        for link in wanted:
            hosts[_host(link)].append(link)
        answers: dict[str, Answer] = {}
        until = self._steady() + MOST_S

        def visit(host: str) -> None:
            if not host or not self._is_asked(host):
                return
            for number, link in enumerate(hosts[host]):
                if self._steady() > until:
                    return
                if number:
                    self._wait(self._pause_s)
                answers[link] = self._ask(link)
                progress(len(answers), len(wanted))

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(visit, hosts))
        return answers

    def _ask(self, link: str) -> Answer:
        answer = self._request("HEAD", link)
        if answer.status in _NO_HEAD:
            return self._request("GET", link)
        return answer

    def _request(self, method: str, link: str) -> Answer:
        try:
            parts = urlsplit(link)
            secure = parts.scheme == "https"
            port = parts.port or (_HTTPS if secure else _HTTP)
            host = (parts.hostname or "").encode("idna").decode()
            connection = (
                http.client.HTTPSConnection(
                    host, port, timeout=self._patience_s, context=ssl.create_default_context()
                )
                if secure
                else http.client.HTTPConnection(host, port, timeout=self._patience_s)
            )
            target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (
                f"?{quote(parts.query, safe='/%:@!$&()*+,;=?~')}" if parts.query else ""
            )
            try:
                connection.request(method, target, headers={"User-Agent": _AGENT, "Accept": "*/*"})
                answer = connection.getresponse()
                there = answer.headers.get("Location", "") if answer.status in _MOVED else ""
                return Answer(status=answer.status, moved_to=urljoin(link, there) if there else "")
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError, UnicodeError) as error:
            return Answer(status=None, why=_tell(error))


def is_public(host: str) -> bool:
    """Whether a host is one of the internet's, by its name and by every address it has."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return True  # the question itself will say that there is no such host
    return all(is_public_address(str(address)) for address in found)


def _host(link: str) -> str:
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in {"http", "https"} else ""


def _tell(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    if isinstance(error, ssl.SSLError):
        return "its certificate is not valid"
    if isinstance(error, ConnectionError):
        return "it refuses the connection"
    return "it cannot be reached"
