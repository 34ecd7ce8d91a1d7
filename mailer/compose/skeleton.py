"""A message compiled once, and the places in it that differ per recipient. Pure.

The quoted-printable text between two slots is encoded once. A slot's value stands on a line of its
own between two soft line breaks, so filling a message is joining bytes:

    Skeleton.fill(recipient)  =  join(fixed, To, fixed, Message-ID, …, fixed, link, fixed) → Envelope
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from html import escape
from operator import attrgetter
from typing import Final, TypeAlias

from mailer.authentication import relax_lines
from mailer.compose import headers, quoted
from mailer.envelope import Envelope
from storage.model import MessageError, Remark

Fill = Callable[["Recipient"], bytes]
"""Writes a header field, or a part of one."""

Read = Callable[["Recipient"], str]
"""Takes one value from a recipient, as it is."""

_SLOT_ROOM: Final = 512
"""Octets allowed for each personal value: more than a header field or a link takes."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Recipient:
    """Everything that differs between two copies of a message.

    Tokens are ASCII letters and digits, and but for the one that confirms no longer than a line.
    One is made for every copy, so it is the type checker that keeps it from being changed.
    """

    address: Final[str]
    """As the reader wrote it; shown in the mail."""
    ascii: Final[str]
    """For envelope and To: domain as A-labels (rule A28)."""
    name: Final[str]
    """May be empty. Not used in confirmations (rule F7)."""
    message_token: Final[str]
    """What stands before the @ of the Message-ID; the same on every retry (rule A19)."""
    return_path: Final[str]
    """Reverse-path of this copy (rule A34)."""
    unsubscribe_token: Final[str] = field(repr=False)
    """The end of the link to leave, which is this reader's own."""
    preferences_token: Final[str] = field(repr=False)
    date: Final[datetime]
    """When this copy is made, with a zone (rule A20)."""
    confirm_token: Final[str] = field(default="", repr=False)
    """Only for a confirmation."""
    unsubscribe_mailto: str = field(default="", repr=False)
    """A mailto URI that does what the link to leave does; empty where no mail can come in."""


class Personal(StrEnum):
    """What a slot holds. Of a link that is only its token: what stands before it is the same for everybody."""

    NAME = "name"
    """The reader's name, or the slot's default."""
    EMAIL = "email"
    """The address as the reader wrote it."""
    UNSUBSCRIBE = "unsubscribe"
    """The token of the link to leave."""
    PREFERENCES = "preferences"
    """That of the link to the reader's own page."""
    CONFIRM = "confirm"
    """That of the link that confirms."""
    MESSAGE = "message"
    """That of the Message-ID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place in the text, and what stands there when there is no value."""

    what: Personal
    default: str = ""

    def show(self, value: str) -> str:
        """What a reader sees here: one line, without control characters (rule A21)."""
        return headers.one_line(value) or self.default

    def encode(self, value: str) -> tuple[bytes, bytes]:
        """The same in quoted-printable, for the text and escaped for the HTML."""
        shown = self.show(value)
        return quoted.encode_value(shown), quoted.encode_value(escape(shown))


Part: TypeAlias = bytes | Fill | Personal
"""What a header is put together from; of what is personal only tokens."""

_VALUES: Final[dict[Personal, Read]] = {
    Personal.NAME: attrgetter("name"),
    Personal.EMAIL: attrgetter("address"),
    Personal.UNSUBSCRIBE: attrgetter("unsubscribe_token"),
    Personal.PREFERENCES: attrgetter("preferences_token"),
    Personal.CONFIRM: attrgetter("confirm_token"),
    Personal.MESSAGE: attrgetter("message_token"),
}
_TOKENS: Final = frozenset({Personal.UNSUBSCRIBE, Personal.PREFERENCES, Personal.MESSAGE})
"""What is written the same wherever it stands, as it fits on a line and has nothing to be escaped."""


