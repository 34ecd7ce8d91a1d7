"""The skeleton: marks, slots and the bytes between them."""

from __future__ import annotations

import quopri
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.authentication.dkim import canonical_body, split_message
from mailer.compose import skeleton
from mailer.compose.skeleton import Assembly, Marks, Personal, Recipient, Skeleton
from tests.sizes import examples

ADA = Recipient(
    address="ada@example.org",
    ascii="ada@example.org",
    name="Ada",
    message_token="1",
    return_path="bounce@example.com",
    unsubscribe_token="u1",
    preferences_token="p1",
    date=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
)


def _assemble(marks: Marks, text: str, html: str) -> Skeleton:
    assembly = Assembly(marks)
    assembly.head([skeleton.to_field, *skeleton.message_id_field("example.com")])
    size = assembly.alternatives(text, html)
    return assembly.finish(html_size=size, smtputf8=False, warnings=[])


def _bodies(content: bytes, marks: Marks) -> list[str]:
    chunks = content.split(f"--{skeleton.boundary(marks)}".encode())[1:3]
    bodies = (chunk.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for chunk in chunks)
    return [quopri.decodestring(body).decode() for body in bodies]


@given(st.lists(st.text("a .=é\t", max_size=90), min_size=1, max_size=5), st.text(max_size=90))
@settings(max_examples=examples(100), deadline=None)
def test_a_slot_reads_as_if_it_had_been_there(fixed: list[str], name: str) -> None:
    """Text, value, text: the soft line breaks around a slot leave no trace in either part."""
    marks = Marks(*fixed)
    mark = marks.put(Personal.NAME, "nobody")
    made = _assemble(marks, mark.join(fixed), mark.join(fixed))
    recipient = replace(ADA, name=name)
    shown = skeleton.Slot(what=Personal.NAME, default="nobody").show(name)
    text, _ = _bodies(made.fill(recipient).content, marks)
    assert text == shown.join(fixed)


@given(st.lists(st.text("a .=é\t\n", max_size=90), min_size=1, max_size=5), st.text(max_size=90))
@settings(max_examples=examples(200), deadline=None)
def test_a_relaxed_copy_is_what_dkim_would_make_of_the_whole(fixed: list[str], name: str) -> None:
    """Pieces relaxed one by one are the body that a receiver hashes (RFC 6376 3.4.4)."""
    marks = Marks(*fixed)
    mark = marks.put(Personal.NAME)
    made = _assemble(marks, mark.join(fixed), mark.join(fixed))
    copy = made.fill(replace(ADA, name=name), relax=True)
    assert copy.relaxed == canonical_body(split_message(copy.content)[1])
    assert copy == made.fill(replace(ADA, name=name))


def test_html_values_are_escaped_and_text_values_are_not() -> None:
    """One slot, two parts, each in its own language (rule D21)."""
    marks = Marks("x")
    mark = marks.put(Personal.NAME)
    made = _assemble(marks, mark, f"<p>{mark}</p>")
    text, html = _bodies(made.fill(replace(ADA, name="Ada & <co>")).content, marks)
    assert text == "Ada & <co>"
    assert html == "<p>Ada &amp; &lt;co&gt;</p>"


def test_a_mark_depends_on_the_content_so_none_can_hold_it() -> None:
    """An author who copies a mark from another mail changes the marks of this one."""
    stolen = Marks("a note").put(Personal.UNSUBSCRIBE)
    marks = Marks(f"a note with {stolen}")
    marks.put(Personal.UNSUBSCRIBE)
    assert marks.split(f"a note with {stolen}") == [f"a note with {stolen}"]


def test_the_boundary_cannot_be_in_the_content() -> None:
    """`=_` never occurs in quoted-printable, so no text ends a part early (RFC 2045 6.7)."""
    marks = Marks("x")
    hostile = f"--{skeleton.boundary(marks)}--\n"
    content = _assemble(marks, hostile, hostile).fill(ADA).content
    assert content.count(skeleton.boundary(marks).encode()) == 3


def test_filling_leaves_the_skeleton_as_it_was() -> None:
    """One skeleton serves all readers, from any thread: nothing of one reaches the next."""
    marks = Marks("x")
    made = _assemble(marks, marks.put(Personal.NAME), "x\n")
    first = made.fill(ADA)
    other = made.fill(replace(ADA, name="Grace", ascii="grace@example.org"))
    assert b"Ada" not in other.content
    assert made.fill(ADA) == first


def test_a_recipient_does_not_show_its_links() -> None:
    """Each link is a secret; a record that slips into a log must not hold one (rule A37)."""
    token = "s3cret"
    shown = replace(ADA, confirm_token=token, unsubscribe_token=token, preferences_token=token)
    assert "s3cret" not in repr(shown)
