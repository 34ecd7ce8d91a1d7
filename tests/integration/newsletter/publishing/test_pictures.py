"""Pictures on their way: from a file among the notes to what mail and page say of it."""

from __future__ import annotations

import json
import os
import re
import struct
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from feeds.syndication.ids import FeedFormat
from newsletter.app import Newsletter
from newsletter.publishing.drafting import Pictures
from storage.notes.folder import FolderNotes
from tests.conftest import NOON
from tests.worlds.readers.site import Client
from tests.worlds.store import empty_file

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
    empty_file(tmp_path)
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


def test_a_picture_is_measured_anew_when_another_takes_its_place(tmp_path: Path) -> None:
    """The size of a picture that many notes show is read once, and never told of one that replaced it, whatever its times."""
    pictures = Pictures(FolderNotes(tmp_path))
    sizes = []
    for width in (9, 8):
        head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, 9) + bytes(9)
        (tmp_path / "new.png").write_bytes(head)
        os.utime(tmp_path / "new.png", (1, 1))
        (tmp_path / "new.png").rename(tmp_path / "p.png")
        sizes += [pictures.size("p.png"), pictures.size("p.png")]
    assert [size and size.width for size in sizes] == [9, 9, 8, 8]


# ── where authors put their pictures ─────────────────────────────────────────────────────────

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 30, 20) + bytes(9)


def publish(tmp_path: Path, files: Mapping[str, str | bytes], notes: str = "notes") -> Newsletter:
    """A newsletter over these files, with its notes polled once."""
    (tmp_path / "newsletter.toml").write_text(f'{CONFIG}[notes]\npath = "{notes}"\n', "utf-8")
    empty_file(tmp_path)
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


# ── what readers hear and keep ───────────────────────────────────────────────────────────────


def test_sounds_and_documents_are_enclosures_with_their_true_length(tmp_path: Path) -> None:
    """In RSS the first, in Atom and JSON Feed all, served with their type (rule E30)."""
    note = (
        "---\npublish: now\n---\n# T\n\nHear:\n\n<audio src='/ep 1.mp3' controls></audio>\n\n"
        "[read](paper.pdf) [gone](gone.pdf) [mine](../newsletter.toml)\n"
    )
    files = {"static/ep 1.mp3": bytes(1234), "notes/paper.pdf": bytes(77), "notes/no.pdf": b"x"}
    with publish(tmp_path, {"notes/n.md": note, **files}) as newsletter:
        publication = newsletter.publication
        rss, atom, json_feed = (
            document.body.decode()
            for kind in (FeedFormat.RSS, FeedFormat.ATOM, FeedFormat.JSON)
            if (document := publication.feed(kind)) is not None
        )
        sound = "https://notes.example.com/media/static/ep%201.mp3"
        assert re.findall(r"<enclosure [^>]*>", rss) == [
            f'<enclosure url="{sound}" length="1234" type="audio/mpeg"/>'
        ]
        assert len(re.findall(r'<link [^>]*rel="enclosure"[^>]*>', atom)) == 2
        assert json.loads(json_feed)["items"][0]["attachments"] == [
            {"url": sound, "mime_type": "audio/mpeg", "size_in_bytes": 1234},
            {
                "url": "https://notes.example.com/media/paper.pdf",
                "mime_type": "application/pdf",
                "size_in_bytes": 77,
            },
        ]
        (tmp_path / "static" / "ep 1.mp3").write_bytes(bytes(99))
        again = publication.feed(FeedFormat.RSS)
        assert again is not None
        assert b'length="99"' in again.body
        with Client(newsletter) as client:
            answer = client.get("/media/static/ep 1.mp3", range="bytes=0-9")
            assert (answer.status_code, answer.headers["content-type"]) == (206, "audio/mpeg")
            for path in ("no.pdf", "gone.pdf", "newsletter.toml", "static/no.mp3"):
                assert client.get(f"/media/{path}").status_code == 404


def test_a_drawing_of_the_notes_is_shown_and_runs_nothing(tmp_path: Path) -> None:
    """SVG is itself on page and feed, and is served so that no script in it runs."""
    svg = "<svg xmlns='http://www.w3.org/2000/svg' width='30' height='20'><script>x</script></svg>"
    note = "---\npublish: now\n---\n# T\n\nWords ![A](a.svg)\n"
    with publish(tmp_path, {"notes/n.md": note, "notes/a.svg": svg}) as newsletter:
        (issue,) = newsletter.publication.live()
        assert 'src="https://notes.example.com/media/a.svg"' in issue.html
        with Client(newsletter) as client:
            answer = client.get("/media/a.svg")
        assert answer.headers["content-type"] == "image/svg+xml"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy


# ── pictures that mail programs do not show ──────────────────────────────────────────────────

