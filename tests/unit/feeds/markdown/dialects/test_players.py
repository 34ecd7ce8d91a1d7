"""What plays in a page, as a link."""

from __future__ import annotations

from feeds.markdown.dialects.translation import translate_dialects
from feeds.markdown.render import render_markdown
from tests.worlds.publishing.written import Published
from tests.worlds.rows import each


def test_a_frame_without_a_scheme_leads_to_the_film() -> None:
    """As one with a scheme: to the page where it plays, and not to the player."""
    shown = translate_dialects('<iframe src="//www.youtube.com/embed/a_1?rel=0"></iframe>', "a.md")
    assert '<a href="https://www.youtube.com/watch?v=a_1">Video on YouTube</a>' in shown.text


@each(
    ("written", "address"),
    [
        ("`youtube: dQw4w9WgXcQ`", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("a\n\n` video:https://youtu.be/dQw4w9WgXcQ `\n\nb", "https://youtu.be/dQw4w9WgXcQ"),
        ("`vimeo: 123456`\n", "https://vimeo.com/123456"),
        ("`youtube: how it is written`", ""),
        ("so: `youtube: dQw4w9WgXcQ`", ""),
        ("`youtube: dQw4w9WgXcQ`\nmakes a film", ""),
        ("- `youtube: dQw4w9WgXcQ`", ""),
        ("```\nyoutube: dQw4w9WgXcQ\n```", ""),
    ],
)
def test_a_film_of_gatsby_is_a_link(written: str, address: str) -> None:
    """It is code that is a paragraph of its own and names a film; within a line or a list it is code."""
    found = translate_dialects(written, "a.md").text.strip()
    assert (
        (f'<a href="{address}">' in found and "`" not in found)
        if address
        else found == written.strip()
    )


@each(
    "written, shown, why",
    [
        ('<svg width="9"><circle r="4"/></svg>', "", "is not shown"),
        ("<svg><title>A circle</title></svg>", "A circle", "is not shown"),
        ('<canvas id="c">Sales grow.</canvas>', "Sales grow.", "is not shown"),
        ('<model-viewer src="https://a.example/b.glb" alt="A bolt"></model-viewer>', "A bolt", "is a link"),
    ],
)  # fmt: skip
def test_a_drawing_within_the_text_does_not_vanish_untold(
    written: str, shown: str, why: str
) -> None:
    """What it is called stays, and its author hears that the drawing does not."""
    rendered = render_markdown(f"Before.\n\n{written}\n\nAfter.", path="a.md", links=Published())
    assert shown in rendered.text
    (remark,) = [one for one in rendered.warnings if one.code == "player"]
    assert why in remark.sentence
    assert remark.line == 3


@each(
    ("written", "told"),
    [
        ('<form action="/join"><input name="email"><button>Join</button></form>', ['<form action="/join">']),
        ('<input type="checkbox"> seen', ['<input type="checkbox">']),
        ('<input type="hidden" value="x">', []),
        ("<select><option>One</option></select>", ["<select>"]),
        ("<textarea>typed</textarea>", ["<textarea>"]),
        ('<button formaction="/go">Go</button>', ['<button formaction="/go">']),
        ('<div class="card" data-href="/a">Card</div>', ['<div class="card" data-href="/a">']),
        ("<span onclick='go()'>Go</span>", ["<span onclick='go()'>"]),
        ('<progress value="3" max="10"></progress>', ['<progress value="3" max="10">']),
        ('<form></form><select></select>', ["<form>", "<select>"]),
        ('<a href="/x" data-hrefs="1">x</a> <formula>f</formula> <inputs>', []),
        ("`<form>` and <!-- <form> -->", []),
        ("- [ ] a task", []),
    ],
)  # fmt: skip
def test_what_is_filled_in_or_pressed_does_not_vanish_untold(written: str, told: list[str]) -> None:
    """A form, a field outside of one, and a link that only a script makes: each is named, once, with its line."""
    rendered = render_markdown(f"Before.\n\n{written}\n\nAfter.", path="a.md", links=Published())
    remarks = [one for one in rendered.warnings if one.code == "form"]
    assert [one.sentence.partition("`")[2].partition("` does")[0] for one in remarks] == told
    assert {one.line for one in remarks} <= {3}
