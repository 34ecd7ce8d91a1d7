"""The doctor: looks at everything between this machine and a reader, and says what to change.

Nothing is mailed and nothing stored. What the DNS says is judged in newsletter/domaincheck.py.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from mailer.address import parse_mailbox
from mailer.authentication import Resolver
from mailer.dkim import SigningKey
from mailer.probe import RelayFacts, Stage, probe
from mailer.relay import Relay
from mailer.relay import Tls as RelayTls
from newsletter.config import Config
from newsletter.domaincheck import Diagnosis, examine_domain, failed, passed, skipped, warned
from newsletter.values import RelayConfig, RelayKind

CERTIFICATE_DAYS: Final = 14
"""A certificate that ends sooner is a warning."""
CLOCK_ERROR: Final = timedelta(minutes=5)
SPACE_WARNING: Final = 500_000_000
SPACE_ERROR: Final = 50_000_000
"""Free bytes."""
_PATIENCE_S: Final = 15.0
_NETWORK: Final = (
    *("relay", "tls", "login", "domain", "spf", "dmarc", "dkim", "bounces"),
    *("site", "one-click", "clock"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the doctor asks; tests put others in."""

    resolver: Resolver
    is_scheduling: Callable[[], bool]
    """Whether some process holds the schedule of this database."""
    clock: Callable[[], datetime]
    own_address: Callable[[], str | None]
    """The public address of this host, or None."""


def examine(config: Config, around: Surroundings) -> list[Diagnosis]:
    """Everything, one diagnosis each. Takes as long as network and DNS do; never raises for them."""
    found = [warned("configuration", f"{sentence}.") for sentence in config.warnings]
    if config.has_outbox:
        why = "Not looked at: mail goes to the embedded outbox and never leaves this machine."
        found += [skipped(name, why) for name in _NETWORK]
    else:
        found += _examine_network(config, around)
    found += _examine_machine(config, around)
    return found


def _examine_network(config: Config, around: Surroundings) -> Iterator[Diagnosis]:
    for relay in config.relays:
        yield from examine_relay(relay, now=around.clock())
    domain = parse_mailbox(config.identity.sender, allow_test_domains=True).address.domain
    is_direct = any(relay.is_local for relay in config.relays)
    address = around.own_address() if is_direct else None
    yield from examine_domain(domain, _keys(config), around.resolver, own_address=address)
    if is_direct and address is None:
        yield skipped("ptr", "This host has no public address of its own that could be looked up.")
    yield from examine_site(config.identity.url, clock=around.clock)


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


# ── the relay ────────────────────────────────────────────────────────────────────────────────


def examine_relay(config: RelayConfig, *, now: datetime) -> Iterator[Diagnosis]:
    """One relay: reachable, protected, willing to log us in (rules A36, B14)."""
    if config.kind is RelayKind.OUTBOX:
        return
    where = f"{config.host}:{config.port}"
    relay = Relay(
        host=config.host,
        port=config.port,
        username=config.username,
        password=config.password,
        tls=RelayTls(config.tls.value),
        ca=config.ca,
    )
    facts = probe(relay)
    if facts.stage is Stage.CONNECT:
        yield failed(
            "relay",
            f"{where} cannot be used: {facts.problem}.",
            "Correct [smtp] url, or open that port in the firewall.",
        )
        yield skipped("tls", f"There is no connection to {where}.")
        yield skipped("login", f"There is no connection to {where}.")
        return
    yield passed("relay", f"{where} answers{_offer(facts)}.")
    yield _examine_tls(relay, facts, where, now)
    if facts.stage is Stage.TLS:
        yield skipped("login", "A password is never sent without TLS.")
    else:
        yield _examine_login(relay, facts, where)


def _offer(facts: RelayFacts) -> str:
    names = sorted(name.upper() for name in facts.extensions if name != "auth")
    offer = f" and offers {', '.join(names)}" if names else ""
    size = facts.extensions.get("size", "")
    return f"{offer}; it takes messages up to {int(size):,} octets" if size.isdigit() else offer


def _examine_tls(relay: Relay, facts: RelayFacts, where: str, now: datetime) -> Diagnosis:
    if facts.stage is Stage.TLS:
        return failed(
            "tls",
            f"{where}: {facts.problem}.",
            "Use the name that is in its certificate, or name the right one with ?ca=FILE.",
        )
    if not facts.protocol:
        if relay.loopback:
            return passed("tls", f"{where} is this machine; nothing needs protection on the way.")
        return warned(
            "tls", f"Mail travels to {where} in clear.", "Take tls=none out of [smtp] url."
        )
    if facts.valid_until is not None:
        days = (facts.valid_until - now).days
        if days < CERTIFICATE_DAYS:
            return warned(
                "tls", f"The certificate of {where} ends in {days} days.", "Have it renewed."
            )
    return passed("tls", f"{facts.protocol}, and the certificate of {where} is valid.")


