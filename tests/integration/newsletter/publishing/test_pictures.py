"""Pictures on their way: from a file among the notes to what mail and page say of it."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

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


# ── where authors put their pictures ─────────────────────────────────────────────────────────

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 30, 20) + bytes(9)


def publish(tmp_path: Path, files: Mapping[str, str | bytes], notes: str = "notes") -> Newsletter:
    """A newsletter over these files, with its notes polled once."""
    (tmp_path / "newsletter.toml").write_text(f'{CONFIG}[notes]\npath = "{notes}"\n', "utf-8")
    for path, content in files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    opened = Newsletter.open(tmp_path / "newsletter.toml", environ={}, clock=lambda: NOON)
    opened.poll()
    return opened


@pytest.mark.parametrize(
    ("note", "written", "file", "address"),
    [
        ("content/a.md", "![A](/images/p.png)", "static/images/p.png", "static/images/p.png"),
        ("content/b/a.md", "![A](/images/p.png)", "content/images/p.png", "images/p.png"),
        ("content/b/a.md", "![A](/p.png)", "content/public/p.png", "public/p.png"),
        ("content/b/a.md", "![A](p.png)", "content/b/p.png", "b/p.png"),
        ("content/b/a.md", "![A](img/p.png)", "content/img/p.png", "img/p.png"),
        ("content/a.md", "![A](/assets/p.png)", "assets/p.png", "assets/p.png"),
        ("content/a.md", "![A](../assets/p.png)", "assets/p.png", "assets/p.png"),
        ("content/a.md", "![A](p%20q.png)", "public/p q.png", "public/p%20q.png"),
        ("content/b/a.md", "![[p.png]]", "content/x/y/p.png", "x/y/p.png"),
        ("content/b/a.md", "![[P.PNG|A|20x10]]", "content/x/p.png", "x/p.png"),
        ("content/b/a.md", "![[p.png#dark]]", "content/x/p.png", "x/p.png"),
        ("content/b/a.md", "![[y/p.png]]", "content/x/y/p.png", "x/y/p.png"),
        ("content/b/a.md", '<img src="/p.png" alt="">', "static/p.png", "static/p.png"),
    ],
)
def test_pictures_are_found_where_generators_and_vaults_have_them(
    tmp_path: Path, note: str, written: str, file: str, address: str
) -> None:
    """Hugo's static, Astro's public, Jekyll's assets, beside the note, and by name in a vault."""
    source = f"---\npublish: now\n---\n# T\n\nWords {written}\n"
    with publish(tmp_path, {note: source, file: PNG}, "content") as newsletter:
        (issue,) = newsletter.publication.live()
        assert f'src="https://notes.example.com/media/{address}"' in issue.html
        assert re.search(r' width="\d+" height="\d+"', issue.html)  # it was read from the file
        assert newsletter.publication.media(unquote(address)) is not None


def test_of_several_pictures_of_a_name_the_nearest_is_meant(tmp_path: Path) -> None:
    """In a vault, as Obsidian does: the most folders in common, then the shortest path."""
    source = "---\npublish: now\n---\n# T\n\nWords ![[p.png]]\n"
    files = dict.fromkeys(("notes/p/p.png", "notes/a/deep/p.png", "notes/z/p.png"), PNG)
    with publish(tmp_path, {"notes/a/n.md": source, **files}) as newsletter:
        (issue,) = newsletter.publication.live()
        assert issue.media == ("a/deep/p.png",)


def test_above_the_notes_only_what_an_issue_shows_is_served(tmp_path: Path) -> None:
    """Not the configuration, not another folder, not what no issue shows, no link that leads out."""
    source = (
        "---\npublish: now\n---\n# T\n\nW ![A](/p.png) ![B](/out.png) ![C](../other/p.png)"
        " ![D](/../other/p.png) ![E](/.hidden/p.png) [f](../newsletter.toml)\n"
    )
    files = dict.fromkeys(
        ("static/p.png", "static/q.png", "other/p.png", "static/.hidden/p.png"), PNG
    )
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "out.png").symlink_to(tmp_path / "other" / "p.png")
    with publish(tmp_path, {"notes/n.md": source, **files}) as newsletter:
        publication = newsletter.publication
        assert publication.media("static/p.png") is not None
        for path in (
            *("static/q.png", "static/out.png", "other/p.png", "../other/p.png", "out.png"),
            *("static/.hidden/p.png", "static/../other/p.png", "newsletter.toml", "static"),
        ):
            assert publication.media(path) is None, path


def test_a_static_folder_that_is_a_link_out_is_not_served(tmp_path: Path) -> None:
    """Whoever can make a link beside the notes opens no other folder with it."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "p.png").write_bytes(PNG)
    site = tmp_path / "site"
    (site / "notes").mkdir(parents=True)
    (site / "static").symlink_to(elsewhere)
    assert FolderNotes(site / "notes", static=("static",)).media("static/p.png") is None


def test_a_picture_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Whoever publishes hears of it, not only who asks `check`."""
    note = "---\npublish: now\n---\n# T\n\nWords ![A](gone.png) ![[lost.png]]\n"
    with publish(tmp_path, {"notes/n.md": note}) as newsletter:
        codes = [remark.code for remark in newsletter.preview("n.md").warnings]
        assert codes.count("missing-picture") == 2
