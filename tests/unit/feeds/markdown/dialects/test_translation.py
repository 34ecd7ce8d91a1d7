"""What generators and programs of notes add to Markdown, and that none of it reaches readers as source."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.dialects import translate_dialects
from tests.sizes import examples
from tests.worlds.rows import each


def translated(text: str, path: str = "a.md") -> str:
    """The note's body as Markdown, blanks at the ends taken off."""
    return translate_dialects(text, path).text.strip()


@each(
    "text",
    [
        "a%%not for you%% b",
        "a <!-- c -->b",
        "a %%one\n\ntwo%%b",
        "a {::comment}x{:/comment}b",
        "a {% comment %}x{% endcomment %}b",
        "a {# x #}b",
        "a b ^block-id",
        "a b ^37066d",
        "import x from 'y'\n\na b",
        "export const meta = {title: 1}\n\na b",
        "a b\n{: .center}",
        "a b\n\n<!-- never closed",
        "a {>>why?<<}b",
        "a {--not --}b",
        "a {++b++}",
        "a {~~c~>b~~}",
        "a {{!-- x {{y}} --}}b",
        "a {{! x }}b",
        "a {#x#}b",
        "a {{< comment >}}\nx\n{{< /comment >}}b",
        "a <span hidden>x <span>y</span></span>b",
        '<div style="color: red; display: none">\n\nx\n\n</div>\n\na b',
        '<img hidden src="x.png">a b',
        "a\n\n\\newpage\n\nb",
    ],
)
def test_what_is_not_for_readers_is_gone(text: str) -> None:
    """Comments of every kind, block ids, attribute lists and imports do not reach anybody."""
    assert " ".join(translated(text).split()) == "a b"


