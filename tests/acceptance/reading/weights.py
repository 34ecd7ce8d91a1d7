"""What two pages cost their reader in a browser: requests, octets, when the largest thing is painted, what moves.

    python -m tests.acceptance.reading.weights

prints it for the home page and for an issue, on a phone and on a desk, with an empty cache and without a network
between: so of the times only their relation to each other means something.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.acceptance.reading.gallery import site
from tests.acceptance.reading.looks import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGES: Final = ("/", "/issues/long")
WIDTHS: Final = (375, 1280)
_MEASURED: Final = """() => new Promise((told) => {
  const found = { paint: 0, shift: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) found.paint = entry.startTime;
  }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) found.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => told(found), 100));
})"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One page as it was loaded."""

    requests: int
    octets: int
    """Of all answers as they come over the line, their heads included."""
    paint_ms: float
    """From the request to the largest paint."""
    shift: float
    """The sum of layout shifts; 0 when nothing moves."""


def weigh(browser: Browser, url: str, width: int) -> Weight:
    """Loads a page as somebody does who never was there."""
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        watched = context.new_cdp_session(page)
        octets: list[float] = []
        watched.on("Network.loadingFinished", lambda done: octets.append(done["encodedDataLength"]))
        watched.send("Network.enable")
        page.goto(url, wait_until="networkidle")
        found = page.evaluate(_MEASURED)
    return Weight(
        requests=len(octets),
        octets=round(sum(octets)),
        paint_ms=float(found["paint"]),
        shift=float(found["shift"]),
    )


def main() -> None:
    """Print the table."""
    with (
        tempfile.TemporaryDirectory() as name,
        chromium() as browser,
        site(Path(name), "en") as (_, url),
    ):
        sys.stdout.write("page            width  requests  octets  largest paint  shift\n")
        for path in PAGES:
            for width in WIDTHS:
                one = weigh(browser, url + path, width)
                sys.stdout.write(
                    f"{path:<15} {width:5} {one.requests:9} {one.octets:7,}"
                    f" {one.paint_ms:10.0f} ms {one.shift:6.3f}\n"
                )


if __name__ == "__main__":
    main()
