"""A reader's own page in a browser: on a phone, by keyboard alone, without scripts, by day and night."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsletter.app import Newsletter
from storage.model import Pace, Subscriber, SubscriberState
from tests.acceptance.reading.looks import (
    CONTRAST,
    SMALL_TARGETS,
    UNLABELLED,
    axe_violations,
    chromium,
    window,
)
from tests.acceptance.reading.test_site_browser import MEANT, Served, read
from tests.conftest import NOON
from tests.peers.judges.programs import Judges
from tests.peers.ports import free_port
from tests.worlds.clock import Clock
from tests.worlds.readers.site import serving

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is missing")

TAGS = (
    "Rust",
    "machine learning",
    "a-topic-with-quite-a-long-name-that-nobody-would-choose",
    "写作",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A newsletter with topics, a reader with a feed, and a form that asks for a name."""
    folder = tmp_path_factory.mktemp("preferences")
    port = free_port()
    (folder / "notes").mkdir()
    for number, tag in enumerate(TAGS):
        note = folder / "notes" / f"n{number}.md"
        note.write_text(
            f"---\npublish: 2026-01-05\ntags: [{tag}]\n---\n# Note {number}\n\nWords.\n"
        )
        os.utime(note, (1_700_000_000, 1_700_000_000))
    config = folder / "newsletter.toml"
    config.write_text(
        f'[newsletter]\ntitle = "Working Notes"\nurl = "http://127.0.0.1:{port}"\n'
        'sender = "Working Notes <notes@example.com>"\nauthor = "Ada Example"\n'
        '[subscribers]\nname_field = true\n[smtp]\nurl = "outbox:outbox"\n'
        f"[web]\nport = {port}\n"
    )
    with Newsletter.open(config, environ={}, clock=Clock(NOON)) as newsletter:
        newsletter.poll()
        newsletter.subscriptions.add("ada@example.com", name="Ada")
        with serving(newsletter) as url:
            yield Served(newsletter=newsletter, url=url)


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    """Debian's Chromium."""
    with chromium() as opened:
        yield opened


def own_page(served: Served, reader: Subscriber) -> str:
    """The address of a reader's own page."""
    token = served.newsletter.parts.tokens.preferences(reader.id)
    return f"{served.url}/preferences/{token}"


def newest(served: Served) -> Subscriber:
    """Who came last."""
    return max(served.newsletter.subscribers.everyone(), key=lambda who: who.id)


def mail(served: Served, address: str, pattern: str) -> str:
    """Has what is due sent; what the newest mail to the address says that fits the pattern."""

    def send() -> str:
        served.newsletter.send()
        folder = served.newsletter.publication.outbox()
        assert folder is not None
        files = sorted(folder.rglob("new/*"), key=lambda path: path.stat().st_mtime_ns)
        texts = [path.read_text() for path in files]
        (*_, last) = (text for text in texts if f"To: {address}" in text)
        found = re.search(pattern, last.replace("=\n", ""))
        assert found is not None
        return found[0]

    with ThreadPoolExecutor() as thread:  # this one belongs to Playwright's event loop
        return thread.submit(send).result()


def press(page: sync_api.Page, name: str) -> None:
    """Goes to a control by the tabulator alone, from wherever the focus is, and presses it."""
    wanted = page.get_by_role("button", name=name, exact=True)
    tab_to(page, wanted)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def tab_to(page: sync_api.Page, wanted: sync_api.Locator) -> None:
    """Presses the tabulator until the control has the focus, which shows there."""
    control = wanted.element_handle()  # found once: a label is looked for in all of the page
    for _ in range(60):
        page.keyboard.press("Tab")
        if control.evaluate("e => e === document.activeElement"):
            assert control.evaluate("e => getComputedStyle(e).outlineStyle") != "none"
            return
    raise AssertionError(f"the tabulator does not come to {wanted}")


