"""Every page and mail in a browser, as sheets of pictures to look at.

    python -m tests.acceptance.reading.gallery DIR [--languages en ar ja] [--widths 375 1280]

draws each at each width, by day and by night, eight on a sheet. Japanese needs fonts that have its letters.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw
from playwright import sync_api

from mailer.compose import digest, letters, message
from newsletter.app import Newsletter
from tests.acceptance.mail.mails import IDENTITY, NOTE, html_of, sample_issue
from tests.acceptance.reading.looks import chromium
from tests.conftest import NOON
from tests.peers.ports import free_port
from tests.worlds.clock import Clock
from tests.worlds.readers.site import serving

PICTURE: Final = Path(__file__).parents[3] / "scripts" / "sample" / "notes" / "img" / "drift.png"
ON_A_SHEET: Final = 8
TALLEST: Final = 2.2
"""Of a picture, in its widths; what is below is cut off."""
DESK: Final = "en"
"""The language in which the desk is drawn: it speaks with its author in no other."""
WORDS: Final = {
    "en": (
        "Working Notes",
        "Field notes on shipping things",
        "What a lighthouse teaches",
        "sea",
        "The lamp does one thing each night, and the sea never thanks it for that. ",
    ),
    "ar": (
        "رسائل من المرفأ",
        "ملاحظات من البحر",
        "ما تعلّمه المنارة",
        "بحر",
        "تفعل المنارة شيئًا واحدًا كل ليلة ولا يشكرها البحر أبدًا. ",
    ),
    "ja": (
        "港からの手紙",
        "海と灯台についての覚え書き",
        "灯台が教えてくれること",
        "海",
        "灯台は毎晩ひとつのことだけをして、海はけっして礼を言わない。",
    ),
    "zh-TW": (
        "港口來信",
        "關於海與燈塔的筆記",
        "燈塔教我們的事",
        "海",
        "燈塔每晚只做一件事，海從不道謝。",
    ),
}
"""Title, description, an issue's title, a word of it, a sentence."""


@contextmanager
def site(folder: Path, language: str) -> Iterator[tuple[Newsletter, str]]:
    """A newsletter in a language, with issues that have much and little, and its address."""
    title, description, headline, word, sentence = WORDS[language]
    port = free_port()
    notes = folder / "notes"
    notes.mkdir(parents=True)
    shutil.copy(PICTURE, notes / "lamps.png")
    shutil.copy(PICTURE, notes / "wick.png")
    part = f"## {headline} {{}}\n\n{sentence * 20}\n\n"
    _write(
        notes / "long.md",
        f"---\npublish: 2026-01-05 09:00\ntags: [{word}]\n---\n# {headline}\n\n"
        + "".join(part.format(n) for n in range(1, 6))
        + f"> [!note]\n> {sentence}\n\n```\ncode\n```\n",
    )
    for number in range(12):
        _write(
            notes / f"n{number}.md",
            f"---\npublish: 2025-0{number % 6 + 1}-11\ntags: [{word}, x]\n---\n"
            f"# {headline} {number}\n\n{sentence * 3}\n",
        )
    everything = NOTE.read_text("utf-8").replace("title:", "slug: everything\ntitle:", 1)
    _write(
        notes / "everything.md",
        everything.replace("https://elsewhere.example/lens.jpg", "lamps.png"),
    )
    _write(notes / "about.md", f"# {title}\n\n{sentence * 4}\n")
    config = folder / "newsletter.toml"
    config.write_text(
        f'[newsletter]\ntitle = "{title}"\nurl = "http://127.0.0.1:{port}"\nlanguage = "{language}"\n'
        f'sender = "Notes <notes@example.com>"\nauthor = "Ada Example"\ndescription = "{description}"\n'
        'postal_address = "12 Harbour Street, Seatown"\nlinks = { GitHub = "https://github.com/example" }\n'
        f'[subscribers]\nname_field = true\n[smtp]\nurl = "outbox:outbox"\n[web]\nport = {port}\n'
        "[desk]\nenabled = true\n",
        "utf-8",
    )
    with Newsletter.open(config, environ={}, clock=Clock(NOON)) as newsletter:
        newsletter.poll()
        with serving(newsletter) as url:
            yield newsletter, url


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    os.utime(path, (1_700_000_000, 1_700_000_000))


def pages(newsletter: Newsletter, url: str, language: str) -> Iterator[tuple[str, str, str]]:
    """Name, address, and what is pressed there before the picture is taken."""
    word = WORDS[language][3]
    for name, path in {
        "home": "/",
        "archive": "/archive",
        "issue": "/issues/long",
        "everything": "/issues/everything",
        "tag": f"/tags/{word}",
        "search": "/search",
        "found": f"/search?q={word}",
        "nothing found": "/search?q=zzzz",
        "about": "/about",
        "subscribe": "/subscribe",
        "missing": "/nowhere",
        "feed": "/feed.xml",
        "embed": "/embed",
        "confirm bad": "/confirm/bad",
        "preferences bad": "/preferences/bad",
    }.items():
        yield name, url + path, ""
    yield "subscribed", f"{url}/subscribe", "form[action$='subscribe'] button"
    subscriptions, tokens = newsletter.subscriptions, newsletter.parts.tokens
    subscriptions.request("grace@example.com", ip="", source="test", consent="yes")
    subscriptions.process()
    for name in ("ada", "weekly", "paused", "leaver"):
        subscriptions.add(f"{name}@example.com", name=name.title())
    readers = {who.address.partition("@")[0]: who for who in newsletter.subscribers.everyone()}
    pending = readers["grace"]
    confirm = tokens.confirm(pending.id, pending.nonce, newsletter.parts.clock())
    yield "confirm", f"{url}/confirm/{confirm}", ""
    own = {name: f"{url}/preferences/{tokens.preferences(who.id)}" for name, who in readers.items()}
    yield "preferences", own["ada"], ""
    yield "saved", own["ada"], "main form button:not([name])"
    yield "own feed", own["ada"], "button[value=feed]"
    yield "erase", own["ada"], "button[value=erase]"
    leave = tokens.unsubscribe(readers["leaver"].id)
    yield "unsubscribe", f"{url}/unsubscribe/{leave}", ""
    yield (
        "left",
        f"{url}/unsubscribe/{tokens.unsubscribe(readers['paused'].id)}",
        "main form button",
    )
    yield "preferences of who left", own["paused"], ""


