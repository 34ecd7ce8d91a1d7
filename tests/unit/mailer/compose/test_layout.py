"""What all mails have in common: their style sheets, and which way they are laid."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from feeds.markdown.dialects import hide_formulas
from mailer.compose import layout, message
from storage.model import MessageError, palette_of
from tests.worlds.rows import each
from tests.worlds.sending.composed import ADA, IDENTITY, ISSUE, parts


@pytest.mark.parametrize("accent", ["", "#aa3311"])
def test_every_place_of_a_style_sheet_gets_its_colour(accent: str) -> None:
    """They are no templates: a loop or a misspelt place would reach readers as it is written."""
    palette = palette_of(accent)
    light = layout._style("mail.css", palette.light)
    dark = layout._style("dark.css", palette.dark)
    assert palette.light["accent"] in light
    assert palette.dark["accent"] in dark
    assert not [mark for mark in ("{{", "{%", "}}") if mark in light + dark]


def test_the_html_depends_on_nothing_a_mail_program_drops() -> None:
    """No link, script, remote style, flex, grid, variable, position or background image (D3)."""
    _, html = parts(message.compile_issue(ISSUE, IDENTITY).fill(ADA))
    for word in ("<link", "<script", "@import", "flex", "grid", "var(", "position:", "url("):
        assert word not in html
    assert html.startswith('<!DOCTYPE html><html lang="en" dir="ltr"><head><meta charset="utf-8">')
    assert '<div class="paper" dir="ltr" role="article" aria-roledescription="email"' in html
    assert "<!--[if mso]><table role=" in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert re.search('<th[^>]* scope="col"', html)
    assert html.count("<h1") == 1


def test_a_note_of_the_other_direction_has_its_bars_and_bullets_where_it_begins() -> None:
    """In a newsletter of either direction: quotations and boxes on the side where a line begins, lists too."""
    body = '<blockquote class="callout callout-tip"><p>x</p></blockquote><ul><li>y</li></ul>'
    for language, own, side in (("en", "he", "right"), ("he", "en", "left")):
        issue = replace(ISSUE, html=body, language=own)
        identity = replace(IDENTITY, language=language)
        _, html = parts(message.compile_issue(issue, identity).fill(ADA))
        box = html.partition('<blockquote class="callout')[2].partition(">")[0]
        assert f"border-{side}: 4px" in box
        other = {"left": "right", "right": "left"}[side]
        assert f"border-{other}: 4px" not in box
        assert f"border-{other}: 3px" not in box
        padding = {"right": "0 26px 0 0", "left": "0 0 0 26px"}[side]
        assert f"padding: {padding}" in html.partition("<ul")[2].partition(">")[0]


def test_a_right_to_left_language_sets_the_direction() -> None:
    """`lang` and `dir` stand on the page and on the wrapper that survives it (rule D9)."""
    identity = replace(IDENTITY, language="he")
    _, html = parts(message.compile_issue(ISSUE, identity).fill(ADA))
    assert html.count('dir="rtl"') == html.count('lang="he"') == 2


def test_the_date_behind_a_title_of_the_other_direction_stays_whole() -> None:
    """A number beside Latin letters would be drawn among them, away from its month; where nothing differs nothing is added."""
    for language, title, mark in (
        *(("ar", "Working Notes", "\u200f"), ("en", "رسائل", "\u200e")),
        *(("ar", "رسائل", ""), ("en", "Working Notes", "")),
    ):
        identity = replace(IDENTITY, language=language, title=title)
        _, html = parts(message.compile_issue(ISSUE, identity).fill(ADA))
        assert f'>{title}{mark}<span class="date"' in html


def test_a_note_is_laid_as_it_is_written() -> None:
    """English without a language of its own in an Arabic newsletter, and the other way round; else nothing is said."""
    english, arabic = ("On lamps", "They burn."), ("المنارة", "تفعل المنارة شيئًا واحدًا.")
    for language, (title, text), said in (
        *(("ar", english, "ltr"), ("en", arabic, "rtl")),
        *(("ar", arabic, ""), ("en", english, "")),
    ):
        issue = replace(ISSUE, title=title, text=text, html=f"<p>{text}</p>", language="")
        identity = replace(IDENTITY, language=language)
        _, html = parts(message.compile_issue(issue, identity).fill(ADA))
        mark = f' dir="{said}">' if said else ">"
        assert f'<div class="note"{mark}' in re.sub(r' style="[^"]*"', "", html)


def test_a_table_begins_where_its_note_does() -> None:
    """A cell stands at the side where the note's lines begin, whatever the newsletter's; figures stay at the right."""
    table = '<table><tr><td>lamp</td><td class="align-right">12</td></tr></table>'
    for language, own, side in (
        ("ar", "en", "left"),
        ("en", "ar", "right"),
        ("ar", "", "right"),
        ("en", "", "left"),
    ):
        text = "They burn." if (own or language) == "en" else "تفعل المنارة شيئًا واحدًا."
        issue = replace(ISSUE, title=text, text=text, html=table, language=own)
        _, html = parts(
            message.compile_issue(issue, replace(IDENTITY, language=language)).fill(ADA)
        )
        first, second = re.findall(r'<td[^>]*style="([^"]*)"[^>]*>(?:lamp|12)', html)
        assert (_side(first), _side(second)) == (side, "right"), (language, own)


def _side(style: str) -> str:
    """The side that counts: the last that is said."""
    return re.findall(r"text-align: ?(\w+)", style)[-1]


def test_letters_without_italics_stand_upright() -> None:
    """Summary, quotation and stress of a language that knows none, the newsletter's or the note's own."""
    body = "<p>海<em>は</em></p><blockquote><p>海</p></blockquote>"
    issue = replace(ISSUE, html=body, summary="海。")
    for language, own, slanted in (("ja", "", 0), ("ar", "", 0), ("en", "zh-TW", 0), ("fr", "", 2)):
        identity = replace(IDENTITY, language=language)
        made = message.compile_issue(replace(issue, language=own), identity)
        _, html = parts(made.fill(ADA))
        assert html.count("italic") == slanted, language
        assert re.search(r'<em class="dotted" style="[^"]*font-style: ?normal[^"]*">は</em>', html)


def test_words_lean_by_their_own_script() -> None:
    """A word of English leans in a Japanese newsletter, too."""
    for language in ("ja", "ar"):
        issue = replace(ISSUE, html="<p>Read the <em>log</em>.</p>", language=language)
        made = message.compile_issue(issue, replace(IDENTITY, language=language))
        assert "<em>log</em>" in parts(made.fill(ADA))[1], language


def test_a_formula_within_a_line_stays_there_however_wide() -> None:
    """Only what the author set apart has a line of its own, also where the page has it scroll by itself."""
    marked, formulas = hide_formulas(f"a ${'+'.join('abcdefghijklmn')}$ b\n\n$$c$$")
    _, html = parts(
        message.compile_issue(replace(ISSUE, html=formulas.settle_html(marked)), IDENTITY).fill(ADA)
    )
    within, _, apart = html.partition("<i>n</i>")
    assert "display: block" not in within.partition("a <span")[2]
    assert "display: block" in apart.partition("<i>c</i>")[0]


@each("url", ["https://e.com/ x", "https://e.com/>\r\nBcc: c@d.org", f"https://e.com/{'x' * 900}"])
def test_a_site_that_a_header_cannot_carry_is_refused(url: str) -> None:
    """No copy of such an issue is made: the link to leave would break, or not fit on its line (rule A4)."""
    with pytest.raises(MessageError):
        message.compile_issue(ISSUE, replace(IDENTITY, url=url))
