"""Files of subscribers: every system's columns, every spreadsheet's habits, and our own export."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.subscribing.dialects import clean_text
from newsletter.subscribing.files import find_delimiter, open_rows, read_rows, write_rows
from newsletter.subscribing.records import ExportedSubscriber, RefusedRow, SubscriberRow
from storage.model.errors import SubscriberFileError
from storage.model.readers import (
    ConsentEvent,
    ConsentEventKind,
    Subscriber,
    SubscriberState,
    Suppression,
    SuppressionReason,
)
from tests.sizes import examples
from tests.worlds.rows import each

WHEN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def read(text: str) -> list[SubscriberRow | RefusedRow]:
    """The rows of a file with this content, newlines as they are."""
    return list(read_rows(io.StringIO(text, newline="")))


def taken(text: str) -> SubscriberRow:
    """The one row of a file, which must have been taken."""
    (row,) = read(text)
    assert isinstance(row, SubscriberRow), row
    return row


def refused(text: str) -> RefusedRow:
    """The one row of a file, which must have been refused."""
    (row,) = read(text)
    assert isinstance(row, RefusedRow), row
    return row


def test_a_plain_list_has_all_that_a_row_may_bring() -> None:
    """The documented columns mean what the documentation says."""
    row = taken(
        "email,name,tags,confirmed_at,consent\n"
        'ada@example.com,Ada Lovelace,"maths, poetry",2026-11-22T13:00:00+01:00,fair 2019\n'
    )
    assert (row.email, row.name, row.tags) == (
        "ada@example.com",
        "Ada Lovelace",
        ("maths", "poetry"),
    )
    assert (row.confirmed_at, row.consent, row.line) == (WHEN, "fair 2019", 2)


@each("delimiter", [",", ";", "\t"])
@each("newline", ["\n", "\r\n"])
def test_spreadsheets_may_write_as_they_like(delimiter: str, newline: str) -> None:
    """Commas, semicolons and tabs, LF and CRLF are all read."""
    text = newline.join(
        ["Email;Name".replace(";", delimiter), f"ada@example.com{delimiter}Ada", ""]
    )
    row = taken(text)
    assert (row.email, row.name) == ("ada@example.com", "Ada")


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    """A row is named by the line on which it begins, blank lines and quoted newlines included."""
    rows = read('email,name\n\na@example.com,"two\nlines"\nb@example.com,Bo\n,\nc@example.com,\n')
    assert [row.line for row in rows] == [3, 5, 7]
    assert isinstance(rows[0], SubscriberRow)
    assert rows[0].name == "two lines"


@each(
    ("text", "says"),
    [
        ("", "it has: nothing"),
        ("name,phone\nAda,1\n", "it has: name, phone"),
        ("ada@example.com\nbob@example.com\n", "it has: ada@example.com"),
        ('email\n"ada@example.com\n', "line 2 cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_what_it_has(text: str, says: str) -> None:
    """Without an e-mail column, or with a quote left open, the error says what was found where."""
    with pytest.raises(SubscriberFileError, match=says):
        read(text)


def test_a_row_with_too_many_cells_is_refused() -> None:
    """A comma that was not quoted shifts every later cell: nothing is guessed."""
    row = refused("email,name\nada@example.com,Lovelace,Ada\n")
    assert (row.line, row.email) == (2, "ada@example.com")
    assert row.reason == "has 3 cells, the header has 2"


def test_a_time_that_is_none_refuses_a_plain_row_and_not_a_foreign_one() -> None:
    """Our own documentation is held to; how another system writes times is not our reader's fault."""
    assert (
        "confirmed_at is not a time" in refused("email,confirmed_at\na@example.com,soon\n").reason
    )
    row = taken("email,active_subscription,created_at\na@example.com,false,soon\n")
    assert row.created_at is None


INSTANTS = st.integers(-(10**15), 10**15).map(lambda n: WHEN + timedelta(microseconds=n))
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20).map(
    lambda text: " ".join(text.split())
)


@st.composite
def exported(draw: st.DrawFn) -> ExportedSubscriber:
    """A subscriber with or without a suppression."""
    subscriber = Subscriber(
        id=1,
        address=draw(st.sampled_from(["ada@example.com", "=1+1@example.com", "'o@example.com"])),
        name=draw(st.one_of(st.just("=HYPERLINK(1)"), st.just("'=1"), WORDS.map(_nfc))),
        tags=draw(st.sampled_from([(), ("a",), ("-b", "@c")])),
        state=draw(st.sampled_from(SubscriberState)),
        nonce="",
        consent=draw(st.sampled_from(["", "+form", 'two\nlines, "quoted"'])),
        created_at=draw(INSTANTS),
        confirmed_at=draw(st.none() | INSTANTS),
        unsubscribed_at=draw(st.none() | INSTANTS),
    )
    suppression = Suppression(
        address_hash="0" * 64,
        address=subscriber.address,
        reason=draw(st.sampled_from(SuppressionReason)),
        evidence=draw(st.sampled_from(["", "550 5.1.1"])),
        created_at=draw(INSTANTS),
    )
    return ExportedSubscriber(
        subscriber=subscriber,
        suppression=draw(st.sampled_from([None, suppression])),
        proof=tuple(draw(st.lists(proofs(), max_size=3))),
    )


