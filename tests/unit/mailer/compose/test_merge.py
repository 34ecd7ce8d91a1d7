"""Merge fields from the note to both parts of the mail: the same are filled in each."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.render import Rendered, render_markdown
from mailer.compose import merge, message
from mailer.compose.fragment import visible_text
from storage.model.fields import FIELD, GUARD
from tests.sizes import examples
from tests.worlds.publishing.written import Published
from tests.worlds.rows import each
from tests.worlds.sending.composed import ADA, GREETING, IDENTITY, ISSUE, parse, parts


def render(body: str) -> Rendered:
    """The note as readers get it."""
    return render_markdown(body, path="a.md", links=Published())


def fill(body: str) -> tuple[str, str]:
    """What a reader sees in the HTML, and the plain text; a field is shown as `[NAME:default]`."""

    def put(field: str, default: str) -> str:
        return f"[{field.upper()}:{default}]"

    rendered = render(body)
    html = visible_text(merge.in_html(rendered.html, put))
    return html, " ".join(merge.in_text(rendered.text, put).split())


@each(
    ("body", "seen"),
    [
        ("Show `{{ name }}`.\n\n- a\n  - b\n    - Dear {{ name | friend }}", "Dear [NAME:friend]"),
        ("Dear {{ name | friend }}\n\n> ```\n> {{ name }}\n> ```", "Dear [NAME:friend]"),
        ("> ```\n> {{ email }}\n> ```", "{{ email }}"),
        ("Press <kbd>{{ email }}</kbd>", "Press {{ email }}"),
        ("<div>\n<samp>{{ email }}</samp> {{ name }}\n</div>", "{{ email }} [NAME:]"),
        ("Dear {{ name | *friend* }}", "Dear [NAME:friend]"),
        ("Dear {{ name | _my_ **dear** &amp; <b>only</b> }}", "Dear [NAME:my dear & only]"),
        ("> Dear {{ name | one\n> and all }}", "Dear [NAME:one and all]"),
        ("**{{ name | you }}**, [go {{ email }}](https://e.com)", "go [EMAIL:]"),
        (r"Write \{{ name }} for it", "Write {{ name }} for it"),
        ("Write &#123;{ name }}", "Write {{ name }}"),
        ("Write {{ na<b></b>me }}", "Write {{ name }}"),
        ("See https://e.com/{{ name }}", "[NAME:]"),
        ("|a|\n|-|\n|{{ name \\| you }}|", "[NAME:you]"),
        ("尊敬的" * 20 + "{{ name | 读者 }}" + "您好" * 20, "[NAME:读者]"),
        ("{{ city }} and {{ name }", "{{ city }} and {{ name }"),
    ],
)
def test_a_field_is_one_in_both_parts_or_in_none(body: str, seen: str) -> None:
    """What is filled in the HTML is filled in the text, wherever it stands; code, and braces that
    are escaped, stay as they are in both (rules A24, D21).
    """
    html, text = fill(body)
    plain = re.sub(r"[*_`>]|^- ", "", text)
    assert seen in html
    assert seen in plain.replace("\n", "") or seen in plain.replace(" ", "")
    assert html.count("[NAME:") == text.count("[NAME:")
    assert html.count("[EMAIL:") == text.count("[EMAIL:")
    assert GUARD not in html + text


_PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "`",
                "```\n",
                "\n",
                "\n\n",
                "    ",
                "> ",
                "- ",
                "  - ",
                "*",
                "_",
                "a",
                " ",
                "|",
                "\\",
            ),
            *(
                "{{ name | %d }}",
                "{{ name | %d }}",
                "{{name|%d}}",
                "{{ email | *%d* }}",
                "{{",
                "}}",
            ),
            *("<code>", "</code>", "<kbd>", "</kbd>", "<pre>", "</pre>", "<b>", "<div>", "</div>"),
            *(
                "[^1]",
                "\n[^1]: ",
                "| a |\n|-|\n| ",
                "<i title='",
                "'>",
                "# ",
                "&#123;",
                "https://e.com/",
            ),
        ]
    ),
    max_size=25,
)


@given(_PIECES)
@settings(max_examples=examples(200), deadline=None)
def test_the_text_fills_no_field_that_the_html_shows_as_written(pieces: list[str]) -> None:
    """However Markdown, HTML and code are mixed, a field filled in the text is filled in the HTML,
    and one that the HTML shows with its braces has them in the text (rules A24, D21).
    """
    body = "".join(piece.replace("%d", str(number)) for number, piece in enumerate(pieces))
    rendered = render(body)
    in_html: set[str] = set()
    in_text: set[str] = set()
    shown = merge.in_html(rendered.html, lambda _name, default: in_html.add(default) or "")  # type: ignore[func-returns-value]
    merge.in_text(rendered.text, lambda _name, default: in_text.add(default) or "")  # type: ignore[func-returns-value]
    assert in_text <= in_html
    raw = {(found[2] or "").strip() for found in FIELD.finditer(unescape(shown))}
    assert not raw & in_text - {""}


def test_a_summary_shows_an_example_as_it_is_written() -> None:
    """The first paragraph's code is code in the summary, too, and a field is never cut in two."""
    summary = render("Type `{{ name }}`, {{ name | friend }}.").summary
    assert merge.public_text(summary) == "Type {{ name }}, friend."
    for size in range(170, 200):
        cut = render("字" * size + "{{ name | dear friend }}" + "字" * 40).summary
        assert "{" not in merge.public_text(cut)


