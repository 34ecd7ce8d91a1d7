"""A newsletter through simulated years, day by day: readers come, confirm, leave, bounce and complain; an issue
goes out each week; the site is asked over HTTP, the mail goes over SMTP, the clock is ours.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from newsletter.app import Newsletter
from storage.model import TAKEN, DeliveryState, SubscriberState
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.clock import Clock
from tests.worlds.inbound.reports import FOLDER, PLACEHOLDER
from tests.worlds.readers.site import serving

CONFIG = """
[newsletter]
title = "A year"
url = "http://127.0.0.1"
sender = "Notes <notes@example.com>"
alerts = "ops@example.com"
[schedule]
hold = "0s"
[storage]
url = "{storage}"
[smtp]
url = "smtp://127.0.0.1:{port}"
[dispatch]
retry = ["1m"]
[subscribers]
check_dns = false
limit_ip = 1000000
limit_domain = 1000000
limit_total = 1000000
[web]
port = 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """How it stood at the end of one."""

    number: int
    active: int
    mailed: int
    """Messages that the relay has, since the beginning."""
    octets: int
    """Of the database with its log."""
    resident: int
    """Octets of memory of this process."""
    descriptors: int


@dataclass(slots=True, kw_only=True)
class Year:
    """The newsletter and what the world knows of it."""

    folder: Path
    newsletter: Newsletter
    relay: Relay
    site: httpx.Client
    clock: Clock
    joining: int
    """Readers who sign up each week."""
    chance: random.Random = field(default_factory=lambda: random.Random(20))
    weeks: list[Week] = field(default_factory=list)
    gone: dict[str, int] = field(default_factory=dict)
    """Whoever left, and how many messages they had by then."""
    away: set[str] = field(default_factory=set)
    """Whose mailbox does not exist any more."""
    happened: Counter[str] = field(default_factory=Counter)
    _named: int = 0

    def mood(self, phase: Phase, recipient: str) -> str | None:
        """Of the relay: it refuses who is away, and puts off some."""
        if phase is Phase.RCPT and recipient in self.away:
            return "550 5.1.1 no such user"
        if phase is Phase.RCPT and self.chance.random() < 0.01:
            self.happened["put off"] += 1
            return "451 4.3.0 try again later"
        return None

    def live(self, weeks: int) -> None:
        """Lets so many weeks pass."""
        for number in range(len(self.weeks), len(self.weeks) + weeks):
            days: list[Callable[[], None]] = [
                self._join,
                lambda number=number: self._publish(number),  # type: ignore[misc]
                self._bounce,
                self._leave,
                self._read,
                self._tidy,
                self._send,
            ]
            for day in days:
                day()
                self.clock.move(days=1)
            self.weeks.append(self._measure(number))

    # ── days ─────────────────────────────────────────────────────────────────────────────

    def _join(self) -> None:
        """Many ask, most confirm."""
        before = self.clock.now
        for _ in range(self.joining):
            self._named += 1
            form = {"email": f"reader{self._named}@example.org"}
            assert self.site.post("/subscribe", data=form).status_code == 202
        self._send()
        for one in list(self.newsletter.subscribers.everyone(state=SubscriberState.PENDING)):
            if one.created_at < before or self.chance.random() < 0.2:
                continue
            token = self.newsletter.parts.tokens.confirm(one.id, one.nonce, self.clock.now)
            assert self.site.post(f"/confirm/{token}").status_code == 200
            self.happened["confirmed"] += 1

    def _publish(self, number: int) -> None:
        note = self.folder / "notes" / f"week{number:04}.md"
        note.write_text(
            f"---\npublish: {self.clock.now.isoformat()}\n---\n# Week {number}\n\n"
            + "Words. " * 300
        )
        self._send()

    def _bounce(self) -> None:
        """Some mailboxes vanish: a report, or a refusal next time; a few readers complain."""
        for one in self._some(0.01):
            self.away.add(one.address)
            if self.chance.random() < 0.5:
                self._report("postfix-hard", one.id)
                self.happened["bounced"] += 1
                self.gone[one.address] = self.relay.accepted[one.address]
        for one in self._some(0.001):
            self._report("arf-abuse", one.id)
            self.happened["complained"] += 1
            self.gone[one.address] = self.relay.accepted[one.address]

    def _leave(self) -> None:
        for one in self._some(0.01):
            token = self.newsletter.parts.tokens.unsubscribe(one.id)
            done = self.site.post(
                f"/unsubscribe/{token}",
                content=b"List-Unsubscribe=One-Click",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            assert done.status_code == 200
            self.happened["left"] += 1
            self.gone[one.address] = self.relay.accepted[one.address]

    def _read(self) -> None:
        for path in ("/", "/archive", "/feed.xml", "/atom.xml", "/feed.json"):
            assert self.site.get(path).status_code == 200

    def _tidy(self) -> None:
        """What the service does by itself every so often, and the operator each week."""
        parts = self.newsletter.parts
        parts.upkeep.run()
        parts.housekeeping.run()
        parts.watching.watch.run()
        folder = self.folder / "backups"
        folder.mkdir(exist_ok=True)
        self.newsletter.backup(folder, keep=2)

    def _send(self) -> None:
        self.newsletter.subscriptions.process()
        for _ in range(4):  # what was put off is due a minute later
            self.newsletter.send()
            self.clock.move(minutes=2)

    def _some(self, share: float) -> list[object]:
        active = list(self.newsletter.subscribers.everyone(state=SubscriberState.ACTIVE))
        return [one for one in active if self.chance.random() < share]

    def _report(self, name: str, reader: int) -> None:
        issues = self.newsletter.issues()
        if not issues:
            return
        tokens, address = self.newsletter.parts.tokens, "notes@example.com"
        path = tokens.return_path(issues[0].issue.id, reader, address)
        raw = (FOLDER / f"{name}.eml").read_bytes().replace(PLACEHOLDER.encode(), path.encode())
        raw = raw.replace(
            b"0000000000000000000000000000000000000000dead", tokens.unsubscribe(reader).encode()
        )
        self.newsletter.report_desk.process(raw)

    # ── what it comes to ─────────────────────────────────────────────────────────────────

    def _measure(self, number: int) -> Week:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return Week(
            number=number,
            active=self.newsletter.subscribers.counts()[SubscriberState.ACTIVE],
            mailed=self.relay.accepted.total(),
            octets=self.newsletter.parts.database.octets(),
            resident=pages * 4096,
            descriptors=len(list(Path("/proc/self/fd").iterdir())),
        )

    def check(self) -> dict[str, int]:
        """The invariants at the end; what was counted."""
        tally = self.newsletter.totals()
        taken = sum(tally[state] for state in TAKEN)
        open_ = sum(tally[state] for state in (DeliveryState.SENDING, DeliveryState.UNKNOWN))
        late = {
            address: self.relay.accepted[address] - before
            for address, before in self.gone.items()
            if self.relay.accepted[address] > before
        }
        issues = len(self.newsletter.issues())
        most = max(self.relay.accepted.values(), default=0)
        assert late == {}, "somebody was mailed after leaving"
        assert open_ == 0, "something is left in the middle"
        singles = self.relay.accepted.total() - self.relay.accepted["ops@example.com"] - taken
        assert singles >= 0, "more is recorded as taken than the relay has"
        assert most <= issues + 20, "somebody got an issue twice"
        return {
            "issues": issues,
            "messages": taken,
            "confirmations": singles,
            "alerts": self.relay.accepted["ops@example.com"],
            **self.happened,
        }


@contextmanager
def beginning(folder: Path, storage: str, *, joining: int) -> Iterator[Year]:
    """A newsletter on its first day, with its relay and its site; `joining` readers sign up each week."""
    (folder / "notes").mkdir()
    clock = Clock()
    with Relay().serving() as relay:
        config = folder / "newsletter.toml"
        config.write_text(CONFIG.format(storage=storage, port=relay.port))
        with (
            Newsletter.open(config, environ={}, clock=clock) as newsletter,
            serving(newsletter) as address,
            httpx.Client(base_url=address) as site,
        ):
            year = Year(
                folder=folder,
                newsletter=newsletter,
                relay=relay,
                site=site,
                clock=clock,
                joining=joining,
            )
            relay.mood = year.mood
            yield year


def write_curve(weeks: list[Week], file: Path, title: str) -> None:
    """The figures of each week as an SVG: each curve by its own highest."""
    names = ("active", "mailed", "octets", "resident", "descriptors")
    words = ("readers", "messages so far", "database", "memory", "descriptors")
    colours = ("#1b6ca8", "#777777", "#b5462f", "#3c8d40", "#8a5ba6")
    width, height, left, top = 720, 300, 20, 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + 140}" font-size="12">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{left}" y="22" font-size="15">{title}</text>',
        f'<path d="M{left} {top + height}H{width - 20}" stroke="#999999"/>',
    ]
    for place, (name, word, colour) in enumerate(zip(names, words, colours, strict=True)):
        values = [getattr(week, name) for week in weeks]
        most = max(values) or 1
        step = (width - left - 20) / max(len(values) - 1, 1)
        points = " ".join(
            f"{left + at * step:.1f},{top + height * (1 - value / most):.1f}"
            for at, value in enumerate(values)
        )
        lines.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
            f'<text x="{left}" y="{top + height + 24 + 18 * place}" '
            f'fill="{colour}">{word}: {_spell(name, values[0])} to {_spell(name, values[-1])}, '
            f"at most {_spell(name, most)}</text>"
        )
    file.write_text("\n".join([*lines, "</svg>"]) + "\n")


def _spell(name: str, value: int) -> str:
    return f"{value / 1e6:.1f} MB" if name in ("octets", "resident") else f"{value:,}"
