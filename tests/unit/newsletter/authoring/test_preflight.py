"""What the preflight complains of: one fault at a time, and exactly that complaint."""

from __future__ import annotations

import email
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown import preparing
from feeds.markdown.picture import Size
from feeds.markdown.references import ReferenceKind, find_references
from feeds.syndication.ids import newsletter_namespace
from mailer.compose import message
from mailer.compose.message import CLIP
from newsletter.authoring.findings import CheckedNote, Finding, Gravity
from newsletter.authoring.preflight import (
    RELAYS_TAKE,
    can_unsubscribe,
    check_note,
    report_unusable,
)
from newsletter.publishing.drafting import Drafting
from storage.model.errors import NoteError
from tests.sizes import examples
from tests.worlds.publishing.proofs import IDENTITY, URL, proof
from tests.worlds.rows import each


def check(source: str, pictures: Mapping[str, int] | None = None) -> tuple[Finding, ...]:
    """What is found in a note with a title."""
    return check_note(proof(source, pictures)).findings


def test_a_good_note_has_no_finding() -> None:
    """Links that work, pictures that are there, fields that are known: nothing to complain of."""
    source = (
        "---\npublish: 2026-12-01\ntags: [a]\n---\n# Hello\n\nDear {{ name | reader }},\n"
        "[web](https://example.org), [[Other]], [mail](mailto:a@example.com), [it](other.md).\n\n"
        "![A bridge|600](bridge.jpg) ![[boat.png|300]]\n\n`TODO` and\n\n```\nFIXME [x](dead.md)\n```\n"
    )
    found = check(source, {"bridge.jpg": 1000, "boat.png": 1000})
    assert [finding.code for finding in found] == ["no-alt"]  # an embed's number is its width


E_, W = Gravity.ERROR, Gravity.WARNING
FAULTS = {
    "[x](missing.md)": (E_, "dead-link"),
    "[x](files/plan.pdf)": (E_, "dead-link"),
    '<iframe src="https://e.example/x" title="A talk"></iframe>': (W, "player"),
    r"$\unknowncmd{x}$": (W, "maths"),
    "[x](../outside.md)": (E_, "dead-link"),
    '<a href="missing.md">x</a>': (E_, "dead-link"),
    "[x](javascript:alert)": (E_, "bad-link"),
    "[x](private.md)": (W, "unpublished-link"),
    "[x](#part)": (W, "local-link"),
    "[[Nobody]]": (W, "wiki-link"),
    "[[private]]": (W, "wiki-link"),
    "![[private]]": (W, "embed"),
    "![A bridge|600](missing.jpg)": (E_, "missing-picture"),
    "![A bridge|600](../out.jpg)": (E_, "bad-picture"),
    "![A bridge|600](bridge.tiff)": (E_, "bad-picture"),
    "![A bridge|600](huge.jpg)": (W, "large-picture"),
    "![A bridge](bridge.jpg)": (W, "no-width"),
    "![|600](bridge.jpg)": (W, "no-alt"),
    '<img src="bridge.jpg" width="600">': (W, "no-alt"),
    "![A bridge|600](http://example.org/b.jpg)": (W, "insecure-picture"),
    "![A bridge|600](https://example.org/b.svg?x=1)": (W, "picture-type"),
    "![A bridge](https://example.org/b.svg)": (W, "picture-type"),
    "![A bridge|600](https://example.org/boat.webp)": (W, "picture-type"),
    "![A bridge|600](data:image/png;base64,AAAA)": (E_, "bad-picture"),
    "![A bridge](https://example.org/b.jpg)": (W, "no-width"),
    "{{ firstname }}": (W, "merge-field"),
    "{{ first name }}": (W, "merge-field"),
    "{{ name | {you} }}": (W, "merge-field"),
    "{{ name }": (W, "merge-field"),
    "[x](https://e.com/?e={{email}})": (W, "merge-field"),
    "[x](https://e.com/?e={{ email }})": (W, "merge-field"),
    "[x](/join?n={{ name | you }})": (W, "merge-field"),
    "[x](mailto:a@e.com?body={{ name | you }})": (W, "merge-field"),
    "<https://e.com/?e={{ email }}>": (W, "merge-field"),
    "https://e.com/?e={{email}}": (W, "merge-field"),
    '<a href="https://e.com/?n={{ name | you }}">x</a>': (W, "merge-field"),
    "{{ email }} [x](https://e.com/?e={{ email }})": (W, "merge-field"),
    "TODO": (W, "todo"),
    "FIXME: this": (W, "todo"),
    "**XXX**": (W, "todo"),
    "<!-- TODO: more -->": (W, "todo"),
}