def _examine_login(relay: Relay, facts: RelayFacts, where: str) -> Diagnosis:
    if not relay.username:
        return skipped("login", "No user is configured.")
    if facts.stage is Stage.LOGIN:
        return failed(
            "login",
            f"{where} does not let us in: {facts.problem}.",
            "Correct user and password in [smtp] url.",
        )
    return passed("login", f"{where} lets us in.")


# ── the site ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    date: str
    location: str


def examine_site(url: str, *, clock: Callable[[], datetime]) -> Iterator[Diagnosis]:
    """The public site: whether it is there, and takes a click on unsubscribe (RFC 8058 3.1)."""
    try:
        alive = _ask(url, "GET", "/healthz")
        click = _ask(url, "POST", "/unsubscribe/doctor", "List-Unsubscribe=One-Click")
    except (OSError, http.client.HTTPException) as error:
        yield _unreachable(url, error)
        yield skipped("one-click", f"{url} was not reached.")
        yield skipped("clock", f"{url} was not reached.")
        return
    if alive.status == http.client.OK:
        yield passed("site", f"{url} answers.")
    else:
        yield failed(
            "site",
            f"{url}/healthz answers {alive.status}: something else than this program is there.",
            "Have the web server hand requests to `newsletter run`, or correct [newsletter] url.",
        )
    yield _judge_click(click)
    yield _judge_clock(alive.date, clock())


def _ask(url: str, method: str, path: str, body: str = "") -> _Answer:
    """One request; redirects are not followed. Raises OSError or HTTPException."""
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            parts.hostname or "",
            parts.port,
            timeout=_PATIENCE_S,
            context=ssl.create_default_context(),
        )
    else:
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=_PATIENCE_S
        )
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection.request(method, f"{parts.path}{path}", body=body or None, headers=headers)
        answer = connection.getresponse()
        return _Answer(
            status=answer.status,
            date=answer.getheader("Date") or "",
            location=answer.getheader("Location") or "",
        )
    finally:
        connection.close()


def _unreachable(url: str, error: Exception) -> Diagnosis:
    if isinstance(error, ssl.SSLCertVerificationError):
        return failed(
            "site",
            f"The certificate of {url} is not valid: {error.verify_message}.",
            "Have a valid certificate made for it; readers cannot unsubscribe meanwhile.",
        )
    return failed(
        "site",
        f"{url} cannot be reached, so readers cannot unsubscribe.",
        "Start `newsletter run`, and have the web server hand requests to it.",
    )


def _judge_click(answer: _Answer) -> Diagnosis:
    """A key that nobody has must be refused by us (404), not by something in front of us."""
    if answer.status == http.client.NOT_FOUND:
        return passed("one-click", "A click on unsubscribe reaches this program.")
    if answer.location:
        return failed(
            "one-click",
            f"A click on unsubscribe is redirected ({answer.status}); mail programs do not follow "
            "(RFC 8058 3.1).",
            "Put the final address into [newsletter] url.",
        )
    return failed(
        "one-click",
        f"A click on unsubscribe is answered {answer.status} instead of 404 for an unknown reader.",
        "Let POST requests to /unsubscribe/ through, without login, cookie or challenge.",
    )


def _judge_clock(date: str, now: datetime) -> Diagnosis:
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return skipped("clock", "The site does not say what time it is.")
    error = abs(now - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)))
    if error > CLOCK_ERROR:
        return warned(
            "clock",
            f"This clock and that of the site differ by {int(error.total_seconds() // 60)} minutes.",
            "Set the clock, best by NTP: issues go out by it.",
        )
    return passed("clock", "This clock agrees with that of the site, which may be the same one.")


# ── this machine ─────────────────────────────────────────────────────────────────────────────


def _examine_machine(config: Config, around: Surroundings) -> Iterator[Diagnosis]:
    yield examine_secret(config.web.secret_file)
    for name, folder in _folders(config):
        yield judge_space(name, folder, shutil.disk_usage(_existing(folder)).free)
    if os.access(config.notes.path, os.R_OK | os.X_OK):
        yield passed("notes", f"{config.notes.path} can be read.")
    else:
        yield failed(
            "notes", f"{config.notes.path} cannot be read.", "Create it, or set [notes] path."
        )
    if around.is_scheduling():
        yield passed("scheduler", "A `newsletter run` has the schedule of this database.")
    else:
        yield warned(
            "scheduler",
            "No `newsletter run` has the schedule of this database: nothing goes out by itself.",
            "Start `newsletter run`, or let cron call `newsletter send`.",
        )


def _folders(config: Config) -> Iterator[tuple[str, Path]]:
    """Where something is written."""
    if config.storage.url.startswith("sqlite:"):
        yield "disk database", Path(config.storage.url.removeprefix("sqlite:///")).parent
    for relay in config.relays:
        if relay.directory is not None:
            yield "disk outbox", relay.directory


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
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return failed("secret", f"{path} cannot be read: {error.strerror}.", "Bring it back.")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warned("secret", f"Other accounts can read {path}.", f"chmod 600 {path}")
    return passed("secret", f"{path} is its owner's alone.")
