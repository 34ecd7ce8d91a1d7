"""Pictures on their way: from a file among the notes to what mail and page say of it."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.app import Newsletter
from newsletter.publishing.drafting import Pictures
from storage.notes.folder import FolderNotes
from tests.conftest import NOON

CONFIG = """
[newsletter]
title = "N"
url = "https://notes.example.com"
sender = "notes@example.com"
"""


@pytest.fixture
def newsletter(tmp_path: Path) -> Iterator[Newsletter]:
    """A newsletter whose note shows a wide picture, a small one and one that is not there."""
    (tmp_path / "newsletter.toml").write_text(CONFIG, "utf-8")
    notes = tmp_path / "notes"
    notes.mkdir()
    for name, width in (("wide", 1400), ("small", 40)):
        head = (
            b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, width // 2) + bytes(9)
        )
        (notes / f"{name}.png").write_bytes(head)
    note = "---\npublish: now\n---\n# T\n\n![A](wide.png) ![B](small.png) ![C](gone.png)\n"
    (notes / "a.md").write_text(note, "utf-8")
    with Newsletter.open(tmp_path / "newsletter.toml", environ={}, clock=lambda: NOON) as opened:
        yield opened


def test_mail_and_page_say_how_large_a_picture_is(newsletter: Newsletter) -> None:
    """The page has the picture's own size, the mail one that fits its column (rule D5)."""
    (issue,) = newsletter.poll().published
    assert re.findall(r'(?:width|height)="\d+"', issue.html) == [
        *('width="1400"', 'height="700"', 'width="40"', 'height="20"')
    ]
    mail = newsletter.preview("a.md").html
    shown = re.findall(r'<img [^>]*width="(\d+)"( height="\d+")?', mail)
    assert shown == [("560", ""), ("40", ' height="20"')]


def test_what_lies_outside_the_notes_is_not_looked_at(tmp_path: Path) -> None:
    """A link that leads out of the folder, a folder and a file nobody may read have no size."""
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 9, 9) + bytes(9))
    notes = tmp_path / "notes"
    (notes / "folder.png").mkdir(parents=True)
    (notes / "link.png").symlink_to(secret)
    pictures = Pictures(FolderNotes(notes))
    assert [pictures.size(path) for path in ("link.png", "folder.png", "../secret.png")] == [
        None
    ] * 3
    (notes / "own.png").write_bytes(secret.read_bytes())
    assert pictures.size("own.png") is not None