@st.composite
def proofs(draw: st.DrawFn) -> ConsentEvent:
    """A line of proof."""
    return ConsentEvent(
        subscriber_id=0,
        kind=draw(st.sampled_from(ConsentEventKind)),
        at=draw(INSTANTS),
        ip=draw(st.sampled_from(["", "192.0.2.1"])),
        source=draw(st.sampled_from(["", "https://notes.example.com/subscribe"])),
        text=draw(st.sampled_from(["", "+form", 'I "agree",\nversion 2'])),
        message_id=draw(st.sampled_from(["", "<1@example.com>"])),
    )


def _nfc(text: str) -> str:
    return text if text.isascii() else ""


@settings(max_examples=examples(50))
@given(st.lists(exported(), min_size=1, max_size=3))
def test_an_export_reads_back_as_it_was(rows: list[ExportedSubscriber]) -> None:
    """State, name, tags, times, suppression, consent and its proof survive the way out and in (F9)."""
    stream = io.StringIO(newline="")
    assert write_rows(rows, stream) == len(rows)
    back = read(stream.getvalue())
    for row, was in zip(back, rows, strict=True):
        assert isinstance(row, SubscriberRow)
        assert was.subscriber is not None
        assert {name: getattr(row, name) for name in KEPT} == {
            name: getattr(was.subscriber, name) for name in KEPT
        }
        assert row.email == was.subscriber.address
        assert row.proof == was.proof
        assert row.suppression == (was.suppression and was.suppression.reason)
        assert row.suppressed_at == (was.suppression and was.suppression.created_at)


@each(
    "cell",
    [
        "[",
        "5",
        "[5]",
        "[{}]",
        '[{""kind"": ""asked"", ""at"": ""2026-11-22T12:00:00Z""}]',
        '[{""kind"": ""requested"", ""at"": """"}]',
        '[{""kind"": ""requested"", ""at"": 5}]',
        '[{""kind"": ""requested"", ""at"": ""2026-11-22T12:00:00Z"", ""ip"": 5}]',
        '[{""kind"": ""requested"", ""at"": ""2026-11-22T12:00:00Z"", ""ip"": ""\\u0000""}]',
        '[{""kind"": ""requested"", ""at"": ""2026-11-22T12:00:00Z"", ""ip"": ""\\ud800""}]',
        "[" * 100_000,
    ],
)
def test_a_proof_that_was_tampered_with_refuses_its_row(cell: str) -> None:
    """What is no proof is not taken for one, and the rows beside it are."""
    rows = read(
        "email,state,created_at,suppressed,proof\n"
        f'a@example.com,active,2026-11-22,,"{cell}"\nb@example.com,active,2026-11-22,,\n'
    )
    assert [type(row) for row in rows] == [RefusedRow, SubscriberRow]


def test_a_long_proof_reads_back() -> None:
    """Somebody may have asked every day for years: no cell of an export is too large to read."""
    line = ConsentEvent(
        subscriber_id=0, kind=ConsentEventKind.REQUESTED, at=WHEN, text="I agree" * 20
    )
    reader = Subscriber(
        id=1,
        address="ada@example.com",
        name="",
        tags=(),
        state=SubscriberState.PENDING,
        nonce="",
        consent="",
        created_at=WHEN,
        confirmed_at=None,
        unsubscribed_at=None,
    )
    stream = io.StringIO(newline="")
    write_rows([ExportedSubscriber(subscriber=reader, proof=(line,) * 2000)], stream)
    assert taken(stream.getvalue()).proof == (line,) * 2000


KEPT = ("name", "tags", "state", "consent", "created_at", "confirmed_at", "unsubscribed_at")


@settings(max_examples=examples(50))
@given(exported())
def test_no_cell_of_an_export_is_a_formula(row: ExportedSubscriber) -> None:
    """A spreadsheet that opens an export runs nothing that a stranger typed."""
    stream = io.StringIO(newline="")
    write_rows([row], stream)
    _, cells = csv.reader(io.StringIO(stream.getvalue(), newline=""))
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


@settings(max_examples=examples(100))
@given(st.text(max_size=60))
def test_any_text_is_a_list_or_a_clear_error(tail: str) -> None:
    """Whatever follows the header, the reader returns rows or its own error, and nothing else."""
    with suppress(SubscriberFileError):
        assert all(row.line >= 2 for row in read(f"email,name\n{tail}"))


