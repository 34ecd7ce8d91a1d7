"""What tags of generators show that many of them know."""

from __future__ import annotations

from feeds.markdown.dialects.translation import translate_dialects
from tests.worlds.publishing.written import read
from tests.worlds.rows import each

POST = '<a href="https://x.com/ada/status/123">Post: ada</a>'
FILM = '<a href="https://www.youtube.com/watch?v=abc_123">Video on YouTube</a>'


@each(
    ("written", "becomes"),
    [
        (
            '{% image "./x.png", "A bridge", "(min-width: 30em) 50vw, 100vw" %}',
            '<figure><img src="./x.png" alt="A bridge"></figure>',
        ),
        (
            '{% img /x.png 300 "Title" "A bridge" %}',
            '<figure><img src="/x.png" alt="A bridge"></figure>',
        ),
        ("{% picture x.png --alt Bridge %}", '<figure><img src="x.png" alt="Bridge"></figure>'),
        (
            '{% include image.html url="x.png" description="A *b*" %}',
            '<figure><img src="x.png" alt="A b"><figcaption>\n\nA *b*\n\n</figcaption></figure>',
        ),
        (
            '{{< figure src="x.png" title="T" attr="Ada" attrlink="https://a.example" >}}',
            '<figure><img src="x.png" alt="T"><figcaption>\n\n**T** [Ada](https://a.example)\n\n</figcaption></figure>',
        ),
        ('{% include video id="abc_123" provider="youtube" %}', FILM),
        ('{% youtube "https://www.youtube.com/watch?v=abc_123" %}', FILM),
        ("{{< youtube https://youtu.be/abc_123 >}}", FILM),
        ("{% twitter https://twitter.com/ada/status/123 %}", POST),
        ("{% tweet https://x.com/ada/status/123?s=20 %}", POST),
        ('{% include note.html content="Mind *this*" %}', "> [!note]\n> Mind *this*"),
        ('{% include alert.html type="tip" content="x" %}', "> [!tip]\n> x"),
        ("{% include toc.html %}", "[TOC]"),
        ("{{< rawhtml >}}<b>x</b>{{< /rawhtml >}}", "<b>x</b>"),
        ('{{< tabs >}}{{% tab "One" %}}a{{% /tab %}}{{< /tabs >}}', "**One**\n\na"),
        ('{{< button href="/x" >}}Go{{< /button >}}', '<a href="/x">Go</a>'),
        ('{{< video src="v.mp4" >}}', '<p><a href="v.mp4">Video</a></p>'),
        ("{% newthought 'This is' %} new{% sidenote 'id' 'and old' %}.", "This is new (and old)."),
        ('{::nomarkdown}<b>x</b>{:/} {::options parse_block_html="true" /}', "<b>x</b>"),
    ],
)
def test_a_known_tag_shows_what_it_would(written: str, becomes: str) -> None:
    """Eleventy's, Octopress's, Jekyll's and its themes', Hugo's, tufte-jekyll's, kramdown's."""
    assert read(written) == becomes


def test_blanks_behind_tags_make_no_code() -> None:
    """What is left of a line of tags that went begins where the first one stood."""
    assert translate_dialects("{% seo %}  {% feed_meta %}  Words.", "a.md").text == "Words."


@each(
    ("written", "becomes"),
    [
        ('{{< card title="A" link="/a" subtitle="b" >}}', '**<a href="/a">A</a>**\\\nb'),
        (
            '{{< accordion >}}{{< accordionItem title="A" >}}a{{< /accordionItem >}}{{< /accordion >}}',
            "**A**\n\na",
        ),
        ('{{< timelineItem header="A" badge="2021" >}}a{{< /timelineItem >}}', "**A**\\\n2021\n\na"),
        ('{{< carousel images="{a.png, b.png}" >}}',
         '<figure><img src="a.png" alt=""></figure>\n\n\n\n<figure><img src="b.png" alt=""></figure>'),
        ('{{< tabs items="One,Two" >}}{{< tab >}}a{{< /tab >}}{{< tab >}}b{{< /tab >}}{{< /tabs >}}',
         "**One**\n\na\n\n**Two**\n\nb"),
        ('{{< filetree/folder name="a" >}}\n  {{< filetree/file name="b" >}}\n{{< /filetree/folder >}}', "- a\n  - b"),
        ("{{< mermaid >}}\ngraph\n{{< /mermaid >}}", "```mermaid\ngraph\n```"),
        ("{% plantuml %}\n@x\n{% endplantuml %}", "```plantuml\n@x\n```"),
        ('{{< github repo="ada/bridge" >}}', '<a href="https://github.com/ada/bridge">ada/bridge</a>'),
        ('{{< link "https://a.example" "words" >}}', '<a href="https://a.example">words</a>'),
        ('{{< youtubeLite id="abc_123" label="x" >}}', FILM),
        ('{{< qr text="words" />}}{{< qr >}}words{{< /qr >}}', "wordswords"),
        ('{{< icon "github" >}}words', "words"),
        ("{% lightbox a.png %}", '<figure><img src="a.png" alt=""></figure>'),
        ('{{< quote author="Ada" source="A book" url="https://a.example" >}}x{{< /quote >}}',
         "> x\n>\n> — Ada, [A book](https://a.example)"),
        ('{% callout type="tip" title="A" %}\nx\n{% /callout %}', "> [!tip] A\n> x"),
        ("{% table %}\n* a\n* b\n---\n* c\n  d\n* e|f\n{% /table %}", "| a | b |\n|---|---|\n| c d | e\\|f |"),
        ("# A {% #own .big %}\n\nwords {% .big %} [x](/y){% target=\"_blank\" %}", "# A {#own}\n\nwords  [x](/y)"),
        ('{% tabs %}{% tab label="One" %}a{% /tab %}{% /tabs %}', "**One**\n\na"),
        ("{% katex %}a_1*b*{% endkatex %}", "$a_1*b*$"),
        ('{{< tex "a_1" >}}', "$a_1$"),
    ],
)  # fmt: skip
def test_tags_of_themes_show_what_they_would(written: str, becomes: str) -> None:
    """Cards, steps, trees, drawings and films of many themes, and Markdoc's tags."""
    translated = translate_dialects(written, "a.md")
    assert not translated.unknown
    assert translated.formulas.as_written(translated.text).strip() == becomes


@each(
    ("written", "becomes"),
    [
        ('{{< foo title="A" href="/a" >}}', '**<a href="/a">A</a>**'),
        ("{% foo https://a.example/b %}", '**<a href="https://a.example/b">b</a>**'),
        ('{{< foo "a.png" >}}', '<figure><img src="a.png" alt=""></figure>'),
        ('{% if title="A" %}', ""),
    ],
)
def test_of_a_tag_that_is_not_known_a_reader_has_what_can_be_used(
    written: str, becomes: str
) -> None:
    """Its title, where it leads and its pictures are shown, and it is told once; what steers a program shows nothing."""
    translated = translate_dialects(written, "a.md")
    assert len(translated.unknown) == 1
    assert translated.text.strip() == becomes
