"""Remark's directives on a line and within one."""

from __future__ import annotations

from feeds.markdown.dialects.translation import translate_dialects
from tests.unit.feeds.markdown.dialects.programs.test_steps import read
from tests.worlds.rows import each

FILM = '<a href="https://www.youtube.com/watch?v=abc_123">Video on YouTube</a>'


@each(
    ("written", "becomes"),
    [
        ("::youtube[A film]{#abc_123}", FILM),
        ("::youtube{id=abc_123}", FILM),
        ('::card[Start]{href="/go"}', '**<a href="/go">Start</a>**'),
        ("::hr{}", "---"),
        (
            ':abbr[HTML]{title="Hyper"} and :kbd[Ctrl]',
            '<abbr title="Hyper">HTML</abbr> and <kbd>Ctrl</kbd>',
        ),
        (":span[words]{.big} and :link[here]{href=/go}", "words and [here](/go)"),
        ("10:30[1] a:b[c] :smile: x::y", "10:30[1] a:b[c] 😄 x::y"),
        (':::tip{title="Read"}\nx\n:::', "> [!tip] Read\n> x"),
        (":::tip[Read]{.big}\nx\n:::", "> [!tip] Read\n> x"),
        (':::part{title="Read"}\nx\n:::', "**Read**\n\nx"),
    ],
)
def test_directives_show_what_they_say(written: str, becomes: str) -> None:
    """Films, links, lines, keys and boxes; what a container is called is not lost."""
    assert read(written) == becomes


def test_one_that_is_not_known_is_told_with_its_title_shown() -> None:
    """Its author hears of it, and readers have its words."""
    translated = translate_dialects('a\n\n::foo[Words]{x="y"}', "a.md")
    assert "**Words**" in translated.text
    assert [one.line for one in translated.unknown] == [3]
