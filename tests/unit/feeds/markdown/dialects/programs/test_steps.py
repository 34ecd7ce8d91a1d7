"""What programs of notes and documents write for themselves: read, or taken out and told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.dialects.translation import translate_dialects
from tests.sizes import examples
from tests.worlds.publishing.written import read
from tests.worlds.rows import each


@each(
    ("written", "becomes"),
    [
        ("- a\n  collapsed:: true\n- b\n  id:: 6051b4a4-aaaa", "- a\n- b"),
        ("- TODO do it\n- DONE that", "- [ ] do it\n- [x] that"),
        ("- a\n  SCHEDULED: <2021-01-01 Fri>\n- b", "- a\n- b"),
        ("- #+BEGIN_QUOTE\n  words\n  #+END_QUOTE", "-\n  words"),
        ("- a\n- #+BEGIN_NOTE\n  words\n  #+END_NOTE\n- b", "- a\n-\n  words\n- b"),
        ("- a\n- id:: 6051b4a4-aaaa\n- b", "- a\n- b"),
        ("![x](a.png){:height 100, :width 200}", "![x](a.png)"),
        ("a ^^marked^^ b", "a <mark>marked</mark> b"),
        ("{{video https://www.youtube.com/watch?v=abc}}", "<https://www.youtube.com/watch?v=abc>"),
        ("{{embed [[Other]]}}", "![[Other]]"),
        ("* TOC\n{:toc}\n\n## A", "[TOC]\n\n\n## A"),
        (
            "[link]({filename}/b.md) ![p]({static}/images/p.png)",
            "[link](/b.md) ![p](/images/p.png)",
        ),
        ("[x]({tag}pelican)", "x"),
        ("[text]{.underline} and [a](b)", "text and [a](b)"),
        ('[text]{style="color:red"} and [a]{}', "text and [a]{}"),
        ("```{python}\n#| echo: true\n1+1\n```", "```python\n1+1\n```"),
        ("```{r}\n#| echo: false\nplot(1)\n```\n\nWords", "Words"),
        ("::: {.callout-tip}\n## Title here\n\nBody.\n:::", "> [!tip] Title here\n>\n> Body.\n>"),
        ("`(()) ^^x^^ {tag}` \\{x}", "`(()) ^^x^^ {tag}` \\{x}"),
        ("(a::b) std::vector x:: y", "(a::b) std::vector x:: y"),
        ("a [due:: friday] (mood:: good)", "a due: friday good"),
        ("- TODO [#A] do it", "- [ ] do it"),
        ("- a\n  :LOGBOOK:\n  CLOCK: [2020-01-01 Wed]\n  :END:", "- a"),
        ("```ad-tip\ntitle: Mind\ncollapse: open\na\n```", "> [!tip] Mind\n> a"),
        ("````ad-own\na\n```js\nb\n```\n````", "> [!note]\n> a\n> ```js\n> b\n> ```"),
        ("<aside>\n💡 **a**\n\n</aside>", "> [!note]\n> 💡 **a**"),
        ("@[toc]\n\na", "[TOC]\n\na"),
        ("{{TOC}}", "[TOC]"),
        (
            '[caption id="x"]<img src="a.png" alt="A"> Words[/caption]',
            '<figure>\n\n<img src="a.png" alt="A">\n\n<figcaption>Words</figcaption></figure>',
        ),
        (
            '[caption id="x"][![A](a.png)](b.png) Words[/caption]',
            "<figure>\n\n[![A](a.png)](b.png)\n\n<figcaption>Words</figcaption></figure>",
        ),
        (
            "[youtube https://youtu.be/abc]",
            '<p><a href="https://youtu.be/abc">Video on YouTube</a></p>',
        ),
        (
            "[embed]https://a.example/b[/embed]",
            '<p><a href="https://a.example/b">a.example</a></p>',
        ),
        ('[audio mp3="a.mp3"]', '<p><a href="a.mp3">Sound</a></p>'),
        ("`x`{:.language-ruby} y", "`x` y"),
        ("a :material-account:{ .big } b", "a  b"),
        (
            "++ctrl+alt+del++ and C++ or i++",
            "<kbd>ctrl</kbd>+<kbd>alt</kbd>+<kbd>del</kbd> and C++ or i++",
        ),
        ("`#!python print(1)` and `#!/bin/sh`", "`print(1)` and `#!/bin/sh`"),
        ("| a |\n|---|\n| b |\n{ .sortable }\n\nx", "| a |\n|---|\n| b |\n\n\nx"),
        ("{% blockquote David, Wide %}\nSeek.\n{% endblockquote %}", "> Seek.\n>\n> — David, Wide"),
        ("{% note info %}\nnote text\n{% endnote %}", "> [!info]\n> note text"),
        ("{% post_link hello 'Title' %}", '<a href="/hello">Title</a>'),
        ("see {doc}`a note <b/c>` and {doc}`b/c`", "see [a note](b/c) and [c](b/c)"),
        ("{ref}`words <label>`, {term}`word`, {kbd}`Esc`", "words, word, <kbd>Esc</kbd>"),
        ("H{sub}`2`O and f-strings {x}`y`", "H<sub>2</sub>O and f-strings {x}`y`"),
        ("```{figure} a.png\n:alt: A\n:width: 9px\n\nIts words\n```", '![A](<a.png> "Its words")'),
        ("````{code-block} python\n:linenos:\nx\n```\n````", "````python\nx\n```\n````"),
        ("```{code-cell} ipython3\n:tags: [hide]\n1\n```", "```ipython3\n1\n```"),
    ],
)
def test_what_programs_write_is_read(written: str, becomes: str) -> None:
    """Logseq, Obsidian, Notion, WordPress, kramdown, Pelican, Quarto, Hexo; what stands in code stays."""
    lines = [line.rstrip() for line in read(written).split("\n")]
    assert "\n".join(lines).strip("> \n") == becomes.strip("> \n")


@each(
    ("written", "path", "left", "line"),
    [
        ("a\n\n```dataview\nTABLE x\n```\n\nb", "a.md", "TABLE", 3),
        ('a\n\n--8<-- "part.md"\n\nb', "a.md", "8<", 3),
        ("a\n\n```{toctree}\n:maxdepth: 2\nchapters/one\n```", "a.md", "one", 3),
        ("a\n\n```{include} part.md\n```", "a.md", "part", 3),
        ('a\n\n::gitbox{repo="a/b"}\n\nb', "a.md", "gitbox", 3),
        ("a\n\n{!part.md!}\n\nb", "a.md", "part", 3),
        ("a\n\n!include part.md\n\nb", "a.md", "part", 3),
        ("a ((6051b4a4-aaaa-bbbb-cccc-ddddeeee0000)) b", "a.md", "6051", 1),
        ("a\n{{query [[x]]}} b", "a.md", "query", 2),
        ("a {frontmatter.title} b", "a.mdx", "frontmatter", 1),
        ("a\n\n<Chart data={x} />", "a.mdx", "Chart", 3),
    ],
)
def test_what_would_have_shown_something_is_told(
    written: str, path: str, left: str, line: int
) -> None:
    """It is taken out, and named with its line, so that nobody is mailed its source."""
    translated = translate_dialects(written, path)
    assert left not in translated.text
    assert [one.line for one in translated.unknown] == [line]


def test_mdx_loses_what_is_a_program() -> None:
    """Imports and exports go up to the next blank line; boxes are boxes; a heading's id stays."""
    source = (
        "import A from 'a'\n\nexport const x = {\n  a: 1,\n};\n\n# T {#id}\n\n"
        '<Callout type="warning" title="Mind">\n  Some **text**.\n</Callout>\n'
    )
    assert read(source, "a.mdx") == "# T {#id}\n\n\n> [!warning] Mind\n> Some **text**."


