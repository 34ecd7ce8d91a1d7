"""How mail looks: narrow and wide, light and dark, with its styles cut out and without pictures.

Besides the browser, those judge it who know nothing of it: axe-core, html-validate, caniemail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.acceptance.mail.mails import all_mails
from tests.acceptance.reading.looks import (
    FORCED_DARK,
    axe_violations,
    chromium,
    ends_of_code,
    launch,
    painted,
)
from tests.peers.judges.programs import Judges

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

SAMPLE: Final = Path(__file__).parents[3] / "scripts" / "sample" / "notes" / "img" / "drift.png"
WIDTHS: Final = (375, 600)
SEEN: Final = (
    *(("issue", look) for look in ("light", "dark", "stripped", "no pictures")),
    *(("confirmation", look) for look in ("light", "dark", "stripped")),
    *(("right to left", look) for look in ("light", "dark", "stripped")),
    *(("every form", look) for look in ("light", "dark")),
    *(("notice", look) for look in ("light", "dark")),
    *(("digest", look) for look in ("light", "dark", "stripped")),
    *(
        (kind, "light")
        for kind in ("test copy", "shortened", "welcome", "goodbye", "change", "moved")
    ),
)
"""What is looked at: each kind of mail, as far as the looks differ from those of the issue."""
KINDS: Final = tuple(dict.fromkeys(kind for kind, _look in SEEN))

NO_LANDMARKS: Final = ("landmark-one-main", "region")
"""A mail is shown inside a page that has its own landmarks, and mail programs strip <main> (D11)."""

MAIL_IS_NOT_A_PAGE: Final = frozenset(
    {
        "no-inline-style",  # what makes a mail readable where <style> is dropped (rule D1)
        "no-conditional-comment",  # Outlook on Windows reads it and nobody else does (rule D4)
        "prefer-native-element",  # <article> is stripped by mail programs, role=article is not (D9)
        "long-title",  # the title is the author's subject, and `newsletter check` tells of long ones
    }
)
"""Rules of html-validate that are meant for pages."""

DISPENSABLE: Final = {
    "<style> element": "everything stands on the elements as well (rule D1)",
    "@media": "light and wide is what remains (rules D1, D7)",
    "<body> element": "the same class stands on the element inside it (rule D9)",
    "<abbr> element": "its explanation is lost, the word stays (rule D18)",
    "aria-label attribute": "the subject is heard anyway",
    "role attribute": "only the old Windows Mail drops it; layout tables have no other harm",
    "display:none": "Gmail's mobile site: max-height and overflow hide the preview line",
    "overflow": "Outlook on Windows shows a wide table wide",
    "overflow-wrap": "where it is unknown, word-break does the same, but for Yahoo",
    "word-break": "Yahoo and the old Windows Mail let a long word make its column wider",
    "white-space": "Outlook on Windows keeps the lines of <pre> as they are",
    "border-radius": "corners are square in Outlook on Windows",
    "border-spacing": "the button to confirm stands two pixels further in",
    "height property": "Yahoo: a picture that shrinks has no height (rule D5)",
}
"""What some program of the four families does not know, and why the mail reads well without it."""

ON_COLOUR: Final = ("Confirm my subscription",)
"""Lines that stand on a colour of their own, dark or not."""

_SMALL: Final = """() => [...document.querySelectorAll("body *")]
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.offsetParent)
  .filter((e) => parseFloat(getComputedStyle(e).fontSize) < (e.closest("sup, sub") ? 13 : 14))
  .map((e) => e.outerHTML)"""
"""Text of less than 14 pixels; what stands above or below the line may have 13 (rule D13)."""

_HIDDEN: Final = """() => [...document.querySelectorAll(".wide")]
  .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.outerHTML)"""
"""Tables of which a part must be scrolled to: on Android, Gmail and Outlook cannot (rule D20)."""

_DRAWN: Final = """(images => images.length ? images.some((one) => one.naturalWidth > 0) : null)(
  [...document.images])"""
"""Whether pictures are seen, where there are any."""


@pytest.fixture(scope="module")
def mails() -> dict[str, str]:
    """The HTML of each kind of mail."""
    return all_mails()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser as it comes."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def darkening(browser: Browser) -> Iterator[Browser]:
    """A browser that darkens what it shows, whatever the page says."""
    running = launch(browser.browser_type, *FORCED_DARK)
    yield running
    running.close()


Show = Callable[[str, str], "Page"]


@pytest.fixture(scope="module")
def paper(browser: Browser) -> Iterator[Page]:
    """A page on which one mail is shown after another: nothing stays of a document that has no scripts."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def show(paper: Page, mails: dict[str, str]) -> Iterator[Show]:
    """Shows one kind of mail on a phone, in one look."""
    shown = [""]

    def answer(route: Route) -> None:
        if shown[0] == "no pictures":
            route.abort()
        else:
            route.fulfill(path=SAMPLE)

    def show_mail(kind: str, look: str) -> Page:
        shown[0] = look
        paper.set_viewport_size({"width": 375, "height": 800})
        paper.emulate_media(color_scheme="dark" if look == "dark" else "light")
        html = mails[kind]
        paper.set_content(without_styles(html) if look == "stripped" else html, wait_until="load")
        drawn = paper.evaluate(_DRAWN)
        if drawn is not None:  # those of another mail were kept nowhere
            assert drawn is (look != "no pictures")
        return paper

    paper.route("**/*", answer)
    yield show_mail
    paper.unroute("**/*")


