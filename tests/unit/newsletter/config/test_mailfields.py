"""What an author adds to the header of every mail: what is taken, and what is refused."""

from __future__ import annotations

import pytest

from newsletter.config.mailfields import parse_headers, parse_reply_to
from tests.worlds.rows import each


@each(
    ("written", "read"),
    [
        ("", ""),
        (" ada@example.com ", "ada@example.com"),
        ("Ada Example <ada@example.com>", "Ada Example <ada@example.com>"),
        ('"Example, Ada" <ada@faß.de>', '"Example, Ada" <ada@faß.de>'),
        (f"{'a' * 60}@example.com", f"{'a' * 60}@example.com"),
    ],
)
def test_answers_go_to_one_mailbox(written: str, read: str) -> None:
    """Any one mailbox, or none; no room need be left in it for a return path."""
    assert parse_reply_to(written) == read


@each(
    "written",
    [
        "ada",
        "a@example.com, b@example.com",
        "Ada <ada@example.com> x",
        "ädä@example.com",
        3,
        ["a@x.org"],
    ],
)
def test_what_is_no_mailbox_is_refused(written: object) -> None:
    """Nothing, two, half of one, or one that only some relays can carry, is not where answers go."""
    with pytest.raises(ValueError, match="must"):
        parse_reply_to(written)


def test_fields_keep_their_order() -> None:
    """A table, or text that holds one as the environment's does, in the author's order and on one line each."""
    for table in ({"X-B": "two", "X-A": " a   b "}, '{ X-B = "two", X-A = "a b" }'):
        assert parse_headers(table) == (("X-B", "two"), ("X-A", "a b"))
    assert parse_headers({}) == parse_headers("{}") == ()


@each(
    ("table", "why"),
    [
        ({"Subject": "x"}, "by the program"),
        ({"bcc": "x@example.com"}, "by the program"),
        ({"List-Unsubscribe": "<https://x>"}, "by the program"),
        ({"Content-Type": "text/html"}, "by the program"),
        ({"Reply-To": "x@example.com"}, "reply_to"),
        ({"X A": "x"}, "no name"),
        ({"X:A": "x"}, "no name"),
        ({"": "x"}, "no name"),
        ({"Xä": "x"}, "no name"),
        ({"X-A": ""}, "have a text"),
        ({"X-A": 3}, "have a text"),
        ({"X-A": "b\r\nBcc: c@example.com"}, "one line"),
        ({"X-A": "x" * 901}, "900 octets"),
        ({"X-A": "x", "x-a": "y"}, "twice"),
        ({f"X-{n}": "x" for n in range(21)}, "20 fields"),
        (["X-A"], "must be a table"),
        ("{ X-A = ", "as TOML"),
    ],
)
def test_a_field_that_would_break_mail_is_refused(table: object, why: str) -> None:
    """What the program writes, no name, no line, too much: the sentence says which (rules A14, A20, A21)."""
    with pytest.raises(ValueError, match=why):
        parse_headers(table)
