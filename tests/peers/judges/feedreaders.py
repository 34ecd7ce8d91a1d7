"""Readers of feeds that know nothing of the product: what each makes of a feed, in one form.

    python -m tests.peers.judges.feedreaders FILE_OR_ADDRESS …

prints for each feed what each library read, as a table.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import feedparser
import pytest

from tests.peers.judges.programs import FOLDER, Judges


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was understood."""

    id: str
    url: str
    title: str
    date: str
    """`2026-11-23T12:00:00`, in UTC."""
    octets: int
    """Of its content, without space around it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A feed as one of the readers understood it."""

    reader: str
    feed: int
    """Which of those that were given."""
    title: str
    entries: tuple[Entry, ...]


def read_by_javascript(judges: Judges, feeds: Sequence[str]) -> list[Reading]:
    """feedsmith, rss-parser and @rowanmanning/feed-parser."""
    return _readings(judges.ask("feeds", list(feeds)))


def read_by_python(feeds: Sequence[str]) -> list[Reading]:
    """feedparser; it reads no JSON."""
    return [_by_feedparser(number, text) for number, text in enumerate(feeds) if not _is_json(text)]


def read_by_ruby(feeds: Sequence[str]) -> list[Reading]:
    """Ruby's own library, which refuses what is not valid; it reads no JSON."""
    ruby = _program("ruby")
    done = subprocess.run(
        [ruby, "-Eutf-8:utf-8", FOLDER / "feeds.rb"],
        input=json.dumps(list(feeds)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return _readings(json.loads(done.stdout))


def read_by_newsboat(feeds: Sequence[str]) -> list[Reading]:
    """newsboat, a reader for terminals in C++; each feed alone, for it knows entries by their ids."""
    newsboat = _program("newsboat")
    found = []
    for number, text in enumerate(feeds):
        if not _is_json(text):
            with tempfile.TemporaryDirectory() as folder:
                found.append(_by_newsboat(newsboat, Path(folder), number, text))
    return found


def _by_newsboat(newsboat: str, folder: Path, number: int, text: str) -> Reading:
    (folder / "feed.xml").write_text(text, "utf-8")
    (folder / "urls").write_text(f"file://{folder}/feed.xml\n")
    (folder / "config").touch()
    command = [newsboat, "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]
    own = {"HOME": str(folder), "LANG": "C.UTF-8"}
    subprocess.run(command, cwd=folder, env=own, check=True, timeout=60, capture_output=True)
    kept = sqlite3.connect(folder / "cache.db")
    try:
        ((title,),) = kept.execute("SELECT title FROM rss_feed")
        rows = kept.execute(
            "SELECT guid, url, title, pubDate, content FROM rss_item ORDER BY pubDate DESC"
        ).fetchall()
    finally:
        kept.close()
    entries = [
        Entry(guid, url, named, _day(datetime.fromtimestamp(at, UTC)), _octets(content))
        for guid, url, named, at, content in rows
    ]
    return Reading("newsboat (C++)", number, title, tuple(entries))


def _by_feedparser(number: int, text: str) -> Reading:
    feed = feedparser.parse(text, sanitize_html=False, resolve_relative_uris=False)
    entries = [
        Entry(
            entry.id,
            entry.link,
            entry.title,
            _day(datetime(*entry.published_parsed[:6], tzinfo=UTC)),
            _octets(entry.content[0].value),
        )
        for entry in feed.entries
    ]
    return Reading("feedparser (Python)", number, feed.feed.title, tuple(entries))


def _readings(verdicts: Sequence[dict[str, Any]]) -> list[Reading]:
    return [
        Reading(
            reader,
            number,
            feed["title"],
            tuple(Entry(**{**one, "date": one["date"][:19]}) for one in feed["entries"]),
        )
        for number, verdict in enumerate(verdicts)
        for reader, feed in verdict.items()
    ]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is missing: install it to have it read the feeds")
    return found


def _is_json(text: str) -> bool:
    return text.startswith("{")


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}"


def _octets(html: str) -> int:
    return len(html.strip().encode())


def main() -> None:
    """Print what each reader makes of each feed."""
    feeds = []
    for name in sys.argv[1:]:
        if "://" in name:
            with urlopen(name, timeout=20) as answer:
                feeds.append(answer.read().decode())
        else:
            feeds.append(Path(name).read_text("utf-8"))
    readings = read_by_python(feeds) + read_by_javascript(Judges.summon(), feeds)
    readings += read_by_ruby(feeds) + read_by_newsboat(feeds)
    for number, name in enumerate(sys.argv[1:]):
        sys.stdout.write(f"{name}\n")
        for one in (reading for reading in readings if reading.feed == number):
            said = f"{len(one.entries):4} entries"
            if one.entries:
                newest = one.entries[0]
                said += (
                    f", newest {newest.date} {newest.octets:6} octets {newest.id} {newest.title}"
                )
            sys.stdout.write(f"  {one.reader:22} {one.title}: {said}\n")


if __name__ == "__main__":
    main()
