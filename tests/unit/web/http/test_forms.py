"""Bodies of forms: both encodings of one-click, JSON, and whatever else somebody's program sends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.http.forms import parse_fields

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
MULTIPART = (
    b"--b0\r\n"
    b'Content-Disposition: form-data; name="List-Unsubscribe"\r\n'
    b"\r\n"
    b"One-Click\r\n"
    b"--b0--\r\n"
)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded; charset=utf-8"),
        (b"List-Unsubscribe=One-Click", ""),
        (MULTIPART, "multipart/form-data; boundary=b0"),
        (MULTIPART, 'Multipart/Form-Data; boundary="b0"'),
    ],
)
def test_one_click_bodies(body: bytes, content_type: str) -> None:
    """Both encodings of RFC 8058 3.1 say the same (rule A7)."""
    assert parse_fields(body, content_type) == ONE_CLICK


def test_json_keeps_strings_only() -> None:
    """A JSON object gives its strings; numbers, lists and other documents give nothing."""
    assert parse_fields(b'{"email": "a@b.example", "n": 1}', "application/json") == {
        "email": "a@b.example"
    }
    for body in (b"[1]", b"null", b'"x"', b"{", b"\xff", b"[" * 60_000):
        assert parse_fields(body, "application/json") == {}


def test_the_first_value_counts() -> None:
    """A name that comes twice has its first value, so that a second cannot replace it."""
    assert parse_fields(b"email=a%40b.example&email=c", "") == {"email": "a@b.example"}


def test_too_many_fields_are_none() -> None:
    """A body made of thousands of fields is not read."""
    assert parse_fields(b"a=1&" * 1000, "application/x-www-form-urlencoded") == {}


@settings(max_examples=80)
@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            "",
            "application/json",
            "multipart/form-data",
            "multipart/form-data; boundary=b0",
            "application/x-www-form-urlencoded",
            'multipart/form-data; boundary="',
        ]
    ),
)
def test_no_body_is_an_error(body: bytes, content_type: str) -> None:
    """Any bytes are fields of text, or none."""
    for name, value in parse_fields(body, content_type).items():
        assert isinstance(name, str)
        assert isinstance(value, str)
