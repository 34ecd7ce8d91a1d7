"""A real newsletter in a temporary folder, and real sends from it in processes of their own."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mailer.authentication import KeyType, make_key
from newsletter import Newsletter
from scripts.bench.processes import BenchError, ended, free_port, read_line, start_module
from storage.model import ConsentEventKind
from storage.readers import NewSubscriber

_PARAGRAPH: Final = (
    "A model rarely crashes. It drifts, and the pager stays silent: the metric needs labels, and "
    "*labels take a week*. So we compare [today’s features](https://example.com/features) with "
    "the training set, one number for each, and look at the worst five daily. "
)
_PARAGRAPHS: Final = 8
"""This many make a mail of about 17 kB: text, HTML and headers together."""
_PORTION: Final = 10_000
"""Subscribers added per transaction."""
_OLD_S: Final = 60
"""The notes' age: a note that was just written is looked at twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One process that sends, as scripts/bench/sender.py reports it. Times are CLOCK_MONOTONIC."""

    began: float
    ended: float
    queue_s: float
    """From the poll that published to the last delivery queued; 0 when it was queued before."""
    accepted: int
    lost: int
    """Everything that was claimed and not accepted."""
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one or several processes that sent at the same time did together."""

    sendings: tuple[Sending, ...]

    @property
    def seconds(self) -> float:
        """From the first one's beginning to the last one's end."""
        return max(one.ended for one in self.sendings) - min(one.began for one in self.sendings)

    @property
    def messages(self) -> int:
        """Messages accepted."""
        return sum(one.accepted for one in self.sendings)

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.messages / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of processor time per message, of all threads of ours."""
        return sum(one.cpu_s for one in self.sendings) * 1000 / self.messages


class House:
    """One newsletter: its folder, configuration and readers."""

    def __init__(self, folder: Path, *, database_url: str = "", web_port: int = 8000) -> None:
        self.folder = folder
        self.config = folder / "newsletter.toml"
        self._database_url = database_url or f"sqlite:///{folder}/newsletter.db"
        self.web_port = web_port
        self.admin_port = free_port()
        self._dkim = ""
        self._issues = 0
        self._readers = 0
        (folder / "notes").mkdir(parents=True)
        self.point_at(25, connections=10)

    def point_at(self, port: int, *, connections: int) -> None:
        """From now on it submits to this port, over so many connections."""
        self.config.write_text(
            f"""
[newsletter]
title = "Working Notes"
url = "https://notes.example.com"
sender = "Working Notes <notes@example.com>"
author = "Ada Example"
description = "Field notes on shipping things"
postal_address = "Working Notes, 1 Example Street, Example City"

[schedule]
hold = "0s"

[storage]
url = "{self._database_url}"

[smtp]
url = "smtp://127.0.0.1:{port}?tls=none"
connections = {connections}

[web]
port = {self.web_port}
admin_port = {self.admin_port}

{self._dkim}
""",
            encoding="utf-8",
        )

    def sign(self) -> None:
        """From the next `point_at` on every mail is signed with a new key of RSA-2048."""
        key = self.folder / "dkim.pem"
        key.touch(0o600)
        key.write_bytes(make_key(KeyType.RSA))
        self._dkim = f'[dkim]\nselector = "bench"\nkey = "{key.name}"'

    def open(self) -> Newsletter:
        """The newsletter."""
        return Newsletter.open(self.config, environ={})

    def ensure_readers(self, count: int) -> None:
        """Have so many readers who confirmed; every second one has a name."""
        now = datetime.now(UTC)
        with self.open() as newsletter:
            for first in range(self._readers, count, _PORTION):
                last = min(first + _PORTION, count)
                rows = [_reader(newsletter, number, now) for number in range(first, last)]
                newsletter.subscribers.add(rows, kind=ConsentEventKind.IMPORTED)
        self._readers = max(count, self._readers)

    def count_readers(self, count: int) -> None:
        """Readers were added without it: there are so many now."""
        self._readers = count

    def write_issue(self) -> str:
        """Write the note of the next issue, to be published by the next poll; its path."""
        self._issues += 1
        name = f"issue-{self._issues}.md"
        self.write_note(name, f"title: Issue {self._issues}\npublish: now", body())
        return name

    def write_note(self, name: str, front: str, body: str) -> None:
        """Write a note that has been at rest for a while."""
        path = self.folder / "notes" / name
        path.write_text(f"---\n{front}\n---\n{body}\n", encoding="utf-8")
        before = time.time() - _OLD_S
        os.utime(path, (before, before))

    def publish(self) -> None:
        """Write an issue and queue its deliveries. Raises BenchError when any is missing."""
        self.write_issue()
        with self.open() as newsletter:
            report = newsletter.poll()
        if report.queued != self._readers:
            raise BenchError(f"{report.queued} deliveries queued for {self._readers} readers")

    def octets(self) -> int:
        """The size of one mail."""
        name = self.write_issue()
        with self.open() as newsletter:
            size = len(newsletter.preview(name).eml)
        (self.folder / "notes" / name).unlink()
        return size

    def send(
        self,
        *,
        processes: int = 1,
        queue: bool = False,
        profile: Path | None = None,
        all_of_them: bool = True,
    ) -> Sent:
        """Send everything that is due. Raises BenchError unless all of it was accepted.

        With `queue` the process also publishes, as `newsletter send` does for an author. Unless
        `all_of_them` are to get it, some readers have had it already, or have left.
        """
        options = ["--queue"] if queue else []
        options += ["--profile", str(profile)] if profile else []
        sent = Sent(sendings=tuple(self._run(options, processes)))
        lost = sum(one.lost for one in sent.sendings)
        if lost or (all_of_them and sent.messages != self._readers):
            raise BenchError(f"{sent.messages} of {self._readers} accepted, {lost} lost")
        return sent

    def _run(self, options: list[str], processes: int) -> Iterator[Sending]:
        arguments = [str(self.config), *options]
        with ExitStack() as ending:
            started = [
                ending.enter_context(ended(start_module("scripts.bench.sender", *arguments)))
                for _ in range(processes)
            ]
            for process in started:  # all are loaded and waiting before the first one begins
                read_line(process)
            for process in started:
                if process.stdin is not None:
                    process.stdin.write("go\n")
                    process.stdin.flush()
            outputs = [process.communicate()[0] for process in started]
        for process, output in zip(started, outputs, strict=True):
            if process.returncode:
                raise BenchError(f"sending ended with exit code {process.returncode}")
            yield Sending(**json.loads(output))


def _reader(newsletter: Newsletter, number: int, now: datetime) -> NewSubscriber:
    address = f"reader{number}@example.org"
    return NewSubscriber(
        address=address,
        key=address,
        hash=newsletter.parts.tokens.address_hash(address),
        name=f"Reader {number}" if number % 2 else "",
        nonce=f"{number:016x}",
        consent="for the benchmark",
        created_at=now,
        confirmed_at=now,
    )


def body() -> str:
    """The text of each note, which makes a mail of the size that is measured."""
    paragraphs = [_PARAGRAPH * 2 for _ in range(_PARAGRAPHS)]
    return "Hello {{ name | there }},\n\n" + "\n\n".join(paragraphs)
