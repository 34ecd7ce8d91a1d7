"""What tags of generators show that many of them know."""

from __future__ import annotations

from feeds.markdown.dialects.translation import translate_dialects
from tests.unit.feeds.markdown.dialects.programs.test_steps import read
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
