"""Owns what is known of other systems' files: which wrote this one, and whom it would not mail. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final


class RowError(ValueError):
    """Why one row is not taken."""


class Origin(StrEnum):
    """Which system wrote a file."""

    OURS = "newsletter"
    MAILCHIMP = "Mailchimp"
    SUBSTACK = "Substack"
    BUTTONDOWN = "Buttondown"
    GHOST = "Ghost"
    LISTMONK = "listmonk"
    PLAIN = "plain"
    """Anybody: a header with an e-mail column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Which column of a file means what. Names are in lower case."""

    origin: Origin
    email: str = "email"
    name: tuple[str, ...] = ("name",)
    tags: str = "tags"
    created_at: str = "created_at"
    confirmed_at: str = "confirmed_at"

    @property
    def is_plain(self) -> bool:
        """Whether the file follows our own documentation, so that it can be taken by its word."""
        return self.origin is Origin.PLAIN


_EMAIL_NAMES: Final = ("email", "email address", "e-mail", "email_address", "e-mail address")

_SIGNS: Final[tuple[tuple[frozenset[str], Dialect], ...]] = (
    (frozenset({"email", "state", "created_at", "suppressed"}), Dialect(origin=Origin.OURS)),
    (
        frozenset({"email address"}),
        Dialect(
            origin=Origin.MAILCHIMP,
            email="email address",
            name=("first name", "last name"),
            created_at="optin_time",
            confirmed_at="confirm_time",
        ),
    ),
    (frozenset({"email", "active_subscription"}), Dialect(origin=Origin.SUBSTACK)),
    (frozenset({"email", "email_disabled"}), Dialect(origin=Origin.SUBSTACK)),
    (frozenset({"email", "subscribed_to_emails"}), Dialect(origin=Origin.GHOST, tags="labels")),
    (frozenset({"email", "status", "attributes"}), Dialect(origin=Origin.LISTMONK)),
    (
        frozenset({"email", "creation_date"}),
        Dialect(origin=Origin.BUTTONDOWN, created_at="creation_date"),
    ),
    (
        frozenset({"email", "subscriber_type"}),
        Dialect(origin=Origin.BUTTONDOWN, created_at="creation_date"),
    ),
)
"""Columns that give a system away; the first that are all there decide."""


def recognise(names: tuple[str, ...]) -> Dialect | None:
    """The dialect of a header in lower case; None when no column holds addresses."""
    for signs, dialect in _SIGNS:
        if signs.issubset(names):
            return dialect
    email = next((name for name in _EMAIL_NAMES if name in names), None)
    return None if email is None else Dialect(origin=Origin.PLAIN, email=email)


# ── whom another system would not mail ───────────────────────────────────────────────────────

_YES: Final = frozenset({"true", "yes", "y", "1"})
_NO: Final = frozenset({"false", "no", "n", "0"})
_ANY: Final = frozenset({"*"})
"""Any content at all, as of a column that holds when somebody left."""
_GONE: Final = frozenset(
    {"unsubscribed", "unsubscribe", "opted out", "opt out", "optout", "cancelled", "canceled"}
    | {"non subscribed", "nonsubscribed", "not subscribed", "never subscribed", "left"}
    | {"bounced", "hard bounced", "hard bounce", "cleaned", "undeliverable", "invalid"}
    | {"complained", "complaint", "marked as spam", "reported spam", "spam", "spammy", "junk"}
    | {"blocklisted", "blacklisted", "blocked", "suppressed", "excluded", "disabled", "banned"}
    | {"removed", "deleted", "archived", "inactive"}
)
_WAITING: Final = frozenset(
    {"unactivated", "unconfirmed", "not confirmed", "awaiting confirmation", "pending"}
    | {"unapproved"}
)

_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")

_Marks = tuple[tuple[str, frozenset[str], str], ...]

_STATUS: Final = (
    *("status", "state", "type", "subscriber type", "subscriber status", "subscription status"),
    *("email status", "list status", "global status"),
)
_BLOCKED: Final = (
    *("blacklisted", "blocklisted", "email blacklisted", "email blocklisted"),
    *("emailblacklisted", "emailblocklisted"),
)
_EVERYWHERE: Final[_Marks] = (
    *((column, _ANY, "unsubscribed") for column in ("unsubscribed at", "unsub time")),
    ("unsubscription date", _ANY, "unsubscribed"),
    *((column, _YES, "unsubscribed") for column in ("unsubscribed", "opted out")),
    ("clean time", _ANY, "bounced"),
    *((column, _YES, "blocked") for column in _BLOCKED),
    *((column, _GONE, "") for column in _STATUS),
    *((column, _WAITING, "not confirmed") for column in _STATUS),
)
_MARKS: Final[Mapping[Origin, _Marks]] = MappingProxyType(
    {
        # `active_subscription` says whether somebody pays: those who do not are readers as well.
        Origin.SUBSTACK: (("email disabled", _YES, "unsubscribed"),),
        Origin.GHOST: (
            ("subscribed to emails", _NO, "unsubscribed"),
            ("deleted at", _ANY, "deleted"),
        ),
    }
)
"""(column, values that mean it, what they mean; empty: the value itself); all as `_spell` has it."""


def refusal(columns: Mapping[str, str], origin: Origin) -> str:
    """Why the system that wrote this row would not mail it; empty when it would (rule F17)."""
    spelt = {_spell(column): (column, cell) for column, cell in columns.items()}
    for name, values, meaning in (*_EVERYWHERE, *_MARKS.get(origin, ())):
        column, cell = spelt.get(name, (name, ""))
        if cell.strip() and (values is _ANY or _spell(cell) in values):
            return f"is {meaning or cell.strip().lower()} there ({column})"
    return ""


@lru_cache(maxsize=1000)
def _spell(text: str) -> str:
    """`Opted-Out` and `opted_out` are the same words."""
    return _BETWEEN_WORDS.sub(" ", text.lower()).strip()


# ── cells ────────────────────────────────────────────────────────────────────────────────────

_BLANKS: Final = re.compile(r"\s+")


def clean_text(text: str, limit: int) -> str:
    """One line in NFC without control or invisible formatting characters, at most `limit` long."""
    if text.isascii() and text.isprintable():
        return _BLANKS.sub(" ", text).strip()[:limit].rstrip()
    visible = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    )
    return _BLANKS.sub(" ", visible).strip()[:limit].rstrip()


def split_tags(cell: str) -> tuple[str, ...]:
    """Tags separated by commas, each possibly in quotes, without repetitions."""
    tags = (clean_text(tag.strip().strip('"'), 100) for tag in cell.split(","))
    return tuple(dict.fromkeys(filter(None, tags)))


def parse_time(text: str) -> datetime | None:
    """An ISO 8601 time or date, in UTC if it does not say; None for an empty cell. Raises ValueError."""
    stripped = text.strip().removesuffix(" UTC")
    if not stripped:
        return None
    parsed = datetime.fromisoformat(stripped)
    try:
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time at the end of the calendar") from error
