"""Owns who signs: threads, and where much is to be signed programs of their own. What waits is signed in handfuls.

An RSA signature takes longer than everything else about a message together, and releases the
interpreter's lock meanwhile. Handing each message over by itself costs nearly as much again.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeAlias

from mailer.authentication.dkim import Signer
from mailer.authentication.helpers import Helpers, Job
from mailer.envelope import Envelope
from storage.model import NewsletterError

_HANDFUL: Final = 8
"""Messages that one thread takes at a time, at most."""


_ENOUGH: Final = 256
"""Messages that had to wait; a program takes as long to start as some 200 signatures."""
_RELIEF: Final = 4
"""How many of them one counts for that need not wait: half of them would be no rush."""
_MOST_HELPERS: Final = 4
"""One event loop makes messages for two or three."""
_PATIENCE_S: Final = 5.0


_Done: TypeAlias = tuple[Job, Envelope | NewsletterError]


def sign_envelope(envelope: Envelope, signer: Signer, now: datetime) -> Envelope:
    """The same envelope with its content signed, for the wire as it is (rule A26)."""
    content = signer.sign(envelope.content, now=now, relaxed=envelope.relaxed)
    return replace(envelope, content=content, relaxed=b"")


class Signers:
    """Signs the messages of one event loop. Its threads end with this object, its programs with `rest`."""

    def __init__(
        self,
        signer: Signer,
        *,
        threads: int,
        enough: int = _ENOUGH,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        """More `threads` than there are cores for us would only wait for each other. When `enough` messages had to wait for one, programs
        take over; 0: never.
        """
        self._signer = signer
        self._most = threads
        self._threads = ThreadPoolExecutor(threads, "dkim")
        self._enough = enough if threads > 1 else 0
        self._pressed = 0
        """Messages that had to wait for a thread, less some for each that had not."""
        self._helpers = Helpers(signer, self._take, self._take_back, patience_s=patience_s)
        self._are_helping = False
        """Whether programs sign: then threads end when they have signed what they hold."""
        self._lock = threading.Lock()
        """Held while `_waiting`, `_busy` or `_are_helping` is changed."""
        self._waiting: deque[Job] = deque()
        self._busy = 0

    @property
    def helpers(self) -> tuple[int, ...]:
        """The process ids of the programs that sign now."""
        return self._helpers.ids

    def sign(self, envelope: Envelope, now: datetime) -> asyncio.Future[Envelope]:
        """The same envelope, signed for the wire as it is (rule A26); MessageError if it cannot be."""
        loop = asyncio.get_running_loop()
        signed: asyncio.Future[Envelope] = loop.create_future()
        with self._lock:
            self._waiting.append(Job(envelope, now, signed))
            self._are_helping = self._helpers.are_ready
            is_free = not self._are_helping and self._busy < self._most
            self._busy += is_free
        if self._are_helping:
            self._helpers.feed()
        elif is_free:
            self._pressed = max(self._pressed - _RELIEF, 0)
            self._threads.submit(self._work, loop)
        else:
            self._call_for_help()
        return signed

    def rest(self) -> None:
        """Nothing is to be signed for now: programs end, and begin again when much is."""
        self._helpers.end()

    def _call_for_help(self) -> None:
        """So much to sign that programs of their own are worth their start?"""
        self._pressed += 1
        is_enough = 0 < self._enough <= self._pressed
        if is_enough and not (self._helpers.are_started or self._helpers.are_lost):
            self._helpers.start(min(self._most, _MOST_HELPERS))

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread: signs until nothing waits, or programs do it."""
        while jobs := self._take_as_thread():
            done = [(job, self._try(job)) for job in jobs]
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_tell, done)

    def _take_as_thread(self) -> list[Job]:
        with self._lock:
            jobs = [] if self._are_helping else self._take_some()
            self._busy -= not jobs
        return jobs

    def _take(self) -> list[Job]:
        with self._lock:
            return self._take_some()

    def _take_some(self) -> list[Job]:
        share = -(-len(self._waiting) // self._most)
        return [self._waiting.popleft() for _ in range(min(share, _HANDFUL))]

    def _take_back(self, jobs: list[Job]) -> None:
        """Programs do not sign these after all, or have ended: threads do what no program does."""
        loop = asyncio.get_running_loop()
        with self._lock:
            self._waiting.extendleft(reversed(jobs))
            self._are_helping = self._helpers.are_ready
            free = 0 if self._are_helping else min(self._most - self._busy, len(self._waiting))
            self._busy += free
            self._pressed = 0
        if self._are_helping:
            self._helpers.feed()
        for _ in range(free):
            self._threads.submit(self._work, loop)

    def _try(self, job: Job) -> Envelope | NewsletterError:
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
