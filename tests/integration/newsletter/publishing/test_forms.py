"""Notes as their authors have them: what is not for readers, what their generators would have made of them, formulas, words."""

from __future__ import annotations

from feeds.markdown.parser import find_title
from feeds.markdown.render import render_markdown
from tests.unit.feeds.markdown.test_render import Published
from tests.worlds.rows import each


@each(
    ("path", "body"),
    [
        ("a.md", "a %%SECRET%% b"),
        ("a.md", "%%\nSECRET\n\nSECRET\n%%\n\nb"),
        ("a.md", "<!-- SECRET\n\nSECRET -->b"),
        ("a.md", "- item ^SECRET"),
        ("a.mdx", "import SECRET from './x'\n\n# b"),
        ("a.mdx", "export const SECRET = 1\n\nb"),
        ("a.mdx", "{/* SECRET */}b"),
        ("a.md", "[comment]: # (SECRET)\n\nb"),
        ("a.md", "[SECRET]: <> (x)\n\nb"),
        ("a.md", "{% comment %}SECRET{% endcomment %}b"),
        ("a.md", "{{< comment >}}SECRET{{< /comment >}}b"),
        ("a.md", "<!--more SECRET-->b"),
        ("a.md", "b{: .SECRET}"),
        ("a.md", "b {.SECRET #x}"),
        ("a.md", "- b {#x .SECRET}"),
        ("a.md", "*b* {.a data-x=SECRET}"),
        ("a.md", "[b](https://e.example){target=SECRET}"),
        ("a.md", "![b](x.png){width=SECRET}"),
        ("a.qmd", "::: {.content-hidden}\nSECRET\n:::\n\nb"),
        ("a.rmd", "```{r SECRET, echo=FALSE}\n1\n```"),
        ("a.md", "- b\n  id:: SECRET"),
        ("a.md", "SCHEDULED: <2026 SECRET>\nb"),
    ],
)
def test_what_is_not_for_readers_reaches_none(path: str, body: str) -> None:
    """Comments, ids, attributes, imports and plans of any program stand in neither form."""
    rendered = render_markdown(body, path=path, links=Published())
    assert "SECRET" not in rendered.html + rendered.text


@each(
    ("body", "words"),
    [
        ("b {x}", "b {x}"),
        ("f(x) {.5}", "f(x) {.5}"),
        ("b {.a} c", "b {.a} c"),
        ("`b {.a}`", "`b {.a}`"),
        ("{1, 2}", "{1, 2}"),
    ],
)
def test_braces_that_are_words_stay(body: str, words: str) -> None:
    """Only what is an attribute, at the end of what it is for, goes."""
    rendered = render_markdown(body, path="a.md", links=Published())
    assert rendered.text.strip() == words


@each(
    ("body", "source"),
    [
        ("> [!faq]- Q\n> a", "[!"),
        (":::tip[Title]\na\n:::", ":::"),
        ('!!! note inline end "T"\n    a', "!!!"),
        ('???+ tip "T"\n    a', "???"),
        ("{{< notice warning >}}a{{< /notice >}}", "{{<"),
        ("{% raw %}{{ x }}{% endraw %}", "{%"),
        ('{% include figure.html src="a.png" caption="c" %}', "{%"),
        ("{{ site.baseurl }}/x", "{{"),
        ("{{% admonition note %}}a{{% /admonition %}}", "{{%"),
        ('<Callout type="info">a</Callout>', "<Callout"),
        ("{{ page.title | upcase }}", "{{"),
        ('[x]({{< relref "other.md" >}})', "{{<"),
        ('<Tabs><TabItem value="a">b</TabItem></Tabs>', "<Tab"),
        ("{% youtube abcdefghijk %}", "{%"),
        ('{{< x user="a" id="1" >}}', "{{<"),
        ("#+BEGIN_QUOTE\na\n#+END_QUOTE", "#+BEGIN"),
        ("{{video https://youtu.be/abcdefghijk}}", "{{video"),
        ("{{query (todo)}}", "{{query"),
        ("```dataview\nlist\n```", "dataview"),
        ("<%= x %>", "<%"),
        ("{{> partial}}", "{{>"),
        ("::youtube{#abc}", "::you"),
        ("{{#if x}}a{{/if}}", "{{#"),
    ],
)
def test_no_language_of_a_generator_is_left(body: str, source: str) -> None:
    """It is rendered, or left out and told; readers never see it."""
    rendered = render_markdown(body, path="a.md", links=Published())
    assert source not in rendered.html + rendered.text


@each(
    ("body", "is_maths"),
    [
        ("$a^*$ and $b^*$", True),
        ("$$\nA\n=\nB\n$$", True),
        ("\\(x_1\\) and \\[y_2\\]", True),
        ("```math\nx^2\n```", True),
        ("$`x`$", True),
        ("$\\text{если } x > 0$", True),
        ("$$\\begin{cases}a\\\\b\\end{cases}$$", True),
        ("|a|\n|-|\n|$x\\|y$|", True),
        ("$x$-axis", True),
        ("- $$x$$", True),
        ("> $$x$$", True),
        ("\\begin{equation}x\\end{equation}", True),
        ("costs $5 and $6", False),
        ("US$5 to US$6", False),
        ("`$x$`", False),
    ],
)
def test_a_formula_is_one_and_a_price_is_none(body: str, is_maths: bool) -> None:
    """In paragraphs, tables, lists and quotations; its signs never become Markdown."""
    html = render_markdown(body, path="a.md", links=Published()).html
    assert ("<math" in html, "<em>" in html) == (is_maths, False)


@each(
    ("body", "title"),
    [
        ("# A *b* `c`", "A b c"),
        ("Intro\n\n# Not", ""),
        ("<!-- c -->\n\n# T", "T"),
        ("Setext\n===\n\nx", "Setext"),
        ("## H2\n\n# H1", ""),
        ("# [L](x.md)", "L"),
        ("# T {#id} #", "T"),
        ("# :tada: T", "🎉 T"),
        ("# ![a](b.png)", "a"),
    ],
)
def test_a_title_is_the_heading_a_note_begins_with(body: str, title: str) -> None:
    """Its words alone; one further down is none."""
    assert find_title(body) == title


@each(
    "before",
    [
        "![alt](a.png)",
        '{{< figure src="a.png" >}}',
        "[TOC]",
        "> quote here",
        "<script>x()</script>",
        "```\ncode\n```",
        "Hi all,",
    ],
)
def test_a_summary_passes_over_what_says_nothing(before: str) -> None:
    """Pictures, shortcodes, lists of parts, quotations, scripts, code and greetings are none."""
    body = f"{before}\n\nWords are here, in fact."
    assert (
        render_markdown(body, path="a.md", links=Published()).summary == "Words are here, in fact."
    )


@each(
    ("body", "has_words"),
    [
        *(("![alt words](a.png)", False), ("---", False), ("&nbsp;", False), ("%%x%%", False)),
        *(("<br>", False), ("\u200b", False), ("…", False), ("[TOC]", False), ("- \n- ", False)),
        *(("<div></div>", False), ("<!-- x -->", False), ("1", True), ("字", True)),
        *(("```\nx\n```", True), ("> a", True), ("|a|\n|-|", True)),
    ],
)
def test_whether_anything_is_to_be_read(body: str, has_words: bool) -> None:
    """Signs, pictures, comments and empty elements are no words; a letter of any script is one."""
    assert render_markdown(body, path="a.md", links=Published()).has_words is has_words
