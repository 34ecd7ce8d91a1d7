"""Header fields: folded, encoded, never forged."""

from __future__ import annotations

import email
import email.header
import email.policy
import random
import re
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.compose import headers
from storage.model.errors import MessageError
from tests.sizes import examples
from tests.worlds.rows import each

_WORD = re.compile(rb"=\?utf-8\?[qb]\?[^? ]*\?=")
_POOLS = (
    'abc DEF  ,.<>@"=?_:;()[]\\ ',
    "äöüß é ",
    "日本語テキスト ",
    "😀👍🏽 x",
    "".join(map(chr, (*range(32, 0x2028), 0x1F600))),
)

_PRINTABLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="=?")


def _read(raw: bytes, name: str) -> str:
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", raw)  # RFC 5322 2.2.3
    message = email.message_from_bytes(unfolded + b"\r\n")
    return str(email.header.make_header(email.header.decode_header(message[name])))


def _faults(raw: bytes) -> list[bytes]:
    """Lines that break RFC 2047 2 or 5."""
    lines = raw.removesuffix(b"\r\n").split(b"\r\n")
    encoded = [line for line in lines if b"=?utf-8" in line]
    return [
        line
        for line in encoded
        if len(line) > 76
        or any(len(word) > 75 for word in _WORD.findall(line))
        or b"?==?" in line
        or (line != lines[0] and not line.startswith(b" "))
    ]


def test_five_thousand_subjects_have_no_fault() -> None:
    """Random subjects, five thousand in the full size, keep every limit of RFC 2047 and read back exactly (rule A22)."""
    source = random.Random(20261122)
    for _ in range(examples(5000)):
        mixed = "".join(source.sample(_POOLS, 2))
        subject = "".join(source.choices(mixed, k=source.randrange(100)))
        raw = headers.text_field("Subject", subject)
        assert _faults(raw) == []
        assert _read(raw, "Subject") == headers.one_line(subject)


@given(st.lists(st.text(_PRINTABLE, min_size=1, max_size=67), min_size=1, max_size=9))
def test_a_subject_that_is_ascii_is_not_encoded(words: list[str]) -> None:
    """However long it is, as long as each word fits on a line (RFC 5322 2.1.1): filters count a subject that
    is encoded without need against it.
    """
    subject = " ".join(words)
    raw = headers.text_field("Subject", subject)
    assert b"=?utf-8?" not in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert _read(raw, "Subject") == subject


@given(st.text(max_size=120))
@settings(max_examples=examples(200), deadline=None)
def test_no_text_forges_a_header(text: str) -> None:
    """Whatever a title or a name holds, it stays one field of one message (rule A21)."""
    hostile = f"{text}\r\nBcc: x@example.com\u2028Bcc: y@example.com"
    for raw in (
        headers.text_field("Subject", hostile),
        headers.mailbox_field("To", hostile, "ada@example.com"),
        headers.list_id_field(hostile, "newsletter.example.com"),
    ):
        message = email.message_from_bytes(raw + b"\r\nbody")
        assert len(message.keys()) == 1
        assert all(line.startswith(b" ") for line in raw.split(b"\r\n")[1:-1])
        assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", raw)


@each("length", [60, 78, 120, 400])
def test_a_url_is_never_encoded_or_broken(length: int) -> None:
    """One-click dies with an encoded List-Unsubscribe, so it is written as it is (rule A4)."""
    url = "https://notes.example.com/unsubscribe/" + "aB9-_" * (length // 5)
    raw = headers.bracket_field("List-Unsubscribe", url)
    assert raw == f"List-Unsubscribe: <{url}>\r\n".encode()


@each("url", ["https://e.com/a b", "https://e.com/>\r\nBcc: x", "https://e.com/é", "h" * 1000])
def test_a_url_that_a_header_cannot_carry_is_refused(url: str) -> None:
    """A blank, a bracket, a line end, a letter outside ASCII, a line too long: MessageError."""
    with pytest.raises(MessageError):
        headers.bracket_field("List-Unsubscribe", url)


@each(
    "name",
    [
        "Working Notes",
        "Ada, Bob & Co <x@y>",
        'He said "hi" \\ there',
        "notes@example.com",
        "Zoë’s “Notes”",
        "Notes (weekly); and more: things",
        "=?utf-8?q?Bcc?=",
        "J. R. Hartley",
        "A very long plain name that goes on and on and on until the line is over",
    ],
)
def test_a_display_name_reads_back_to_one_mailbox(name: str) -> None:
    """From parses to the one mailbox that was meant, whatever its name (rule A23)."""
    raw = headers.mailbox_field("From", name, "notes@example.com")
    message = email.message_from_bytes(raw + b"\r\n", policy=email.policy.default)
    (address,) = message["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "notes@example.com")
    assert max(map(len, raw.split(b"\r\n"))) <= 76


@given(st.text(max_size=90))
@settings(max_examples=examples(150), deadline=None)
def test_any_display_name_leaves_the_address_alone(name: str) -> None:
    """The addr-spec is never encoded, and no name adds a second mailbox (rules A4, A23)."""
    raw = headers.mailbox_field("To", name, "ada@example.com")
    message = email.message_from_bytes(raw + b"\r\n", policy=email.policy.default)
    assert [a.addr_spec for a in message["To"].addresses] == ["ada@example.com"]
    assert b"ada@example.com" in raw
    assert _faults(raw) == []


@each("address", ["a@b> c", "a@b\r\nBcc: x@y", "a @b", "a\x00@b"])
def test_an_address_that_a_header_cannot_carry_is_refused(address: str) -> None:
    """Defence behind the parser: no blank, bracket or control reaches To (rule A21)."""
    with pytest.raises(MessageError):
        headers.mailbox_field("To", "Ada", address)


def test_the_list_id_has_an_ascii_identifier_behind_any_title() -> None:
    """A foreign title does not touch the identifier (rule A15)."""
    raw = headers.list_id_field("Ünïcode “Notes”", "newsletter.notes.example.com")
    assert raw.endswith(b"<newsletter.notes.example.com>\r\n")
    assert _read(raw, "List-Id") == "Ünïcode “Notes” <newsletter.notes.example.com>"


def test_a_date_has_a_numeric_zone() -> None:
    """Date is the moment of the copy, in UTC, with a numeric zone (rule A20)."""
    moment = datetime(2026, 11, 22, 9, 30, 15, tzinfo=timezone(timedelta(hours=-8)))
    assert headers.date_field(moment) == b"Date: Sun, 22 Nov 2026 17:30:15 +0000\r\n"


def test_a_date_without_a_zone_is_refused() -> None:
    """A naive time would be read as the machine's, so it is an error."""
    with pytest.raises(MessageError):
        headers.date_field(datetime(2026, 11, 22, 9, 30))  # noqa: DTZ001 (that is the point)
