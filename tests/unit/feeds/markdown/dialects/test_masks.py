"""Code is shown as it is written: no mark that is read before Markdown is taken away or rewritten in it."""

from __future__ import annotations

import re
from html import escape, unescape

from feeds.markdown.links import NoteSource
from feeds.markdown.render import render_markdown
from tests.worlds.rows import each

MARKS = (
    "b {.a}",
    "b ^id",
    "a %%b%% c",
    "a <!-- b --> c",
    "==b==",
    "a :tada: b",
    "[[Note]]",
    "![[Note]]",
    "![a](Note.md)",
    "[[Note|b]]",
    "> [!note] b",
    "!!! note",
    "::: note",
    "/// note",
    '=== "a"',
    "{% include a.html %}",
    '{{< figure src="a.png" >}}',
    "{{% notice %}}",
    "{{ site.title }}",
    "{{ name | you }}",
    "<%= b %>",
    "import a from 'b'",
    "export const a = 1",
    "a[^1] b",
    "[^1]: b",
    "*[AB]: abc",
    "$a_1$ b",
    "\\(a\\) b",
    "a $$b$$ c",
    "\\begin{align}",
    "# b {#c}",
    "{: .c}",
    "b{: .c}",
    "{::comment} b",
    "a {++b++} {--c--} d",
    "a {>>b<<} c",
    "{== b ==}",
    "key:: b",
    "- TODO b",
    "- [x] b",
    "[b:: c]",
    "(b:: c)",
    "{{video https://a.b/c}}",
    "((0123abcd-01))",
    "[TOC]",
    "[[toc]]",
    "\\newpage",
    "<span hidden>b</span>",
    '<iframe src="https://a.b/"></iframe>',
    '<video src="a.mp4"></video>',
    "<!--more-->",
    "[//]: # (b)",
    '[youtube id="b"]',
    '[caption id="a"]b[/caption]',
    "@[youtube](b)",
    "%[https://a.b]",
    "see @doe99 and [@doe99]",
    "\\cite{doe99}",
    "^^b^^",
    "++ctrl+c++",
    "~~b~~ H~2~O 2^10^",
    '(c) -- "b"',
    ":fontawesome-b-c:",
    "#| echo: false",
    "<<< ./a.js",
    "[x]({% post_url 2020-01-01-a %})",
    "[x]({static}/a.md)",
    "[a b](c d.md)",
    "![a|300](b.png)",
    "![a](b.png =30x20)",
    "[a]{.b}",
    '[c](x.md){:target="_blank"}',
    "AB and AB",
    "https://a.b/c",
    "<aside>",
    "<Tabs>",
    "&amp; &lt;",
    "\\* \\_",
    "@tip b",
    "<details><summary>a</summary>b</details>",
    "{% raw %}a{% endraw %}",
    "{% highlight js %}a{% endhighlight %}",
)  # fmt: skip
"""What notes have besides CommonMark, as its program or generator reads it."""
FORMS = {
    "fence": "x\n\n```\n{}\n```\n\ny",
    "tildes": "x\n\n~~~text\n{}\n~~~\n\ny",
    "indented": "x\n\n    {}\n\ny",
    "second of its lines": "x\n\n    q\n\n    {}\n    z\n\ny",
    "behind a tab": "x\n\n\t{}\n\ny",
    "first": "    {}\n\ny",
    "below a heading": "# x\n    {}\n\ny",
    "fence in an item": "- x\n\n  ```\n  {}\n  ```\n\ny",
    "indented in an item": "- x\n\n      {}\n\ny",
    "indented in a numbered item": "1. x\n\n       {}\n\ny",
    "tabs in an item": "- x\n\n\t\t{}\n\ny",
    "fence in a quotation": "> ```\n> {}\n> ```\n\ny",
    "indented in a quotation": "> x\n>\n>     {}\n\ny",
    "indented in a definition": "term\n: x\n\n      {}\n\ny",
    "fence in a definition": "term\n: x\n\n  ```\n  {}\n  ```\n\ny",
    "indented in a callout": "> [!tip] x\n> y\n>\n>     {}\n\ny",
    "indented in a box": "!!! tip\n    x\n\n        {}\n\ny",
    "indented in a footnote": "x[^9]\n\n[^9]: x\n\n        {}\n\ny",
    "span": "x `{}` y",
    "span of several ticks": "x `` ` {} `` y",
    "span in a heading": "## x `{}` y\n\nz",
    "span in an item": "- x `{}` y",
}
ELEMENTS = {
    "pre": "x\n\n<pre>\n{}\n</pre>\n\ny",
    "pre with code": "x\n\n<pre><code class='a'>q\n\n{}\n</code></pre>\n\ny",
    "code": "x <code>{}</code> y",
}
"""HTML, whose author escapes it; what stands in `<code>` is CommonMark's (6.6)."""
_COMMON = re.compile(r"!?\[[^\]]*\]\([^)]*\)|~~|\\[(*]|@\[")
_SHOWN = re.compile(r"<code>(.*?)</code>|<pre>(.*?)</pre>", re.DOTALL)