@each("fault", FAULTS)
def test_one_fault_is_one_complaint(fault: str) -> None:
    """Each fault gives exactly its complaint, with the line it is on and a whole sentence."""
    found = check(
        f"---\npublish: now\n---\n# Title\n\nWords.\nMore {fault} words.\n",
        {"bridge.jpg": 1000, "boat.webp": 1000, "huge.jpg": 2_000_000},
    )
    assert [(one.gravity, one.code, one.line) for one in found] == [(*FAULTS[fault], 7)]
    assert found[0].message.endswith(".")


@each(
    ("image", "told"),
    [
        ("https://example.org/b.jpg", []),
        ("missing.jpg", [("missing-picture", 3)]),
        ("../out.jpg", [("bad-picture", 3)]),
    ],
)
def test_a_preview_picture_that_is_not_there_is_told(
    image: str, told: list[tuple[str, int]]
) -> None:
    """On the line of its key: in the mail and on the page it is simply not there."""
    source = f"---\npublish: now\nimage: {image}\n---\n# Title\n\nWords.\n"
    assert [(one.code, one.line) for one in check(source)] == told


def test_what_has_nothing_to_read_is_told() -> None:
    """Nothing at all, or pictures alone."""
    empty, drawn = "# T\n", "# T\n\n![|600](bridge.jpg)\n"
    (told,) = [one.message for one in check(empty) if one.code == "no-text"]
    assert told == "There is no text to read; write some."
    (told,) = [one.message for one in check(drawn, {"bridge.jpg": 9}) if one.code == "no-text"]
    assert told == "There is no text to read, only pictures; write some."


def test_the_line_is_told_on_which_a_field_breaks_an_address() -> None:
    """Not the one before it on which the same field is as it should be; a definition of a link is told, too."""
    source = "# T\n\nDear {{ email }}, see https://e.com, {{ email }}.\n\n[x][x]\n\n[x]: https://e.com/?e={{ email }}\n"
    assert [(one.code, one.line) for one in check(source)] == [("merge-field", 7)]
    twice = (
        "# T\n\nWords [x](https://e.com/?e={{email}}).\n\nAnd [y](https://e.com/?f={{email}}).\n"
    )
    assert [(one.code, one.line) for one in check(twice)] == [
        ("merge-field", 3),
        ("merge-field", 5),
    ]


def test_of_many_broken_addresses_some_are_told() -> None:
    """A note may have a thousand; nobody reads a thousand lines, and each is looked for in the whole note."""
    wrong = "".join(f"https://e.com/?e={{{{ name | x{number} }}}}\n\n" for number in range(60))
    found = check(f"# Hello\n\n{wrong}")
    assert [one.line for one in found if one.code == "merge-field"] == list(range(3, 43, 2))


def test_a_decorative_picture_needs_no_words() -> None:
    """An empty `alt` in HTML says that the picture is decoration (rule D12)."""
    assert not check('# T\n\nWords <img src="b.jpg" alt="" width="3">', {"b.jpg": 9})


@each(
    ("body", "lines"),
    [
        ("# T\n\nWords.\n\n## A\n\n### B\n\n## C\n", []),
        ("# T\n\nWords.\n\n### A\n", [5]),
        ("# T\n\nWords.\n\n# A\n\n#### B\n\n#### C\n", [7]),
        ("# T\n\n```\n#### no heading\n```\n", []),
    ],
)
def test_a_level_left_out_is_told(body: str, lines: list[int]) -> None:
    """The title is the h1 and the note's own h1 become h2, so no step may be missing (rule D11)."""
    found = check(body)
    assert [(one.code, one.line) for one in found] == [("skipped-heading", at) for at in lines]