def test_braces_in_which_nothing_is_filled_are_found() -> None:
    """A field with a brace too few, with two bars or in an address is told to its author."""
    html = (
        "<p>{{ name | {x} }} {{ name | a | b }} {{ name }} {{\u2060 name }} {{ first name }}</p>"
        '<p><code>{{ a b }}</code> <a href="https://e.com/?e=%7B%7Bemail%7D%7D">x</a></p>'
    )
    assert list(merge.loose_braces(html, "{{ name }")) == [
        "{{ name |",
        "{{ name | a | b }}",
        "{{ first name }}",
        "{{ name }",
    ]
    assert merge.fields_in_tags(html) == ("{{email}}",)
    broken = (
        "<p>[x](/?e={{ email }}) https://e.com, {{ name | a }}</p>"
        '<p><a href="https://e.com/?n=">https://e.com/?n=</a>{{ name | b }} <code>://{{ name | c }}</code></p>'
    )
    assert merge.fields_behind_addresses(broken) == ("{{ email }}", "{{ name | b }}")


def test_a_name_is_escaped_for_where_it_stands() -> None:
    """`<b>&"'` reads as `<b>&"'` in subject, text and HTML (rule D21)."""
    envelope = GREETING.fill(replace(ADA, name="<b>&\"'"))
    text, html = parts(envelope)
    assert parse(envelope)["Subject"] == "For <b>&\"'"
    assert "Hello <b>&\"'." in text
    assert "Hello &lt;b&gt;&amp;&quot;&#x27;." in html


def test_a_merge_field_has_its_default_and_code_keeps_its_braces() -> None:
    """Nobody is greeted by an empty name, and an example of code is not filled in."""
    envelope = message.compile_issue(ISSUE, IDENTITY).fill(replace(ADA, name=""))
    for part in parts(envelope):
        assert "Hello friend." in part
        assert "{{ name }}" in part


@each(
    ("title", "subject"),
    [
        ("{{ name }}", "Working Notes"),
        ("{{name|}} ", "Working Notes"),
        ("{{ name | you }}", "you"),
        ("For {{ name }}", "For"),
        ("{{ email }}", "ada@example.org"),
    ],
)
def test_a_title_is_empty_for_nobody(title: str, subject: str) -> None:
    """A reader without a name gets the newsletter's as subject and heading, if there is no other."""
    envelope = message.compile_issue(replace(ISSUE, title=title), IDENTITY).fill(
        replace(ADA, name="")
    )
    text, html = parts(envelope)
    assert parse(envelope)["Subject"].strip() == subject
    assert re.search(rf"<h1[^>]*>{subject} ?</h1>", html)
    assert text.startswith(subject)


def test_an_unknown_field_stays_and_is_told() -> None:
    """A mistyped field is text for the reader and a warning for the author."""
    issue = replace(ISSUE, html="<p>Hi {{ nmae }}</p>", text="Hi {{ nmae }}")
    skeleton = message.compile_issue(issue, IDENTITY)
    assert [warning for warning in skeleton.warnings if "{{ nmae }}" in warning.sentence]
    assert all("Hi {{ nmae }}" in part for part in parts(skeleton.fill(ADA)))