def test_a_file_is_read_as_it_is_needed() -> None:
    """A row is there before the rest of the file is read, so a file may be larger than memory."""

    def lines() -> io.StringIO | object:
        yield "email\n"
        yield "a@example.com\n"
        raise AssertionError("read too far")

    first = next(read_rows(lines()))  # type: ignore[arg-type]
    assert first.email == "a@example.com"


def test_times_keep_their_microseconds() -> None:
    """An instant is the same after an export, to the microsecond."""
    at = WHEN + timedelta(microseconds=1)
    stream = io.StringIO(newline="")
    alone = Suppression(
        address_hash="0" * 64,
        address="",
        reason=SuppressionReason.ERASED,
        evidence="",
        created_at=at,
    )
    write_rows([ExportedSubscriber(suppression=alone)], stream)
    row = taken(stream.getvalue())
    assert (row.suppressed_at, row.email, row.address_hash) == (at, "", "0" * 64)


@each(
    ("header", "delimiter"),
    [
        ('"Tags, all of them, separated";email;name', ";"),
        ('"a;b;c;d";email,name,"x;y"', ","),
        ('email\t"a,b,c,d"\tname', "\t"),
        ("email", ","),
    ],
)
def test_a_separator_inside_quotes_does_not_separate(header: str, delimiter: str) -> None:
    """The header's separators are counted where they separate."""
    assert find_delimiter(header) == delimiter


def test_quoted_tags_keep_their_commas() -> None:
    """A tag may be a phrase; where quotes do not pair, every comma separates."""
    row = taken('email,tags\na@example.com,"""maths, applied"",poetry,""prose"""\n')
    assert row.tags == ("maths, applied", "poetry", "prose")
    assert taken('email,tags\na@example.com,"6"" pipes, tools"\n').tags == ("6 pipes", "tools")


@each("above", ["sep=;\n", "Members of a group\n\n", "My list;\n;\n"])
def test_a_title_above_the_header_is_passed_over(above: str) -> None:
    """And lines are still counted from the top."""
    row = taken(f"{above}email;name\na@example.com;Ada\n")
    assert (row.name, row.line) == ("Ada", above.count("\n") + 2)


@each(
    "name",
    [
        "علی\u200cرضا",
        "👩\u200d🚀",
        "नमस्\u200dते",
        "Ann \U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "Ann \U0001f3f4\U000e0075\U000e0073\U000e0074\U000e0078\U000e007f Lee",
        "❤\ufe0f Ann",
        "葛\U000e0100城",
        "ẹ\u0301",
        "דר׳ כהן\u200f (PhD)",
        "\u061cعلي 2",
        "ᠮᠣᠩᠭᠣᠯ\u180eᠠ",
        "नमस्ते",
    ],
)
def test_a_name_keeps_what_it_is_spelt_with(name: str) -> None:
    """Joiners, selectors of variants, accents, a flag's tags, and marks of direction beside letters from right to
    left are spelling, not dirt.
    """
    assert taken(f"email,name\na@example.com,{name}\n").name == name


@each(
    "written, name",
    [
        ("Ann\U000e0067\U000e0062", "Ann"),
        ("Ann\U000e0001\U000e0065\U000e006e\U000e007f Lee", "Ann Lee"),
        ("\U0001f3f4\U000e0067\U000e0062", "\U0001f3f4"),
        ("\U0001f3f4\U000e0041\U000e0042\U000e007f", "\U0001f3f4"),
        ("\U0001f3f4" + 17 * "\U000e0061" + "\U000e007f", "\U0001f3f4"),
        ("Ann\u200e Lee\u200f", "Ann Lee"),
        ("\u202eAnn\u202c \u2066Lee\u2069", "Ann Lee"),
        ("כהן\u202e Ann", "כהן Ann"),
        ("Ann\u200b\u2060\ufeff\u00ad Lee", "Ann Lee"),
        (
            99 * "ab" + "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
            99 * "ab",
        ),
    ],
)
def test_a_name_hides_nothing(written: str, name: str) -> None:
    """Tags outside of a flag, half a flag, marks of direction where all is from left to right, overrides."""
    assert clean_text(written, 200) == name


def test_columns_that_are_not_read_are_named() -> None:
    """Neither kept nor deciding anything: the author is told."""
    file = open_rows(io.StringIO("Email,Status,Shoe Size,unsubscribe_url,tags\n", newline=""))
    assert file.unread == ("Shoe Size", "unsubscribe_url")


@each(
    "around", [" {} ", "\t{}\t", "\u00a0{}\u00a0", "\u200b{}\ufeff", "\u200e{}\u202c", "\u3000{}"]
)
def test_what_nobody_sees_around_an_address_is_taken_off(around: str) -> None:
    """Copied from a page or a mail, an address brings blanks along."""
    assert taken(f"email,name\n{around.format('a@example.com')},Ada\n").email == "a@example.com"
