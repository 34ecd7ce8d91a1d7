"""Markdown to HTML: what is understood, what is let through, and what never is."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.html import TAGS, VANISHING, link_footnotes
from feeds.markdown.links import NoteSource, link_key
from feeds.markdown.maths.mathml import _TAGS
from feeds.markdown.parser import find_title
from feeds.markdown.render import Rendered, find_remarks, render_markdown
from storage.model import FIELD
from tests.sizes import examples
from tests.worlds.files import beside
from tests.worlds.rows import each

ATTRIBUTES = {
    *("href", "title", "rel", "src", "alt", "width", "height", "id", "class", "scope", "start"),
    *("value", "lang", "dir", "colspan", "rowspan", "abbr", "datetime"),
}
MATHS = _TAGS | {"math", "semantics", "annotation"}
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
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


class Published:
    """A newsletter in which the note `Other` is published."""

    def note_url(self, target: str, folder: str = "", *, loose: bool = False) -> str | None:
        """The one published note's address."""
        meant = "other" in target.casefold() and "://" not in target
        return "https://n.example/issues/other" if meant else None

    def media_url(self, path: str) -> str:
        """Where the site serves pictures."""
        return f"https://n.example/media/{quote(path)}"

    def find_media(self, written: str, folder: str, *, anywhere: bool) -> str | None:
        """Every file is there."""
        return beside(written, folder)

    def note_source(self, target: str, folder: str) -> NoteSource | None:
        """Nothing can be embedded."""
        return None


class Reader(HTMLParser):
    """Reads HTML as a browser would and refuses what must never be there."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Checks one element."""
        if tag in MATHS:
            assert not {name for name, _value in attrs} & {"href", "src", "style", "class", "id"}
            return
        assert tag in TAGS - {"h1"}
        for name, value in attrs:
            assert name in ATTRIBUTES
            if name in {"href", "src"}:
                assert re.match(r"https?://[^/ ]|mailto:.", value or "", re.IGNORECASE)
            if name == "href":
                self.links.append(value or "")
        assert tag != "img" or {"src", "alt"} <= dict(attrs).keys()


def render(body: str, path: str = "sub/note.md", title: str = "") -> Rendered:
    """Renders as the poll does."""
    return render_markdown(body, path=path, links=Published(), title=title)


def check(rendered: Rendered) -> None:
    """The promises about any note: allow-list, clean characters, every address in the text."""
    reader = Reader()
    reader.feed(rendered.html)
    reader.close()
    for text in (rendered.html, rendered.text, rendered.summary):
        assert not FORBIDDEN.search(text)
    for link in reader.links:
        assert link in rendered.text


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
def test_hostile_markdown_is_tamed(body: str) -> None:
    """Any mixture of Markdown and attack gives safe, well-formed HTML and a complete text
    (rules D14, D15, D18, E1, E16, E17), the same each time; and what is only looked through is told the same.
    """
    rendered = render(body)
    check(rendered)
    assert render(body) == rendered
    told = find_remarks(body, path="sub/note.md", links=Published(), title="", image="")
    assert set(told) == set(rendered.warnings)


@settings(max_examples=examples(60), deadline=None)
@given(st.text(max_size=300))
def test_any_text_renders(body: str) -> None:
    """Any text at all renders."""
    check(render(body))


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
        rendered = render_markdown(body, path="a.md", links=Published())
        if "SECRET" in rendered.html:  # a browser ends an SVG at the first tag not of its own
            assert tag in {"svg", "math", "select"}
            continue
        assert "SECRET" not in rendered.text + rendered.summary + find_title(body), tag
        assert "after" in rendered.text, tag


@pytest.mark.parametrize("tag", ["svg", "math"])
def test_an_element_that_ends_itself_is_the_same_in_every_part(tag: str) -> None:
    """What follows `<svg/>` is in all parts or in none."""
    rendered = render_markdown(f"See <{tag}/> after </{tag}> all.", path="a.md", links=Published())
    parts = (rendered.html, rendered.text, rendered.summary)
    assert len({"after" in part for part in parts}) == 1
    assert all("all." in part for part in parts)


