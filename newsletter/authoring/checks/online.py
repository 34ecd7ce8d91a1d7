"""Asks whether what notes link to is there: few questions at once, politely, and never without an end.

Nothing of an answer is read but its status and where it leads. Addresses of one's own network are not asked;
a host is looked up once, and asked at the very addresses that were found to be public.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from newsletter.authoring.findings import Finding, Fix, error, warn
from newsletter.following import Dial, Resolve, dial_any, is_public_address, look_up, wrap

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
        patience_s: float = PATIENCE_S,
        is_asked: Callable[[str], bool] = is_public_address,
        resolve: Resolve = look_up,
        dial: Dial = socket.create_connection,
        wait: Callable[[float], None] = time.sleep,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`is_asked` judges each address of a host."""
        self._patience_s = patience_s
        self._is_asked = is_asked
        self._resolve = resolve
        self._dial = dial
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
            addresses = self._find(host)
            if not host or not all(map(self._is_asked, addresses)):
                return
            for number, link in enumerate(hosts[host]):
                if self._steady() > until:
                    return
                if number:
                    self._wait(PAUSE_S)
                answers[link] = self._ask(link, addresses)
                progress(len(answers), len(wanted))

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(visit, hosts))
        return answers

    def _find(self, host: str) -> Sequence[str]:
        """The addresses of a host; none if there is no such host."""
        try:
            return self._resolve(_ascii(host), 0)
        except (OSError, UnicodeError):
            return ()

    def _ask(self, link: str, addresses: Sequence[str]) -> Answer:
        if not addresses:
            return Answer(status=None, why="there is no such host")
        answer = self._request("HEAD", link, addresses)
        if answer.status in _NO_HEAD:
            return self._request("GET", link, addresses)
        return answer

    def _request(self, method: str, link: str, addresses: Sequence[str]) -> Answer:
        try:
            parts = urlsplit(link)
            secure = parts.scheme == "https"
            usual = _HTTPS if secure else _HTTP
            port = parts.port or usual
            host = _ascii(parts.hostname or "")
            target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (
                f"?{quote(parts.query, safe='/%:@!$&()*+,;=?~')}" if parts.query else ""
            )
            place = f"[{host}]" if ":" in host else host
            named = place if port == usual else f"{place}:{port}"
            headers = {"Host": named, "User-Agent": _AGENT, "Accept": "*/*"}
            with closing(http.client.HTTPConnection(host, port)) as connection:
                connection.sock = dial_any(self._dial, addresses, port, self._patience_s)
                if secure:
                    connection.sock = wrap(connection.sock, host)
                connection.request(method, target, headers=headers)
                answer = connection.getresponse()
                there = answer.headers.get("Location", "") if answer.status in _MOVED else ""
                return Answer(status=answer.status, moved_to=urljoin(link, there) if there else "")
        except (OSError, http.client.HTTPException, ValueError, UnicodeError) as error:
            return Answer(status=None, why=_tell(error))


def _host(link: str) -> str:
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in {"http", "https"} else ""


def _ascii(host: str) -> str:
    return host.encode("idna").decode()


def _tell(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, ssl.SSLError):
        return "its certificate is not valid"
    if isinstance(error, ConnectionError):
        return "it refuses the connection"
    return "it cannot be reached"
