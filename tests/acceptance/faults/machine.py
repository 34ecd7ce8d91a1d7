"""Faults at random, one after another, under a service that publishes and mails: who is missed, who has copies.

python -m tests.acceptance.faults.machine FOLDER [--url URL] [--seed N] [--rounds N]

The choices follow from the seed; what they meet follows from the machine, and of no time that passes anything is
claimed. A run that shows something is told with its seed, and its log lies in the folder.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from newsletter.app import Newsletter
from storage.model import DeliveryState
from tests.acceptance.faults.befalling import ALONE, FAULTS
from tests.acceptance.faults.stepped import stepped
from tests.peers.nursery import Forked
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.service.installed import (
    House,
    address,
    build,
    environment,
)

READERS = 25
KILLED = 0.15
"""The share of rounds that are a kill, beside its turn among the others: what it leaves behind is the most."""
PATIENCE_S = 120
"""How long the service has for what it can do in seconds."""
ENDS = {0, -signal.SIGTERM}
"""What SIGTERM ends it with: in good order, and before it obeys signals."""


@dataclass
class Tally:
    """What a run came to."""

    rounds: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    issues: int = 0
    missed: int = 0
    copies: int = 0
    bound: int = 0
    """So many copies are allowed: one for each connection and crash, one for each message taken without a word, and
    one for each that its author had sent again."""
    strange: list[str] = field(default_factory=list)
    """What should never be seen."""

    @property
    def is_well(self) -> bool:
        """Whether what is promised was kept."""
        return not self.missed and self.copies <= self.bound and not self.strange


class Machine:
    """One newsletter, its service and its relay."""

    def __init__(self, folder: Path, url: str, relay: Relay, seed: int) -> None:
        self.relay = relay
        self.chance = random.Random(seed)
        self.tally = Tally()
        relay.name = _name
        relay.mood = _usual
        smtp = f"smtp://127.0.0.1:{relay.port}?tls=none"
        self.house: House = build(folder, storage=url, smtp=smtp, recipients=READERS)
        with self.house.config.open("a") as file:
            file.write('[notes]\npoll = "1s"\n')
        self.notes = folder / "notes"
        (self.notes / "first.md").unlink()
        self.url = url if not url.startswith("sqlite") else f"sqlite:///{folder}/n.db"
        self.clock = folder / "clock"
        self._log = (folder / "log").open("wb")
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()

    # ── a run ────────────────────────────────────────────────────────────────────────────────

    def go(self, rounds: int) -> Tally:
        """So many rounds: an issue in two of three, one fault, or two at once in one of four."""
        try:
            for _ in range(rounds):
                self._round()
            self.run()
            self._end()
        finally:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
            self._log.close()
        self._count()
        return self.tally

    def _round(self) -> None:
        self.tally.rounds += 1
        if self.chance.random() < 0.67 or not self.tally.issues:
            self._write()
            self.run()
            self._await_mail()
        self.run()
        names = self.chance.sample(sorted(FAULTS), 2)
        if self.chance.random() < KILLED:
            self._do("kill")
        elif self.chance.random() < 0.25 and not ALONE & set(names):
            aside = threading.Thread(target=self._do, args=(names[1],))
            aside.start()
            self._do(names[0])
            aside.join()
        else:
            self._do(names[0])

    def _do(self, name: str) -> None:
        self.tally.faults[name] += 1
        with suppress(ProcessLookupError):  # two at once: the other one ended it
            FAULTS[name](self)

    def _write(self) -> None:
        self.tally.issues += 1
        note = self.notes / f"n{self.tally.issues}.md"
        aside = note.with_name(".new")
        aside.write_text(f"---\ntitle: n{self.tally.issues}\npublish: now\n---\n\nHello.\n")
        written = time.time() - 10  # long enough ago not to be waited for
        os.utime(aside, (written, written))
        aside.rename(note)

    def _await_mail(self) -> None:
        """Until some readers have it, and ten or more have not, so that what comes hits the middle of sending; at most
        three seconds: what befell it before may still keep it from going on.
        """
        before, deadline = self.relay.accepted.total(), time.monotonic() + 3
        wanted = before + self.chance.randint(0, READERS - 10)
        while self.relay.accepted.total() < wanted and time.monotonic() < deadline:
            time.sleep(0.01)

    def run(self) -> subprocess.Popen[bytes]:
        """The service; begun anew if it has ended, as its unit does."""
        with self._starting:
            if self._process is None or self._process.poll() is not None:
                self._process = _start(self.house, self.clock, self._log)
            return self._process

    def stop(self) -> None:
        """SIGTERM: in good order, and with 0."""
        process = self.run()
        process.terminate()
        try:
            code = process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGUSR1)  # where it stands, for its log
            self.note("SIGTERM does not end it")
            self.pause()
            process.kill()
            process.wait()
        else:
            if code not in ENDS:
                self.note(f"SIGTERM ended it with {code}")

    def pause(self) -> None:
        """A moment, or a second and a half."""
        time.sleep(self.chance.uniform(0.1, 1.5))

    def answering(self, mood: Callable[[Phase, str], str | None]) -> None:
        """The relay is in this mood for a moment."""
        self.run()
        self.relay.mood = mood
        self.pause()
        self.relay.mood = _usual

    def note(self, what: str) -> None:
        """What should never be seen."""
        self.tally.strange.append(f"round {self.tally.rounds}: {what}")

    # ── the end ──────────────────────────────────────────────────────────────────────────────

    def _end(self) -> None:
        """The service has time to do all by itself; then it is stopped, and a `send` does the rest."""
        wanted = self.tally.issues * READERS
        deadline = time.monotonic() + 20
        while len(self.relay.accepted) < wanted and time.monotonic() < deadline:
            time.sleep(0.1)
        self.stop()
        for _ in range(5):
            with Newsletter.open(self.house.config, environ={}, clock=self._later) as newsletter:
                newsletter.send()
                doubtful = sum(
                    newsletter.reconcile(one.issue.slug, resend=True)
                    for one in newsletter.issues()
                    if one.tally[DeliveryState.UNKNOWN]
                )
            self.tally.bound += doubtful
            if not doubtful and len(self.relay.accepted) >= wanted:
                break

    def _later(self) -> datetime:
        """When all that was put off is due."""
        return stepped(Path(os.devnull)) + timedelta(hours=13)

    def _count(self) -> None:
        for number in range(self.tally.issues):
            for reader in range(READERS):
                if not self.relay.accepted[f"{address(reader)} n{number + 1}"]:
                    self.tally.missed += 1
        self.tally.copies = self.relay.copies
        with Newsletter.open(self.house.config, environ={}) as newsletter:
            found = {s.value: n for s, n in newsletter.totals().counts.items() if n}
        if found != {"accepted": self.tally.issues * READERS}:
            self.note(f"deliveries {found}")
        log = (self.house.folder / "log").read_text(errors="replace")
        if "Traceback" in log:
            self.note(f"a traceback: {log[log.index('Traceback') :][:1500]}")


def _start(house: House, clock: Path, log: object) -> subprocess.Popen[bytes]:
    return Forked[bytes](
        [sys.executable, "-m", "tests.acceptance.faults.stepped", house.config, clock],
        cwd=house.folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=log,  # type: ignore[arg-type]
        stderr=subprocess.STDOUT,
    )


def _usual(phase: Phase, _recipient: str) -> None:
    """It takes a moment for each message, so that there is a middle."""
    if phase is Phase.DOT:
        time.sleep(0.05)


def _name(recipient: str, content: bytes) -> str:
    """A message: whom it is for, and of which issue."""
    subject = content.partition(b"\r\nSubject: ")[2].partition(b"\r\n")[0]
    return f"{recipient} {subject.decode()}"


def beset(folder: Path, url: str, *, seed: int, rounds: int) -> Tally:
    """What a run came to."""
    with Relay().serving() as relay:
        return Machine(folder, url, relay, seed).go(rounds)


def main() -> None:
    """One run after the other, a line for each."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--url", default="sqlite:///n.db", help="of the database, which is new")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--rounds", type=int, default=20)
    asked.add_argument("folder", type=Path, nargs="?")
    given = asked.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="newsletter-beset-"))
    tally = beset(folder / "home", given.url, seed=given.seed, rounds=given.rounds)
    sys.stdout.write(f"seed={given.seed} {tally}\n")
    sys.exit(not tally.is_well)


if __name__ == "__main__":
    main()
