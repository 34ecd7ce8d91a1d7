"""Looks at everything each minute, and tells the operator of troubles: in the log, and by mail.

Never by the relay alone: that may be what is wrong.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from newsletter.config import Config
from newsletter.keeping import last_backup
from newsletter.service import Pulse
from newsletter.watching.alertmail import send_alert, write_alert
from newsletter.watching.certificates import find_end
from newsletter.watching.troubles import (
    Mailed,
    Seen,
    Trouble,
    choose_told,
    find_troubles,
)
from storage.database import Database, Facts
from storage.ledger import MailedIssue, Overview
from storage.model import TAKEN, DeliveryState, Log, Mailing, StorageError

log = Log()

_TOLD: Final = "alerts"
"""The fact which kinds were told when: JSON."""
_RECENT: Final = timedelta(days=7)
"""How far back issues are looked at for bounces."""
_CERTIFICATE_EVERY_S: Final = 6 * 3600.0
_BY_AUTHOR: Final = "paused by the author"
_RETRY: Final = timedelta(minutes=10)
"""When a mail is tried again that no relay took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What other parts say is wrong with them; each is asked at every look."""

    signups_waiting: Callable[[], int]
    """How many wait for longer than a decision takes."""
    feed: Callable[[], str] = str
    """What is wrong with the feed that is followed; empty where nothing is."""
    mailboxes: Callable[[], Sequence[tuple[timedelta, str]]] = tuple
    """Which of those of reports cannot be used, for how long and why."""
    secret: Callable[[], Sequence[str]] = tuple
    """What is wrong with it, a sentence each."""
    unstartable: Callable[[], str] = str
    """Why nothing could be started with the configuration as it is on the disk."""


class Watch:
    """Over one newsletter."""

    def __init__(
        self,
        config: Config,
        *,
        database: Database,
        overview: Overview,
        pulse: Pulse,
        faults: Faults,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._database = database
        self._facts = Facts(database)
        self._overview = overview
        self._pulse = pulse
        self._faults = faults
        self._monotonic = monotonic
        self._since: dict[str, float] = {}
        """When a trouble began that is told only if it lasts."""
        self._clock = clock
        self._told: dict[str, datetime] = {}
        """As far as this process knows; the database knows more, while it can be asked."""
        self._failed_at: datetime | None = None
        self._certificate: tuple[float, tuple[str, datetime | None] | None] | None = None
        self._found: tuple[Trouble, ...] = ()

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What the last look found."""
        return self._found

    def run(self) -> None:
        """Look once, and tell what is to be told."""
        now = self._clock()
        self._found = tuple(find_troubles(self._look(now), now))
        due = choose_told(self._found, self._remember(), now)
        if not due:
            return
        if self._failed_at is not None and timedelta() <= now - self._failed_at < _RETRY:
            return
        for one in due:
            if self._failed_at is None:
                log.error("alert", kind=one.kind.value, trouble=one.sentence)
        if self._mail(due, now):
            self._keep({one.kind.value: now for one in due})

    def _mail(self, due: list[Trouble], now: datetime) -> bool:
        """Whether they are told: a mail was taken, or nobody is to get one."""
        to = self._config.newsletter.alerts
        if not to:
            return True
        envelope = write_alert(due, self._config.identity, to, now, self._config.signer)
        taken_by = send_alert(envelope, self._config.relays)
        self._failed_at = None if taken_by else now
        if taken_by:
            log.info("alert.mailed", kinds=len(due), relay=taken_by)
        else:
            log.error("alert.not_mailed", kinds=len(due), why="no relay took it")
        return taken_by is not None

    # ── what was told ────────────────────────────────────────────────────────────────────

    def _remember(self) -> Mapping[str, datetime]:
        try:
            kept = json.loads(self._facts.get(_TOLD) or "{}")
            known = {str(kind): datetime.fromisoformat(at) for kind, at in kept.items()}
        except (StorageError, ValueError, TypeError, AttributeError):
            known = {}
        return {**known, **self._told}

    def _keep(self, told: Mapping[str, datetime]) -> None:
        self._told |= told
        try:
            kept = {**self._remember(), **told}
            self._facts.put(_TOLD, json.dumps({kind: at.isoformat() for kind, at in kept.items()}))
        except StorageError as error:
            log.warning("alert.not_remembered", reason=str(error))

    # ── what is seen ─────────────────────────────────────────────────────────────────────

    def _look(self, now: datetime) -> Seen:
        around = self._look_around()
        try:
            seen = self._look_inside(around, now)
        except StorageError as error:
            return replace(around, database_away=self._lasting("database", str(error)))
        # It can be read, and may be full or in recovery all the same.
        words = "" if self._database.answers() else "nothing could be written to it"
        return replace(seen, database_away=self._lasting("database", words))

    def _look_around(self) -> Seen:
        """What can be seen without the database."""
        relays = self._pulse.relays()
        return Seen(
            relays_down=[
                (one.name, timedelta(seconds=one.failing_s), one.words)
                for one in relays
                if one.failing_s is not None
            ],
            relays=len(relays),
            disks=list(free_space(self._config)),
            certificate=self._look_at_certificate(),
            mailboxes=self._faults.mailboxes(),
            unstartable=self._lasting("start", self._faults.unstartable()),
        )

    def _look_inside(self, around: Seen, now: datetime) -> Seen:
        """The rest. Raises StorageError while the database does not answer."""
        every = self._overview.mailed()
        return replace(
            around,
            paused=[
                (one.slug, one.mailing_reason)
                for one in every
                if one.mailing is Mailing.PAUSED and not one.mailing_reason.startswith(_BY_AUTHOR)
            ],
            in_doubt=sum(
                one.tally[DeliveryState.UNKNOWN] for one in every if one.mailing is Mailing.DONE
            ),
            signups_waiting=self._faults.signups_waiting(),
            mailed=[
                _fared(one)
                for one in every
                if one.mail_at is not None and one.mail_at > now - _RECENT
            ],
            backup=last_backup(self._database),
            backup_age=self._config.storage.backup_age,
            began=min((one.published_at for one in every), default=None),
            feed=self._faults.feed(),
            secret=self._faults.secret(),
            overdue=self._pulse.overdue(),
        )

    def _lasting(self, name: str, words: str) -> tuple[timedelta, str] | None:
        """For how long this has been so, and the words for it; None where there are none."""
        if not words:
            self._since.pop(name, None)
            return None
        now = self._monotonic()
        return timedelta(seconds=now - self._since.setdefault(name, now)), words

    def _look_at_certificate(self) -> tuple[str, datetime | None] | None:
        """Asked a few times a day; what cannot be asked is as it was."""
        url, now = self._config.identity.url, time.monotonic()
        if not url.startswith("https:") or not self._config.newsletter.alerts:
            return None
        if self._certificate is None or now - self._certificate[0] > _CERTIFICATE_EVERY_S:
            found = self._certificate[1] if self._certificate else None
            try:
                found = (url, find_end(url))
            except (OSError, ValueError) as error:
                log.info("certificate.not_seen", reason=str(error))
            self._certificate = (now, found)
        return self._certificate[1]


def _fared(one: MailedIssue) -> Mailed:
    return Mailed(
        slug=one.slug,
        taken=sum(one.tally[state] for state in TAKEN),
        refused=one.tally[DeliveryState.REJECTED],
        bounced=one.tally[DeliveryState.BOUNCED],
        complained=one.tally[DeliveryState.COMPLAINED],
    )


def free_space(config: Config) -> Iterable[tuple[str, int]]:
    """Each folder in which something is written, and the octets that are free on its disk."""
    folders = {config.web.secret_file.parent}
    if config.storage.url.startswith("sqlite:"):
        folders.add(Path(config.storage.url.removeprefix("sqlite:///")).parent)
    folders |= {outbox.directory for outbox in config.outboxes}
    for folder in sorted(folders):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        yield str(folder), shutil.disk_usage(there).free
