"""Owns asking the DNS about many domains side by side, and going on without an answer (rule F13)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Final

from mailer.address import DNS_TIMEOUT, Address, DomainVerdict, check_domain, open_resolver

SIDE_BY_SIDE: Final = 16
"""Questions that may be out at a time."""
MOST_WAITING: Final = 400
"""Domains that may wait for an answer; beyond, a sign-up is decided without one."""


_REMEMBERED_S: Final = 60
_MOST_REMEMBERED: Final = 10_000


class DnsDesk:
    """Answers at once: yes, no, or that it must still be waited for. Thread-safe."""

    def __init__(
        self,
        ask: Callable[[Address], DomainVerdict] | None = None,
        *,
        patience: timedelta = timedelta(seconds=DNS_TIMEOUT),
    ) -> None:
        self._ask = ask
        self._patience_s = patience.total_seconds()
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
            if not future.done() and now - began < self._patience_s:
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
        if self._ask is None:
            self._ask = partial(check_domain, resolver=open_resolver())
        if self._pool is None:
            self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="dns")
        return self._pool.submit(self._ask, address)


def _answer(future: Future[DomainVerdict]) -> DomainVerdict:
    """What came, or UNKNOWN: nothing in time, nothing asked yet, or trouble."""
    if future.cancel() or not future.done() or future.exception():
        return DomainVerdict.UNKNOWN
    return future.result()