def test_a_picture_whose_file_tells_its_width_needs_none() -> None:
    """The width comes from the file, and is a complaint only where nobody knows it (rule D5)."""
    drafting = Drafting(
        IDENTITY,
        namespace=newsletter_namespace(URL),
        measure={"a & b.png": Size(width=1200, height=800)}.get,
    )
    source = "# T\n\nSee ![A bridge](<a & b.png>) and ![Another](other.png)\n"
    found = check_note(proof(source, {"a & b.png": 9, "other.png": 9}, drafting)).findings
    assert [(one.code, "other.png" in one.message) for one in found] == [("no-width", True)]


def test_lines_are_counted_from_the_top_of_the_file() -> None:
    """Soft line breaks, tables and raw HTML are counted, with and without front matter."""
    body = "# T\n\na\nb [x](dead.md)\n\n| a |\n|---|\n| [y](dead.md) |\n\n<p>\n<a href='dead.md'>z</a></p>\n"
    assert [one.line for one in check(body)] == [4, 8, 11]
    assert [one.line for one in check(f"---\r\ntags: a\r\n---\r\n{body}")] == [7, 11, 14]


@each(
    ("body", "told"),
    [
        ("## Part\n\n[x](#part)", "leads to a place within the note"),
        ('<a name="top"></a>\n\n## Part\n\n[x](#top)', "leads to a place within the note"),
        ('## Part\n\n<a name="top"></a>Words. [x](#top)', "`#top` leads to no part of the note"),
        ("## Part\n\n[x](#Teil%201)", "leads to no part of the note"),
    ],
)
def test_a_link_within_a_note_that_leads_nowhere_is_told_apart(body: str, told: str) -> None:
    """Nor do readers of the page have it then; a name is one only at a heading."""
    (finding,) = check(f"# T\n\n{body}\n")
    assert finding.code == "local-link"
    assert told in finding.message


@each(
    ("body", "told"),
    [
        ("| a | b |\n|---|---|\n| `x|y` | c |\n| 1 | 2 |", [("lost-cells", 5)]),
        ("> a | b\n> --|--\n> 1 | 2 | 3 | 4", [("lost-cells", 5)]),
        ("| a | b |\n|---|---|\n| `x\\|y` | $|z|$ | |\n| 1 |", []),
        ("```\n| a |\n|---|\n| 1 | 2 |\n```", []),
        ("A[^1].\n\n[^1]: One.\n\n[^1]: Two.", [("footnote-twice", 7)]),
        ("> A[^1].\n>\n> [^1]: One.", []),
        ("A.\n\n[[toc]]\n\n## B\n\n## C", []),
    ],
)
def test_words_that_nobody_sees_are_told(body: str, told: list[tuple[str, int]]) -> None:
    """Cells beside a table and the first of two footnotes; not what is shown, or no words at all."""
    assert [(one.code, one.line) for one in check(f"# T\n\n{body}\n")] == told


@each(
    ("source", "code"),
    [
        ("---\ntitle: T\n---\n", "no-text"),
        ("# T\n\n![A bridge|600](bridge.jpg)", "no-text"),
        ("Words without a title.", "no-title"),
        (f"# {'long ' * 25}\n\nWords.", "long-subject"),
        ("# TODO a title\n\nWords.", "todo"),
        ("# {{ name }}\n\nWords.", "merge-field"),
        ("# News for {{ name }}\n\nWords.", "merge-field"),
    ],
)
def test_what_concerns_the_whole_note(source: str, code: str) -> None:
    """Empty notes, notes of pictures only, and bad titles are told (rule D18)."""
    assert [one.code for one in check(source, {"bridge.jpg": 9})] == [code]


