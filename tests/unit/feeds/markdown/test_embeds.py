"""Notes within notes."""

from __future__ import annotations

from collections.abc import Mapping

from feeds.markdown.links import NoteSource
from feeds.markdown.render import Rendered, render_markdown
from tests.worlds.files import beside


class Library:
    """A newsletter whose published notes are these."""

    def __init__(self, notes: Mapping[str, str]) -> None:
        self._notes = notes

    def note_url(self, target: str, folder: str = "", *, loose: bool = False) -> str | None:
        """Where a note is."""
        return f"https://n.example/issues/{target.lower()}" if target in self._notes else None

    def media_url(self, path: str) -> str:
        """Where a picture is."""
        return f"https://n.example/media/{path}"

    def find_media(self, written: str, folder: str, *, anywhere: bool) -> str | None:
        """Every file is there."""
        return beside(written, folder)

    def note_source(self, target: str, folder: str) -> NoteSource | None:
        """A note lies in a folder of its own name."""
        if target not in self._notes:
            return None
        return NoteSource(path=f"{target}/n.md", title=target, body=self._notes[target])


def render(body: str, notes: Mapping[str, str]) -> Rendered:
    """A note at the top of the folder."""
    return render_markdown(body, path="here.md", links=Library(notes))


def codes(rendered: Rendered) -> list[str]:
    """What the author is told."""
    return [remark.code for remark in rendered.warnings]


def test_a_published_note_is_quoted_with_a_link() -> None:
    """Its words, its pictures and its code stand in a quotation, in HTML and text; not its title."""
    other = "# Other\n\nTheir *words*.\n\n![A](p.png)\n\n```\n![[Other]]\n```\n"
    rendered = render("Mine.\n\n![[Other]]\n\nMore.", {"Other": other})
    assert "<blockquote>\n<p>Their <em>words</em>.</p>" in rendered.html
    assert 'src="https://n.example/media/Other/p.png"' in rendered.html
    assert '<a href="https://n.example/issues/other" rel="noopener">Other</a>' in rendered.html
    assert "<h2" not in rendered.html
    assert "> Their _words_." in rendered.text
    assert rendered.summary == "Mine."
    assert codes(rendered) == []


def test_a_part_and_a_block_are_quoted_alone() -> None:
    """From the heading to the next of its level; the paragraph that has the id."""
    other = "Before.\n\n## One part\n\nIn it.\n\n### Below\n\nToo.\n\n## Two\n\nNot. ^abc\n"
    part = render("![[Other#One part]]", {"Other": other}).text
    assert "In it." in part
    assert "Too." in part
    assert "Not." not in part
    for embed in ("![[Other#^abc]]", "![[Other^abc]]"):
        block = render(embed, {"Other": other}).text
        assert "Not." in block
        assert "abc" not in block
        assert "In it." not in block
    assert codes(render("![[Other#Three]]", {"Other": other})) == ["embed"]


def test_what_is_not_published_is_left_out_and_told() -> None:
    """Neither its words nor its name reach readers."""
    rendered = render("Mine.\n\n![[Secret plan]]\n", {})
    assert "Secret" not in rendered.html + rendered.text
    assert codes(rendered) == ["embed"]
    assert rendered.wiki == ("secret plan",)  # it is put in when the note is published


def test_a_part_that_is_not_there_is_a_link_to_its_note() -> None:
    """By the note's title, and the author is told that."""
    rendered = render("a\n\n![[Other#Nope]]", {"Other": "# Other\n\n## Part\n\nb"})
    assert rendered.html.endswith(
        '<p><a href="https://n.example/issues/other" rel="noopener">Other</a></p>\n'
    )
    [told] = rendered.warnings
    assert told.sentence == "![[Other#Nope]] has no such part: a link to the note stands there"


def test_what_is_not_for_readers_of_the_other_note_is_not_for_these() -> None:
    """A comment that reaches over lines does not come through the quotation."""
    rendered = render("![[Other]]", {"Other": "Words.\n\n%%\nhidden one\n\nhidden two\n%%\n"})
    assert "hidden" not in rendered.html + rendered.text


def test_embeds_end() -> None:
    """Circles, long chains, many and large notes: each ends in bounded size, and is told."""
    circle = render("![[A]]", {"A": "a\n\n![[B]]\n", "B": "b\n\n![[A]]\n"})
    assert circle.html.count("<blockquote>") == 2
    assert codes(circle) == ["embed"]
    doubling = {f"N{n}": f"x\n\n![[N{n + 1}]]\n\n![[N{n + 1}]]\n" for n in range(30)}
    assert len(render("![[N0]]", doubling).html) < 20_000
    large = render("![[L]]\n\n![[L]]\n", {"L": "word " * 8_000})
    assert large.html.count("<blockquote>") == 1
    many = render("![[S]]\n\n" * 200, {"S": "s"})
    assert many.html.count("<blockquote>") == 50


def test_code_and_names_with_a_dot_are_what_they_are() -> None:
    """In code it is text; `![[v1.2 notes]]` is a note."""
    rendered = render("```\n![[v1.2 notes]]\n```\n\n![[v1.2 notes]]\n", {"v1.2 notes": "Dotted."})
    assert rendered.html.count("<blockquote>") == 1
    assert "![[v1.2 notes]]" in rendered.html
    assert "Dotted." in rendered.text


def test_an_embed_may_be_written_as_markdown() -> None:
    """`![](Note.md)` alone on a line, with a part and with blanks."""
    notes = {"Other.md": "# O\n\nTheirs.\n\n## My part\n\nOf it.", "A b.md": "Blank."}
    rendered = render("![](Other.md#My%20part)\n\n![x](<A b.md>)\n\n![y](A%20b.md)", notes)
    assert "Of it." in rendered.html
    assert rendered.html.count("Blank.") == 2
    assert "Theirs" not in rendered.html
    assert codes(rendered) == []


def test_the_id_of_a_block_may_stand_right_below_it() -> None:
    """Quotations, code and tables end in a line with it; no reader sees it, not within a quotation either."""
    notes = {"N": "> said\n> well\n^q\n\n```\ncode\n```\n^c\n\n> inner\n> ^i"}
    assert "said" in render("![[N#^q]]", notes).text
    assert "code" in render("![[N#^c]]", notes).text
    for part in ("", "#^q", "#^c"):
        assert "^" not in render(f"![[N{part}]]", notes).text


def test_links_and_embeds_are_read_as_their_programs_write_them() -> None:
    """Dendron's parts up to another one and labels in front, Bear's headings behind a stroke, Foam's cards."""
    notes = {"food.stock": "## Simmer\n\nBones.\n", "Ink": "## Blue\n\nDeep.\n"}
    assert "Bones." in render("![[food.stock#simmer:#*]]", notes).text
    assert "Bones." in render("![[food.stock#simmer,1]]", notes).text
    assert "Bones." in render("content-card![[food.stock]]", notes).text
    assert render("With content-inline![[food.stock]].", notes).text.startswith(
        "With food.stock [1]."
    )
    turned = '<a href="https://n.example/issues/food.stock" rel="noopener">the stock</a>'
    assert turned in render("[[the stock|food.stock]] [[food.stock|the stock]]", notes).html
    assert (
        render("[[the stock|food.stock]] [[food.stock|the stock]]", notes).html.count(turned) == 2
    )
    assert 'href="https://n.example/issues/ink#blue"' in render("[[Ink/Blue]]", notes).html
