"""Unsubscribing by mail: the header that offers it, and the mails that ask for it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.compose.headers import build_mailto, further_bracket
from mailer.compose.skeleton import Assembly, Marks, Recipient, unsubscribe_field
from mailer.inbound.leaving import find_leave_keys
from newsletter.secret import Keyring
from newsletter.tokens import Tokens
from storage.model.errors import MessageError
from tests.peers.mailboxes.readers import wishes
from tests.sizes import examples
from tests.worlds.rows import each

TOKENS = Tokens(Keyring(secrets=(b"s" * 32,)))
KEY = TOKENS.leave_key(44)
ADDRESS = f"notes+{KEY}@example.com"
RECIPIENT = Recipient(
    address="ada@example.org",
    ascii="ada@example.org",
    name="",
    message_token="a",
    return_path="notes@example.com",
    unsubscribe_token=TOKENS.unsubscribe(44),
    preferences_token="p",
    date=datetime(2026, 11, 22, tzinfo=UTC),
)

LINK = "https://notes.example.com/unsubscribe/"

# ── the header ───────────────────────────────────────────────────────────────────────────────


def _field(link: str, mailto: str = "") -> bytes:
    """The field as a copy has it."""
    assembly = Assembly(Marks("x"))
    assembly.head(unsubscribe_field(link))
    made = assembly.finish(html_size=0, smtputf8=False, warnings=[])
    return made.fill(replace(RECIPIENT, unsubscribe_mailto=mailto)).content.removesuffix(b"\r\n")


def test_the_link_comes_first_and_the_mailto_second() -> None:
    """One HTTPS URI, preferred, then the mailto; each in brackets without a blank (rules A3, A14)."""
    mailto = build_mailto(KEY, "notes@example.com")
    value = _field(LINK, mailto).decode("ascii").partition(": ")[2].replace("\r\n ", " ").strip()
    assert [uri.strip() for uri in value.split(",")] == [
        f"<{LINK}{TOKENS.unsubscribe(44)}>",
        f"<{mailto}>",
    ]


def test_without_a_way_in_there_is_only_the_link() -> None:
    """Nobody is asked to write to a mailbox that nothing reads (rule A3)."""
    assert _field(LINK) == f"List-Unsubscribe: <{LINK}{TOKENS.unsubscribe(44)}>\r\n".encode()


@each("length", [60, 78, 120, 400, 850])
def test_long_addresses_are_not_encoded(length: int) -> None:
    """Neither URI becomes an encoded-word, and it unfolds to the same (rule A4)."""
    link = f"https://notes.example.com/{'a' * (length - 26)}/"
    mailto = f"mailto:notes+{'b' * (length - 23)}@example.com"
    field = _field(link, mailto)
    assert b"=?" not in field
    assert max(map(len, field.split(b"\r\n"))) <= 998
    parsed = message_from_bytes(field + b"\r\n", policy=policy.default)["List-Unsubscribe"]
    assert re.findall(r"<([^<>]*)>", parsed) == [link + TOKENS.unsubscribe(44), mailto]


@each("bad", ["mailto:a b@c", "mailto:a>b@c", "mailto:é@c", "m" * 996])
def test_what_cannot_stand_in_a_header_is_refused(bad: str) -> None:
    """A mailto is held to the same as the link."""
    with pytest.raises(MessageError):
        _field(LINK, bad)


def test_no_line_is_too_long() -> None:
    """998 octets, the comma included, with the longest token (RFC 5322 2.1.1); one more is refused."""
    room = 998 - len("List-Unsubscribe: <>,") - 75
    longest = replace(RECIPIENT, unsubscribe_token="t" * 75, unsubscribe_mailto="b" * 995)
    assembly = Assembly(Marks("x"))
    assembly.head(unsubscribe_field("a" * room))
    content = assembly.finish(html_size=0, smtputf8=False, warnings=[]).fill(longest).content
    assert [len(line) for line in content.split(b"\r\n")] == [998, 998, 0, 0]
    with pytest.raises(MessageError):
        unsubscribe_field("a" * (room + 1))
    with pytest.raises(MessageError):
        further_bracket("List-Unsubscribe", "b" * 996)


@each("local", ["notes", "a.b", "no+tes", "x%y", "a&b=c?d#e", "a/b'c!d"])
def test_a_mailto_reads_back(local: str) -> None:
    """A mail program finds address and subject as they were meant (RFC 6068 2)."""
    parts = urlsplit(build_mailto(KEY, f"{local}@example.com"))
    assert unquote(parts.path) == f"{local}+{KEY}@example.com"
    assert parse_qs(parts.query) == {"subject": [f"unsubscribe {KEY}"]}


def test_a_key_fits_an_address() -> None:
    """The longest sender and ten thousand million readers: 64 octets are not passed (rule A34)."""
    local = f"{'a' * 31}+{TOKENS.leave_key(10**10)}"
    assert len(local) <= 64


# ── keys ─────────────────────────────────────────────────────────────────────────────────────


def test_a_key_is_good_for_one_purpose() -> None:
    """It names its reader; links, return paths and keys do not pass for one another (rule C11)."""
    assert TOKENS.read_leave_key(KEY) == 44
    assert TOKENS.read_leave_key(KEY.upper()) == 44
    assert TOKENS.read_unsubscribe(KEY) is None
    assert TOKENS.read_leave_key(TOKENS.unsubscribe(44)) is None
    assert TOKENS.read_return_path(ADDRESS) is None
    mac = TOKENS.return_path(7, 44, "n@e.example").rpartition(".")[0][-12:]
    assert TOKENS.read_leave_key(f"u44.{mac}0000") is None


@each("at", range(len(KEY)))
def test_a_key_with_any_character_changed_is_none(at: int) -> None:
    """Nobody leaves by a guess (rule A10)."""
    for other in "01fu.":
        if other != KEY[at]:
            assert TOKENS.read_leave_key(KEY[:at] + other + KEY[at + 1 :]) is None


def test_a_key_outlives_a_rotation() -> None:
    """A new secret on top takes nothing away from old mails (rule A11)."""
    rotated = Tokens(Keyring(secrets=(b"n" * 32, b"s" * 32)))
    assert rotated.read_leave_key(KEY) == 44
    assert rotated.leave_key(44) != KEY


# ── the mails ────────────────────────────────────────────────────────────────────────────────


@each("name", wishes(ADDRESS, KEY))
def test_every_program_is_understood(name: str) -> None:
    """Address or subject, decorated or encoded, whoever it says it is from (rule C11)."""
    mail = wishes(ADDRESS, KEY)[name]
    assert find_leave_keys(mail)[0] == KEY
    for ends in (b"\n", b"\r"):
        assert find_leave_keys(mail.replace(b"\r\n", ends)) == find_leave_keys(mail)


def test_the_envelope_is_tried_first() -> None:
    """What the mail system says comes before what is written in the mail (rule C2)."""
    other = TOKENS.leave_key(45)
    mail = wishes(ADDRESS, KEY)["plain"]
    keys = find_leave_keys(mail, envelope_to=f"notes+{other}@example.com")
    assert keys == (other, KEY)


def test_a_key_in_the_text_is_none() -> None:
    """A mail that quotes one of ours asks for nothing (rule C2)."""
    mail = f"To: notes@example.com\r\nSubject: hello\r\n\r\nList-Unsubscribe: <{ADDRESS}>\r\n"
    assert find_leave_keys(mail.encode()) == ()


def test_words_like_a_key_are_none() -> None:
    """A key stands alone: part of a longer word is not one."""
    for words in (f"x{KEY}", f"{KEY}0", KEY[:-1], "u.0123456789abcdef", "you are at 44.0"):
        assert find_leave_keys(f"Subject: {words}\r\n\r\n".encode()) == ()


def test_any_mail_is_read(slow: bool) -> None:
    """Whatever comes, reading it does not raise (rule C12)."""

    @settings(max_examples=5000 if slow else examples(100), deadline=None)
    @given(st.binary(max_size=400), st.text(max_size=80))
    def check(raw: bytes, envelope_to: str) -> None:
        assert isinstance(find_leave_keys(raw, envelope_to=envelope_to), tuple)

    check()


def test_damaged_mails_are_read(slow: bool) -> None:
    """A mail cut anywhere and changed anywhere is read, and yields a key of ours or none (C12)."""

    @settings(max_examples=5000 if slow else examples(100), deadline=None)
    @given(st.sampled_from(sorted(wishes(ADDRESS, KEY))), st.data())
    def check(name: str, data: st.DataObject) -> None:
        mail = bytearray(wishes(ADDRESS, KEY)[name])
        for _ in range(data.draw(st.integers(0, 5))):
            mail[data.draw(st.integers(0, len(mail) - 1))] = data.draw(st.integers(0, 255))
        end = data.draw(st.integers(0, len(mail)))
        found = [TOKENS.read_leave_key(key) for key in find_leave_keys(bytes(mail[:end]))]
        assert set(found) <= {44, None}

    check()
