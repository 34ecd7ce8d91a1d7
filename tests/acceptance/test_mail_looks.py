"""How an issue looks in a browser: narrow and wide, light and dark, with its styles cut out."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from feeds.notes import parse_note, render_note
from mailer import message
from mailer.skeleton import Recipient, Skeleton
from storage.records import Identity, Issue, IssueState, Mailing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium (/usr/bin/chromium)")

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

NOTE = b"""---
title: What a lighthouse teaches, and averylongwordthatsomebodytypedwithoutanyspacesinit
publish: 2026-11-22
summary: A log, a table of lamps, and the code that counts them.
---
Good morning {{ name | friend }}, the **light** comes first, the *log* second.[^1]
This [leads to the tower](https://example.com/tower?a=1&b=2).

## Lamps

Some `inline_code(value)` and averylongwordthatneverendsbecausesomebodyforgotthespacebar.
<https://example.com/a/very/long/path/that/goes/on/and/on/and/on/for/ever/without/a/break.html>

> The sea does not reward those who are too anxious.

### Lists

- first
- second
    - inner
- [x] done

| Lamp | Candlepower | Height | Remarks | Source of the figures |
| --- | ---: | --- | --- | --- |
| Argand | 1,200 | 20 m | whale oil, kerosene | https://example.com/a/long/address/of/a/source |

```python
@cache
class Lamp(Base):
    name: str = "Argand"  # a comment that is long enough to be wider than any narrow screen is
    power: int = 1_200
def brightest(lamps): return max(lamps, key=lambda lamp: lamp.power)
```

```diff
- old
+ new
```

![A lighthouse at dusk](tower.png)

#### The end

That is ~~nothing~~ all.

[^1]: Footnotes are read in order.
"""

_IMAGE = b'<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="600"/>'

_FAINT = """() => {
  const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parts(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = walker.nextNode()); ) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.offsetParent) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(parts(style.color)), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const small = parseFloat(style.fontSize) < (node.closest(".note p") && !node.closest("sup") ? 15 : 13);
    if (ratio < 4.5 || small) faint.push([text.data.trim(), ratio, style.fontSize]);
  }
  return faint;
}"""


class _Site:
    """Where the note's links and pictures are."""

    def note_url(self, target: str) -> str | None:
        return None

    def media_url(self, path: str) -> str:
        return f"https://notes.example.com/media/{path}"


IDENTITY = Identity(
    title="Working Notes",
    url="https://notes.example.com",
    sender="Working Notes <notes@example.com>",
    author="Ada Example",
    description="Field notes",
    postal_address="12 Harbour Street\n12345 Seatown",
)


def _issue() -> Issue:
    note = parse_note(NOTE, "tower.md", zone=ZoneInfo("UTC"))
    rendered = render_note(note, _Site())
    return Issue(
        id=1,
        note_id=note.note_id,
        path=note.path,
        guid="urn:uuid:0b0c3f4e-0d9b-5d5e-9b59-3a7f0d6c2a11",
        slug="tower",
        title=note.title,
        summary=rendered.summary,
        html=rendered.html,
        text=rendered.text,
        tags=(),
        media=(),
        wiki=(),
        content_hash="",
        rendering="",
        state=IssueState.LIVE,
        mailing=Mailing.OPEN,
        mailing_reason="",
        published_at=NOON,
        updated_at=NOON,
        mail_at=NOON,
        revision=1,
    )


def _html(skeleton: Skeleton) -> str:
    token = "t0ken-" * 15
    recipient = Recipient(
        address="ada@example.org",
        ascii="ada@example.org",
        name="Ada",
        message_id="1@notes.example.com",
        return_path="bounce@notes.example.com",
        unsubscribe_url=f"https://notes.example.com/unsubscribe/{token}",
        preferences_url=f"https://notes.example.com/preferences/{token}",
        confirm_url=f"https://notes.example.com/confirm/{token}",
        date=NOON,
    )
    content = skeleton.fill(recipient).content
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    body = parsed.get_body(("html",))  # type: ignore[attr-defined]
    return str(body.get_content())


@pytest.fixture(scope="module")
def mails() -> dict[str, str]:
    """The HTML of each kind of mail."""
    return {
        "issue": _html(message.compile_issue(_issue(), IDENTITY)),
        "confirmation": _html(message.compile_confirmation(IDENTITY)),
        "notice": _html(message.compile_notice(IDENTITY)),
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield running
        running.close()


@pytest.mark.parametrize("kind", ["issue", "confirmation", "notice"])
@pytest.mark.parametrize("width", [375, 600])
@pytest.mark.parametrize("look", ["light", "dark", "stripped"])
def test_a_mail_reads_well(
    browser: Browser, mails: dict[str, str], kind: str, width: int, look: str
) -> None:
    """No sideways scrolling, contrast ≥ 4.5, no small print (rules D1, D7, D13, D20)."""
    html = mails[kind]
    if look == "stripped":
        html = re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
    scheme = "dark" if look == "dark" else "light"
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    try:
        page.route("**/*", lambda route: route.fulfill(body=_IMAGE, content_type="image/svg+xml"))
        page.set_content(html, wait_until="load")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(_FAINT) == []
    finally:
        page.close()


def test_a_dark_mail_is_dark(browser: Browser, mails: dict[str, str]) -> None:
    """The dark style does reach the page: @media survives the inliner (rules D7, D8)."""
    page = browser.new_page(color_scheme="dark")
    try:
        page.set_content(mails["confirmation"])
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", ground))) < 64
    finally:
        page.close()