@given(
    st.text(st.sampled_from("{}()[]#^:|`-* \n<>abTODO/="), max_size=200),
    st.sampled_from(["a.md", "a.mdx", "a.qmd"]),
)
@settings(max_examples=examples(200), deadline=None)
def test_any_text_is_translated(text: str, path: str) -> None:
    """Nothing is raised, and no mask is left behind."""
    translated = translate_dialects(text, path)
    assert "\ufdd0" not in translated.text


@each(
    ("written", "becomes"),
    [
        ("![a](my pic.png)", "![a](<my pic.png>)"),
        ('![a](my pic.png "A title")', '![a](<my pic.png> "A title")'),
        ("[a](My Note.md#part) [b](sub dir/c.md)", "[a](<My Note.md#part>) [b](<sub dir/c.md>)"),
        ("![a](x.png =100x20) ![b](y.png =50x)", "![a|100x20](x.png) ![b|50](y.png)"),
        (
            "[sic](as he wrote it) [see](p. 5 and so on)",
            "[sic](as he wrote it) [see](p. 5 and so on)",
        ),
        ("`[a](my pic.png)`", "`[a](my pic.png)`"),
        ("> quoted\n> ^q1\n\n> > deep\n> > ^q", "> quoted\n>\n\n> > deep\n> >"),
    ],
)
def test_addresses_that_some_programs_read_are_read(written: str, becomes: str) -> None:
    """A blank in a file's name, a size behind it, an id below a quotation; words in brackets are words."""
    assert read(written) == becomes


@each(
    "written",
    [
        "![](https://youtu.be/abc)",
        "![](https://www.youtube.com/watch?v=abc)",
        "![](https://vimeo.com/123)",
        "![A walk](https://files.example.com/walk.mp4)",
        "![](https://files.example.com/talk.MP3?a=1)",
    ],
)
def test_a_film_that_is_written_as_a_picture_is_a_link(written: str) -> None:
    """As Obsidian embeds it; no picture is there at that address."""
    translated = translate_dialects(written, "a.md")
    assert translated.text.startswith('<a href="https://')
    assert len(translated.players) == 1