class Marks:
    """Stand-ins for slots while a message is laid out.

    A mark is letters and digits that hold the hash of the whole content, so no content can contain
    one by accident or on purpose; and the same content always gives the same bytes.
    """

    def __init__(self, *content: str) -> None:
        joined = "\0".join(content).encode("utf-8", "replace")
        self.digest: Final = hashlib.sha256(joined).hexdigest()[:32]
        self._slots: list[Slot] = []
        self._pattern = re.compile(rf"x{self.digest}n(\d+)x")

    def put(self, what: Personal, default: str = "") -> str:
        """A mark for this slot."""
        slot = Slot(what=what, default=default)
        if slot not in self._slots:
            self._slots.append(slot)
        return f"x{self.digest}n{self._slots.index(slot)}x"

    def split(self, text: str) -> list[str | Slot]:
        """Fixed text and slots, in turn; fixed text first and last, maybe empty."""
        pieces: list[str | Slot] = list(self._pattern.split(text))
        for at in range(1, len(pieces), 2):
            pieces[at] = self._slots[int(str(pieces[at]))]
        return pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where one slot's value goes, as indices into `Skeleton.pieces`."""

    slot: Slot
    read: Read
    empty: tuple[bytes, bytes]
    """What stands there for an empty value, in the text and in the HTML."""
    text: tuple[int, ...]
    html: tuple[int, ...]
    places: tuple[int, ...]
    """Both: most values are written alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlaces:
    """Where one token goes, as indices into `Skeleton.pieces`."""

    read: Read
    places: tuple[int, ...]
    body: tuple[int, ...]
    """Those of them that are not in the header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """A message that wants nothing but a recipient."""

    pieces: tuple[bytes, ...] = field(repr=False)
    """The message in order; empty where something personal goes."""
    fields: tuple[tuple[int, Fill], ...] = field(repr=False)
    """(index in `pieces`, header field to be written there)."""
    relaxed: tuple[bytes, ...] = field(repr=False)
    """The same pieces of the body as DKIM hashes them (RFC 6376 3.4.4); empty those of the header.
    No blank stands where a piece ends, so relaxed pieces join to a relaxed body."""
    tokens: tuple[TokenPlaces, ...] = field(repr=False)
    slots: tuple[Places, ...] = field(repr=False)
    smtputf8: bool
    """Whether the sender's own address needs SMTPUTF8."""
    size: int
    """Octets that a copy will hardly exceed: an allowance for each slot is included (rule A40)."""
    html_size: int
    """Octets of the HTML part as it is sent, slots aside (rule D6)."""
    warnings: tuple[Remark, ...] = ()
    """For the author."""

    def fill(self, recipient: Recipient, *, relax: bool = False) -> Envelope:
        """The copy for this recipient: RFC 5322 bytes, CRLF, every line within 998 octets.

        The same recipient gives the same bytes. Values are escaped for where they stand (rule
        D21). With `relax` it comes with its body in the form that is to be signed. Raises MessageError when a value cannot
        stand in a header.
        """
        pieces = list(self.pieces)
        for place, write in self.fields:
            pieces[place] = write(recipient)
        for token in self.tokens:
            written = token.read(recipient).encode()
            if not written.isalnum() or len(written) > quoted.LINE:
                raise MessageError("a token is of letters and digits, and fits on a line")
            for place in token.places:
                pieces[place] = written
        for slot in self.slots:
            value = slot.read(recipient)
            if (plain := quoted.encode_plain(value)) is not None:
                for place in slot.places:
                    pieces[place] = plain
                continue
            text, html = slot.slot.encode(value) if value else slot.empty
            for place in slot.text:
                pieces[place] = text
            for place in slot.html:
                pieces[place] = html
        smtputf8 = self.smtputf8 or not recipient.ascii.isascii()
        return Envelope(
            sender=recipient.return_path,
            recipient=recipient.ascii,
            content=b"".join(pieces),
            smtputf8=smtputf8,
            plain=not smtputf8,  # headers fold with a blank, quoted.py guards dots and line ends
            relaxed=self._relax(pieces) if relax else b"",
        )

    def _relax(self, pieces: Sequence[bytes]) -> bytes:
        relaxed = list(self.relaxed)
        for token in self.tokens:
            for place in token.body:
                relaxed[place] = pieces[place]
        for slot in self.slots:
            for place in slot.places:
                relaxed[place] = relax_lines(pieces[place])
        return b"".join(relaxed)


