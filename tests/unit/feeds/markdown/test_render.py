"""Markdown to HTML: what is understood, what is let through, and what never is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.html import VANISHING, link_footnotes
from feeds.markdown.parser import find_title
from feeds.markdown.render import find_remarks, render_markdown
from tests.sizes import examples
from tests.worlds.publishing.allowed import check
from tests.worlds.publishing.written import Published, render
from tests.worlds.rows import each

FRAGMENTS = (
    "[", "]", "(", ")", "[[", "]]", "![", "![[", "|", "a", "b.md", "x.png", "https://e.example/?b&c",
    "javascript:alert(1)", "data:image/png;base64,x", "//h.example/x", "<script>", "</script>",
    "<a href='", "'>", '<a href="javascript:x">', '<a title=t href="y.md">', "</a>",
    "<img src=x.png onerror=y>", "<svg onload=x>", "<math>", "<style>", "<plaintext>", "<div>",
    "</div>", "<!--", "-->", "\n", "\n\n", "    ", "- ", "- [ ] ", "1. ", "> ", "# ", "```",
    "```python\n", "`", "*", "**", "_", "~~", "[^1]", "\n[^1]: ", "^[", "| a | b |\n|-|:-:|\n| c |\n",
    "\x01", "\u2028", "\ud800", "&#1;", "&#x2028;", "&lt;", "\\", "{{ name | there }}", "日本語", "---\n",
    "<table><tr><td>", "<form>", "<input>", "<textarea>", "<br>", "<h1>", "<iframe src=x>", "\t",
    "<svg><style><img src=x onerror=y>", "<![CDATA[", "<?x", "<a@b.example>", "file:///etc/passwd",
    "$", "$$", "\\(", "\\)", "$x^2$", "\\frac", "$$\n", "\\begin{align}", "\\end{align}", "```math\n",
    "<sup id='fn-a-1' class='footnote-ref'>", "https://ex[ample", "+", "<p style='x' onclick=y>",
)  # fmt: skip


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
def test_hostile_markdown_is_tamed(body: str) -> None:
    """Any mixture of Markdown and attack gives safe, well-formed HTML and a complete text
    (rules D14, D15, D18, E1, E16, E17), the same each time; and what is only looked through is told the same.
    """
    rendered = render(body)
    check(rendered)
    assert render(body) == rendered
    assert not re.search("[\ue000-\uf8ff]", rendered.text + rendered.html), "no mark is left over"
    told = find_remarks(body, path="sub/note.md", links=Published("other"), title="", image="")
    assert set(told) == set(rendered.warnings)


@settings(max_examples=examples(60), deadline=None)
@given(st.text(max_size=300))
def test_any_text_renders(body: str) -> None:
    """Any text at all renders."""
    check(render(body))


@each(
    "body",
    [
        "".join(f"{'  ' * level}- w{level}q\n" for level in range(29)),
        "".join(f"{'   ' * level}1. w{level}q\n" for level in range(29)),
        "".join(f"{'>' * level} w{level}q\n\n" for level in range(1, 58)),
    ],
)
def test_no_word_of_an_outline_is_lost(body: str) -> None:
    """Thirty levels of lists, and twice as many of quotations: no program of notes shows more."""
    rendered = render(body)
    for word in re.findall(r"w\d+q", body):
        assert word in rendered.html
        assert word in rendered.text


@each(
    "piece", [">", "[", "![", "<div>", "<span>", "^[", "*a ", "`", "- ", "[^a]", "<!--", "[[a", "|"]
)
def test_deep_nesting_ends(piece: str) -> None:
    """Thousands of openings that never close end neither the parser nor the sanitiser."""
    check(render(piece * 1_200))


@each(
    ("source", "html"),
    [
        ("a\n===\n\n# b", '<h2 id="a">a</h2>\n<h2 id="b">b</h2>\n'),
        ("~~x~~", "<p><s>x</s></p>\n"),
        ('<blockquote class="tweet"><p>x</p></blockquote>', "<blockquote><p>x</p></blockquote>"),
        ('`<b class="">`', '<code>&lt;b class=""&gt;</code>'),
        ("[](https://example.com/a/b%20c#d)", ">d</a>"),
        ("- [ ] a\n- [X] b", '<li class="task">☐ a</li>\n<li class="task">☑ b</li>'),
        ("- [-] a\n- [>] b", '<li class="task">☒ a</li>\n<li class="task">☐ b</li>'),
        ("- [a] b", "<li>[a] b</li>"),
        ("|a|\n|-:|\n|b|", '<th scope="col" class="align-right">a</th>'),
        ("```nope\n<&>\n```", "<pre><code>&lt;&amp;&gt;\n</code></pre>"),
        ("```python\nif x: 1\n```", '<span class="hl-k">if</span> x: <span class="hl-m">1</span>'),
        (
            "見 https://a.exampleを見る",
            '<a href="https://a.example" rel="noopener">https://a.example</a>を',
        ),
        ("見https://a.example/b。次", ">https://a.example/b</a>。次"),
        ("> [!注意] 題\n> 文", "<strong>題</strong>"),
        (
            "see https://a.example/b_c?d=(e).",
            '<a href="https://a.example/b_c?d=(e)" rel="noopener">',
        ),
        ("<https://a.example>", '<a href="https://a.example" rel="noopener">https://a.example</a>'),
        ("`[[Other]]` and `https://a.example`", "<code>[[Other]]</code>"),
        ("see [[Box <x> & y|a <T> b]]", "<p>see a &lt;T&gt; b</p>"),
        ("see [[Box <x> & y]]", "<p>see Box &lt;x&gt; &amp; y</p>"),
        (
            "https://a.example/__init__.py _c_",
            '<a href="https://a.example/__init__.py" rel="noopener">https://a.example/__init__.py</a> <em>',
        ),
        ("use <script> here", "<p>use &lt;script&gt; here</p>"),
        ("a <script>alert(1)</script> b", "<p>a  b</p>"),
        ("{{ name | there }}", "<p>{{ name | there }}</p>"),
        ("<h1 id=x onclick=y style=z>t</h1>", "<h2>t</h2>"),
    ],
)
def test_constructs(source: str, html: str) -> None:
    """Each construct becomes the HTML that mail, feed and page share (rules D10, D15)."""
    assert html in render(source).html


@each(
    ("source", "has_words"),
    [
        *(("&nbsp;", False), ("&amp; &lt;", False), ("![](a.png)", False), ("---", False)),
        *(("x", True), ("&nbsp;x", True), ("<b>é</b>", True), ("- 字", True)),
    ],
)
def test_whether_there_are_words(source: str, has_words: bool) -> None:
    """Blanks and signs are none, however they are written in HTML."""
    assert render(source).has_words is has_words


@each("heading", ["# A *title*", "A *title*\n====", "<!-- a comment -->\n\n# A *title*"])
def test_the_title_is_not_repeated(heading: str) -> None:
    """An h1 that a note begins with and that equals its title is left out; another stays (rule D11)."""
    assert "title" not in render(f"{heading}\n\n## Sub", title="A title").html
    assert '<h2 id="a-title">A <em>title</em></h2>' in render(heading, title="Another").html


def test_links_lead_to_the_parts_of_a_note() -> None:
    """Headings have ids, the author's own first; links within the note and `[TOC]` lead to them."""
    rendered = render(
        "[TOC]\n\n## What's new? {#new}\n\n## Part *two*\n\n[a](#new) [b](#part-two) [[#Part two]]"
    )
    assert rendered.html.count('href="#new"') == 2
    assert rendered.html.count('href="#part-two"') == 3
    assert '<h2 id="new">What\'s new?</h2>' in rendered.html
    assert "#new" not in rendered.text  # a text has no place to jump to


