"""What stands in square brackets and only its program reads."""

from __future__ import annotations

from feeds.markdown.dialects.translation import translate_dialects
from tests.unit.feeds.markdown.dialects.programs.test_steps import read
from tests.worlds.rows import each


@each(
    ("written", "becomes"),
    [
        ("[b]a[/b] [i]b[/i] [s]c[/s] [u]d[/u]", "**a** *b* ~~c~~ <u>d</u>"),
        ("[url=https://a.example]a[/url] [url]https://a.example[/url]",
         '<a href="https://a.example">a</a> <a href="https://a.example">https://a.example</a>'),
        ("[url=javascript:x]a[/url]", "a"),
        ('[quote="ada, post:1"]\na\n[/quote]', "> a\n>\n> — ada"),
        ('[details="More"]\na\n[/details]', "> [!details] More\n> a"),
        ("[code]a < b[/code] [center][b]c[/b][/center]", "`a < b` **c**"),
        ("> a [name=Ada] [time=1 May] [color=red]", "> a — Ada (1 May)"),
        ("{ruby 漢字|かんじ}", "漢字 (かんじ)"),
        ("<ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby>", "<ruby>漢(かん)字(じ)</ruby>"),
        ("<ruby>漢<rt lang='ja'>かん</ruby>", "<ruby>漢(かん)</ruby>"),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>", "<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>"),
        ("`<rt>かん</rt>`", "`<rt>かん</rt>`"),
        ("[image:A/b.png] [file:A/b c.pdf]", "![](<A/b.png>) [b c.pdf](<A/b c.pdf>)"),
        ("a\n\n/b.png 'Words'", 'a\n\n\n\n<figure><img src="/b.png" alt="Words"><figcaption>Words</figcaption></figure>'),
        ("[a](b) [b] [x][y] a[i]b[/i] \\[b]c[/b] /etc/hosts", "[a](b) [b] [x][y] a[i]b[/i] \\[b]c[/b] /etc/hosts"),
    ],
)  # fmt: skip
def test_what_stands_in_brackets_is_read(written: str, becomes: str) -> None:
    """BBCode, HedgeDoc's quotations and readings, Bear's files, iA Writer's pictures; links stay links."""
    assert read(written) == becomes


def test_a_pair_that_is_not_known_keeps_its_words_and_is_told() -> None:
    """No reader sees the tags of a shortcode, and its author hears of it."""
    translated = translate_dialects('a\n\n[tabs id="1"]b[/tabs]', "a.md")
    assert translated.text == "a\n\nb"
    assert [one.line for one in translated.unknown] == [3]


def test_formulas_of_posts_are_formulas() -> None:
    """WordPress writes them between dollars with a word, or in brackets."""
    translated = translate_dialects("$latex a_1*b*$ and [latex]c_2[/latex]", "a.md")
    assert translated.formulas.as_written(translated.text) == "$a_1*b*$ and $c_2$"