class Assembly:
    """Puts bytes and slots one after the other, and hands out the Skeleton."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._pieces: list[bytes] = [b""]
        self._body_at = 0
        self._fields: list[tuple[int, Fill]] = []
        self._tokens: dict[Personal, list[int]] = {}
        self._slots: dict[Slot, tuple[list[int], list[int]]] = {}

    def head(self, parts: Iterable[Part]) -> None:
        """The header, in this order, and the empty line after it."""
        for part in parts:
            if isinstance(part, bytes):
                self._add(part)
            elif isinstance(part, Personal):
                self._tokens.setdefault(part, []).append(self._place())
            else:
                self._fields.append((self._place(), part))
        self._add(b"\r\n")
        self._body_at = len(self._pieces)
        self._pieces.append(b"")

    def alternatives(self, text: str, html: str) -> int:
        """Both parts, the plain one first (RFC 2046 5.1.4); returns the octets of the HTML."""
        self._delimiter("text/plain")
        self._body(text, html=False)
        self._add(b"\r\n")
        self._delimiter("text/html")
        before = self._length()
        self._body(html, html=True)
        octets = self._length() - before
        self._add(f"\r\n--{boundary(self._marks)}--\r\n".encode())
        return octets

    def finish(self, *, html_size: int, smtputf8: bool, warnings: Sequence[Remark]) -> Skeleton:
        """The Skeleton of all that was added."""
        personal = len(self._fields) + sum(len(t) + len(h) for t, h in self._slots.values())
        personal += sum(map(len, self._tokens.values()))
        return Skeleton(
            pieces=tuple(self._pieces),
            fields=tuple(self._fields),
            relaxed=(*[b""] * self._body_at, *map(relax_lines, self._pieces[self._body_at :])),
            tokens=tuple(
                TokenPlaces(
                    read=_VALUES[what],
                    places=tuple(places),
                    body=tuple(place for place in places if place > self._body_at),
                )
                for what, places in self._tokens.items()
            ),
            slots=tuple(
                Places(
                    slot=slot,
                    read=_VALUES[slot.what],
                    empty=slot.encode(""),
                    text=tuple(text),
                    html=tuple(html),
                    places=(*text, *html),
                )
                for slot, (text, html) in self._slots.items()
            ),
            smtputf8=smtputf8,
            size=self._length() + _SLOT_ROOM * personal,
            html_size=html_size,
            warnings=tuple(warnings),
        )

    def _add(self, piece: bytes) -> None:
        """Fixed text; the last piece is always one that may grow."""
        self._pieces[-1] += piece

    def _place(self) -> int:
        """The index of a place for something personal."""
        self._pieces += [b"", b""]
        return len(self._pieces) - 2

    def _body(self, text: str, *, html: bool) -> None:
        for piece in self._marks.split(text):
            if isinstance(piece, Slot):
                self._put(piece, html=html)
                self._add(quoted.SOFT_BREAK)
            elif piece:
                self._add(quoted.encode(piece))
                self._add(b"" if piece.endswith("\n") else quoted.SOFT_BREAK)

    def _put(self, slot: Slot, *, html: bool) -> None:
        if slot.what in _TOKENS:
            places = self._tokens.setdefault(slot.what, [])
        else:
            places = self._slots.setdefault(slot, ([], []))[html]
        places.append(self._place())

    def _delimiter(self, kind: str) -> None:
        self._add(
            (
                f"--{boundary(self._marks)}\r\n"
                f"Content-Type: {kind}; charset=utf-8\r\n"
                "Content-Transfer-Encoding: quoted-printable\r\n"
                "\r\n"
            ).encode()
        )

    def _length(self) -> int:
        return sum(map(len, self._pieces))


def boundary(marks: Marks) -> str:
    """The same for the same content; quoted-printable can never contain it (RFC 2045 6.7)."""
    return f"=_{marks.digest}"


def to_field(recipient: Recipient) -> bytes:
    """To with the reader's name (rule A39)."""
    return headers.mailbox_field("To", recipient.name, recipient.ascii)


def bare_to_field(recipient: Recipient) -> bytes:
    """To without a name: nobody proved yet that it is theirs (rule F7)."""
    return headers.mailbox_field("To", "", recipient.ascii)


def message_id_field(domain: str) -> tuple[Part, ...]:
    """Message-ID (RFC 5322 3.6.4) in this domain. Raises MessageError when it cannot stand there."""
    whole = headers.bracket_field("Message-ID", f"@{domain}")
    at = whole.index(b"@")
    return (whole[:at], Personal.MESSAGE, whole[at:])


def date_field(recipient: Recipient) -> bytes:
    """Date of this copy (rule A20)."""
    return headers.date_field(recipient.date)


def unsubscribe_field(link: str) -> tuple[Part, ...]:
    """List-Unsubscribe with one HTTPS URL (RFC 8058 3.1), the link and its reader's token, and after it a mailto if
    there is one.

    Raises MessageError when the link cannot stand in a header.
    """
    whole = headers.bracket_field("List-Unsubscribe", link + "0" * quoted.LINE, after=1)
    begun = whole[: -quoted.LINE - len(b">\r\n")]
    return (begun, Personal.UNSUBSCRIBE, b">", _mailto, b"\r\n")


def _mailto(recipient: Recipient) -> bytes:
    mailto = recipient.unsubscribe_mailto
    return headers.further_bracket("List-Unsubscribe", mailto) if mailto else b""


def subject_field(pieces: Sequence[str | Slot]) -> bytes | Fill:
    """Subject; written anew for each recipient only if it has a slot."""
    if len(pieces) == 1:
        return headers.text_field("Subject", str(pieces[0]))
    return lambda recipient: headers.text_field(
        "Subject", "".join([_written(piece, recipient) for piece in pieces])
    )


def _written(piece: str | Slot, recipient: Recipient) -> str:
    return piece if isinstance(piece, str) else piece.show(_VALUES[piece.what](recipient))
