"""An issue's HTML looked at as text, and the merge fields in it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.compose import fragment, merge
from storage.model.fields import guard
from tests.sizes import examples
from tests.worlds.rows import each
from words import words_of

_HTML = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            '<img alt="a > b">',
            "<pre><code>",
            "</code></pre>",
            "<br>",
            "text",
            "<",
            "é",
        ]
    )
).map("".join)


def _shout(field: str, default: str) -> str:
    return f"[{field.upper()}:{default}]"


@given(_HTML)
@settings(max_examples=examples(100), deadline=None)
def test_tokens_and_blocks_lose_nothing(html: str) -> None:
    """Taken apart and put together, the HTML is the same."""
    assert "".join(fragment.tokens(html)) == html
    assert "".join(fragment.blocks(html)) == html


def test_blocks_are_the_outermost_elements() -> None:
    """A list or a table is one block, however deep, and an image stands alone."""
    html = "<p>a</p>\n<ul><li>b<ul><li>c</li></ul></li></ul>\n<img src='x'><p>d</p>"
    assert [block.strip() for block in fragment.blocks(html)] == [
        "<p>a</p>",
        "<ul><li>b<ul><li>c</li></ul></li></ul>",
        "<img src='x'>",
        "<p>d</p>",
    ]


def test_links_into_the_mail_are_taken_out() -> None:
    """A footnote keeps its number and loses its link and the arrow back (rule D19)."""
    html = (
        '<p>x<sup><a href="#fn-1">[1]</a></sup> <a href="https://e.com/#a">y</a></p>'
        '<li>note <a href="#fnref-1" class="back">↩</a></li>'
    )
    assert fragment.unlink_local(html) == (
        '<p>x<sup>[1]</sup> <a href="https://e.com/#a">y</a></p><li>note </li>'
    )


def test_a_link_whose_title_looks_like_a_local_one_stays() -> None:
    """Only the address of a link says where it leads (rule A24)."""
    html = '<p><a href="https://e.com/up" title="href=\'#\'">up ↑</a> <a title="x">y</a></p>'
    assert fragment.unlink_local(html) == html
    assert fragment.unlink_local('<a title="x" href="#y">z</a>') == "z"


SITE = "http://127.0.0.1:8000"


@each(
    ("html", "mailed"),
    [
        ('<img src="https://e.com/a.png" alt="A">', '<img src="https://e.com/a.png" alt="A">'),
        (f'<img src="{SITE}/media/a.png" alt="A">', f'<img src="{SITE}/media/a.png" alt="A">'),
        (
            '<p><img src="https://e.com/a.SVG?x=1&amp;y" alt="A &lt; B" width="9"></p>',
            '<p><a href="https://e.com/a.SVG?x=1&amp;y" rel="noopener">[Image: A &lt; B]</a></p>',
        ),
        (
            '<img src="http://e.com/a.png" alt="">',
            '<a href="http://e.com/a.png" rel="noopener">[Image]</a>',
        ),
        (
            '<a href="https://e.com/"><img src="https://e.com/a.svg" alt="Built"></a>',
            '<a href="https://e.com/">[Image: Built]</a>',
        ),
    ],
)
def test_a_picture_that_a_mail_cannot_show_is_a_link(html: str, mailed: str) -> None:
    """No SVG, and no address but https and the newsletter's own, is mailed as a picture; what it
    shows is said, and leads to it (rule D5).
    """
    assert fragment.link_pictures(html, SITE, words_of("en")) == mailed


def test_fields_are_replaced_in_prose_only() -> None:
    """Code, attributes and unknown names stay as the author wrote them."""
    html = (
        "<p>Hi {{name|there}}, {{ email }}</p><p><code>{{ name }}</code></p>"
        '<p><a href="https://e.com/{{ name }}">{{ NAME | A &amp; B }}</a> {{ other }}</p>'
    )
    assert merge.in_html(html, _shout) == (
        "<p>Hi [NAME:there], [EMAIL:]</p><p><code>{{ name }}</code></p>"
        '<p><a href="https://e.com/{{ name }}">[NAME:A & B]</a> {{ other }}</p>'
    )
    assert merge.unknown_fields(html, "{{ titel }}") == ("other", "titel")


def test_what_is_guarded_in_plain_text_is_no_field() -> None:
    """A field broken over two lines is one; guarded braces lose their guard and nothing else."""
    assert merge.in_text("    Hi {{ name |\nthere }}", _shout) == "    Hi [NAME:there]"
    text = f"Hi {{{{ name }}}}, {guard('`{{ name }}`')}\n"
    assert merge.in_text(text, _shout) == "Hi [NAME:], `{{ name }}`\n"


def test_the_public_sees_the_defaults() -> None:
    """In feeds and on pages a field is its default, escaped as HTML where it is HTML."""
    assert merge.public_text("Hello {{ name | you }}{{ email }}") == "Hello you"
    assert merge.public_html("<p>{{ name | A &amp; B }}</p>") == "<p>A &amp; B</p>"
    assert merge.public_text("Hi {{ name | you }}") == "Hi you"


@each(
    ("html", "shown"),
    [
        (
            "<details><summary>More</summary><p>x</p></details>",
            "<div><p><strong>More</strong></p><p>x</p></div>",
        ),
        (
            '<details lang="de"><summary dir="ltr"> <code>a</code> </summary>x</details>',
            "<div><p><strong><code>a</code></strong></p>x</div>",
        ),
        (
            "<details><summary><h3>More</h3></summary>x</details>",
            "<div><div><h3>More</h3></div>x</div>",
        ),
        ("<p>no details</p>", "<p>no details</p>"),
    ],
)
def test_what_is_folded_is_open_with_its_title_in_bold(html: str, shown: str) -> None:
    """No mail program has to know `details`, and no heading comes in at a wrong level."""
    assert fragment.unfold(html) == shown