@each(
    "text",
    [
        "x = mc^2",
        "a == b == c",
        "2 ^ 3",
        "100%% and 50",
        "{{ and <% are signs, {width=50%} an attribute, and {%",
        "{{ firstname }} and {{ name | there }",
        "[video] and [gallery] are words, aria-hidden=x <i aria-hidden>y</i>",
        "{+ and {- and a --flag, std::vector",
        "{{ name | reader }}",
        "a: b",
        "import this",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    """A power, a comparison, a lone mark, a merge field and a sentence are the author's words."""
    assert translated(text) == text


@each(
    ("text", "result"),
    [
        (":::note Title\nIn\n:::", "> [!note] Title\n> In"),
        ("::: {.callout-tip title=\"T\"}\nIn\n:::", "> [!tip] T\n> In"),
        (":::warning[Hot]\nIn\n:::", "> [!warning] Hot\n> In"),
        (":::: note\n::: tip\nDeep\n:::\n::::", "> [!note]\n>\n> > [!tip]\n> > Deep"),
        ('!!! warning "W"\n    In\n\n    More\n\nOut', "> [!warning] W\n> In\n>\n> More\n\n\nOut"),
        ("??? note\n    In", "> [!note]\n> In"),
        ("::: columns\nIn\n:::", "In"),
        ("{{< notice tip >}}\nIn\n{{< /notice >}}", "> [!tip]\n> In"),
    ],
)  # fmt: skip
def test_boxes_are_one_kind_of_quotation(text: str, result: str) -> None:
    """Every spelling of a box is Obsidian's; a container that is no box leaves its content."""
    assert translated(text).replace("> \n", ">\n").removesuffix("\n>").strip() == result


@each(
    ("text", "part"),
    [
        ("{% highlight ruby %}\n  def x\n{% endhighlight %}", "```ruby\n  def x\n```"),
        ("{{< highlight go >}}\nx\n{{< /highlight >}}", "```go\nx\n```"),
        ("{% raw %}{{ x.y }}{% endraw %}", "{{ x.y }}"),
        ("[a]({% post_url 2015-07-30-x %})", "[a](/2015-07-30-x)"),
        ("[a]({% link _posts/x.md %})", "[a](/_posts/x.md)"),
        ('[a]({{< ref "x.md" >}})', "[a](x.md)"),
        ('[a]({{% relref "b/x.md" %}})', "[a](b/x.md)"),
        ("{{ site.baseurl }}/x", "/x"),
        ('{{ "/x" | relative_url }}', "/x"),
        ("{{< youtube abc >}}", 'href="https://www.youtube.com/watch?v=abc"'),
        ('{{ youtube(id="abc") }}', 'href="https://www.youtube.com/watch?v=abc"'),
        ("{{< vimeo 123 >}}", 'href="https://vimeo.com/123"'),
        ("{{< gist ada 42 >}}", 'href="https://gist.github.com/ada/42"'),
        ('{{< figure src="a.png" alt="A" caption="C" >}}', '<figure><img src="a.png" alt="A"><figcaption>C</figcaption></figure>'),
        ('{% include figure.html src="a.png" caption="C" %}', "<figcaption>C</figcaption>"),
        ("{{</* youtube x */>}}", "{{< youtube x >}}"),
        ('<iframe src="https://player.vimeo.com/video/9"></iframe>', 'href="https://vimeo.com/9"'),
        ('<video controls><source src="v.mp4"></video>', 'href="v.mp4"'),
        ('<audio src="a.mp3" title="Talk"></audio>', ">Talk</a>"),
        ("<audio controls src=a.mp3>\n\nb", '<p><a href="a.mp3">Sound</a></p>\n\n\n\nb'),
        ('<iframe src="https://a.b/c"/>\n\nd\n\n<iframe src="https://a.b/e"></iframe>', "\n\nd\n\n"),
        ('use an <iframe> or <video>', 'use an <iframe> or <video>'),
        ('<img class=x data-src="a.png" alt="A">', '<img src="a.png" class=x alt="A">'),
        ('<img src="data:image/gif;base64,R0" data-src="a.png">', '<img src="a.png">'),
        ('<img srcset="a.png 1x, b.png 2x">', '<img src="a.png">'),
        ('<img src="a.png" srcset="b.png 2x">', '<img src="a.png" srcset="b.png 2x">'),
        ('<a name="x"></a>\n## H', "## H {#x}"),
        ('## <a id="x"></a>H', "## H {#x}"),
        ('<h3 class="y" id="x">H</h3>', "### H {#x}"),
        ("<svg><title>A drawing</title><path/></svg>", "A drawing"),
        ("==a== :tada:", "<mark>a</mark> 🎉"),
        ("==a\nb==", "<mark>a\nb</mark>"),
        ("と==マーク==と:tada:です", "と<mark>マーク</mark>と🎉です"),
        ("{==a==}", "<mark>a</mark>"),
        ("{{cloze a}}", "a"),
        ("/// caption\na\n///", "a"),
        ("/// tab | A\na\n///", "**A**"),
        ('{% code title="a.js" %}\n```js\na\n```\n{% endcode %}', "```js\na\n```"),
        ('{% tabs %}\n{% tab title="A" %}\na\n{% endtab %}\n{% endtabs %}', "**A**"),
        ('{% embed url="https://a.example/b" %}', 'href="https://a.example/b"'),
        ("{{< columns >}}\na\n<--->\nb\n{{< /columns >}}", "a\n\nb"),
    ],
)  # fmt: skip
def test_known_forms_are_translated(text: str, part: str) -> None:
    """What Jekyll, Hugo, Zola and HTML show is shown, each as something every medium has."""
    result = translate_dialects(text, "a.md")
    assert part in result.text
    assert not result.unknown


@each(
    ("text", "source"),
    [
        ("x\n\n{{< qx 1 >}}", "{{< qx 1 >}}"),
        ("x\n\n{% include nav.html %}", "{% include nav.html %}"),
        ("x\n\n{{ page.title }}", "{{ page.title }}"),
        ("x\n\n{% if a %}", "{% if a %}"),
        ("x\n\n<%= tp.date %>", "<%= tp.date %>"),
        ("x\n\n{{title}}", "{{title}}"),
        ('x\n\n{{< figure src="a.png"', '{{< figure src="a.png"'),
        ('x\n\n{{< figure src="a.png">}', '{{< figure src="a.png">}'),
        ('x\n\n{{< figure\n\nsrc="a.png" >}}', '{{< figure src="a.png" >}}'),
        ("x\n\n{{% /notice", "{{% /notice"),
        ("x\n\n{% if a", "{% if a"),
        ("x\n\n{% endraw }", "{% endraw }"),
        ("x\n\n{%- set a = [\n\n1 ] -%}", "{%- set a = [ 1 ] -%}"),
        ("x\n\n{{ page.title }", "{{ page.title }"),
        ("x\n\n{{ .Title", "{{ .Title"),
        ("x\n\n<% tp.date", "<% tp.date"),
        ("x\n\n%%private\n\nand more", "%%private and more"),
        ("x\n\n%%\nprivate", "%% private"),
        ("x\n\n<!-- private\n\nand more", "<!-- private and more"),
        ("x\n\n{{ if a }}", "{{ if a }}"),
        ("x\n\n{{ else }}", "{{ else }}"),
        ("x\n\n{{ 1 + 1 }}", "{{ 1 + 1 }}"),
        ("x\n\n{{ a ? b : c }}", "{{ a ? b : c }}"),
        ("x\n\n{{#if a}}", "{{#if a}}"),
        ("x\n\n{{> part }}", "{{> part }}"),
        ("x\n\n{{{ body }}}", "{{{ body }}}"),
        ("x\n\n{{renderer :todo}}", "{{renderer :todo}}"),
        ('x\n\n[gallery ids="1,2"]', '[gallery ids="1,2"]'),
        ("x\n\n`= this.file.name`", "`= this.file.name`"),
        ("x\n\n```leaflet\nid: a\n```", "```leaflet id: a ```"),
    ],
)
def test_what_is_unknown_is_taken_out_and_named_with_its_line(text: str, source: str) -> None:
    """Nobody is shown a generator's source; its author is told where it stands."""
    result = translate_dialects(text, "a.md")
    assert result.text.strip() == "x"
    assert [(one.line, one.source) for one in result.unknown] == [(3, source)]


BEFORE = (
    *(
        "words",
        "```mermaid\na\nb\n```",
        "```dataview\nLIST\n```",
        "%% one\ntwo %%",
        "<!-- one\ntwo -->",
    ),
    *(
        "> [!note] a\n> b",
        ":::tip\na\n:::",
        "!!! note\n    a\n    b",
        "$$\na\n$$",
        "```math\na\n```",
    ),
    *(
        "{{< youtube abc >}}",
        "{% raw %}\n{{ a }}\n{% endraw %}",
        "{% assign a = 'b' %}",
        "    code\n    more",
    ),
    *(
        "`{{< unknown 9 >}}`",
        "*[ABBR]: a word",
        "<details>\n<summary>a</summary>\nb\n</details>",
        "{{< unknown 0 >}}",
    ),
    *(
        "<iframe\nsrc='https://a.example/'></iframe>",
        "```{note}\na\n```",
        "[embed]https://a.example/[/embed]",
    ),
)


@given(st.lists(st.sampled_from(BEFORE), max_size=8))
def test_what_stands_before_it_does_not_move_the_line_of_what_is_unknown(before: list[str]) -> None:
    """A tag is named by its line in the file, whatever was taken out or put in above it on the way."""
    text = "\n\n".join([*before, "{{< unknown 7 >}} and {% unheard of %}", "end"])
    line = text[: text.index("{{< unknown 7")].count("\n") + 1
    named = {one.source: one.line for one in translate_dialects(text, "a.md").unknown}
    assert named["{{< unknown 7 >}}"] == named["{% unheard of %}"] == line


def test_a_component_is_unknown_where_there_are_some() -> None:
    """`<Chart />` shows nothing without its program, whatever the note's suffix; `Vec<T>` is no component in `.md`."""
    assert translate_dialects("<Chart a={1} />", "a.mdx").unknown
    assert translate_dialects("<Chart />", "a.md").unknown
    assert not translate_dialects("Vec<T>", "a.md").unknown


@each(
    "text",
    [
        "`{{< x >}} %%a%% :tada:`",
        "```\n{% x %}\n<!-- c -->\n:::note\n```",
        "~~~\n==a==\n~~~",
        "> ```\n> {{< x >}}\n> ```",
    ],
)
def test_code_is_left_alone(text: str) -> None:
    """In code everything is the author's words."""
    result = translate_dialects(text, "a.md")
    assert result.text == text
    assert not result.unknown


def test_sub_and_superscript_are_pandoc_s() -> None:
    """`~a~` and `^a^` mean something where pandoc reads the note, and nothing elsewhere."""
    assert translated("H~2~O x^2^", "a.qmd") == "H<sub>2</sub>O x<sup>2</sup>"
    assert translated("H~2~O x^2^", "a.md") == "H~2~O x^2^"


PIECES = st.sampled_from(
    ["{%", "%}", "{{<", ">}}", "{{", "}}", "%%", "<!--", "-->", "`", "```\n", ":::", ":::note", "!!! a\n    b",
     "\n", " ", "a", "==", ":x:", "<iframe", "</iframe>", ">", "<%", "%>", "{: ", "}", "^a", "*[a]: b\n", "{#", "#}",
     "raw", "endraw", "highlight", "<svg>", "details", "/", '"', "\ufdd0".encode().decode("ascii", "ignore")]
)  # fmt: skip


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(["a.md", "a.mdx", "a.qmd"]))
def test_any_text_is_translated_and_no_mask_is_left(text: str, path: str) -> None:
    """Broken forms of any kind raise nothing, and what stood under a mask is put back."""
    result = translate_dialects(text, path)
    assert not {"\ufdd0", "\ufdd1"} & set(result.text)


@each(
    ("text", "path", "result"),
    [
        ('{{< x user="ada" id="12" >}}', "a.md", '<a href="https://x.com/ada/status/12">Post: ada</a>'),
        ("{{< instagram C_1 >}}", "a.md", '<a href="https://www.instagram.com/p/C_1/">Post</a>'),
        ("![B]({% asset_path b.png %})", "a.md", "![B](b.png)"),
        ("{{/* shown(x=1) */}} and {%/* so */%}", "a.md", "{{ shown(x=1) }} and {% so %}"),
        ("a {{ content | markdownify }}b", "a.md", "a b"),
        ("## {{ $frontmatter.title }}\n\na", "a.md", "a"),
        ("<<< @/snippet.js\n\na", "a.md", "a"),
        ("```js\nlet a // [!code focus]\n```", "a.md", "```js\nlet a\n```"),
        ("::: details More {open}\na\n:::", "a.md", "> [!details] More\n> a"),
        ("As [see @doe99, p. 3] and @smith04 said.", "a.qmd", "As (see doe99, p. 3) and smith04 said."),
        ("As [see @doe99, p. 3] said, a@b.c.", "a.md", "As [see @doe99, p. 3] said, a@b.c."),
        ("import x from './x.png';\n\n<Image src={x} alt=\"X\" />", "a.mdx", '<img src="./x.png" alt="X">'),
        ("<Tabs>\n<TabItem value=\"a\">\n\nb\n\n</TabItem>\n</Tabs>", "a.mdx", "**a**\n\n\nb"),
        ("<b onClick={() => f({a: 1})}>a</b>", "a.mdx", "<b>a</b>"),
    ],
)  # fmt: skip
def test_what_newer_programs_write_is_read(text: str, path: str, result: str) -> None:
    """Posts elsewhere, tags that are shown, pictures and tabs of MDX, marks in code, citations by their keys."""
    assert translated(text, path) == result


@each(
    ("text", "formula"),
    [
        ("{{< katex >}}a^2{{< /katex >}}", "$a^2$"),
        ("{{% latex %}}\\(a\\){{% /latex %}}", "\\(a\\)"),
        ("{{< katex display=true >}}a{{< /katex >}}", "$$a$$"),
        ("{{< math >}}\na\n{{< /math >}}", "$$\na\n$$"),
    ],
)
def test_a_formula_in_a_shortcode_is_one(text: str, formula: str) -> None:
    """With delimiters of its own, or without."""
    result = translate_dialects(text, "a.md")
    assert result.formulas.as_written(result.text) == formula
    assert result.formulas


@each(
    "piece",
    [
        "<p hidden>",
        "<p hidden><p>",
        "{--",
        "{~~a",
        "{>>",
        "{{!",
        "[caption x=1]",
        "<!-- ",
        "a -- -- b\n-- --\n",
        "| a\n",
        "(@) a\n",
    ],
)
def test_openings_without_end_are_read_in_time(piece: str) -> None:
    """Twice as many take twice as long; within the limit of time that all tests have."""
    assert translate_dialects(piece * (40_000 // len(piece)), "a.qmd").text is not None


@each(
    "text, path, becomes",
    [
        ("import Tabs from '@theme/Tabs';\n\n<Tabs>\n\n    a {1}\n\n</Tabs>", "a.md", "a 1"),
        ("<Tabs>\n\n    ```js\n    b\n    ```\n\n</Tabs>", "a.mdx", "```js\nb\n```"),
        ("> b\n> c\n{: .prompt-tip }", "a.md", "> [!tip]\n> b\n> c"),
        ("a\n\nb *c*\n{: .notice--warning}", "a.md", "a\n\n> [!warning]\n> b *c*"),
        (
            "{% blockquote Ada, A book https://a.example/b its title %}\nb\n{% endblockquote %}",
            "a.md",
            "> b\n>\n> — Ada, A book [its title](https://a.example/b)",
        ),
        (
            "{% blockquote Ada https://a.example/b?c=d %}\nb\n{% endblockquote %}",
            "a.md",
            "> b\n>\n> — [Ada](https://a.example/b?c=d)",
        ),
        ("{% blockquote Ada %}\nb\n{% endblockquote %}", "a.md", "> b\n>\n> — Ada"),
        ("```mdx-code-block\n<B />\n```", "a.md", "<B />"),
        (
            "```js\n// highlight-next-line\na()\n# highlight-end\nb\n```",
            "a.md",
            "```js\na()\nb\n```",
        ),
        ("x\n\n    :::python\n    print()", "a.md", "x\n\n    print()"),
        ("x\n\n    #!/bin/sh\n    ls", "a.md", "x\n\n    #!/bin/sh\n    ls"),
        (
            "{% assign n = 24 %}{{ n }} {% set s = 'a b' %}{{ s }} {{ name }}",
            "a.md",
            "24 a b {{ name }}",
        ),
        (
            '[[rain]]\n\n[//begin]: # "Autogenerated"\n[rain]: ../rain "Rain"\n[//end]: # "x"\n\nb',
            "a.md",
            "[[rain]]\n\n\n\n\n\nb",
        ),
    ],
)
def test_what_its_program_reads_of_a_note_is_read(text: str, path: str, becomes: str) -> None:
    """Docusaurus's components in `.md` and lines for its highlighter, CodeHilite's language, Liquid's own names, Foam's
    definitions; nothing is code in MDX because it is indented, and a path behind `#!` is the program's.
    """
    assert translated(text, path) == becomes


def test_code_that_shows_a_component_makes_no_mdx_of_a_note() -> None:
    """A tutorial about Docusaurus is Markdown: its braces are words."""
    text = "```\nimport Tabs from '@theme/Tabs';\n```\n\n{a}"
    assert translated(text) == text


@each(
    ("written", "left"),
    [
        ("- a\n- {{renderer :x}}\n- b", "- a\n- b"),
        ("- a\n\t- {{renderer :x}}\n\t- b", "- a\n\t- b"),
        ("- {{renderer :x}}\n  words\n- b", "- \n  words\n- b"),
        ("- a\n- {{renderer :x}}", "- a\n"),
        ("- a\n- \n- b", "- a\n- \n- b"),
    ],
)
def test_no_item_is_left_of_what_is_taken_out(written: str, left: str) -> None:
    """A list has no dot where only a tag was; one with words below keeps it, and so does one that its author left empty."""
    assert translate_dialects(written, "a.md").text == left
