"""The site in a browser, over HTTP: what a person sees, on a phone and on a desk, by day and night."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copy
from threading import Thread
from typing import Final

import httpx
import pytest

from newsletter.app import Newsletter
from tests.acceptance.reading.looks import (
    CLIPPED,
    CONTRAST,
    MOVING,
    SCHEMES,
    WIDTHS,
    Walk,
    axe_violations,
    chromium,
    ends_of_code,
    look,
    walk_through,
    window,
)
from tests.peers.judges.programs import Judges
from tests.peers.ports import free_port
from tests.worlds.readers.site import serving

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is missing")

NOTE: Final = """---
publish: 2026-01-05 09:00
tags: [tools, ship it, donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft]
---
# A note with everything

Words, a [link](https://example.com), `code`, and https://example.com/{long}

```python
def ship(release: str, times: int = 3) -> bool:  # a comment
    return "no" if release is None else True
```

```diff
- old
+ new
```

| Tool | Version | What it does, in a heading that is rather long for a phone |
| --- | ---: | --- |
| a-tool-with-a-very-long-name-indeed | 14.1 | things |

> A quotation.

- [x] done
- [ ] open

A note[^1].

[^1]: Below.
"""
PAGES: Final = (
    *("/", "/about", "/archive", "/issues/everything", "/tags/ship%20it"),
    *("/issues/lighthouse", "/issues/gone", "/nowhere"),
    *("/search", "/search?q=lamp", "/search?q=absent", "/embed"),
    *("/subscribe", "/outbox", "/unsubscribe/TOKEN", "/preferences/TOKEN", "/confirm/bad"),
)

LIGHTHOUSE: Final = Path(__file__).parents[2] / "fixtures" / "looks" / "everything.md"
"""A note with long words, wide tables, quotations in quotations, and writing from right to left."""
ELSEWHERE: Final = "https://elsewhere.example/lens.jpg"
PICTURE: Final = Path(__file__).parents[3] / "scripts" / "sample" / "notes" / "img" / "drift.png"
MISSING: Final = re.compile("status of 4(04|10)")
"""What a browser says of a page that is not there, or not any more."""

MEANT: Final = frozenset({"long-title"})  # it is the author's, and `newsletter check` tells of it
"""Rules of html-validate that are broken on purpose."""

FOCUSED: Final = "document.activeElement.name || document.activeElement.tagName"
OUTLINE: Final = "getComputedStyle(document.activeElement).outlineStyle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A newsletter whose site listens."""

    newsletter: Newsletter
    url: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A newsletter with one issue that has everything, and one reader."""
    folder = tmp_path_factory.mktemp("browser")
    port = free_port()
    note = folder / "notes" / "everything.md"
    note.parent.mkdir()
    note.write_text(NOTE.replace("{long}", "a" * 120))
    lighthouse = LIGHTHOUSE.read_text("utf-8").replace("title:", "slug: lighthouse\ntitle:", 1)
    (note.parent / "lighthouse.md").write_text(lighthouse.replace(ELSEWHERE, "lamps.png"), "utf-8")
    gone = note.parent / "gone.md"
    gone.write_text("---\npublish: 2026-01-05 09:00\n---\n# Gone\n\nWords.\n", "utf-8")
    for written in note.parent.iterdir():
        os.utime(written, (1_700_000_000, 1_700_000_000))
    copy(PICTURE, note.parent / "lamps.png")
    copy(PICTURE, note.parent / "wick.png")
    config = folder / "newsletter.toml"
    config.write_text(
        f'[newsletter]\ntitle = "Working Notes"\nurl = "http://127.0.0.1:{port}"\n'
        'sender = "Working Notes <notes@example.com>"\nauthor = "Ada Example"\n'
        'description = "Field notes on shipping things"\n'
        'links = { GitHub = "https://github.com/example" }\n'
        f'[smtp]\nurl = "outbox:outbox"\n[web]\nport = {port}\n'
    )
    with Newsletter.open(config, environ={}) as newsletter:
        newsletter.poll()
        gone.unlink()
        newsletter.poll()
        newsletter.subscriptions.request("ada@example.com", ip="", source="test", consent="yes")
        newsletter.subscriptions.process()
        with ThreadPoolExecutor() as thread:  # Playwright's event loop may run in this one already
            thread.submit(newsletter.send).result()
        with serving(newsletter) as url:
            yield Served(newsletter=newsletter, url=url)


@pytest.fixture(scope="module")
def arabic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A newsletter in Arabic, dressed by its author, with a long issue."""
    folder = tmp_path_factory.mktemp("arabic")
    port = free_port()
    (folder / "notes").mkdir()
    part = "## جزء {}\n\n" + "تفعل المنارة شيئًا واحدًا كل ليلة ولا يشكرها أحد. " * 45 + "\n\n"
    (folder / "notes" / "long.md").write_text(
        "---\npublish: 2026-01-05 09:00\nslug: long\ntags: [بحر]\nsummary: موجز\n---\n# المنارة\n\n"
        + "".join(part.format(n) for n in range(1, 6))
        + "> [!note]\n> كلمة `read()`.\n\n```\ncode\n```\n",
        "utf-8",
    )
    os.utime(folder / "notes" / "long.md", (1_700_000_000, 1_700_000_000))
    copy(PICTURE, folder / "me.png")
    (folder / "newsletter.toml").write_text(
        f'[newsletter]\ntitle = "رسائل من المرفأ"\nurl = "http://127.0.0.1:{port}"\nlanguage = "ar"\n'
        'sender = "رسائل <notes@example.com>"\nauthor = "سلمى"\npostal_address = "1 Example Way"\n'
        f'[smtp]\nurl = "outbox:outbox"\n[web]\nport = {port}\n'
        '[site]\naccent = "#e05a2b"\nportrait = "me.png"\ncover = "me.png"\nlogo = "me.png"\n',
        "utf-8",
    )
    with Newsletter.open(folder / "newsletter.toml", environ={}) as newsletter:
        newsletter.poll()
        with serving(newsletter) as url:
            yield Served(newsletter=newsletter, url=url)


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    """Debian's Chromium."""
    with chromium() as opened:
        yield opened


@contextmanager
def elsewhere(html: str) -> Iterator[str]:
    """A site of somebody else, with one page at every address; its own address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_said: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def paths(served: Served) -> list[str]:
    """Every page, with the reader's own links."""
    reader = next(iter(served.newsletter.subscribers.everyone()))
    tokens = served.newsletter.parts.tokens
    own = {
        "unsubscribe": tokens.unsubscribe(reader.id),
        "preferences": tokens.preferences(reader.id),
    }
    found = [path.replace("TOKEN", own.get(path.split("/")[1], "")) for path in PAGES]
    kept = re.findall(r'"(/outbox/[^"]+)"', read(f"{served.url}/outbox"))
    assert kept
    return [
        *found,
        kept[0],
        f"/confirm/{tokens.confirm(reader.id, reader.nonce, served.newsletter.parts.clock())}",
    ]


@pytest.fixture(scope="module")
def walk(served: Served, browser: sync_api.Browser, judges: Judges) -> Walk:
    """Every page, opened once."""
    with window(browser) as page:
        return walk_through(page, [served.url + path for path in paths(served)], judges.axe)


def test_every_page_can_be_read(walk: Walk) -> None:
    """On a phone and a desk, by day and night no page scrolls sideways, has faint text, nameless or tiny
    controls, or a blocked resource.
    """
    assert {path: count for path, count in walk.headings.items() if count != 1} == {}
    assert len(walk.looks) == len(walk.headings) * len(WIDTHS) * len(SCHEMES)
    for (path, width, scheme), ((needed, shown), answers) in walk.looks.items():
        assert needed <= shown == width, (path, width)
        assert answers == [], (path, width, scheme)
    assert [text for text in walk.complaints if not MISSING.search(text)] == []


def test_axe_finds_nothing_on_any_page(walk: Walk) -> None:
    """Landmarks, headings, labels, contrast, languages: no rule of axe-core is broken anywhere, by day or night."""
    assert len(walk.violations) == len(walk.headings) * len(SCHEMES)
    assert {where: found for where, found in walk.violations.items() if found} == {}


def test_axe_finds_nothing_from_right_to_left(
    arabic: Served, browser: sync_api.Browser, judges: Judges
) -> None:
    """Nor in Arabic, in the author's own colour, with pictures, an outline and a button to copy."""
    with window(browser, width=375) as page:
        found = ("/search?q=ليلة", "/search?q=absent", "/embed")
        for path in ("/", "/about", "/archive", "/issues/long", "/subscribe", "/nowhere", *found):
            page.goto(arabic.url + path)
            assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
            sizes = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert sizes[0] <= sizes[1], path
            for scheme in SCHEMES:
                look(page, 375, scheme)
                assert page.evaluate(CONTRAST) == [], (path, scheme)
                assert axe_violations(page, judges.axe) == [], (path, scheme)


def test_code_stands_in_its_own_direction(arabic: Served, browser: sync_api.Browser) -> None:
    """The brackets of `read()` among Arabic words are behind the name, as they are written."""
    with window(browser, width=375, scheme="light") as page:
        page.goto(f"{arabic.url}/issues/long")
        assert ends_of_code(page) == [True]


def test_large_text_and_small_screens_lose_nothing(
    served: Served, arabic: Served, browser: sync_api.Browser
) -> None:
    """Nothing scrolls sideways at 320 pixels, nor with letters twice as large, and nothing moves for
    who wants no motion (WCAG 1.4.4, 1.4.10, 2.3.3).
    """
    with window(browser) as page:
        for site, path in (
            *((served, path) for path in ("/", "/about", "/issues/lighthouse", "/subscribe")),
            *((arabic, path) for path in ("/", "/about", "/issues/long")),
        ):
            page.goto(site.url + path)
            for width, text in ((320, 100), (640, 200)):
                look(page, width, "light")
                page.evaluate(f"document.documentElement.style.fontSize = '{text * 1.0625}%'")
                sizes = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
                assert sizes[0] <= sizes[1], (path, width)
                assert page.evaluate(CLIPPED) == [], (path, width)
                assert page.evaluate(MOVING) == [], (path, width)


def test_every_page_is_valid_html(served: Served, judges: Judges) -> None:
    """html-validate finds nothing but what is meant otherwise."""
    found = {path: read(served.url + path) for path in paths(served)}
    verdicts = judges.ask("validate", [*found.values()])
    complaints = {
        (path, complaint["rule"], complaint["message"])
        for path, verdict in zip(found, verdicts, strict=True)
        for complaint in verdict["complaints"]  # type: ignore[union-attr]
        if complaint["rule"] not in MEANT  # type: ignore[index]
    }
    assert complaints == set()


def read(url: str) -> str:
    """The document at an address, whatever its status."""
    return httpx.get(url).text


def test_the_keyboard_gets_everywhere(served: Served, browser: sync_api.Browser) -> None:
    """The skip link comes first and leads to the content; whatever has the focus shows it."""
    with window(browser) as page:
        page.goto(f"{served.url}/issues/everything")
        page.keyboard.press("Tab")
        skip = page.locator(":focus")
        assert skip.inner_text() == "Skip to the content"
        box = skip.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        seen = set()
        while (at := page.evaluate(FOCUSED)) != "BODY":
            page.keyboard.press("Tab")
            seen.add(at)
            assert page.evaluate(OUTLINE) != "none" or page.evaluate(FOCUSED) == "BODY"
        assert "email" in seen
        assert "topic" not in seen


def test_joining_and_leaving_without_scripts(served: Served, browser: sync_api.Browser) -> None:
    """Form, mail, button, and out again: with the mouse alone, and nothing that runs scripts."""
    with window(browser, width=375, scripts=False) as page:
        page.goto(served.url)
        page.get_by_label("Your mail address").first.fill("grace@example.com")
        page.get_by_role("button", name="Subscribe").click()
        assert "mail is on its way" in page.get_by_role("status").inner_text()
        with ThreadPoolExecutor() as thread:  # this one belongs to Playwright's event loop
            thread.submit(served.newsletter.send).result()
        page.goto(f"{served.url}/outbox")
        entry = page.get_by_role("listitem").filter(has_text="grace@example.com")
        entry.get_by_role("link").click()
        with page.expect_popup() as opened:
            page.frame_locator("iframe").get_by_role("link", name="Confirm my subscription").click()
        followed = opened.value
        followed.get_by_role("button", name="Yes, subscribe me").click()
        assert followed.get_by_role("heading", level=1).inner_text() == "You are subscribed"
        subscriber = max(served.newsletter.subscribers.everyone(), key=lambda who: who.id)
        leave = served.newsletter.parts.tokens.unsubscribe(subscriber.id)
        page.goto(f"{served.url}/unsubscribe/{leave}")
        page.get_by_role("button", name="Unsubscribe").click()
        assert page.get_by_role("heading", level=1).inner_text() == "You have left"


def test_a_list_of_mails_is_even(served: Served, browser: sync_api.Browser) -> None:
    """Each row says below its subject whose mail it is, also where there is room beside a short one: nobody looks for
    it in two places.
    """
    joining = served.newsletter.subscriptions
    joining.request("margaret@example.com", ip="", source="test", consent="yes")
    joining.process()
    with ThreadPoolExecutor() as thread:  # this one belongs to Playwright's event loop
        thread.submit(served.newsletter.send).result()
    with window(browser, width=1000) as page:
        page.goto(f"{served.url}/outbox")
        rows = page.locator(".mails > li")
        assert rows.count() > 1
        for row in rows.all():
            subject, whose = row.locator("a").bounding_box(), row.locator(".date").bounding_box()
            assert subject is not None
            assert whose is not None
            assert whose["y"] >= subject["y"] + subject["height"] - 1


def test_the_form_works_in_a_frame_elsewhere(served: Served, browser: sync_api.Browser) -> None:
    """As its code is copied: what is kept names the page around it, without what follows the question mark; and
    no other page of ours is shown there.
    """
    shown = unescape(httpx.get(f"{served.url}/embed").text)
    (code,) = re.findall("<iframe.*?</iframe>", shown)
    home = f'<iframe src="{served.url}/" name="home"></iframe>'
    around = f"<!doctype html><title>A shop</title>{code}{home}"
    with elsewhere(around) as shop, window(browser) as page:
        page.goto(f"{shop}/cart?id=7")
        frame = page.frame_locator("iframe").first
        frame.get_by_label("Your mail address").fill("framed@example.com")
        frame.get_by_role("button", name="Subscribe").click()
        assert "mail is on its way" in frame.get_by_role("status").inner_text()
        refused = page.frame("home")
        assert refused is not None
        assert not refused.get_by_label("Your mail address").count()
    served.newsletter.subscriptions.process()
    subscriber = served.newsletter.subscribers.find("framed@example.com")
    assert subscriber is not None
    (event, *_) = served.newsletter.subscribers.events(subscriber.id)
    assert event.source == f"{shop}/cart"
    assert event.text in shown


def test_opening_a_link_with_scripts_on_changes_nothing(
    served: Served, browser: sync_api.Browser
) -> None:
    """A scanner that runs a whole browser confirms nobody (rules A9, F2)."""
    reader = next(iter(served.newsletter.subscribers.everyone()))
    with window(browser) as page:
        for path in (path for path in paths(served) if path.count("/") > 1):
            page.goto(served.url + path, wait_until="networkidle")
    assert next(iter(served.newsletter.subscribers.everyone())) == reader
