"""Owns what is asked about a domain: the author's own list at once, the DNS side by side and on without an answer.

Rules F13 and F16.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

from mailer.address import (
    DNS_TIMEOUT,
    Address,
    DomainVerdict,
    ascii_domain,
    check_domain,
    open_resolver,
    server_mark,
)
from storage.model import Log

SIDE_BY_SIDE: Final = 16
"""Questions that may be out at a time."""
MOST_WAITING: Final = 400
"""Domains that may wait for an answer; beyond, a sign-up is decided without one."""


_REMEMBERED_S: Final = 60
_MOST_REMEMBERED: Final = 10_000


_LONGEST_LIST: Final = 10_000_000
"""Octets of the author's list that are read."""
_GONE: Final = (-1, -1)

_log = Log()


class DnsDesk:
    """Answers at once: yes, no, or that it must still be waited for. Thread-safe."""

    def __init__(self, ask: Callable[[Address], DomainVerdict] | None = None) -> None:
        self._ask = ask
        self._opened: tuple[object, Callable[[Address], DomainVerdict]] | None = None
        """How the host's own servers are asked, and which those are."""
        self._pool: ThreadPoolExecutor | None = None
        self._answers: OrderedDict[str, tuple[float, DomainVerdict]] = OrderedDict()
        self._asked: dict[str, tuple[float, Future[DomainVerdict]]] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    def verdict(self, address: Address) -> DomainVerdict | None:
        """What the DNS says of the domain. None: ask again after `wait`.

        UNKNOWN when it has not answered in time, or too many wait already: that is no fault of the
        address, and is taken as the answer for a minute, or the next of that domain would wait anew.
        """
        domain, now = address.domain, monotonic()
        with self._lock:
            kept = self._answers.get(domain)
            if kept is not None and now - kept[0] < _REMEMBERED_S:
                return kept[1]
            asked = self._asked.get(domain)
            if asked is None:
                if self._is_closed or len(self._asked) >= MOST_WAITING:
                    return DomainVerdict.UNKNOWN
                asked = self._asked[domain] = (now, self._submit(address))
            began, future = asked
            if not future.done() and now - began < DNS_TIMEOUT:
                return None
            del self._asked[domain]
            return self._remember(domain, now, _answer(future))

    def _remember(self, domain: str, now: float, verdict: DomainVerdict) -> DomainVerdict:
        self._answers[domain] = (now, verdict)
        self._answers.move_to_end(domain)
        if len(self._answers) > _MOST_REMEMBERED:
            self._answers.popitem(last=False)
        return verdict

    def wait(self, seconds: float) -> None:
        """Until one of the questions is answered, at most so long."""
        with self._lock:
            futures = [future for _, future in self._asked.values()]
        if futures:
            wait(futures, timeout=seconds, return_when="FIRST_COMPLETED")

    def close(self) -> None:
        """Ask nothing any more, until `open`."""
        with self._lock:
            self._is_closed = True
            self._asked.clear()
            if self._pool is not None:
                self._pool.shutdown(wait=False, cancel_futures=True)
                self._pool = None

    def open(self) -> None:
        """Ask again."""
        with self._lock:
            self._is_closed = False

    def _submit(self, address: Address) -> Future[DomainVerdict]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="dns")
        return self._pool.submit(self._ask or self._ask_the_host(), address)

    def _ask_the_host(self) -> Callable[[Address], DomainVerdict]:
        """Whom this host is told to ask now."""
        mark = server_mark()
        if self._opened is None or self._opened[0] != mark:
            self._opened = (mark, partial(check_domain, resolver=open_resolver()))
        return self._opened[1]


class RefusedDomains:
    """The domains whose addresses the form does not take, one a line of a file of the author's; what lies below one of
    them is refused, too (rule F16). Looked at again when the file has changed; one that is gone counts on as it was.
    Thread-safe.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._mark: tuple[int, int] | None = None
        self._domains: frozenset[str] = frozenset()

    def refuses(self, address: Address) -> bool:
        """Whether its domain, or one above it, stands there."""
        if self._file is None:
            return False
        self._look_again(self._file)
        labels = ascii_domain(address.domain).split(".")
        return any(".".join(labels[at:]) in self._domains for at in range(len(labels)))

    def _look_again(self, file: Path) -> None:
        try:
            info = file.stat()
            mark = (info.st_mtime_ns, info.st_size)
            if mark == self._mark:
                return
            with file.open("rb") as opened:
                text = opened.read(_LONGEST_LIST).decode("utf-8-sig", "replace")
        except OSError as error:
            if self._mark != _GONE:
                _log.warning("signups.no_list", file=str(file), reason=str(error.strerror))
            self._mark = _GONE
            return
        self._domains, self._mark = _read_domains(text), mark


def _read_domains(text: str) -> frozenset[str]:
    """One a line, as such lists have them: `@x.example`, `*.x.example`; what follows a `#` is a remark."""
    lines = (line.partition("#")[0].strip().lower() for line in text.splitlines())
    return frozenset(ascii_domain(line.lstrip("@*.").rstrip(".")) for line in lines if line)


def _answer(future: Future[DomainVerdict]) -> DomainVerdict:
    """What came, or UNKNOWN: nothing in time, nothing asked yet, or trouble."""
    if future.cancel() or not future.done() or future.exception():
        return DomainVerdict.UNKNOWN
    return future.result()