def test_a_list_of_parts_is_no_summary() -> None:
    """What an issue begins with is its first paragraph, also where a list of its parts stands above."""
    rendered = render("[TOC]\n\nThe lead.\n\n## One\n\nx\n\n## Two\n\ny")
    assert rendered.summary == "The lead."


def test_boxes_figures_and_meanings_are_shown() -> None:
    """A callout has a title of its own, a titled picture alone a caption, a term its meaning."""
    rendered = render(
        '> [!warning]- Hot\n> stuff\n\n> [!NOTE]\n> x\n\n![a](p.png "Cap")\n\nTerm\n: Meaning'
    )
    assert (
        '<blockquote class="callout callout-warning">\n<p><strong>Hot</strong></p>' in rendered.html
    )
    assert "<p><strong>Note</strong></p>" in rendered.html
    assert "<figcaption>Cap</figcaption></figure>" in rendered.html
    assert "<dt>Term</dt>\n<dd>Meaning</dd>" in rendered.html
    assert "> *Hot*\n>\n> stuff" in rendered.text
    assert "Term\n\n    Meaning" in rendered.text


def test_an_abbreviation_says_what_it_means() -> None:
    """`*[HTML]: …` explains the word wherever it stands as one."""
    html = render("HTML and XHTML\n\n*[HTML]: Hyper Text").html
    assert html == '<p><abbr title="Hyper Text">HTML</abbr> and XHTML</p>\n'


def test_a_generator_s_language_is_told_with_its_line() -> None:
    """What is not known is left out and named, under the code by which the mail is held."""
    rendered = render("a\n\n{{< chart >}}")
    assert rendered.text == "a"
    assert [remark.code for remark in rendered.warnings] == ["template"]


def test_a_heading_in_the_middle_stays_where_it_is() -> None:
    """Only what a note begins with is its title: an h1 further down is a heading of its text."""
    html = render("Intro\n\n# A title\n\nMore", title="A title").html
    assert html == '<p>Intro</p>\n<h2 id="a-title">A title</h2>\n<p>More</p>\n'


