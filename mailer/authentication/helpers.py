"""Owns the programs that sign beside this one (helper.py), as an event loop sees them.

A signature needs no lock of Python's, but a thread needs it after each; and while many are signed, the event loop and
the threads that sign mostly wait for each other's turn. A program of its own is asked for a handful and answers, and
costs the loop next to nothing. What it gets are hashes, and the keys.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from mailer.authentication.dkim import Signer, Unsigned
from mailer.envelope import Envelope
from storage.model import Log, NewsletterError

log = Log()

_PROGRAM: Final = Path(__file__).with_name("helper.py")
_START_S: Final = 60.0
"""That a start may take: others sign meanwhile."""
_END_S: Final = 2.0
_HANDFULS: Final = 2
"""That a helper has at a time: it need not wait for the event loop between them."""


@dataclass(slots=True)
class Job:
    """A message that is to be signed."""

    envelope: Envelope
    now: datetime
    signed: asyncio.Future[Envelope]


@dataclass(slots=True)
class _Helper:
    """One program, and what it was asked."""

    process: subprocess.Popen[bytes]
    line: socket.socket
    begun: float
    """By the event loop's clock."""
    is_ready: bool = False
    asked: deque[list[tuple[Job, Unsigned]]] = field(default_factory=deque)
    said: bytes = b""
    """The beginning of an answer."""
    has_spoken: bool = False
    """Since it was looked at."""


