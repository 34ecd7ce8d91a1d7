"""What is worth waking somebody for, and how often it is told. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from storage.model import count

AGAIN: Final = timedelta(days=1)
"""How long a kind that was told is not told again."""
DIGEST: Final = timedelta(minutes=15)
"""How long after a mail other kinds wait, so that what comes together is one mail."""
RELAY_DOWN: Final = timedelta(minutes=5)
"""A relay that is away for less comes back by itself, as relays do."""
MAILBOX_AWAY: Final = timedelta(hours=1)
"""A server of mailboxes that is away for less comes back by itself."""
DISK: Final = 200_000_000
"""Octets that should be free."""
DATABASE_AWAY: Final = timedelta(minutes=5)
"""A server that is away for less was restarted."""
UNSTARTABLE: Final = timedelta(minutes=5)
"""A configuration that cannot be used for less is just being written."""
CERTIFICATE: Final = timedelta(days=14)
"""How long before its end a certificate should have been renewed."""
BOUNCES: Final = 0.05
"""The share of an issue's messages that may bounce or be refused (rule A37)."""
COMPLAINTS: Final = 0.003
"""The share that may complain: mailbox hosts bar senders above it."""
FEWEST: Final = 50
"""Messages of an issue below which a share says nothing."""


class TroubleKind(StrEnum):
    """What a trouble is about; each is told once a day at most."""

    PAUSED = "paused"
    """The mail of an issue was stopped, and not by its author."""
    DOUBT = "doubt"
    """Messages wait for the author to say whether they arrived."""
    RELAY = "relay"
    DATABASE = "database"
    """It does not answer."""
    SECRET = "secret"  # noqa: S105 - a word of its own, none to log in with
    """Links that readers have lead nowhere, or nothing can be started with it."""
    START = "start"
    """What runs goes on, and could not be started anew."""
    BOUNCES = "bounces"
    COMPLAINTS = "complaints"
    DISK = "disk"
    CERTIFICATE = "certificate"
    BACKUP = "backup"
    FEED = "feed"
    """The feed whose entries are notes cannot be believed, or had for long."""
    SIGNUPS = "signups"
    """Whoever signs up waits for room below a limit."""
    MAILBOX = "mailbox"
    """Nobody can look where bounces and complaints come in."""
    TICKS = "ticks"
    """Something that should happen every so often does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One of a kind, in a sentence that says what to do."""

    kind: TroubleKind
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """How the messages of a recent issue fared."""

    slug: str
    taken: int
    """By the relay; bounced and complained about included."""
    refused: int
    bounced: int
    complained: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look at everything found."""

    paused: Sequence[tuple[str, str]] = ()
    """Slug and reason of issues that somebody else than the author stopped."""
    in_doubt: int = 0
    signups_waiting: int = 0
    """Those who signed up and wait for longer than a decision takes."""
    relays_down: Sequence[tuple[str, timedelta, str]] = ()
    """Name, for how long, why."""
    relays: int = 1
    mailed: Sequence[Mailed] = ()
    disks: Sequence[tuple[str, int]] = ()
    """Folder, octets free."""
    certificate: tuple[str, datetime | None] | None = None
    """Of which host, and until when it is valid; None for one that is not. None where there is none."""
    backup: datetime | None = None
    backup_age: timedelta | None = None
    """How old the last backup may be; None when nobody is to be told."""
    began: datetime | None = None
    """Since when there was something to back up."""
    feed: str = ""
    """What is wrong with the feed that is followed, as the rest of a sentence."""
    mailboxes: Sequence[tuple[timedelta, str]] = ()
    """Those of reports that cannot be used: for how long, and why."""
    database_away: tuple[timedelta, str] | None = None
    """For how long, and why. Then nothing of the mail is known."""
    secret: Sequence[str] = ()
    """What is wrong with it, a sentence each."""
    unstartable: tuple[timedelta, str] | None = None
    """Since when the configuration on the disk could not be used, and why."""
    overdue: Mapping[str, float] | None = None
    """Ticks that do not come, and for how many seconds."""


def find_troubles(seen: Seen, now: datetime) -> list[Trouble]:
    """What of it is a trouble; of each kind at most one, with all that belongs to it."""
    found = [*_of_mail(seen), *_of_machine(seen, now)]
    sentences: dict[TroubleKind, list[str]] = {}
    for one in found:
        sentences.setdefault(one.kind, []).append(one.sentence)
    return [Trouble(kind=kind, sentence="\n".join(lines)) for kind, lines in sentences.items()]


def choose_told(
    troubles: Sequence[Trouble], told: Mapping[str, datetime], now: datetime
) -> list[Trouble]:
    """Those to be told now; `told` is when each kind was last. A clock that was set back tells again."""
    last = max((at for at in told.values() if at <= now), default=None)
    if last is not None and now - last < DIGEST:
        return []
    return [
        one
        for one in troubles
        if (at := told.get(one.kind.value)) is None or not now - AGAIN < at <= now
    ]


def _of_mail(seen: Seen) -> Iterator[Trouble]:
    for slug, reason in seen.paused:
        yield Trouble(
            kind=TroubleKind.PAUSED,
            sentence=f"The mail of {slug} is paused: {reason}. `newsletter resume {slug}` goes on, "
            f"`newsletter cancel {slug}` ends it.",
        )
    if seen.in_doubt:
        yield Trouble(
            kind=TroubleKind.DOUBT,
            sentence=count(seen.in_doubt, "message waits", "messages wait")
            + " for you that may or may not have arrived: `newsletter issues` shows of which issue, "
            "`newsletter reconcile` decides.",
        )
    if seen.signups_waiting:
        yield Trouble(
            kind=TroubleKind.SIGNUPS,
            sentence=count(seen.signups_waiting, "sign-up waits", "sign-ups wait")
            + " for room: `limit_total` or `limit_domain` of [subscribers] is full. Who waits for longer "
            "than a day is turned away. Raise it if real readers come in such numbers; `newsletter "
            "status` counts who waits.",
        )
    for name, since, words in seen.relays_down:
        if since >= RELAY_DOWN:
            rest = " The other relays go on." if seen.relays > len(seen.relays_down) else ""
            yield Trouble(
                kind=TroubleKind.RELAY,
                sentence=f"For {_spell(since)} the relay {name} could not be used: {words}.{rest} "
                "Nothing is lost; `newsletter doctor` looks at it.",
            )
    for one in seen.mailed:
        if one.taken + one.refused >= FEWEST:
            yield from _of_issue(one)


def _of_issue(one: Mailed) -> Iterator[Trouble]:
    tried = one.taken + one.refused
    if one.bounced + one.refused > tried * BOUNCES:
        yield Trouble(
            kind=TroubleKind.BOUNCES,
            sentence=f"Of {tried} messages of {one.slug} {one.refused} were refused and "
            f"{one.bounced} bounced. Look at `newsletter status {one.slug}` before the next issue.",
        )
    if one.complained > max(one.taken * COMPLAINTS, 1):
        yield Trouble(
            kind=TroubleKind.COMPLAINTS,
            sentence=f"Of {one.taken} readers of {one.slug} {one.complained} called it spam; "
            "mailbox hosts bar senders at three in a thousand.",
        )


def _of_machine(seen: Seen, now: datetime) -> Iterator[Trouble]:
    for folder, free in seen.disks:
        if free < DISK:
            yield Trouble(
                kind=TroubleKind.DISK,
                sentence=f"The disk of {folder} has {free / 1e6:,.0f} MB left; make room.",
            )
    if seen.certificate is not None:
        host, until = seen.certificate
        if until is None:
            yield Trouble(
                kind=TroubleKind.CERTIFICATE,
                sentence=f"The certificate of {host} is not valid: readers cannot unsubscribe.",
            )
        elif until - now < CERTIFICATE:
            yield Trouble(
                kind=TroubleKind.CERTIFICATE,
                sentence=f"The certificate of {host} ends on {until:%Y-%m-%d}; have it renewed.",
            )
    since = seen.backup or seen.began
    if seen.backup_age is not None and since is not None and now - since > seen.backup_age:
        last = f"The last backup is of {since:%Y-%m-%d}" if seen.backup else "There is no backup"
        yield Trouble(kind=TroubleKind.BACKUP, sentence=f"{last}: `newsletter backup FILE`.")
    yield from _of_others(seen)


def _of_others(seen: Seen) -> Iterator[Trouble]:
    """Who does not answer, and what is not done therefore."""
    if seen.database_away is not None and seen.database_away[0] >= DATABASE_AWAY:
        away, words = seen.database_away
        yield Trouble(
            kind=TroubleKind.DATABASE,
            sentence=f"For {_spell(away)} the database could not be used: {words}. No mail goes out, and "
            "sign-ups are turned away; it all goes on when the database is back.",
        )
    for fault in seen.secret:
        yield Trouble(kind=TroubleKind.SECRET, sentence=fault)
    if seen.unstartable is not None and seen.unstartable[0] >= UNSTARTABLE:
        yield Trouble(
            kind=TroubleKind.START,
            sentence=f"What runs goes on, but could not be started again: {seen.unstartable[1]}",
        )
    if seen.feed:
        yield Trouble(kind=TroubleKind.FEED, sentence=f"The feed that is followed: {seen.feed}.")
    for away, words in seen.mailboxes:
        if away >= MAILBOX_AWAY:
            yield Trouble(
                kind=TroubleKind.MAILBOX,
                sentence=f"For {_spell(away)} no bounce and no complaint could be read: {words}.",
            )
    for name, seconds in (seen.overdue or {}).items():
        yield Trouble(
            kind=TroubleKind.TICKS,
            sentence=f"{name} has not been done for {_spell(timedelta(seconds=seconds))}; "
            "the log says why.",
        )


def _spell(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