def test_footnotes_are_numbers_until_a_page_links_them() -> None:
    """Stored HTML has no anchors (rules D19, E16); the page's has, there and back, unique per note."""
    stored = render("a[^x] b[^x] ^[in]\n\n[^x]: note").html
    assert "<a" not in stored
    assert stored.count("[1]</sup>") == 2
    page = link_footnotes(stored)
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets == set(re.findall(r' id="([^"]+)"', page))
    assert len(targets) == 4
    assert targets.isdisjoint(re.findall(r' id="([^"]+)"', render("a[^x]\n\n[^x]: n", "b.md").html))


def test_links_of_broken_html_are_written_out() -> None:
    """A link that only a browser's repair of broken HTML brings about is in the text too (D18)."""
    rendered = render("<div><a href='https://spans.example/\n\nb'>x</a> <br>")
    assert '<a href="https://spans.example/' in rendered.html
    check(rendered)


def test_excess_of_raw_html_is_text() -> None:
    """More raw HTML than any note needs is shown as text, and the author is told."""
    rendered = render("<i>" * 6_000)
    assert "&lt;i&gt;" in rendered.html
    assert any("HTML tags" in warning.sentence for warning in rendered.warnings)


def test_long_code_is_left_plain() -> None:
    """Code beyond the limit is escaped without highlighting, not dropped."""
    html = render("```python\n" + "if x: pass\n" * 2_000 + "```").html
    assert "hl-k" not in html
    assert html.count("if x: pass") == 2_000


DROPPED = sorted(VANISHING - {"head", "plaintext"})
SHAPES = (
    "See <{0}>SECRET</{0}> after.",
    "See <{0} a='b'>SECRET <b>SECRET</b></{0}> after.",
    "See <{0}><{0}>SECRET</{0}></{0}> after.",
    "# See <{0}>SECRET</{0}>\n\nafter",
    "<{0}>SECRET</{0}>\n\nSee after",
    "- See <{0}>SECRET</{0}> after",
    "See **<{0}>SECRET</{0}>** after",
    "See [<{0}>SECRET</{0}>](https://a.example) after",
)


@each("shape", SHAPES)
def test_what_html_drops_no_medium_shows(shape: str) -> None:
    """The text of an element that goes with all it holds is in no text, summary or title either."""
    for tag in DROPPED:
        body = shape.format(tag)
        rendered = render_markdown(body, path="a.md", links=Published("other"))
        if "SECRET" in rendered.html:  # a browser ends an SVG at the first tag not of its own
            assert tag in {"svg", "math", "select"}
            continue
        assert "SECRET" not in rendered.text + rendered.summary + find_title(body), tag
        assert "after" in rendered.text, tag


@pytest.mark.parametrize("tag", ["svg", "math"])
def test_an_element_that_ends_itself_is_the_same_in_every_part(tag: str) -> None:
    """What follows `<svg/>` is in all parts or in none."""
    rendered = render_markdown(
        f"See <{tag}/> after </{tag}> all.", path="a.md", links=Published("other")
    )
    parts = (rendered.html, rendered.text, rendered.summary)
    assert len({"after" in part for part in parts}) == 1
    assert all("all." in part for part in parts)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("begins", "suffix"), [("<a {", "md"), ("", "md"), ("{", "qmd"), ("# a", "mdx")]
)
def test_a_line_of_blanks_is_read_once(begins: str, suffix: str) -> None:
    """A hundred thousand and more, within the limit of time: the square of it is far beyond."""
    assert "x" in render(f"{begins}{' ' * 150_000}x", path=f"a.{suffix}").text


@each(
    ("body", "code", "named"),
    [
        ("![](my%20bridge.png)", "no-alt", "`my bridge.png`"),
        ("![|300](../img/bridge.png)", "no-alt", "`../img/bridge.png`"),
        ("![[bridge.png|300]]", "no-alt", "`bridge.png`"),
        ("![](https://e.example/a.png)", "no-alt", "`https://e.example/a.png`"),
        ("[](https://e.example/a)", "empty-link", "`https://e.example/a`"),
        ("[ ](other.md)", "empty-link", "`https://n.example/issues/other`"),
        ("[&nbsp;](other.md)", "empty-link", "`https://n.example/issues/other`"),
        ("See [][x].\n\n[x]: mailto:a@e.example", "empty-link", "`mailto:a@e.example`"),
    ],
)
def test_what_has_no_words_is_told_as_it_is_written(body: str, code: str, named: str) -> None:
    """A picture by what its author wrote, a link by where it leads, and neither with words."""
    warnings = render_markdown(body, path="sub/note.md", links=Published("other")).warnings
    assert [one.code for one in warnings] == [code]
    assert named in warnings[0].sentence
    assert (
        render_markdown("[a](other.md) ![b](c.png)", path="n.md", links=Published("other")).warnings
        == ()
    )
