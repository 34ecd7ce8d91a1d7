"""Quoted-printable that can be put together from pieces."""

from __future__ import annotations

import html
import quopri

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.compose import quoted
from tests.sizes import examples

_TEXT = st.text(st.sampled_from("a b.=\t\nFrom é日😀") | st.characters(), max_size=300)


def _is_fit(line: bytes) -> bool:
    return (
        len(line) <= 76
        and line.isascii()
        and not line.startswith((b".", b"From "))
        and not line.endswith((b" ", b"\t"))
    )


@given(_TEXT)
@settings(max_examples=examples(200), deadline=None)
def test_any_text_reads_back_and_keeps_the_limits(text: str) -> None:
    """Lines ≤ 76, no bare CR or LF, nothing to dot-stuff; decoding gives the text (rule A25)."""
    clean = quoted.clean_body(text)
    encoded = quoted.encode(clean)
    assert quopri.decodestring(encoded).decode() == clean.replace("\n", "\r\n")
    assert all(_is_fit(line) for line in encoded.split(b"\r\n"))
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    assert b"\r" not in encoded.replace(b"\r\n", b"")


@given(_TEXT)
@settings(max_examples=examples(200), deadline=None)
def test_a_value_fits_between_two_soft_breaks(text: str) -> None:
    """A value is one line of text on short lines, whatever it holds."""
    encoded = quoted.encode_value(text)
    framed = b"x=\r\n" + encoded + b"=\r\ny"
    assert all(len(line) <= 76 for line in framed.split(b"\r\n"))
    assert not any(line.startswith(b".") for line in framed.split(b"\r\n"))
    assert (
        quopri.decodestring(framed).decode() == f"x{quoted.clean_body(text).replace(chr(10), ' ')}y"
    )


@given(st.from_regex(r"[.A-Z0-9a-z@:/%+ ~_&=<-]{0,200}", fullmatch=True) | _TEXT)
@settings(max_examples=examples(300), deadline=None)
def test_the_short_cut_for_plain_values_leads_to_the_same(text: str) -> None:
    """What is taken for plain is encoded as with all care, and is the same in HTML (rule D21)."""
    plain = quoted.encode_plain(text)
    if plain is not None:
        assert plain == quoted.encode_value(text) == quoted.encode_value(html.escape(text))


def test_controls_and_foreign_line_ends_are_cleaned() -> None:
    """CR, NEL and U+2028 are line ends; other controls and lone surrogates go (rule A21)."""
    dirty = "a\r\nb\rc\x85d\u2028e\x00\x1b[0m\ud800f\tg"
    assert quoted.clean_body(dirty) == "a\nb\nc\nd\ne[0mf\tg"