@each(
    ("written", "becomes"),
    [
        (":tada::heart: and :+1:", "🎉❤️ and 👍"),
        ('<div class="a" markdown="1">\n*b*\n</div>', '<div class="a">\n\n*b*\n</div>'),
        (
            '<script src="https://gist.github.com/ada/1.js"></script>',
            '<p><a href="https://gist.github.com/ada/1">Gist on GitHub</a></p>',
        ),
        (
            '<script src="https://a.example/x.js"></script>',
            '<script src="https://a.example/x.js"></script>',
        ),
        ("%[https://codepen.io/a/b]", '<p><a href="https://codepen.io/a/b">CodePen</a></p>'),
        (
            "@[youtube](a_1)",
            '<p><a href="https://www.youtube.com/watch?v=a_1">Video on YouTube</a></p>',
        ),
        (
            '<lite-youtube videoid="a_1" params="x"></lite-youtube>',
            '<p><a href="https://www.youtube.com/watch?v=a_1">Video on YouTube</a></p>',
        ),
        ("<math><mi>x</mi><mo>&lt;</mo><mn>1</mn></math> b", "x&lt;1 b"),
        ('<math alttext="x^2"><mi>y</mi></math> b', "x^2 b"),
    ],
)
def test_small_forms_are_read(written: str, becomes: str) -> None:
    """Emoji side by side, Markdown within HTML, a gist; any other script goes when HTML is cleaned."""
    assert read(written) == becomes


@pytest.mark.parametrize(
    "written", ['<object data="a.pdf">x</object>', '<embed src="a.pdf" type="x">']
)
def test_a_document_in_the_page_is_a_link(written: str) -> None:
    """It does not vanish without a word, and `check` says it."""
    translated = translate_dialects(written, "a.md")
    assert '<a href="a.pdf">' in translated.text
    assert len(translated.players) == 1


@each(
    ("written", "becomes"),
    [
        ("a ::marked words:: b", "a <mark>marked words</mark> b"),
        ("a ::b and c::d, x[::2], y[::], use ::before, ::after and ::std::x::y", None),
        ("`::a::` and a :: b :: c and :tada ::", None),
        ('New <Badge type="tip" text="^1.9" />, <Badge text=\'beta\'></Badge>', "New ^1.9, beta"),
        ('`<Badge text="a"/>`', None),
    ],
)
def test_words_are_marked_and_badges_said(written: str, becomes: str | None) -> None:
    """Bear's colons around words alone; the text that VitePress's badge shows."""
    assert read(written) == (becomes or written)


@each(
    ("written", "becomes"),
    [
        ("a\n\n{: .note }\nb\nc\n\nd", "a\n\n> [!note]\n> b\n> c\n\nd"),
        ("{: .warning }\n> b\n> c", "> [!warning]\n> b\n> c"),
        ("a\n{: .note }\nb", "a\n\nb"),
    ],
)
def test_a_box_of_just_the_docs_is_one(written: str, becomes: str) -> None:
    """Its mark stands above a paragraph or a quotation; one right below a paragraph is that one's, as kramdown has it."""
    assert read(written) == becomes


@each(
    ("written", "becomes"),
    [
        ("- {{[[TODO]]}} a\n- {{[[DONE]]}} b", "- [ ] a\n- [x] b"),
        ("- {{[[video]]: https://youtu.be/abc}}", "- <https://youtu.be/abc>"),
        ("```cardlink\nurl: https://a.example\ntitle: \"A\"\n```", '<a href="https://a.example">A</a>'),
        ("```vid\nhttps://youtu.be/abc\nTitle: A\n```", '<a href="https://youtu.be/abc">A</a>'),
        ("((not so)) ((footnotes)) ((Parenthes))", "((not so)) ((footnotes)) ((Parenthes))"),
    ],
)  # fmt: skip
def test_what_outlines_and_plug_ins_write_is_read(written: str, becomes: str) -> None:
    """Roam's states and films, and the links of plug-ins of Obsidian."""
    assert read(written) == becomes


@each(
    "written",
    [
        *(
            "{{[[query]]: {and: [[a]] [[b]]}}}",
            "{{[[embed]]: ((abcDEF123))}}",
            "((abcDEF123))",
            "`INPUT[toggle:x]`",
        ),
        *("{{=: why | so }}", "{{or: a | b}}", "--8<--\na.md\nb.md\n--8<--"),
    ],
)
def test_what_a_program_would_make_is_told(written: str) -> None:
    """Nothing of it is left, whole with its braces."""
    translated = translate_dialects(f"x\n\n{written}", "a.md")
    assert translated.text.strip() == "x"
    assert translated.unknown
