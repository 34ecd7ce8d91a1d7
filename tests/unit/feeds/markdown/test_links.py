"""Where the links and pictures of a note lead, and which of them readers get."""

from __future__ import annotations

import re
from urllib.parse import quote

from feeds.markdown.links import link_key
from tests.worlds.publishing.written import render
from tests.worlds.rows import each


@each(
    ("source", "html"),
    [
        ("[[Other]]", ">Other</a>"),
        ("[[Other#part|that]]", ">that</a>"),
        ("[x](other.md)", ">x</a>"),
        ("[x](/deep/other.md#h)", ">x</a>"),
        ('<a href="other.md">x</a>', ">x</a>"),
    ],
)
def test_links_between_published_notes(source: str, html: str) -> None:
    """Every way to link a published note leads to its page, absolute."""
    rendered = render(source)
    part = re.search(r"#(\w+)", source)
    url = f"https://n.example/issues/other{part[0] if part else ''}"
    assert f'<a href="{url}" rel="noopener"{html}' in rendered.html
    assert rendered.wiki[0] in {"other", "sub/other", "deep/other"}


@each(
    "source",
    ["[[Private|x]]", "[x](private.md)", "[x](../../../etc/passwd)", "[x](javascript:alert(1))",
     "[x](data:text/html,x)", "[x](file:///etc/passwd)", "[x](#part)", "[x](paper.docx)", "[x]()",
     "[x](<JaVa&Tab;Script:alert(1)>)", "[x](http://)", "[x](https://[)", "[x](vault://open)"],
)  # fmt: skip
def test_links_that_lead_nowhere_leave_their_label(source: str) -> None:
    """A link that readers cannot or must not follow becomes its label, never a broken link."""
    assert render(source).html == "<p>x</p>\n"
    assert "<a" not in render(source).html


def test_private_targets_are_remembered() -> None:
    """Targets are recorded whether published or not, so that the page is renewed when they are."""
    rendered = render("[[Private Note.md]] [x](../Up.markdown) [[private note]]")
    assert rendered.wiki == ("private note", "up")
    assert any("Private Note" in warning.sentence for warning in rendered.warnings)
    assert link_key("Private NOTE#x") == "private note"


@each(
    ("source", "path"),
    [
        ("![a](img/b%20c.png)", "sub/img/b c.png"),
        ("![a](../up.JPG?x#y)", "up.JPG"),
        ("![a](/root.webp)", "root.webp"),
        ("![[p#1.png]]", "sub/p#1.png"),
        ("![[files/p.png]]", "files/p.png"),
        ('<img src="r.gif">', "sub/r.gif"),
    ],
)
def test_pictures_of_the_note(source: str, path: str) -> None:
    """The note's own pictures get absolute addresses and are recorded, by path below the root."""
    rendered = render(source)
    assert rendered.media == (path,)
    assert f'<img src="https://n.example/media/{quote(path)}" alt="' in rendered.html


@each(
    "source",
    ["![x](../../secret.png)", "![x](.git/p.png)", "![x](a.tiff)", "![x](data:image/png;base64,AA)",
     "![x](%2e%2e/%2e%2e/s.png)", "![x](..\\..\\s.png)"],
)  # fmt: skip
def test_pictures_that_must_not_be_shown(source: str) -> None:
    """A picture outside the folder, hidden, or of a type mail cannot show leaves its text."""
    rendered = render(source)
    assert "<img" not in rendered.html
    assert "x" in rendered.html
    assert rendered.media == ()
    assert rendered.warnings


def test_raw_pictures_without_a_source_leave_their_text() -> None:
    """A raw picture that may not be shown leaves its text, and one without a text gets an empty one
    (rule D12).
    """
    assert render('a <img alt="x > y" src="javascript:z">').html == "<p>a x &gt; y</p>\n"
    assert 'alt=""' in render("a <img src='p.png'>").html


def test_sizes_in_alternative_texts() -> None:
    """Obsidian's `|300` is the width, not part of the text."""
    assert 'alt="a" width="300"' in render("![a|300](p.png)").html
    assert 'alt="" width="200"' in render("![[p.png|200]]").html
