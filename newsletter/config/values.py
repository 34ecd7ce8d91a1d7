"""Owns how a single value of the configuration is read: durations, sizes, addresses, zones. Pure.

Each function takes what the author wrote and returns what the program uses, or raises ValueError
with the rest of a sentence that begins with the key ("must be …"). No message repeats a value that
may hold a password.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
import unicodedata
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from email.headerregistry import Address
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

from mailer.address import Address as ParsedAddress
from mailer.address import ascii_domain, parse_address, strip_unseen
from newsletter.config.uris import is_host, parse_link
from storage.model import AddressError

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_SENDER_LOCAL: Final = 31
"""Octets before the sender's @: a return path adds at most 33 to them, and 64 are allowed
(RFC 5321 4.5.3.1.1)."""
MAX_SENDER_DOMAIN: Final = 189
"""Octets after it: with the 64 and the @ these are the 254 of a path (RFC 5321 4.5.3.1.3)."""

_UNITS: Final = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_SIZES: Final = {"b": 1, "kb": 1000, "mb": 1000**2, "kib": 1024, "mib": 1024**2}
_LARGEST: Final = 1000**3
_LONGEST: Final = timedelta(days=3650)
_DURATION: Final = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})?\s*[smhdw]\s*)+", re.ASCII)
_DURATION_PART: Final = re.compile(r"([\d.]+)\s*([smhdw])", re.ASCII)
_WEEKDAYS: Final = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
)
_WEEK_TIME: Final = re.compile(r"([a-z]{3,9})\s+(\d{1,2}):(\d{2})", re.ASCII)
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_MAILBOX: Final = re.compile(
    r"""(?:(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^"<>@,;\\]*?))\s*(?P<angle><))?"""
    r"""(?P<local>[^<>@,;"\s]+)@(?P<domain>[^<>@,;"\s]+)(?(angle)>)"""
)
_LOCAL_PART: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)


# ── plain values ─────────────────────────────────────────────────────────────────────────────


class Late(StrEnum):
    """What to do with the mail of a note that was due, past the grace, while nothing was running."""

    HOLD = "hold"
    """Ask the author."""
    SEND = "send"
    """Mail it all the same."""
    SKIP = "skip"
    """Publish it and mail nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekTime:
    """A weekday and a time of day, in whatever zone."""

    weekday: int
    """0 is Monday."""
    time: time


def parse_week_time(value: object) -> WeekTime:
    """Reads `SUN 17:00`; the weekday in English, short or whole."""
    if isinstance(value, WeekTime):
        return value
    found = _WEEK_TIME.fullmatch(str(value).strip().lower())
    name = found[1] if found else ""
    days = [number for number, day in enumerate(_WEEKDAYS) if day.startswith(name)]
    if found is None or len(days) != 1 or int(found[2]) > 23 or int(found[3]) > 59:
        raise ValueError('must be a weekday and a time, like "SUN 17:00"')
    return WeekTime(weekday=days[0], time=time(int(found[2]), int(found[3])))


def parse_duration(value: object) -> timedelta:
    """Reads `30s`, `5m`, `24h`, `2d`, `1w`, `1h30m`, or a number of seconds; at most ten years."""
    if isinstance(value, timedelta):
        return value
    text = str(value).strip().lower()
    if isinstance(value, bool) or not re.fullmatch(
        rf"{_DURATION.pattern}|\d{{1,9}}(?:\.\d{{1,6}})?", text, re.ASCII
    ):
        raise ValueError('must be a duration like "30s", "5m", "24h" or "2d"')
    parts = _DURATION_PART.findall(text) or [(text, "s")]
    total = sum((float(number) * _UNITS[unit] for number, unit in parts), timedelta())
    if total > _LONGEST:
        raise ValueError("is longer than ten years")
    return total


def parse_size(value: object) -> int:
    """Reads `64kB`, `1MB`, `16KiB` or a number of octets; at most a gigabyte."""
    found = re.fullmatch(r"(\d{1,10}) ?(b|kb|mb|kib|mib)?", str(value).strip().lower(), re.ASCII)
    if isinstance(value, bool) or found is None:
        raise ValueError('must be a size like "64kB" or "1MB"')
    octets = int(found[1]) * _SIZES[found[2] or "b"]
    if octets > _LARGEST:
        raise ValueError("is more than a gigabyte")
    return octets


def parse_path(value: object) -> Path:
    """Reads a path, absolute or not."""
    if not isinstance(value, str | Path) or value == "":
        raise ValueError("must be a path")
    return Path(value)


def parse_title(value: str) -> str:
    """Reads what readers call the newsletter: something that they can see."""
    if not any(char.isprintable() and not char.isspace() for char in value):
        raise ValueError("must hold a letter, or something else that readers can see")
    return value


def parse_list(value: object) -> object:
    """Lets a list be written as text, as the environment must: `1m, 5m` or `["1m", "5m"]`."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return _parse_toml(value)
    return [item.strip() for item in value.split(",") if item.strip()]