# ── formulas ─────────────────────────────────────────────────────────────────────────────────


@each(
    ("body", "text"),
    [
        (r"$a^*$ and $b^*$", r"$a^*$ and $b^*$"),
        (r"$a \\ b\,c$", r"$a \\ b\,c$"),
        ("$$\nA\n=\nB\n$$", "$$\nA\n=\nB\n$$"),
        ("a $$x$$ b", "a\n$$x$$\nb"),
        ("> $$\n> x\n> = y\n> $$", "> $$\n> x\n> = y\n> $$"),
        ("- $*a*$", "- $*a*$"),
        ("| a |\n|---|\n| $x|y$ |", "a\n-----\n$x|y$"),
        ("$x_{a}$ *and* $y_{b}$", "$x_{a}$ _and_ $y_{b}$"),
        ("$[a](b)$", "$[a](b)$"),
        ("$a < b > c$", "$a < b > c$"),
        ("# H\n\n## $x$ y", "H\n===\n\n$x$ y\n====="),
    ],
)
def test_a_formula_is_mathml_and_in_text_as_it_is_written(body: str, text: str) -> None:
    """Nothing in a formula is Markdown: it is MathML with its TeX in HTML, and that TeX in text."""
    rendered = render(body)
    check(rendered)
    assert rendered.text == text
    assert rendered.html.count("<math") == rendered.html.count("<annotation") >= 1
    assert not rendered.warnings


def test_a_displayed_formula_is_no_heading_no_title_and_no_summary() -> None:
    """A line of `=` in it underlines nothing, and what sums the note up are words."""
    body = "$$\nA\n=\nB\n$$\n\nWords about $n^2$ and $\\frac{a}{b}$."
    rendered = render(body)
    assert find_title(body) == ""
    assert "<h" not in rendered.html
    assert rendered.summary == r"Words about n² and \frac{a}{b}."
    assert find_title(r"# On $x^2$ and `$y$`") == "On x² and $y$"


def test_code_attributes_and_addresses_keep_their_dollars() -> None:
    """A formula is one in text only: code, addresses and attributes hold what was written."""
    html = render("`$x$` [$a$](https://e.example/$b$c) <b title='$d$'>y</b>\n\n    $e$").html
    assert "<code>$x$</code>" in html
    assert 'href="https://e.example/$b$c"' in html
    assert 'title="$d$"' in html
    assert "<pre><code>$e$" in html
    assert html.count("<math") == 1


def test_what_cannot_be_shown_is_tex_and_told() -> None:
    """A formula with an unknown command stays its TeX, in code, and its author is told why."""
    rendered = render(r"a $\foo{x_*}$ b")
    assert rendered.html == "<p>a <code>$\\foo{x_*}$</code> b</p>\n"
    assert [remark.code for remark in rendered.warnings] == ["maths"]
    assert r"`\foo` is not known" in rendered.warnings[0].sentence


def test_an_authors_own_math_element_vanishes() -> None:
    """Raw MathML carries what it likes into a page, so only what is written here is let through."""
    assert "math" not in render("a <math><mtext><img src=x></mtext></math> b").html


def test_braces_in_a_formula_are_no_merge_field() -> None:
    """`{{a}}` in TeX is a group in a group, not something to fill in."""
    rendered = render("${{name}}$ {{ name }}")
    assert len(FIELD.findall(rendered.html)) == len(FIELD.findall(rendered.text)) == 1


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("begins", "suffix"), [("<a {", "md"), ("", "md"), ("{", "qmd"), ("# a", "mdx")]
)
def test_a_line_of_blanks_is_read_once(begins: str, suffix: str) -> None:
    """A hundred thousand and more, within the limit of time: the square of it is far beyond."""
    assert "x" in render(f"{begins}{' ' * 150_000}x", path=f"a.{suffix}").text


@pytest.mark.parametrize(
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
    warnings = render_markdown(body, path="sub/note.md", links=Published()).warnings
    assert [one.code for one in warnings] == [code]
    assert named in warnings[0].sentence
    assert (
        render_markdown("[a](other.md) ![b](c.png)", path="n.md", links=Published()).warnings == ()
    )