class Everywhere:
    """A newsletter in which whatever is linked to is published."""

    def note_url(self, target: str, folder: str = "", *, loose: bool = False) -> str | None:
        """One address for all."""
        return None if "://" in target else "https://n.example/issues/x"

    def media_url(self, path: str) -> str:
        """Where the site serves pictures."""
        return f"https://n.example/media/{path}"

    def find_media(self, written: str, folder: str, *, anywhere: bool) -> str | None:
        """No file is there."""
        return None

    def note_source(self, target: str, folder: str) -> NoteSource | None:
        """Every note can be embedded."""
        return NoteSource(path="z.md", title="Z", body="Embedded.")


def shown(text: str) -> tuple[str, list[str]]:
    """What readers see as code, and what the author is told."""
    rendered = render_markdown(text, path="a/x.md", links=Everywhere())
    found = (
        unescape(re.sub("<[^>]*>", "", one or two)) for one, two in _SHOWN.findall(rendered.html)
    )
    told = {"template", "embed", "player", "maths"}
    return " ".join(found), [str(one) for one in rendered.warnings if one.code in told]


@each("form", [*FORMS])
@each("mark", MARKS)
def test_code_of_every_form_is_left_as_it_is(form: str, mark: str) -> None:
    """Block ids, attributes, comments, words marked, emoji, links between notes, boxes, generators' tags, programs,
    formulas, footnotes, citations: in code they are the author's words, and nothing is told of them.
    """
    code, told = shown(FORMS[form].replace("{}", mark))
    assert mark in code
    assert not told


@each("form", [*ELEMENTS])
@each("mark", MARKS)
def test_elements_of_code_are_left_as_they_are(form: str, mark: str) -> None:
    """The same in `<pre>` and `<code>`, but for what CommonMark itself reads within a line of HTML."""
    if form == "code" and _COMMON.search(mark):
        return
    code, told = shown(ELEMENTS[form].replace("{}", escape(mark, quote=False)))
    assert mark in code
    assert not told


@each(
    "text, code",
    [
        ("- x\n\n    y ==z==", ""),
        ("!!! note\n    y ==z==\n\n    ==z==", ""),
        ("`<code>` ==z== [[Note]] `</code>`", "<code> </code>"),
        ("<code>never closed ==z==\n\n[[Note]]", ""),
        ("<pre>never closed\n\n==z==", ""),
    ],
)
def test_what_is_no_code_is_read(text: str, code: str) -> None:
    """What goes on in an item or a box is no code, nor is what stands between two tags that are code themselves."""
    rendered = render_markdown(text, path="a/x.md", links=Everywhere())
    assert "<mark>z</mark>" in rendered.html or text.startswith("<pre>")
    if code:
        assert shown(text)[0] == code