def desk_pages(newsletter: Newsletter, url: str) -> Iterator[tuple[str, str, str]]:
    """Those of the author's desk, after its door; like `pages`."""
    yield "desk", f"{url}/desk/enter/{newsletter.parts.entrance.invite()}", "main form button"
    issue = newsletter.issues()[0].issue.slug
    for name, path in {
        "notes": "/notes",
        "note": "/note?note=everything.md",
        "calendar": "/calendar",
        "issues": "/issues",
        "issue": f"/issues/{issue}",
        "readers": "/readers",
        "reader": f"/readers/{next(newsletter.subscribers.everyone()).id}",
        "returned": "/returned",
        "numbers": "/numbers",
        "doctor": "/doctor",
    }.items():
        yield f"desk: {name}", f"{url}/desk{path}", ""


def mails(language: str) -> Iterator[tuple[str, str]]:
    """The HTML of each kind of mail in a language."""
    title, description, headline, _, sentence = WORDS[language]
    identity = replace(IDENTITY, language=language, title=title, description=description)
    issue = sample_issue()
    plain = replace(
        issue, title=headline, summary=sentence, html=f"<p>{sentence * 8}</p>", slug="plain"
    )
    yield "issue", html_of(message.compile_issue(issue, identity))
    yield "short issue", html_of(message.compile_issue(plain, identity, test_copy=True))
    yield "confirmation", html_of(letters.compile_confirmation(identity))
    yield "notice", html_of(letters.compile_notice(identity))
    yield "digest", html_of(digest.compile_digest(issue, [plain, issue, plain], identity))
    yield "welcome", html_of(message.compile_own(plain, identity))
    yield "goodbye", html_of(message.compile_own(plain, identity, leaving=True))
    yield "change", html_of(letters.compile_change(identity))
    yield "moved", html_of(letters.compile_moved(identity))


def shot(page: sync_api.Page) -> Image.Image:
    """What is painted, from the top."""
    width = page.evaluate("innerWidth")
    height = page.evaluate("document.documentElement.scrollHeight")
    tall = max(100, min(height, round(width * TALLEST), 2000))
    clip: sync_api.FloatRect = {"x": 0, "y": 0, "width": width, "height": tall}
    return Image.open(BytesIO(page.screenshot(full_page=True, clip=clip))).convert("RGB")


def draw(browser: sync_api.Browser, folder: Path, language: str, width: int, scheme: str) -> None:
    """All pages and mails in one language, width and scheme."""
    taken: list[tuple[str, Image.Image]] = []
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    work = folder / f"work-{language}-{width}-{scheme}"
    with site(work, language) as (newsletter, url):
        looked_at = pages(newsletter, url, language)
        if language == DESK:
            looked_at = chain(looked_at, desk_pages(newsletter, url))
        for name, address, pressed in looked_at:
            try:
                page.goto(address)
                if pressed:
                    for field in page.locator("input[type=email]").all():
                        if field.is_visible() and field.is_editable():
                            field.fill("linus@example.com")
                    with page.expect_navigation(timeout=8000):
                        page.locator(pressed).first.click(timeout=8000)
                taken.append((name, shot(page)))
            except sync_api.Error as error:
                sys.stdout.write(f"{language}, {name}: {str(error).splitlines()[0]}\n")
    page.close()
    page = context.new_page()  # the site's policy would hold for what is put into its page
    for name, html in mails(language):
        page.set_content(html)
        taken.append((f"mail: {name}", shot(page)))
    context.close()
    shutil.rmtree(work)
    for number in range(0, len(taken), ON_A_SHEET):
        sheet(taken[number : number + ON_A_SHEET], width).save(
            folder / f"{language}-{width}-{scheme}-{number // ON_A_SHEET}.png"
        )


def sheet(taken: list[tuple[str, Image.Image]], width: int) -> Image.Image:
    """Eight on one: four in a row."""
    scale = 375 if width < 600 else 640
    small = [(name, one.resize((scale, one.height * scale // one.width))) for name, one in taken]
    columns = 4 if width < 600 else 3
    rows = [small[n : n + columns] for n in range(0, len(small), columns)]
    heights = [max(one.height for _, one in row) + 24 for row in rows]
    made = Image.new("RGB", (columns * (scale + 12), sum(heights)), "#c08")
    pen, y = ImageDraw.Draw(made), 0
    for row, high in zip(rows, heights, strict=True):
        for x, (name, one) in enumerate(row):
            pen.text((x * (scale + 12) + 4, y + 4), name, fill="white")
            made.paste(one, (x * (scale + 12), y + 20))
        y += high
    return made


def main() -> None:
    """Draw all of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--languages", nargs="+", default=["en", "ar", "ja"])
    parser.add_argument("--widths", nargs="+", type=int, default=[375, 1280])
    parser.add_argument("--schemes", nargs="+", default=["light", "dark"])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for language in options.languages:
            for width in options.widths:
                for scheme in options.schemes:
                    draw(browser, options.folder, language, width, scheme)


if __name__ == "__main__":
    main()
