"""The README's pictures of the demo: its home page, and an issue as its reader gets it.

    python -m tests.acceptance.reading.pictures docs/images

draws them anew, at the same date each time, so that they differ only where the looks did.
"""

from __future__ import annotations

import sys
import tempfile
from email import message_from_bytes, policy
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

from newsletter.app import Newsletter
from scripts.demo import PORT, SUBSCRIBERS, create
from tests.acceptance.reading.looks import chromium
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

MAILED: Final = "on-call-for-models.md"
"""The sample that shows most: a picture, code, a table, a footnote."""
ARCHIVED: Final = "small-models-first.md"
SITE: Final = (900, 1086)
MAIL: Final = (640, 975)
"""Width and height in pixels of the page; the picture has twice as many."""


def draw(folder: Path) -> None:
    """site.png and mail.png, into the folder."""
    with tempfile.TemporaryDirectory() as work:
        demo = Path(work)
        create(demo, now=NOON)
        _exchange_dates(demo / "notes" / MAILED, demo / "notes" / ARCHIVED)
        config = demo / "newsletter.toml"
        config.write_text(config.read_text("utf-8").replace(f"port = {PORT}", "port = 0"), "utf-8")
        with Newsletter.open(config, environ={}, clock=Clock(NOON)) as newsletter:
            newsletter.send()
            html = _html_of(demo / "outbox", SUBSCRIBERS[0][0])
            with serving(newsletter) as url, chromium() as browser:

                def page(size: tuple[int, int]) -> Page:
                    viewport = {"width": size[0], "height": size[1]}
                    return browser.new_page(viewport=viewport, device_scale_factor=2)

                home, mail = page(SITE), page(MAIL)
                home.goto(url)
                mail.set_content(html.replace(newsletter.identity.url, url), wait_until="load")
                for name, shown in {"site.png": home, "mail.png": mail}.items():
                    taken = Image.open(BytesIO(shown.screenshot())).convert("RGB")
                    taken.quantize(256, dither=Image.Dither.NONE).save(folder / name, optimize=True)


def _exchange_dates(one: Path, other: Path) -> None:
    """Gives each of two notes the `publish` line of the other."""
    texts = {path: path.read_text("utf-8") for path in (one, other)}
    lines = {
        path: next(line for line in text.splitlines() if line.startswith("publish:"))
        for path, text in texts.items()
    }
    for path, theirs in ((one, other), (other, one)):
        path.write_text(texts[path].replace(lines[path], lines[theirs], 1), "utf-8")


def _html_of(outbox: Path, address: str) -> str:
    """The HTML that a reader got, from what the relay kept."""
    for path in (outbox / "new").iterdir():
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        if address in str(message["To"]):
            part = message.get_body(("html",))
            assert part is not None
            return str(part.get_content())
    raise AssertionError(f"nothing was mailed to {address}")


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