SVG = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" viewBox="0 0 40 20">
<rect width="40" height="20" fill="#0a0"/>{}</svg>"""


def picture(kind: str, *, alpha: bool = False) -> bytes:
    """A picture of this kind, made by Pillow."""
    made = BytesIO()
    Image.new("RGBA", (60, 40), (0, 160, 0, 90 if alpha else 255)).save(made, kind)
    return made.getvalue()


def test_mail_shows_drawings_of_what_mail_programs_do_not_show(tmp_path: Path) -> None:
    """SVG, WebP and AVIF as PNG or JPEG, at an address that follows from the file's."""
    files = {
        "notes/a.svg": SVG.format(""),
        "notes/b.webp": picture("WEBP", alpha=True),
        "notes/c.avif": picture("AVIF"),
        "notes/other.svg": SVG.format(""),
        "notes/bad.svg": "<svg",
    }
    note = (
        "---\npublish: now\n---\n# T\n\nWords\n\n![A](a.svg)\n\n![B](b.webp)\n\n![C](c.avif)\n\n"
        "![D](bad.svg)\n\n![E](https://example.org/e.svg)\n"
    )
    with publish(tmp_path, {"notes/n.md": note, **files}) as newsletter:
        mail = newsletter.preview("n.md").html
        media = "https://notes.example.com/media/"
        assert re.findall(r'<img [^>]*src="([^"]*)"', mail) == [
            f"{media}{name}.png" for name in ("a.svg", "b.webp", "c.avif", "bad.svg")
        ]
        assert 'width="40"' in mail
        with Client(newsletter) as client:
            for name, kind, size in (
                ("a.svg", "PNG", (80, 40)),
                ("b.webp", "PNG", (60, 40)),
                ("c.avif", "JPEG", (60, 40)),
            ):
                answer = client.get(f"/media/{name}.png")
                with Image.open(BytesIO(answer.content)) as shown:
                    assert (shown.format, shown.size) == (kind, size)
                    assert answer.headers["content-type"] == f"image/{kind.lower()}"
                again = client.get(f"/media/{name}.png", if_none_match=answer.headers["etag"])
                assert again.status_code == 304
            for name in ("bad.svg", "other.svg", "gone.svg", "a.svg.png", "n.md"):
                assert client.get(f"/media/{name}.png").status_code == 404


def test_a_drawing_takes_nothing_from_elsewhere(tmp_path: Path) -> None:
    """Neither files nor entities: what a drawing refers to outside of itself is not in it."""
    red = BytesIO()
    Image.new("RGB", (40, 20), (255, 0, 0)).save(red, "PNG")
    (tmp_path / "secret.png").write_bytes(red.getvalue())
    stolen = f'<image x:href="{tmp_path}/secret.png" width="40" height="20"/>'
    note = "---\npublish: now\n---\n# T\n\nWords ![A](a.svg) ![B](b.svg)\n"
    bomb = '<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("&a;")
    files = {"notes/n.md": note, "notes/a.svg": SVG.format(stolen), "notes/b.svg": bomb}
    with publish(tmp_path, files) as newsletter:
        drawn = newsletter.publication.drawn("a.svg.png")
        assert drawn is not None
        with Image.open(BytesIO(drawn.content)) as shown:
            assert shown.convert("RGB").getpixel((20, 10)) == (0, 170, 0)
        assert newsletter.publication.drawn("b.svg.png") is None


def test_what_would_cost_too_much_is_not_drawn(tmp_path: Path) -> None:
    """A picture of very many pixels, and what is none at all."""
    made = bytes.fromhex("524946461a000000574542505650384c0e0000002f7ffe8902071011fd0f4444ff03")
    assert Image.open(BytesIO(made)).size == (16_000, 2_600)
    note = "---\npublish: now\n---\n# T\n\nWords ![A](a.webp) ![B](b.webp)\n"
    files = {"notes/n.md": note, "notes/a.webp": made, "notes/b.webp": b"RIFF"}
    with publish(tmp_path, files) as newsletter:
        assert newsletter.publication.drawn("a.webp.png") is None
        assert newsletter.publication.drawn("b.webp.png") is None


# ── notes within notes ───────────────────────────────────────────────────────────────────────


def test_only_what_is_published_is_embedded(tmp_path: Path) -> None:
    """A private note stays private in whatever embeds it; a published one is quoted, and put in later
    where it comes out later.
    """
    head = "---\npublish: now\n---\n"
    files = {
        "notes/a.md": f"{head}# A\n\nWords.\n\n![[b]]\n\n![[c]]\n",
        "notes/sub/b.md": f"{head}# B\n\nOf b.\n",
        "notes/c.md": "# C\n\nOf c.\n",
    }
    with publish(tmp_path, files) as newsletter:
        issue = newsletter.publication.find("a")
        assert issue is not None
        assert "<blockquote>\n<p>Of b.</p>" in issue.html
        assert "Of c." not in issue.html + issue.text
        (tmp_path / "notes" / "c.md").write_text(f"{head}# C\n\nOf c, for all.\n")
        newsletter.poll()
        issue = newsletter.publication.find("a")
        assert issue is not None
        assert "Of c, for all." in issue.html
        (tmp_path / "notes" / "c.md").write_text("# C\n\nOf c, private.\n")
        newsletter.poll()
        issue = newsletter.publication.find("a")
        assert issue is not None
        assert "Of c" not in issue.html + issue.text
