"""Components of generators that draw them with a program: what they show without it."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.dialects.translation import translate_dialects
from tests.sizes import examples
from tests.unit.feeds.markdown.dialects.programs.test_steps import read
from tests.worlds.rows import each

CARD = '**<a href="/go">Start</a>**'


@each("path", ["a.md", "a.mdx"])
@each(
    ("written", "becomes"),
    [
        ('<Card title="Start" href="/go" />', CARD),
        ('<LinkCard title="Start" href="/go" description="At once" />', f"{CARD}\\\nAt once"),
        ('<Card\n  title="Start"\n  link="/go"\n>\n    Words.\n</Card>', f"{CARD}\n\nWords."),
        ("<Card title='A'>\n    <Card title='B'>\n        b\n    </Card>\n</Card>", "**A**\n\n**B**\n\nb"),
        ('<Button href="/go">Go</Button>', '<a href="/go">Go</a>'),
        ('<LinkButton to="/go" text="Go" />', '<a href="/go">Go</a>'),
        ('New <Badge text="beta" variant="tip" /> words', "New beta words"),
        ('<Icon name="x" /> words', "words"),
        ('<Accordion title="Why?">\n  Because.\n</Accordion>', "> [!details] Why?\n> Because."),
        ('<Quote author="Ada">Words.</Quote>', "> Words.\n>\n> — Ada"),
        ('<Tooltip tip="HyperText">HTML</Tooltip>', '<abbr title="HyperText">HTML</abbr>'),
        ('<Youtube videoId="abc_123"/>', '<a href="https://www.youtube.com/watch?v=abc_123">Video on YouTube</a>'),
        ('<Frame caption="A bridge">\n\nx\n\n</Frame>', "*A bridge*\n\nx"),
        ('<Cards.Card title="Start" href="/go" />', CARD),
        ('<FileTree.Folder name="a">\n  <FileTree.File name="b.js" />\n</FileTree.Folder>', "- a\n- b.js"),
        ('<Gist id="42" />', '<a href="https://gist.github.com/42">Gist on GitHub</a>'),
    ],
)  # fmt: skip
def test_a_component_shows_what_it_says(written: str, becomes: str, path: str) -> None:
    """Titles, links, words and pictures are shown, whatever the note's suffix, and what is within is no code."""
    assert re.sub(r"[ \t]*\n(?:[ \t]*\n)+", "\n\n", read(written, path)) == becomes


@each(
    ("written", "becomes"),
    [
        ("<Foo/>", ""),
        ("<Foo bar={1}>words</Foo>", "words"),
        ('<Foo title="Start" href="/go" />', CARD),
        ('<Foo title="Start"\n  link="/go">words</Foo>', f"{CARD}\n\nwords"),
        ('<Foo :title="computed" />', ""),
        ("<Foo title={computed} onClick={() => go()} />", ""),
    ],
)
def test_one_that_is_not_known_is_told(written: str, becomes: str) -> None:
    """Nothing vanishes without a word, and of what says something a reader has that."""
    translated = translate_dialects(f"x\n\n{written}", "a.md")
    assert [one.line for one in translated.unknown] == [3]
    assert translated.text.removeprefix("x").strip() == becomes


@each(
    ("written", "becomes"),
    [
        ("Vec<T> and git clone <url> <dir>", "Vec&lt;T&gt; and git clone &lt;url&gt; &lt;dir&gt;"),
        ("if a<b and c>d then", "if a&lt;b and c>d then"),
        ("x<b class=y>z</b> <b hidden>z</b>", "x<b class=y>z</b>"),
        ("press <Enter>, then <your-name>", "press &lt;Enter&gt;, then &lt;your-name&gt;"),
        ("<B>x</B> <br> <IMG SRC='a.png'> <p>", "<B>x</B> <br> <IMG SRC='a.png'> <p>"),
        (r"open \<path to it> or \<T>", r"open \<path to it> or \<T>"),
        ("open <path to your file> now", "open &lt;path to your file&gt; now"),
        (
            "<list of ids> x <div title> <list a=b>",
            "&lt;list of ids&gt; x <div title> <list a=b>",
        ),
        ("<set a b>x</set>", "<set a b>x</set>"),
        ("<my-thing>x</my-thing> `<T>`", "<my-thing>x</my-thing> `<T>`"),
    ],
)
def test_a_name_in_angles_is_a_word(written: str, becomes: str) -> None:
    """What is no element of HTML and nothing closes is shown as it stands there; the rest is HTML as before."""
    assert read(written) == becomes


TAGS = [
    "<Card>",
    '<Card title="a"/>',
    "</Card>",
    "<A.b>",
    "<Tab c={1}>",
    "</Tab>",
    "<Note>",
    "</Note>",
    "<T>",
]


@given(st.lists(st.sampled_from([*TAGS, "\n", "    ", "\n\n", "word "])))
@settings(max_examples=examples(200), deadline=None)
def test_any_tangle_of_components_keeps_its_words(pieces: list[str]) -> None:
    """Whatever is opened or closed, and however it is indented, no word is lost."""
    assert translate_dialects("".join(pieces), "a.md").text.count("word") == pieces.count("word ")


@given(st.text(alphabet="<>/ACa=\"'{} \n"))
@settings(max_examples=examples(200), deadline=None)
def test_any_text_of_signs_is_read(text: str) -> None:
    """What only begins as a component ends in no error."""
    assert isinstance(translate_dialects(text, "a.md").text, str)
    assert isinstance(translate_dialects(text, "a.mdx").text, str)
