"""The demo of `make run`: a folder with everything in it, and the whole service on top.

    python -m scripts.demo demo

Made once and never overwritten: what you change in the folder stays.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Final

from feeds.syndication import FeedFormat, feed_url
from newsletter import Newsletter
from newsletter.config import render_template
from scripts.commands.service import outbox_address
from scripts.console import configure_logging
from storage.model import NewsletterError
from web.server import SiteServer

SAMPLE: Final = Path(__file__).parent / "sample" / "notes"
SUBSCRIBERS: Final = (("grace@example.com", "Grace"), ("alan@example.org", ""))
PORT: Final = 8000


def main(arguments: list[str]) -> int:
    """Make the folder if it is missing, then run the service in it. Returns the exit code."""
    folder = Path(arguments[0] if arguments else "demo")
    configure_logging(logging.INFO)
    try:
        config = folder / "newsletter.toml"
        if not config.exists():
            create(folder, now=datetime.now(UTC))
        with Newsletter.open(config) as newsletter:
            site = SiteServer(newsletter)
            newsletter.run(
                site=site, ready=lambda address: _tell(newsletter, address, site.admin_address)
            )
    except NewsletterError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def create(folder: Path, *, now: datetime) -> None:
    """Config, three notes, dated before `now`, and two subscribers who agreed to be in a demo."""
    folder.mkdir(parents=True, exist_ok=True)
    copytree(SAMPLE, folder / "notes", dirs_exist_ok=True)
    _date_notes(folder / "notes", now)
    config = folder / "newsletter.toml"
    config.write_text(
        render_template(
            title="Working Notes",
            url=f"http://127.0.0.1:{PORT}",
            sender="Working Notes <notes@example.com>",
            author="Ada Example",
            description="Field notes on machine-learning teams: artifacts of the thinking process",
            postal_address="Working Notes, 1 Example Street, Example City",
            links={
                "GitHub": "https://github.com/example",
                "Mastodon": "https://social.example/@ada",
                "LinkedIn": "https://www.linkedin.com/in/example",
            },
            poll="2s",
            hold="0s",
            port=PORT,
        ),
        encoding="utf-8",
    )
    with Newsletter.open(config) as newsletter:
        for address, name in SUBSCRIBERS:
            newsletter.subscriptions.add(address, name=name, consent="a reader of the demo")


def _date_notes(notes: Path, now: datetime) -> None:
    """The older samples came out on past Tuesdays; the newest says `publish: now` itself."""
    tuesday = (now - timedelta(days=(now.weekday() - 1) % 7 + 7)).replace(hour=9, minute=0)
    dates = {"{{later}}": tuesday, "{{earlier}}": tuesday - timedelta(days=14)}
    for path in notes.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        for mark, date in dates.items():
            text = text.replace(mark, f"{date:%Y-%m-%d %H:%M}")
        path.write_text(text, encoding="utf-8")


def _tell(newsletter: Newsletter, address: str, admin: str) -> None:
    url = newsletter.identity.url
    lines = {
        "site": f"{address}/",
        "feeds": "  ".join(feed_url(url, feed_format) for feed_format in FeedFormat),
        "outbox": outbox_address(newsletter, address),
        "notes": f"{newsletter.config.notes.path}/",
        "metrics": f"{admin}/metrics",
    }
    print("\nThe demo is running. Write a note into the notes folder and watch it go out.\n")
    for name, value in lines.items():
        print(f"  {name:<7} {value}")
    print("\nCtrl-C ends it.\n", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
