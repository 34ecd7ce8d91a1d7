"""The doctor: looks at everything between this machine and a reader, and says what to change.

Nothing is mailed and nothing stored. What is looked at stands in newsletter/doctor/relay.py,
newsletter/doctor/domain.py, newsletter/doctor/senders.py and newsletter/doctor/site.py; this machine is looked at here.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from mailer.address import parse_mailbox
from mailer.authentication import Resolver, SigningKey
from newsletter.config import Config
from newsletter.doctor.diagnosis import Area, Diagnosis, failed, passed, skipped, warned, within
from newsletter.doctor.domain import examine_confirming, examine_domain
from newsletter.doctor.relay import examine_relay
from newsletter.doctor.senders import Origin
from newsletter.doctor.site import examine_site
from newsletter.following import Followed, shown, tell_failure, tell_hold, tell_standing

SPACE_WARNING: Final = 500_000_000
SPACE_ERROR: Final = 50_000_000
"""Free bytes."""
_NETWORK: Final = {
    Area.RELAY: ("relay", "tls", "offers", "login"),
    Area.DOMAIN: ("domain", "spf", "dmarc", "dkim", "bounces"),
    Area.SITE: ("site", "one-click", "clock"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the doctor asks; tests put others in."""

    resolver: Resolver
    is_scheduling: Callable[[], bool]
    """Whether some process holds the schedule of this database."""
    clock: Callable[[], datetime]
    own_address: Callable[[], str | None]
    """The public address of this host, or None."""
    sorts_otherwise: Callable[[], bool] = lambda: False
    """Whether the database's indexes were made in another order than the system sorts in now."""
    lossy_settings: Callable[[], Sequence[str]] = lambda: ()
    """Settings of the database by which a power cut takes what was committed."""
    feed: Followed | None = None
    """How it stands with the feed that is followed."""
    secret: Sequence[str] = ()
    """What is wrong with the secret, a sentence each."""


def examine(config: Config, around: Surroundings) -> list[Diagnosis]:
    """Everything, one diagnosis each. Takes as long as network and DNS do; never raises for them."""
    found = [*_examine_configuration(config), *_examine_machine(config, around)]
    if config.has_outbox:
        why = "Not looked at: mail goes to the embedded outbox and never leaves this machine."
        for area, names in _NETWORK.items():
            found += within(area, [skipped(name, why) for name in names])
    else:
        found += _examine_network(config, around)
    return found


_CURES: Final = {
    "no-postal-address": 'Write it as [newsletter] postal_address = "Name, Street 1, City, Country".',
    "no-relay": 'Name your relay: [smtp] url = "smtp://user:password@mail.example.com:587".',
    "no-letter": "Write the file, or take the key out.",
    "site-in-clear": "Correct it in the configuration.",
    "relay-in-clear": "Correct it in the configuration.",
}
"""By the code of what the configuration warns of."""


def _examine_configuration(config: Config) -> Iterator[Diagnosis]:
    """What is allowed and probably not meant; a missing postal address among it (rule A13)."""
    for found in config.warnings:
        name = "postal address" if found.code == "no-postal-address" else "configuration"
        yield warned(name, f"{found.sentence}.", _CURES.get(found.code, ""))


def examine_copy(received: bytes, config: Config, around: Surroundings) -> list[Diagnosis]:
    """What became of a message of ours, from a copy as it arrived (rule A6)."""
    from newsletter.doctor.received import examine_received  # only this needs a verifier loaded

    found = examine_received(received, domain=_domain(config), resolver=around.resolver)
    return list(within(Area.MESSAGE, found))


def _domain(config: Config) -> str:
    return _domain_of(config.identity.sender)


def _domain_of(mailbox: str) -> str:
    return parse_mailbox(mailbox, allow_test_domains=True).address.domain


def _examine_network(config: Config, around: Surroundings) -> Iterator[Diagnosis]:
    for relay in config.servers:
        yield from within(Area.RELAY, examine_relay(relay, now=around.clock()))
    origins = list(_origins(config, around))
    domain, keys = _domain(config), _keys(config)
    returning = config.bounces.address.rpartition("@")[2] or domain
    looked = examine_domain(domain, keys, around.resolver, origins=origins, return_domain=returning)
    yield from within(Area.DOMAIN, looked)
    confirming = _domain_of(config.subscribers.sender or config.identity.sender)
    if confirming != domain:
        looked = examine_confirming(confirming, keys, around.resolver, return_domain=returning)
        yield from within(Area.DOMAIN, looked)
    yield from within(Area.SITE, examine_site(config.identity.url, clock=around.clock))


def _origins(config: Config, around: Surroundings) -> Iterator[Origin]:
    """Each place that mail leaves from, as far as it is known here; this machine is one place."""
    if any(relay.is_local for relay in config.servers):
        yield Origin(host="this machine", address=around.own_address(), is_direct=True)
    hosts = (relay.host for relay in config.servers if not relay.is_local)
    yield from (Origin(host=host) for host in dict.fromkeys(hosts))