def parse_table(value: object) -> object:
    """Lets a table be written as text: `{ GitHub = "https://…" }`."""
    return _parse_toml(value) if isinstance(value, str) else value


def parse_named(value: object, example: str) -> Mapping[object, object]:
    """Reads a table, which may be written as text."""
    table = parse_table(value)
    if not isinstance(table, dict):
        raise ValueError(f"must be a table like {example}")  # noqa: TRY004 - about what was written
    return table


def _parse_toml(text: str) -> object:
    try:
        document: Mapping[str, object] = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError as error:
        raise ValueError("must be a value as TOML writes it") from error
    return document["value"]


def parse_links(value: object) -> tuple[tuple[str, str], ...]:
    """Reads a table of label → absolute http, https or mailto address, in the author's order."""
    if isinstance(value, tuple):
        return value
    table = parse_named(value, '{ GitHub = "https://github.com/example" }')
    if any(has_controls(f"{label}{url}") for label, url in table.items()):
        raise ValueError("must not hold control characters")  # an escape in a TOML string can
    return tuple((str(label), _parse_named_link(str(label), url)) for label, url in table.items())


def _parse_named_link(label: str, url: object) -> str:
    """Raises ValueError, its sentence naming the label: there may be several."""
    try:
        return parse_link(url)
    except ValueError as error:
        raise ValueError(f"{label} {error}") from error


def parse_sender(value: object) -> str:
    """Reads exactly one mailbox: `Name <local@domain>` or the address alone (RFC 5322 3.4).

    Returned in canonical spelling, its name quoted where it must be. The local part is ASCII, so
    that relays without SMTPUTF8 can carry it; the domain may be an international one. Whatever is
    taken here, mail can be written from: an issue is public before anybody notices that it cannot.
    That includes .test, for trying things out (RFC 6761 6.2).
    """
    mailbox = _one_mailbox(str(value))
    if not _LOCAL_PART.fullmatch(mailbox.username):
        raise ValueError("must have plain ASCII letters, digits and dots before the @")
    if len(mailbox.username) > MAX_SENDER_LOCAL:
        raise ValueError(
            f"must have at most {MAX_SENDER_LOCAL} characters before the @: "
            "the return path adds to them who it went to"
        )
    try:
        domain = _parsed(mailbox).domain
    except AddressError as error:
        raise ValueError(
            "has no domain after the @ that mail can come from; "
            "write one that is in the public DNS, like notes@example.com"
        ) from error
    if len(domain) > MAX_SENDER_DOMAIN:
        raise ValueError(
            f"must have at most {MAX_SENDER_DOMAIN} characters after the @: "
            "the return path needs the others"
        )
    return str(mailbox)


def parse_greeting_name(value: str) -> str:
    """Reads the name for EHLO: a full host name or an address literal (RFC 5321 4.1.3, rule B21)."""
    literal = value[1:-1].removeprefix("IPv6:") if value[:1] + value[-1:] == "[]" else ""
    is_name = "." in value and is_host(value) and not _is_address(value)
    if value and not is_name and not _is_address(literal):
        raise ValueError('must be a full host name like "mail.example.com", or an address in [ ]')
    return value if literal else ascii_domain(value)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def parse_bounce_address(value: object) -> str:
    """Reads the bare address that return paths are made of; its domain in A-labels (rule A34)."""
    mailbox = _one_mailbox(parse_sender(value))
    if mailbox.display_name:
        raise ValueError("must be an address without a name")
    return _parsed(mailbox).ascii