class Helpers:
    """The programs that sign for one event loop, which is the only one to use this. They end with `end`, and with this
    process.
    """

    def __init__(
        self,
        signer: Signer,
        take: Callable[[], list[Job]],
        give_back: Callable[[list[Job]], None],
        *,
        patience_s: float,
    ) -> None:
        """`take` gives a handful of what waits. `give_back` gets what no helper signs after all: `are_ready` may have
        changed then. Who should answer and says nothing for `patience_s` is given up.
        """
        self._signer = signer
        self._take, self._give_back = take, give_back
        self._patience_s = patience_s
        self._sizes = [key.octets for key in signer.keys]
        self._helpers: list[_Helper] = []
        self._is_feeding = False
        self._looking: asyncio.TimerHandle | None = None
        self.are_lost = False
        """Whether one did not do what it is there for: then none is started again."""
        weakref.finalize(self, _end_all, self._helpers)

    @property
    def are_started(self) -> bool:
        """Whether there are any."""
        return bool(self._helpers)

    @property
    def ids(self) -> tuple[int, ...]:
        """The process ids of those that can sign."""
        return tuple(helper.process.pid for helper in self._helpers if helper.is_ready)

    @property
    def are_ready(self) -> bool:
        """Whether one can sign, and so all that waits is theirs."""
        return any(helper.is_ready for helper in self._helpers)

    def start(self, number: int) -> None:
        """Starts so many, which are ready some time later."""
        loop = asyncio.get_running_loop()
        try:
            for _ in range(number):
                helper = _start(self._signer)
                self._helpers.append(helper)
                loop.add_reader(helper.line, self._hear, helper)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            # No memory or no process is left, or this Python cannot be started by its name.
            self.are_lost = True
            log.warning("signing.no_helper", error=type(error).__name__)
        self._looking = loop.call_later(self._patience_s, self._look, loop)

    def end(self) -> None:
        """Nothing is to be signed for now: others may be started when that changes."""
        if self._looking is not None:
            self._looking.cancel()
        jobs: list[Job] = []
        for helper in tuple(self._helpers):
            self._part(helper)
            jobs += _asked(helper)
        self._give_back(jobs)

    def feed(self) -> None:
        """Gives what waits to whoever has room for it, when this turn of the loop has gathered it."""
        if not self._is_feeding:
            self._is_feeding = True
            asyncio.get_running_loop().call_soon(self._feed)

    def _feed(self) -> None:
        self._is_feeding = False
        for held in range(_HANDFULS):
            for helper in tuple(self._helpers):
                if helper.is_ready and len(helper.asked) <= held and (jobs := self._take()):
                    self._ask(helper, jobs)

    def _ask(self, helper: _Helper, jobs: list[Job]) -> None:
        prepared: list[tuple[Job, Unsigned]] = []
        for job in jobs:
            if job.signed.done():
                continue  # it was cancelled meanwhile
            envelope = job.envelope
            try:
                unsigned = self._signer.prepare(
                    envelope.content, now=job.now, relaxed=envelope.relaxed
                )
            except NewsletterError as error:
                job.signed.set_exception(error)
            else:
                prepared.append((job, unsigned))
        if not prepared:
            return
        hashes = [one for _, unsigned in prepared for one in unsigned.hashes]
        question = len(prepared).to_bytes(2, "big") + b"".join(hashes)
        helper.asked.append(prepared)
        try:
            is_asked = helper.line.send(question) == len(question)
        except OSError:
            is_asked = False
        if not is_asked:
            self._lose(helper)

    def _hear(self, helper: _Helper) -> None:
        """A helper said something, or has ended."""
        try:
            heard = helper.line.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        if not heard:
            self._lose(helper)
            return
        helper.has_spoken = True
        helper.said += heard
        if not helper.is_ready:
            helper.is_ready, helper.said = True, helper.said[1:]
        each = sum(self._sizes)
        while helper.asked and len(helper.said) >= each * len(helper.asked[0]):
            prepared = helper.asked.popleft()
            signed, helper.said = _cut(helper.said, each * len(prepared))
            for number, (job, unsigned) in enumerate(prepared):
                if not job.signed.done():
                    own = signed[number * each : (number + 1) * each]
                    job.signed.set_result(self._finish(job.envelope, unsigned, own))
        self._feed()

    def _finish(self, envelope: Envelope, unsigned: Unsigned, signed: bytes) -> Envelope:
        signatures, at = [], 0
        for size in self._sizes:
            signatures.append(signed[at : at + size])
            at += size
        content = unsigned.finish(signatures, envelope.content)
        return replace(envelope, content=content, relaxed=b"")

    # ── trouble, and the end ─────────────────────────────────────────────────────────────

    def _lose(self, helper: _Helper) -> None:
        """A helper that cannot be counted on: what it was asked is signed by somebody else."""
        if helper not in self._helpers:
            return
        self.are_lost = True
        self._part(helper)
        jobs = _asked(helper)
        log.warning("signing.helper_lost", unsigned=len(jobs))
        self._give_back(jobs)

    def _part(self, helper: _Helper) -> None:
        asyncio.get_running_loop().remove_reader(helper.line)
        self._helpers.remove(helper)
        helper.is_ready = False
        _end(helper)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Now and then: who should have answered by now?"""
        for helper in tuple(self._helpers):
            if not helper.has_spoken:  # but perhaps it was this process that stood
                self._hear(helper)
            is_due = helper.is_ready or loop.time() > helper.begun + _START_S
            if not helper.has_spoken and is_due and (helper.asked or not helper.is_ready):
                self._lose(helper)
            helper.has_spoken = False
        if self._helpers:
            self._looking = loop.call_later(self._patience_s, self._look, loop)


def _asked(helper: _Helper) -> list[Job]:
    """What it has not answered."""
    return [job for prepared in helper.asked for job, _ in prepared]


def _cut(octets: bytes, at: int) -> tuple[bytes, bytes]:
    return octets[:at], octets[at:]


def _start(signer: Signer) -> _Helper:
    """Starts one and tells it the keys. Raises OSError, ValueError or SubprocessError."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-I", str(_PROGRAM)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
            )
    except BaseException:
        ours.close()
        raise
    helper = _Helper(process, ours, asyncio.get_running_loop().time())
    try:
        keys = [key.export() for key in signer.keys]
        told = b"".join(len(key).to_bytes(4, "big") + key for key in keys)
        ours.sendall(bytes([len(keys)]) + told)
        ours.setblocking(False)
    except BaseException:
        _end(helper)
        raise
    return helper


def _end(helper: _Helper) -> None:
    helper.line.close()
    helper.process.kill()  # it has nothing to lose
    with suppress(subprocess.TimeoutExpired):  # its disk does not answer: it ends when that does
        helper.process.wait(_END_S)


def _end_all(helpers: Sequence[_Helper]) -> None:
    for helper in helpers:
        _end(helper)