def test_all_of_it_by_keyboard_on_a_phone_without_scripts(
    served: Served, browser: sync_api.Browser
) -> None:
    """Subscribe, confirm, change each preference, another address, a feed, leave: nothing needs more."""
    with window(browser, width=375, scripts=False) as page:
        page.goto(f"{served.url}/subscribe")
        tab_to(page, page.get_by_label("Your name"))
        page.keyboard.type("Grace")
        page.keyboard.press("Tab")
        page.keyboard.type("grace@example.com")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "mail is on its way" in page.get_by_role("status").inner_text()
        page.goto(mail(served, "grace@example.com", r"http://\S+/confirm/[0-9a-f]+"))
        press(page, "Yes, subscribe me")
        grace = newest(served)
        page.goto(own_page(served, grace))

        tab_to(page, page.get_by_label("Your name"))
        page.keyboard.press("End")
        page.keyboard.type(" Hopper")
        tab_to(page, page.get_by_label("Rust"))
        page.keyboard.press("Space")
        tab_to(page, page.get_by_label("Each issue, when it comes out"))
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        tab_to(page, page.get_by_label("Time zone"))
        page.keyboard.type("Europe/Berl")
        press(page, "Save")
        assert "Saved" in page.get_by_role("status").inner_text()
        now = newest(served)
        assert (now.name, now.wishes.topics, now.wishes.zone) == (
            "Grace Hopper",
            ("rust",),
            "Europe/Berlin",
        )
        assert now.wishes.pace is Pace.MONTHLY

        tab_to(page, page.get_by_label("Once a month, all issues in one mail"))
        page.keyboard.press("ArrowDown")
        press(page, "Save")
        assert "Choose the day" in page.get_by_role("alert").inner_text()
        tab_to(page, page.get_by_label("Once a month, all issues in one mail"))
        page.keyboard.press("ArrowDown")
        tab_to(page, page.get_by_label("The first day on which mail comes again"))
        page.keyboard.type("01312027")
        press(page, "Save")
        assert "paused until 31 January 2027" in page.inner_text("dl.facts")

        tab_to(page, page.get_by_label("Language of pages and mails"))
        page.keyboard.type("Deu")
        press(page, "Save")
        assert page.get_by_role("heading", level=1).inner_text() == "Ihr Abonnement"
        tab_to(page, page.locator("#language"))
        page.keyboard.type("Eng")
        press(page, "Speichern")

        tab_to(page, page.get_by_label("Your new mail address"))
        page.keyboard.type("hopper@example.com")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "mail with a link is on its way" in page.get_by_role("status").inner_text()
        page.goto(mail(served, "hopper@example.com", r"http://\S+/confirm/[0-9a-f]+"))
        press(page, "Yes, use this address")
        assert page.get_by_role("heading", level=1).inner_text() == "Your address is changed"
        assert mail(served, "grace@example.com", "goes to another address")

        page.goto(own_page(served, grace))
        press(page, "Make my feed")
        feed = page.locator(".address code").inner_text()
        assert "Note 0" in read(feed)
        press(page, "Unsubscribe")
        assert page.get_by_role("heading", level=1).inner_text() == "You have left"
        found = served.newsletter.subscribers.get(grace.id)
        assert found is not None
        assert (found.state, found.address) == (SubscriberState.UNSUBSCRIBED, "hopper@example.com")


def test_the_page_can_be_read_by_everybody(
    served: Served, browser: sync_api.Browser, judges: Judges
) -> None:
    """Narrow and wide, in both directions, with what went wrong, with a feed, and before erasing: axe-core is content."""
    reader = served.newsletter.subscriptions.find("ada@example.com")
    with window(browser, width=375) as page:

        def look_at_it() -> None:
            for width in (375, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                sizes = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
                assert sizes[0] <= sizes[1]
                for question in (CONTRAST, SMALL_TARGETS, UNLABELLED):
                    assert page.evaluate(question) == []
            assert axe_violations(page, judges.axe) == []

        page.goto(own_page(served, reader))
        page.locator("#pace-paused").check()
        page.locator("form.settings button").first.click()
        for scheme in (
            "dark",
            "light",
        ):  # by night one look: the others have the same controls and colours
            page.emulate_media(color_scheme=scheme)
            look_at_it()
        for language in ("ar", "ja"):
            page.goto(own_page(served, reader))
            page.select_option("#language", language)
            page.locator("form.settings button").first.click()
            assert page.evaluate("document.documentElement.lang") == language
            look_at_it()
        page.locator('button[value="feed"]').click()
        page.locator("main code").wait_for()
        look_at_it()
        page.locator('button[value="erase"]').click()
        look_at_it()


def test_the_page_is_valid_html(served: Served, judges: Judges) -> None:
    """html-validate finds nothing but what is meant otherwise."""
    reader = served.newsletter.subscriptions.find("ada@example.com")
    (verdict,) = judges.ask("validate", [read(own_page(served, reader))])
    complaints = verdict["complaints"]
    allowed = MEANT | {
        "form-dup-name"
    }  # checkboxes of one question share a name (HTML 4.10.5.1.15)
    assert [one for one in complaints if one["rule"] not in allowed] == []  # type: ignore[union-attr, index]
