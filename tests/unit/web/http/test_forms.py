"""Bodies of forms: both encodings of one-click, JSON, and whatever else somebody's program sends."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sizes import examples
from tests.worlds.rows import each
from web.http.forms import MAX_FIELDS, MAX_PART_HEAD, MAX_TYPE, parse_fields

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
MULTIPART_TYPE = "multipart/form-data; boundary=b0"
MULTIPART = (
    b"--b0\r\n"
    b'Content-Disposition: form-data; name="List-Unsubscribe"\r\n'
    b"\r\n"
    b"One-Click\r\n"
    b"--b0--\r\n"
)


@each(
    ("body", "content_type"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded; charset=utf-8"),
        (b"List-Unsubscribe=One-Click", ""),
        (MULTIPART, "multipart/form-data; boundary=b0"),
        (MULTIPART, 'Multipart/Form-Data; boundary="b0"'),
        (MULTIPART, "multipart/form-data; charset=utf-8; boundary=b0"),
        (MULTIPART, "multipart/form-data ;boundary=b0; charset=utf-8"),
        (MULTIPART.replace(b"\r\n", b"\n"), "multipart/form-data; boundary=b0"),
        (b"A preamble.\r\n" + MULTIPART + b"An epilogue.", "multipart/form-data; boundary=b0"),
        (MULTIPART.replace(b"\r\nOne", b"Content-Type: text/plain\r\n\r\nOne"), MULTIPART_TYPE),
        (MULTIPART.replace(b"Content-Disp", b"X-A: b\r\ncontent-disp"), MULTIPART_TYPE),
        (MULTIPART.replace(b'"List-Unsubscribe"', b"List-Unsubscribe; a=b"), MULTIPART_TYPE),
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


@each(
    ("body", "content_type"),
    [
        (MULTIPART, MULTIPART_TYPE + ";" * MAX_TYPE),
        (MULTIPART, "multipart/form-data;" + " ;" * 30_000),
        (MULTIPART, "multipart/form-data"),
        (MULTIPART, "multipart/form-data; boundary=" + "b" * 71),
        (MULTIPART, 'multipart/form-data; boundary="b0'),
        (MULTIPART.replace(b"form-data;", b"form-data" + b";" * MAX_PART_HEAD), MULTIPART_TYPE),
        (MULTIPART.replace(b"\r\n\r\n", b"\r\n"), MULTIPART_TYPE),
        (b'{"a":' * 60 + b"1" + b"}" * 60, "application/json"),
        (b'{"email": "a@b.example", "x": ' + b"[" * 20 + b"]" * 20 + b"}", "application/json"),
        (b'{"email": ' + b"9" * 60_000 + b"}", "application/json"),
        (b"=&" * 30_000, ""),
    ],
)
def test_what_is_beyond_a_bound_says_nothing(body: bytes, content_type: str) -> None:
    """Parameters, header lines, depth and numbers beyond what a form needs are not read at all."""
    assert parse_fields(body, content_type) == {}


def test_parts_are_counted_and_not_entered() -> None:
    """A multipart form gives its first fields; a form within a form is text of the outer one."""
    part = b'--b0\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nv\r\n'
    many = b"".join(part % number for number in range(500)) + b"--b0--"
    assert len(parse_fields(many, MULTIPART_TYPE)) == MAX_FIELDS
    inner = b"Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\n\r\nx\r\n--b1--"
    nested = MULTIPART.replace(b"\r\nOne-Click", inner)
    assert "--b1" in parse_fields(nested, MULTIPART_TYPE)["List-Unsubscribe"]


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True),
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=80),
        max_size=5,
    )
)
def test_a_multipart_form_is_read_as_it_was_written(fields: dict[str, str]) -> None:
    """What a browser writes into a multipart form comes out of it (RFC 7578 4.2)."""
    parts = [
        f'--b0\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = "".join([*parts, "--b0--\r\n"]).encode()
    assert parse_fields(body, MULTIPART_TYPE) == fields


@settings(max_examples=examples(80))
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