def sender_domain(sender: str) -> str:
    """The domain of a parsed sender in A-labels: the one that stands in From (rule A33)."""
    return _parsed(_one_mailbox(sender)).domain


def sender_name(sender: str) -> str:
    """The display name of a parsed sender, or empty."""
    return _one_mailbox(sender).display_name


def _parsed(mailbox: Address) -> ParsedAddress:
    """As the rest of the product knows it. Raises AddressError."""
    return parse_address(
        mailbox.addr_spec, allow_test_domains=mailbox.domain.lower().endswith(".test")
    )


def _one_mailbox(text: str) -> Address:
    # Not email.headerregistry's parser, which raises IndexError and worse for hostile text.
    match = _MAILBOX.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            "must be one mailbox like Working Notes <notes@example.com>; "
            'a name with , ; @ < > or \\ in it goes in "double quotes"'
        )
    quoted, plain, username, domain = match.group("quoted", "plain", "local", "domain")
    name = re.sub(r"\\(.)", r"\1", quoted) if quoted else (plain or "")
    return Address(strip_unseen(" ".join(name.split())), username, domain)


def parse_timezone(value: object) -> str:
    """Reads the IANA name of a zone that this machine knows, like `Europe/Berlin` (rule G1)."""
    name = str(value)
    try:
        zoneinfo.ZoneInfo.no_cache(
            name
        )  # as it is on the disk: a reload is to find out that it is gone
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        hint = nearest(name, zoneinfo.available_timezones())
        raise ValueError(f"is not the name of a time zone{hint}") from error
    return name


def parse_language(value: object) -> str:
    """Reads a language tag like `en` or `pt-BR` (RFC 5646 2.1, its shape; no language has a longer name there)."""
    if not _LANGUAGE.fullmatch(str(value)):
        raise ValueError('must be a language tag like "en" or "pt-BR"')
    return str(value)


def parse_network(value: object) -> Network:
    """Reads an IP address or a network in CIDR notation."""
    try:
        return ipaddress.ip_network(str(value), strict=False)
    except ValueError as error:
        raise ValueError('must hold IP addresses or networks like "10.0.0.0/8"') from error


def parse_postal(value: object) -> object:
    """Joins an address written over several lines into one."""
    if not isinstance(value, str):
        return value
    return ", ".join(line.strip(" ,") for line in value.splitlines() if line.strip(" ,"))


def parse_topic(value: object) -> str:
    """Reads the name of a topic of Amazon SNS."""
    if not re.fullmatch(
        r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}", str(value)
    ):
        raise ValueError('must be topics like "arn:aws:sns:eu-west-1:123456789012:bounces"')
    return str(value)


def parse_storage(value: object, folder: Path) -> str:
    """Reads the address of the database; a relative SQLite file is below `folder`."""
    scheme, separator, rest = str(value).partition("://")
    if separator and scheme in {"postgresql", "postgres"}:
        return f"postgresql://{rest}"
    name, mark, query = rest.removeprefix("/").partition("?")
    if scheme != "sqlite" or not rest.startswith("/"):
        raise ValueError("must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")
    if not name or ":memory:" in name:
        raise ValueError("must name a file: a database in memory forgets who was mailed")
    return f"sqlite:///{folder / name}{mark}{query}"


# ── helpers ──────────────────────────────────────────────────────────────────────────────────


def nearest(name: str, known: Iterable[str]) -> str:
    """The tail of a complaint about an unknown name: the nearest known one, or nothing."""
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f'; did you mean "{found[0]}"?' if found else ""


def has_controls(text: str) -> bool:
    """Whether text holds a control character, a line separator or half a surrogate pair."""
    return any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in text)
