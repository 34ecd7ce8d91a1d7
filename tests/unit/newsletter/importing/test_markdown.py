"""Posts of other systems as Markdown: what readers see stays what it was."""

from __future__ import annotations

import re
from html import escape, unescape

from hypothesis import example, given, settings
from hypothesis import strategies as st

from feeds.markdown import NoteSource, render_markdown
from newsletter.importing.markdown import convert
from tests.sizes import examples
from tests.worlds.rows import each

NASTY = st.text(alphabet="ab 12.)#>+-*_`~=$\\|[](){}<&%!:;/\"'^@é漢\n", min_size=1, max_size=40)


class Nowhere:
    """No other note and no picture is known."""

    def note_url(self, target: str, folder: str = "", *, loose: bool = False) -> str | None:
        """As the class says."""
        return None

    def media_url(self, path: str) -> str:
        """As the class says."""
        return f"https://notes.example.com/media/{path}"

    def find_media(self, written: str, folder: str, *, anywhere: bool) -> str | None:
        """As the class says."""
        return None

    def note_source(self, target: str, folder: str) -> NoteSource | None:
        """As the class says."""
        return None


def shown(markdown: str) -> str:
    """The words of a note's page, without its tags, on one line."""
    html = render_markdown(markdown, path="a.md", links=Nowhere()).html
    words = unescape(re.sub(r"<[^>]*>", " ", html)).replace("\u2060", "")  # a guard, seen by nobody
    return " ".join(words.split())


@given(NASTY, NASTY)
@example("- no list", "1. nope")
@example("{{ name }}", "$5 and $10")
@example("| a | b |", "| - | - |")
@example("==x==", "%% hidden %%")
@example("[x]: http://a", "[^1]: b")
@example(":smile:", "http://a.b/c_d_e")
@example("1", "{:}")
@example("1", ": 1")
@example("1", "<%=")
@example("<%= a %>", "<%- b")
@example("1", "|\n:-")
@example("a\n-:", "b\n:--:")
@example("word{.class}", "word{a=b}")
@example("word{: .class}", "{::comment}")
@example("<%%", "<%%")
@example(":::::", "]]")
@example("<!-- a -->", "{{%> %>%}")
@example("open <path to x>", "<T>")
@example("{%%", "{%%")
@settings(max_examples=examples(300), deadline=None)
def test_plain_text_reads_as_it_did(one: str, other: str) -> None:
    """Whatever stands in a paragraph, no mark in it becomes Markdown, a template, maths or HTML."""
    html = f"<p>{escape(one)}</p><p>{escape(other)}</p>"
    wanted = " ".join(f"{one} {other}".split())
    assert shown(convert(html).markdown).replace(" ", "") == wanted.replace(" ", "")


@each(
    ("cells", "words"),
    [
        (
            "<tr><th>a</th><th>b</th></tr><tr><td><code>c|d</code></td><td>e|f</td></tr>",
            "a b c|d e|f",
        ),
        ("<tr><th>a</th></tr><tr><td>b</td><td>c</td><td colspan=2>d</td></tr>", "a b c d"),
        ("<tr><td colspan=2>a</td></tr><tr><td>b</td><td>c</td></tr>", "a b c"),
        ("<tr><td>a<table><tr><td>b</td><td>c</td></tr></table></td></tr>", "a b c"),
        ("<tr></tr><tr><td>a</td><td>b</td></tr>", "a b"),
        ("<tr><td colspan=x>a</td></tr><tr><td>b</td><td>c</td></tr>", "a b c"),
    ],
)
def test_every_cell_of_a_table_is_there(cells: str, words: str) -> None:
    """Whatever stands in it, and however few the first row has."""
    said = shown(convert(f"<table>{cells}</table>").markdown).replace("|", "").replace("-", "")
    assert said.split() == words.replace("|", "").split()
