"""The author's desk in a browser: entered, read on a phone, by keyboard, and without JavaScript."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from newsletter.app import Newsletter
from storage.model.issues import Mailing
from tests.acceptance.reading.looks import HEADINGS, axe_violations, chromium
from tests.peers.judges.programs import Judges
from tests.peers.ports import free_port
from tests.worlds.readers.site import serving

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is missing")

LOOKS = ((375, "dark"), (1280, "light"), (320, "light"))
VIEWS = (
    *("", "/notes", "/note?note=later.md", "/calendar", "/issues", "/issues/launch", "/readers"),
    *("/readers/1", "/returned", "/numbers", "/doctor"),
)


@pytest.fixture(scope="module")
def newsletter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsletter]:
    """An issue on its way, a note to come with a mistake in it, an address never mailed."""
    folder = tmp_path_factory.mktemp("desk")
    port = free_port()
    notes = folder / "notes"
    notes.mkdir()
    due = datetime.now(UTC).isoformat()
    (notes / "launch.md").write_text(f"---\npublish: {due}\ntitle: Launch day\n---\n\nWords.\n")
    (notes / "later.md").write_text("---\npublish: 2040-01-02\n---\n# Later\n\n[here](gone.md)\n")
    for note in notes.iterdir():
        os.utime(note, (1_700_000_000, 1_700_000_000))
    config = folder / "newsletter.toml"
    config.write_text(
        f'[newsletter]\ntitle = "Working Notes"\nurl = "http://127.0.0.1:{port}"\n'
        'sender = "Working Notes <notes@example.com>"\n[schedule]\nhold = "1h"\n'
        f'[smtp]\nurl = "outbox:outbox"\n[web]\nport = {port}\n[desk]\nenabled = true\n'
    )
    with Newsletter.open(config, environ={}) as opened:
        for number in range(12):
            opened.subscriptions.add(f"reader{number}@example.com", consent="asked")
        opened.subscriptions.suppress("gone@example.com", "it bounced")
        opened.poll()
        yield opened


@pytest.fixture(scope="module")
def url(newsletter: Newsletter) -> Iterator[str]:
    """Where it listens."""
    with serving(newsletter) as address:
        yield f"{address}/desk"


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    """One for all."""
    with chromium() as running:
        yield running


def come_in(
    browser: sync_api.Browser, newsletter: Newsletter, url: str, **looks: object
) -> sync_api.Page:
    """A page of a browser that pressed the button of an invitation."""
    page = browser.new_context(**looks).new_page()
    page.goto(f"{url}/enter/{newsletter.parts.entrance.invite()}")
    page.get_by_role("button", name="Enter the desk").click()
    page.wait_for_url(url)
    return page


def test_every_page_of_the_desk_can_be_read(
    browser: sync_api.Browser, newsletter: Newsletter, url: str, judges: Judges
) -> None:
    """No page scrolls sideways, asks for what is blocked, or breaks a rule of axe-core."""
    page = come_in(browser, newsletter, url)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for path in VIEWS:
        page.goto(url + path)
        assert page.evaluate(HEADINGS) == 1
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            sizes = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert sizes[0] <= sizes[1] == width, (path, width)
            assert axe_violations(page, judges.axe) == [], (path, width, scheme)
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_author_works_with_and_without_scripts(
    browser: sync_api.Browser, newsletter: Newsletter, url: str, scripts: bool
) -> None:
    """A note is scheduled and taken back, an issue paused and resumed, by forms alone."""
    page = come_in(browser, newsletter, url, java_script_enabled=scripts)
    page.get_by_role("link", name="Notes", exact=True).click()
    page.get_by_role("link", name="launch.md").click()
    page.get_by_role("link", name="published").click()
    for button, state in (("Pause", Mailing.PAUSED), ("Resume", Mailing.OPEN)):
        page.get_by_role("button", name=button).click()
        page.get_by_role("link", name="Back").click()
        assert newsletter.status("launch").issue.mailing is state
    page.goto(f"{url}/note?note=later.md")
    assert "dead-link" in page.inner_text("main")
    page.get_by_role("textbox", name="When").fill("2041-05-06 07:08")
    page.get_by_role("button", name="Schedule").click()
    assert "goes out Mon 2041-05-06 07:08 UTC" in page.inner_text("main")
    page.get_by_role("link", name="Back").click()
    page.get_by_role("button", name="Take the schedule back").click()
    assert "no longer scheduled" in page.inner_text("main")
    page.context.close()


def test_a_keyboard_is_enough(browser: sync_api.Browser, newsletter: Newsletter, url: str) -> None:
    """The skip link comes first, every tab can be reached, and Return presses a button."""
    page = come_in(browser, newsletter, url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Tab")
    for name in ("Today", "Notes", "Calendar", "Issues"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == name
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/issues")
    page.context.close()


def test_progress_moves_by_itself_and_what_is_final_is_asked_about(
    browser: sync_api.Browser, newsletter: Newsletter, url: str
) -> None:
    """With scripts the first page follows the state, and Cancel asks before it does it."""
    page = come_in(browser, newsletter, url)
    assert page.inner_text(".moving .state") == "open"
    newsletter.pause("launch")
    page.locator(".moving .state", has_text="paused").wait_for()
    newsletter.resume("launch")
    page.goto(f"{url}/issues/launch")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Cancel the mail").click()
    assert newsletter.status("launch").issue.mailing is Mailing.OPEN
    page.context.close()


def test_every_page_of_the_desk_is_valid_html(
    newsletter: Newsletter, url: str, judges: Judges
) -> None:
    """html-validate finds nothing."""
    with httpx.Client(follow_redirects=True) as author:
        assert author.get(url).is_error
        author.post(f"{url}/enter/{newsletter.parts.entrance.invite()}")
        answers = {path: author.get(url + path) for path in VIEWS}
    found = {path: answer.raise_for_status().text for path, answer in answers.items()}
    verdicts = judges.ask("validate", [*found.values()])
    assert [
        (path, one["rule"], one["message"])  # type: ignore[index]
        for path, verdict in zip(found, verdicts, strict=True)
        for one in verdict["complaints"]  # type: ignore[union-attr]
    ] == []