def test_size_is_told_before_and_past_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """90 kB is a warning; past the limit the mail would be cut, which is an error (rule D6), as is
    a mail that relays would not take (rule A40).
    """
    monkeypatch.setattr(message, "_BUDGET", 12_000)
    paragraph = "<p>" + "word " * 20 + "</p>\n"
    words = "Some words that fill a mail quickly. " * 6 + "\n\n"
    sizes = {
        n: [one.code for one in check(f"---\nsummary: Much\n---\n# T\n\n{words * n}")]
        for n in (10, 60)
    }
    assert sizes == {10: [], 60: ["clipped"]}
    small = proof(f"# T\n\n{paragraph}")
    nearly = replace(small, skeleton=replace(small.skeleton, html_size=CLIP - 5000))
    assert [one.code for one in check_note(nearly).findings] == ["large"]
    vast = replace(small, skeleton=replace(small.skeleton, size=RELAYS_TAKE + 1))
    assert [one.code for one in check_note(vast).findings] == ["too-large"]


def test_a_note_that_is_not_mailed_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `email: false` the size of the mail does not matter."""
    monkeypatch.setattr(message, "_BUDGET", 12_000)
    note = f"---\nsummary: Much\n---\n# T\n\n{('Some words that fill a mail quickly. ' * 6 + chr(10) * 2) * 60}"
    assert [one.code for one in check(note)] == ["clipped"]
    assert not check(note.replace("summary", "email: false\nsummary", 1))


def test_the_mail_must_have_a_way_out() -> None:
    """Without its one-click field a mail is an error; with it, it is not (rule A3)."""
    good = proof("# T\n\nWords.")
    assert can_unsubscribe(email.message_from_bytes(good.sample))
    for harm in (b"List-Unsubscribe:", b"List-Unsubscribe-Post:"):
        broken = replace(good, sample=good.sample.replace(harm, b"X-Gone:"))
        assert [one.code for one in check_note(broken).findings] == ["no-unsubscribe"]


def test_the_link_to_leave_must_be_in_both_parts() -> None:
    """A mail whose text or HTML has lost the link, or whose field names two, is an error (A3)."""
    sample = proof("# T\n\nWords.").sample
    for harm, into in (
        (b"<https://notes.example.com/unsubscribe/abc>", b"<https://notes.example.com/other>"),
        (b"<https://notes.example.com/unsubscribe/abc>", b"<https://a.test/>, <https://b.test/>"),
    ):
        broken = sample.replace(harm, into, 1)
        assert broken != sample
        message = email.message_from_bytes(broken)
        assert not can_unsubscribe(message)


def test_a_note_that_cannot_be_read_is_an_error_with_its_line() -> None:
    """What parsing says is passed on."""
    checked = report_unusable(NoteError("a.md", "the front matter is not closed", 3))
    assert checked.has_errors
    assert checked.findings[0].line == 3
    assert checked.findings[0].message == "the front matter is not closed"


def test_what_parsing_and_rendering_remark_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A publish time that a clock change skips, and more HTML than is read, are findings (rule G1)."""
    monkeypatch.setattr(preparing, "MAX_RAW_TAGS", 500)
    drafting = Drafting(
        replace(IDENTITY, timezone="Europe/Berlin"),
        namespace=newsletter_namespace(URL),
    )
    skipped = "---\npublish: 2027-03-28 02:30\n---\n# T\n\nWords.\n"
    for source, code in ((skipped, "time"), (f"# T\n\nWords {'<b></b>' * 300}.\n", "html")):
        found = check_note(proof(source, drafting=drafting)).findings
        assert [(one.gravity, one.code) for one in found] == [(W, code)]


def test_warnings_alone_are_no_error() -> None:
    """Only errors make a note unfit."""
    warning = Finding(gravity=W, code="todo", message="Finish it.")
    assert not CheckedNote(note="a.md", findings=(warning,)).has_errors


@given(st.text(alphabet="[]()!<>|`ab.#\n \"'=img-&;{}", max_size=120))
@settings(max_examples=examples(150))
def test_references_of_any_text_can_be_found(text: str) -> None:
    """Whatever a note holds, its references are found on lines that it has."""
    for found in find_references(text):
        assert found.kind in ReferenceKind
        assert 1 <= found.line <= text.count("\n") + 1
