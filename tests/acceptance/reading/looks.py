"""Looking at a page as a person does: what a browser painted, and what axe-core says of it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType, Page

CHROMIUM: Final = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
"""Debian's, the quicker one first: both paint alike, but the shell makes no profile and no menus for each page, and takes
half the processor time.
"""
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--site-per-process")
"""What is framed has a process of its own, as in every browser; the shell alone would not do so."""
SCHEMES: Final = ("light", "dark")
WIDTHS: Final = (375, 1280)
FORCED_DARK: Final = ("--blink-settings=forceDarkModeEnabled=true",)
"""How Chromium darkens what says nothing of darkness, as mail programs do."""

_AXE: Final = """(allowed) => axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations
  .filter(({ id }) => !allowed.includes(id))
  .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
    `${id}: ${html.slice(0, 200)} ${failureSummary}`)))"""

LINES: Final = """() => {
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = walker.nextNode()); ) {
    if (text.data.trim().length < 4 || !text.parentElement.offsetParent) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const widest = (a, b) => (b.width > a.width ? b : a);
    const { x, y, width, height } = [...range.getClientRects()].reduce(widest);
    if (width < 8 || x + width > innerWidth) continue;  // hidden, or scrolled out of its box
    lines.push({ text: text.data.trim().slice(0, 60), x, y, width, height });
  }
  return lines;
}"""
"""Where the longest line of each text is, in pixels of the page."""

_PAINTED: Final = """async ([png, lines, scale]) => {
  const image = await createImageBitmap(await (await fetch(png)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const parts = Array.from({ length: 256 }, (_, octet) => octet / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return lines.map(({ text, x, y, width, height }) => {
    const area = canvas.getImageData(x * scale, y * scale, width * scale, height * scale).data;
    const count = new Map();
    for (let at = 0; at < area.length; at += 4) {
      const light = 0.2126 * parts[area[at]] + 0.7152 * parts[area[at + 1]] + 0.0722 * parts[area[at + 2]];
      count.set(light, (count.get(light) || 0) + 1);
    }
    const ground = [...count].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
    const ratio = (light) => (Math.max(light, ground) + 0.05) / (Math.min(light, ground) + 0.05);
    return { text, ground, ratio: Math.max(...[...count.keys()].map(ratio)) };
  });
}"""
"""The contrast of each line with its ground, from the pixels: the ground is what most of them are."""

CONTRAST: Final = """() => {
  const paint = (text) => {
    const canvas = document.createElement('canvas').getContext('2d');
    canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const painted = new Map();  // a page has a dozen colours, and asks for them thousands of times
  const rgb = (text) => painted.get(text) ?? painted.set(text, paint(text)).get(text);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const faint = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest('style')) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
  }
  return [...faint];
}"""
"""The text whose contrast with its ground is below 4.5 (WCAG 1.4.3)."""

SMALL_TARGETS: Final = """() => [...document.querySelectorAll('nav a, button, input:not([type=hidden]), .tags a')]
  .filter((e) => !e.closest('.trap') && getComputedStyle(e).display !== 'inline')
  .filter((e) => e.getBoundingClientRect().height < 24)
  .map((e) => e.outerHTML)"""
"""What a finger may miss (WCAG 2.5.8)."""

UNLABELLED: Final = """() => [...document.querySelectorAll('input:not([type=hidden]), button, a, iframe')]
  .filter((e) => !(e.labels?.length || e.textContent.trim() || e.title))
  .map((e) => e.outerHTML)"""

_FAULTS: Final = f"""() => [[document.documentElement.scrollWidth, innerWidth],
  [{CONTRAST}, {SMALL_TARGETS}, {UNLABELLED}].flatMap((ask) => ask())]"""
"""How wide the page and its window are, and what cannot be read or hit: asked at once, for to ask takes longer than
to look."""

HEADINGS: Final = "document.querySelectorAll('h1').length"
"""How many first ones: a locator would bring its own script to each page to count them."""

CLIPPED: Final = """() => [...document.querySelectorAll('h1, h2, p, a, button, label, dd')]
  .filter((e) => e.offsetParent && !e.closest('.trap, .skip, table, pre, .wide, math'))
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
  .map((e) => e.outerHTML.slice(0, 200))"""
"""What does not fit into its place."""

MOVING: Final = """() => [...document.querySelectorAll('a, button, details, main')]
  .filter((e) => getComputedStyle(e).transitionDuration.split(', ').some((t) => parseFloat(t) > 0.01))
  .map((e) => e.outerHTML.slice(0, 200))"""
"""What changes slowly."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    if not any(map(Path.exists, CHROMIUM)):
        pytest.skip(
            "Chromium is missing: install chromium-headless-shell to look at this in a browser"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = launch(playwright.chromium)
        yield running
        running.close()


def launch(kind: BrowserType, *more: str) -> Browser:
    """A browser with these arguments besides."""
    return kind.launch(
        executable_path=next(filter(Path.exists, CHROMIUM)), args=[*ARGUMENTS, *more]
    )


@contextmanager
def window(
    browser: Browser, *, width: int = 1280, scheme: str = "light", scripts: bool = True
) -> Iterator[Page]:
    """A page in a fresh window."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def look(page: Page, width: int, scheme: str) -> None:
    """The same page so wide, and by day or night: a look costs a tenth of what it takes to open it anew."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is (scheme == "dark")


def axe_violations(page: Page, script: str, *, allowed: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds, but for the rules that are allowed to be broken.

    Its script stays with the page, whatever the page looks like then: to read it takes as long as to look.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(script)
    found: list[str] = page.evaluate(_AXE, list(allowed))
    return found


@dataclass(frozen=True, slots=True)
class Walk:
    """What a browser and its judge said of pages."""

    headings: dict[str, int]
    """How many first headings a page has."""
    looks: dict[tuple[str, int, str], tuple[list[int], list[str]]]
    """By page, width and scheme: how wide the page and its window are, and what cannot be read or hit."""
    violations: dict[tuple[str, str], list[str]]
    """What axe-core finds on a phone, by page and scheme."""
    complaints: list[str]
    """What the browser said by itself."""


def walk_through(page: Page, urls: Sequence[str], axe: str) -> Walk:
    """Opens each page once, and looks at it by day and night, on a phone and a desk."""
    seen = Walk({}, {}, {}, [])
    page.on("console", lambda message: seen.complaints.append(message.text))
    for url in urls:
        page.goto(url)
        seen.headings[url] = page.evaluate(HEADINGS)
        for width, scheme in product(WIDTHS, SCHEMES):
            look(page, width, scheme)
            sizes, answers = page.evaluate(_FAULTS)
            seen.looks[url, width, scheme] = (sizes, answers)
            if width == WIDTHS[0]:
                seen.violations[url, scheme] = axe_violations(page, axe)
    return seen


def painted(page: Page, measurer: Page, *, scale: int = 2) -> list[dict[str, float | str]]:
    """The contrast of each line of text as it was painted; `measurer` is a page for the sums."""
    lines = page.evaluate(LINES)
    png = base64.b64encode(page.screenshot(full_page=True)).decode()
    found: list[dict[str, float | str]] = measurer.evaluate(
        _PAINTED, [f"data:image/png;base64,{png}", lines, scale]
    )
    return found


def ends_of_code(page: Page) -> list[bool]:
    """Of each piece of code within a line, whether its last letter stands right of its first."""
    found: list[bool] = page.evaluate(
        """[...document.querySelectorAll('p code')].filter(one => one.textContent.length > 1).map(one => {
          const text = document.createTreeWalker(one, NodeFilter.SHOW_TEXT).nextNode();
          const at = place => {
            const range = document.createRange();
            range.setStart(text, place);
            range.setEnd(text, place + 1);
            return range.getBoundingClientRect().left;
          };
          return at(0) < at(text.length - 1);
        })"""
    )
    return found
