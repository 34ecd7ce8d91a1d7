"""Owns what is known of other systems' files: which wrote this one, and what its cells hold. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from newsletter.subscribing.words import fold
from storage.model import read_tags


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
    """Which column of a file means what. Names are folded, as newsletter/subscribing/words.py does it."""

    origin: Origin
    email: str = "email"
    name: tuple[str, ...] = ("name",)
    tags: str = "tags"
    created_at: str = "created at"
    confirmed_at: str = "confirmed at"
    beside: frozenset[str] = frozenset()
    """Columns that speak of something else than they seem to."""

    @property
    def is_plain(self) -> bool:
        """Whether the file follows our own documentation, so that it can be taken by its word."""
        return self.origin is Origin.PLAIN

    @property
    def read(self) -> frozenset[str]:
        """The columns that are read for what they hold."""
        own = {self.email, self.tags, self.created_at, self.confirmed_at, "consent"}
        return frozenset(own.union(self.name))


_EMAIL_NAMES: Final = tuple(
    fold(name)
    for name in (
        *("email", "email address", "e-mail", "e-mail address", "mail", "mail address", "emails"),
        *("subscriber email", "user email", "member email", "contact email", "primary email"),
        *("email id", "emailid", "emailaddress", "E-Mail-Adresse", "Email-Adresse", "Emailadresse"),
        *("Mailadresse", "adresse e-mail", "adresse email", "adresse mail", "courriel"),
        *("correo electrónico", "correo", "dirección de correo electrónico", "indirizzo email"),
        *(
            "indirizzo e-mail",
            "endereço de e-mail",
            "endereço de email",
            "e-mailadres",
            "emailadres",
        ),
        *("e-post", "epost", "e-postadress", "e-postadresse", "sähköposti", "adres e-mail"),
        *("adres email", "e-posta", "メールアドレス", "邮箱", "电子邮件", "이메일", "почта"),
        *("электронная почта", "електронна пошта", "電子郵件", "電子信箱", "电邮", "邮箱地址"),
        *("e-mail cím", "e-mailová adresa", "adresa de e-mail", "ηλεκτρονικό ταχυδρομείο"),
        *("אימייל", "דואר אלקטרוני", "البريد الإلكتروني", "อีเมล", "địa chỉ email", "alamat email"),
        *("이메일 주소", "메일 주소", "E-Mailadresse", "email cím", "user.email"),
        *("e-mail 1 - value", "person - email - work", "person - email"),
        *("subscriber", "address"),
    )
)
"""What a column of addresses is called; the first that is there holds them."""

_NAMES: Final = (
    *(("name", "last name"), ("first name", "last name"), ("firstname", "lastname")),
    *(("fname", "lname"), ("vorname", "nachname"), ("prénom", "nom"), ("voornaam", "achternaam")),
    *(("nombre", "apellido"), ("nombre", "apellidos"), ("nome", "cognome"), ("nome", "sobrenome")),
    *(("imię", "nazwisko"), ("имя", "фамилия"), ("ad", "soyad"), ("förnamn", "efternamn")),
    *(("fornavn", "etternavn"), ("fornavn", "efternavn"), ("jméno", "příjmení")),
    *(("full name",), ("fullname",), ("display name",), ("user.name",), ("person - name",)),
    *(("氏名",), ("名前",), ("お名前",), ("姓名",), ("이름",), ("naam",)),
)
"""What the columns of a name are called, in the order in which it is written; the first that begin in a
header are read.
"""

_SIGNS: Final[tuple[tuple[frozenset[str], Dialect], ...]] = (
    (frozenset({"email", "state", "created at", "suppressed"}), Dialect(origin=Origin.OURS)),
    (
        frozenset({"email address", "optin time"}),
        Dialect(
            origin=Origin.MAILCHIMP,
            email="email address",
            name=("first name", "last name"),
            created_at="optin time",
            confirmed_at="confirm time",
        ),
    ),
    (
        frozenset({"email", "active subscription"}),
        # It says whether somebody pays: whoever does not is a reader as well.
        Dialect(origin=Origin.SUBSTACK, beside=frozenset({"active subscription"})),
    ),
    (
        frozenset({"email", "stripe plan", "cancel date"}),
        # When the payments end, or a plan does; a column of its own says who left.
        Dialect(origin=Origin.SUBSTACK, beside=frozenset({"cancel date", "expiration date"})),
    ),
    (frozenset({"email", "email disabled"}), Dialect(origin=Origin.SUBSTACK)),
    (frozenset({"email", "subscribed to emails"}), Dialect(origin=Origin.GHOST, tags="labels")),
    (frozenset({"email", "status", "attributes"}), Dialect(origin=Origin.LISTMONK)),
    (
        frozenset({"email", "creation date"}),
        Dialect(origin=Origin.BUTTONDOWN, created_at="creation date"),
    ),
    (
        frozenset({"email", "subscriber type"}),
        Dialect(origin=Origin.BUTTONDOWN, created_at="creation date"),
    ),
)
"""Columns that give a system away; the first that are all there decide."""


def recognise(names: tuple[str, ...]) -> Dialect | None:
    """The dialect of a folded header; None when no column holds addresses."""
    for signs, dialect in _SIGNS:
        if signs.issubset(names):
            return dialect
    email = next((name for name in _EMAIL_NAMES if name in names), None)
    if email is None:
        return None
    folded = [tuple(map(fold, parts)) for parts in _NAMES]
    whole = (parts for parts in folded if set(parts).issubset(names))
    name = next(whole, None) or next((one for one in folded if one[0] in names), ("name",))
    return Dialect(origin=Origin.PLAIN, email=email, name=name)


# ── cells ────────────────────────────────────────────────────────────────────────────────────

_BLANKS: Final = re.compile(r"\s+")
_JOINERS: Final = "\u200c\u200d"
"""Seen in what they join: Persian names are spelt with the one, 👩‍🚀 is three characters with the other."""
_SIDES: Final = "\u200e\u200f\u061c"
"""Marks of direction: they keep what stands beside letters from right to left in its place."""
_FLAG: Final = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,16}\U000e007f)"
)
"""Of a region, spelt in tag characters (UTS 51, ED-14a); anywhere else those are hidden."""
_HALF_FLAG: Final = re.compile("\U0001f3f4[\U000e0030-\U000e007a]+\\Z")
_SPELT_WITH: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u180e\U000110bd\U000110cd"
)
"""Of the invisible by their category what is seen: Arabic signs of numbers, the vowel separator of Mongolian."""


def clean_text(text: str, limit: int) -> str:
    """One line in NFC without control or invisible formatting characters, at most `limit` long.

    What a name is spelt with stays: joiners, selectors of variants, marks of direction beside letters from right
    to left, the tags within a flag.
    """
    if not text:
        return ""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())[:limit].rstrip()
    whole = unicodedata.normalize("NFC", text)
    kept = _SPELT_WITH.union(_JOINERS, _SIDES if _goes_left(whole) else "")
    visible = "".join(
        piece if at % 2 else _show(piece, kept) for at, piece in enumerate(_FLAG.split(whole))
    )
    cut = _BLANKS.sub(" ", visible).strip()[:limit]
    return _HALF_FLAG.sub("", cut).rstrip()


def _show(text: str, kept: Collection[str]) -> str:
    return "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace()
        or character in kept
        or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    )


def _goes_left(text: str) -> bool:
    """Whether there are letters from right to left."""
    return any(
        unicodedata.bidirectional(character) in {"R", "AL"}
        and unicodedata.category(character)[0] == "L"
        for character in text
    )


@lru_cache(maxsize=4096)
def split_tags(cell: str) -> tuple[str, ...]:
    """Tags separated by commas, each possibly in quotes, without repetitions.

    A comma inside the quotes is the tag's own.
    """
    tags = (clean_text(tag.replace('"', ""), 100) for tag in read_tags(cell))
    return tuple(dict.fromkeys(filter(None, tags)))


_ZONE: Final = re.compile(r" ([+-]\d\d:?\d\d)$")


@lru_cache(maxsize=4096)
def parse_time(text: str) -> datetime | None:
    """A time or date of ISO 8601, or of RFC 5322, in UTC if it does not say; None for an empty cell.

    Raises ValueError.
    """
    stripped = text.strip()
    if not stripped:
        return None
    if stripped[0].isalpha():
        parsed = parsedate_to_datetime(stripped)  # `Sat, 01 Jan 2022 10:00:00 UTC`
    else:
        parsed = datetime.fromisoformat(_ZONE.sub(r"\1", stripped.removesuffix(" UTC")))
    try:
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time at the end of the calendar") from error