def without_styles(html: str) -> str:
    """What is left of a mail where <style> is dropped."""
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


@pytest.mark.parametrize(("kind", "look"), SEEN)
def test_a_mail_reads_well(show: Show, judges: Judges, kind: str, look: str) -> None:
    """No sideways scrolling on a phone or a desk, no small print, and axe-core finds no fault in
    contrast, language, headings, tables and alternative texts (rules D1, D7, D9 to D13, D20).
    """
    page = show(kind, look)
    assert page.evaluate(_SMALL) == []
    assert axe_violations(page, judges.axe, allowed=NO_LANDMARKS) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(_HIDDEN) == []


@pytest.mark.parametrize("kind", ["issue", "confirmation"])
def test_a_mail_darkened_by_force_can_be_read(
    browser: Browser, darkening: Browser, mails: dict[str, str], kind: str
) -> None:
    """Where a program drops the styles and darkens by itself, every line is light on dark, with a
    contrast of 4.5 as painted (rules D1, D7).
    """
    page = darkening.new_page(viewport={"width": 375, "height": 800}, device_scale_factor=2)
    page.route("**/*", lambda route: route.fulfill(path=SAMPLE))
    page.set_content(without_styles(mails[kind]), wait_until="load")
    measurer = browser.new_page()
    lines = painted(page, measurer)
    measurer.close()
    page.close()
    assert len(lines) > 5
    assert [line for line in lines if float(line["ratio"]) < 4.5] == []
    assert max(float(line["ground"]) for line in lines if line["text"] not in ON_COLOUR) < 0.05


def test_a_dark_mail_is_dark(show: Show) -> None:
    """The dark style does reach the page: @media survives the inliner (rules D7, D8)."""
    page = show("confirmation", "dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", ground))) < 64


def test_code_stands_in_its_own_direction(show: Show) -> None:
    """The brackets of `read()` in a mail from right to left are behind the name, as they are written."""
    assert ends_of_code(show("right to left", "light")).count(False) == 0
    assert ends_of_code(show("right to left", "light"))


def test_a_mail_is_valid_html(mails: dict[str, str], judges: Judges) -> None:
    """html-validate finds nothing but what is meant for pages (rule D17)."""
    complaints = {
        (kind, complaint["rule"], complaint["message"])
        for kind, verdict in zip(mails, judges.ask("validate", [*mails.values()]), strict=True)
        for complaint in verdict["complaints"]  # type: ignore[union-attr]
        if complaint["rule"] not in MAIL_IS_NOT_A_PAGE  # type: ignore[index]
    }
    assert complaints == set()


def test_every_mail_program_can_do_without_what_it_does_not_know(
    mails: dict[str, str], judges: Judges
) -> None:
    """Nothing is used that Gmail, Outlook, Apple Mail or Yahoo lack, but for what is dispensable;
    and nothing is called so that all of them know (rule D3).
    """
    verdicts = judges.ask("support", [*mails.values()])
    missing = {feature for verdict in verdicts for feature in verdict["missing"]}  # type: ignore[union-attr]
    assert missing == set(DISPENSABLE)


@pytest.mark.parametrize("kind", KINDS)
def test_styles_are_small_flat_and_in_the_head(mails: dict[str, str], kind: str) -> None:
    """One <style> below 16 kB, its @media one level deep, and none elsewhere (rule D2)."""
    head, _, body = mails[kind].partition("</head>")
    (style,) = re.findall(r"<style>(.*?)</style>", head, re.DOTALL)
    assert "<style" not in body
    assert len(style) < 16_000
    blocks = style.split("@media")[1:]
    assert len(blocks) == 3
    for block in blocks:
        depths = [block[:at].count("{") - block[:at].count("}") for at in range(len(block) + 1)]
        assert (max(depths), depths[-1]) == (2, 0)


def test_outlook_on_windows_gets_a_fixed_width(mails: dict[str, str]) -> None:
    """The table in conditional comments survives the inliner, opened and closed (rule D4)."""
    for html in mails.values():
        opened, closed = re.findall(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", html)
        assert opened.startswith('<table role="presentation" align="center" width="600"')
        assert closed == "</td></tr></table>"
        assert html.index(opened) < html.index("<h1") < html.index(closed)
