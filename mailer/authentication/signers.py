"""Owns the threads that sign: what waits is signed in handfuls, beside the event loop.

An RSA signature takes longer than everything else about a message together, and releases the
interpreter's lock meanwhile. Handing each message over by itself costs nearly as much again.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from mailer.authentication.dkim import Signer
from mailer.envelope import Envelope
from storage.model import NewsletterError

_HANDFUL: Final = 8
"""Messages that one thread takes at a time, at most."""


@dataclass(slots=True)
class _Job:
    envelope: Envelope
    now: datetime
    signed: asyncio.Future[Envelope]


_Done: TypeAlias = tuple[_Job, Envelope | NewsletterError]


def sign_envelope(envelope: Envelope, signer: Signer, now: datetime) -> Envelope:
    """The same envelope with its content signed, for the wire as it is (rule A26)."""
    content = signer.sign(envelope.content, now=now, relaxed=envelope.relaxed)
    return replace(envelope, content=content, relaxed=b"")


class Signers:
    """Signs the messages of one event loop. Its threads end with this object."""

    def __init__(self, signer: Signer, *, threads: int = os.cpu_count() or 1) -> None:
        """More threads than processors would only wait for each other."""
        self._signer = signer
        self._most = threads
        self._threads = ThreadPoolExecutor(threads, "dkim")
        self._lock = threading.Lock()
        """Held while `_waiting` or `_busy` is changed."""
        self._waiting: deque[_Job] = deque()
        self._busy = 0

    def sign(self, envelope: Envelope, now: datetime) -> asyncio.Future[Envelope]:
        """The same envelope, signed for the wire as it is (rule A26); MessageError if it cannot be."""
        loop = asyncio.get_running_loop()
        signed: asyncio.Future[Envelope] = loop.create_future()
        with self._lock:
            self._waiting.append(_Job(envelope, now, signed))
            is_free = self._busy < self._most
            self._busy += is_free
        if is_free:
            self._threads.submit(self._work, loop)
        return signed

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread: signs until nothing waits."""
        while jobs := self._take():
            done = [(job, self._try(job)) for job in jobs]
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_tell, done)

    def _take(self) -> list[_Job]:
        with self._lock:
            share = -(-len(self._waiting) // self._most)
            jobs = [self._waiting.popleft() for _ in range(min(share, _HANDFUL))]
            self._busy -= not jobs
        return jobs

    def _try(self, job: _Job) -> Envelope | NewsletterError:
        try:
            return sign_envelope(job.envelope, self._signer, job.now)
        except NewsletterError as error:
            return error


def _tell(done: Sequence[_Done]) -> None:
    for job, result in done:
        if job.signed.done():
            continue  # it was cancelled meanwhile
        if isinstance(result, NewsletterError):
            job.signed.set_exception(result)
        else:
            job.signed.set_result(result)