def _keys(config: Config) -> list[SigningKey]:
    pairs = zip(config.dkim.selector, config.dkim.key, strict=True)
    return [
        SigningKey(domain=config.signing_domain, selector=selector, private=file.private)
        for selector, file in pairs
    ]


def find_own_address() -> str | None:
    """The address this host would send from, if it is a public one. No packet leaves for this."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probing:
        try:
            probing.connect(("192.0.2.1", 25))  # TEST-NET-1 (RFC 5737): only the route is looked up
            address = str(probing.getsockname()[0])
        except OSError:
            return None
    return address if ip_address(address).is_global else None


# ── this machine ─────────────────────────────────────────────────────────────────────────────


def _examine_machine(config: Config, around: Surroundings) -> Iterator[Diagnosis]:
    yield examine_secret(config.web.secret_file)
    if _is_sqlite(config) and _sqlite_file(config).exists():
        yield examine_database(_sqlite_file(config))
    for fault in around.secret:
        yield failed("secret", fault)
    for name, folder in _folders(config):
        yield judge_space(name, folder, shutil.disk_usage(_existing(folder)).free)
    if around.feed is not None:
        yield examine_feed(around.feed)
    yield _examine_notes(config)
    yield from _examine_database(around)
    if around.is_scheduling():
        yield passed("scheduler", "A `newsletter run` has the schedule of this database.")
    else:
        yield warned(
            "scheduler",
            "No `newsletter run` has the schedule of this database: nothing goes out by itself.",
            "Start `newsletter run`, or let cron call `newsletter send`.",
        )


def _examine_notes(config: Config) -> Diagnosis:
    if not config.notes.has_folder:
        return skipped("notes", "No folder is looked at: notes come from the feed alone.")
    if os.access(config.notes.path, os.R_OK | os.X_OK):
        return passed("notes", f"{config.notes.path} can be read.")
    return failed(
        "notes", f"{config.notes.path} cannot be read.", "Create it, or set [notes] path."
    )


def _examine_database(around: Surroundings) -> Iterator[Diagnosis]:
    """Of PostgreSQL, and only what is wrong."""
    if around.sorts_otherwise():
        yield failed(
            "sorting",
            "The operating system sorts texts otherwise than when the database's indexes were made: a reader may not be "
            "found, or be there twice.",
            "Stop everything, make a backup, then in psql: REINDEX DATABASE name; "
            "ALTER DATABASE name REFRESH COLLATION VERSION;",
        )
    if lossy := around.lossy_settings():
        yield warned(
            "durability",
            f"PostgreSQL runs with {', '.join(f'{name} = off' for name in lossy)}: after a power cut it may not know who was "
            "mailed, or be damaged, and who was mailed is mailed again.",
            "Switch it on in postgresql.conf, or by ALTER SYSTEM, and reload the server.",
        )


def examine_feed(feed: Followed) -> Diagnosis:
    """Whether the feed that is followed can be had; it is not asked for."""
    if held := tell_hold(feed):
        return warned("feed", f"{held[:1].upper()}{held[1:]}.")
    if failure := tell_failure(feed):
        judge = failed if feed.ended else warned
        return judge("feed", f"{shown(feed.configured)}: {failure}.", "See `newsletter feed`.")
    return passed("feed", f"{shown(feed.configured)}: {tell_standing(feed)}.")


def _folders(config: Config) -> Iterator[tuple[str, Path]]:
    """Where something is written."""
    if _is_sqlite(config):
        yield "disk database", _sqlite_file(config).parent
    yield from (("disk outbox", outbox.directory) for outbox in config.outboxes)


def _is_sqlite(config: Config) -> bool:
    return config.storage.url.startswith("sqlite:")


def _sqlite_file(config: Config) -> Path:
    return Path(config.storage.url.removeprefix("sqlite:///").partition("?")[0])


def _existing(folder: Path) -> Path:
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def judge_space(name: str, folder: Path, free: int) -> Diagnosis:
    """Whether the disk will do for a while; `free` in bytes."""
    told = f"{folder} has {free / 1e6:,.0f} MB left."
    if free < SPACE_ERROR:
        return failed(name, told, "Make room before the next issue.")
    return warned(name, told, "Make room.") if free < SPACE_WARNING else passed(name, told)


def examine_secret(path: Path) -> Diagnosis:
    """The secret behind every link is its owner's alone."""
    return _examine_mode("secret", path)


def examine_database(path: Path) -> Diagnosis:
    """So is the file with every address."""
    return _examine_mode("database", path)


def _examine_mode(name: str, path: Path) -> Diagnosis:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return failed(name, f"{path} cannot be read: {error.strerror}.", "Bring it back.")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warned(name, f"Other accounts can read {path}.", f"chmod 600 {path}")
    return passed(name, f"{path} is its owner's alone.")
