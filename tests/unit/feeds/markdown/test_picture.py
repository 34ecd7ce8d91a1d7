"""How large pictures are: read from their files, written into the HTML, fitted to the column."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.markdown.html import size_pictures
from feeds.markdown.picture import MAX_STEPS, Size, read_size
from mailer.compose.fragment import fit_pictures

URL = "https://notes.example.com/media/a%20b.png"
SIZES = {URL: Size(width=1200, height=800)}


def png(width: int, height: int) -> bytes:
    """The head of a PNG (W3C PNG 11.2.2)."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(9)


def gif(width: int, height: int) -> bytes:
    """The head of a GIF (GIF89a 18)."""
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(20)


def segment(marker: int, content: bytes) -> bytes:
    """A segment of a JPEG (ITU-T T.81, B.1.1.4)."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def exif(orientation: int, order: str = ">") -> bytes:
    """Exif data with an orientation, after another entry."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    entries = struct.pack(f"{order}HHHII", 2, 0x010F, 2, 4, 0)
    entries += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return segment(0xE1, b"Exif\0\0" + mark + struct.pack(f"{order}I", 8) + entries)


def jpeg(width: int, height: int, *before: bytes, frame: int = 0xC2) -> bytes:
    """The head of a JPEG, other segments before its size."""
    size = segment(frame, struct.pack(">BHHB", 8, height, width, 3) + bytes(9))
    tables = segment(0xC4, bytes(30))  # of the same range of numbers as frames, and none
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0") + b"".join(before) + tables + size


@pytest.mark.parametrize(
    ("head", "shown"),
    [
        (png(640, 480), (640, 480)),
        (gif(640, 480), (640, 480)),
        (jpeg(640, 480), (640, 480)),
        (jpeg(640, 480, frame=0xC0), (640, 480)),
        (jpeg(640, 480, b"\xff\xff" + segment(0xE2, bytes(60_000))), (640, 480)),
        (jpeg(640, 480, exif(1)), (640, 480)),
        (jpeg(640, 480, exif(6)), (480, 640)),
        (jpeg(640, 480, exif(8, "<")), (480, 640)),
    ],
)
def test_a_picture_says_how_large_it_is_shown(head: bytes, shown: tuple[int, int]) -> None:
    """PNG, GIF and JPEG are understood, and a photograph taken on its side is upright (rule D5)."""
    size = read_size(head)
    assert size is not None
    assert (size.width, size.height) == shown


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<svg/>",
        png(640, 480)[:23],
        png(0, 480),
        png(65_536, 480),
        gif(640, 0),
        gif(640, 480)[:9],
        jpeg(640, 480)[:-17],
        b"\xff\xd8" + segment(0xDA, b"") + jpeg(640, 480)[2:],
        jpeg(640, 480, b"no segment"),
        jpeg(640, 480, segment(0xE2, b"") * MAX_STEPS),
    ],
)
def test_what_does_not_say_has_no_size(head: bytes) -> None:
    """A file that is cut off, empty, damaged or of another kind is taken for no picture."""
    assert read_size(head) is None


HEADS = st.sampled_from([png(9, 9), gif(9, 9), jpeg(9, 9, exif(6)), jpeg(9, 9, exif(6, "<"))])


@given(HEADS, st.lists(st.tuples(st.integers(0, 120), st.binary(max_size=6)), max_size=6))
def test_no_bytes_raise_anything(head: bytes, changes: list[tuple[int, bytes]]) -> None:
    """Whatever a file holds, the answer is a size of at least a pixel, or none."""
    for at, octets in changes:
        head = head[:at] + octets + head[at + len(octets) :]
    size = read_size(head)
    assert size is None or min(size.width, size.height) > 0


@given(st.binary(max_size=200))
def test_no_jpeg_raises_anything(rest: bytes) -> None:
    """What follows the mark of a JPEG may be anything."""
    read_size(b"\xff\xd8\xff" + rest)


@pytest.mark.parametrize(
    ("given", "sides"),
    [
        ("", 'width="1200" height="800"'),
        (' width="300"', 'width="300" height="200"'),
        (' height="400"', 'width="600" height="400"'),
        (' width="10" height="10"', 'width="10" height="10"'),
    ],
)
def test_html_says_how_large_its_pictures_are(given: str, sides: str) -> None:
    """Both sides are written; one that the author gave stays and the other follows (rule D5)."""
    html = f'<p><img src="{URL}"{given} alt="A &lt; b"></p>'
    assert size_pictures(html, SIZES) == f'<p><img src="{URL}" alt="A &lt; b" {sides}></p>'


def test_pictures_of_others_keep_what_they_say() -> None:
    """A picture elsewhere on the web is not fetched: what is not known is not written."""
    html = '<img src="https://elsewhere.example/x.png" alt="x">'
    assert size_pictures(html, SIZES) == html
    assert fit_pictures(html, 560) == html


@pytest.mark.parametrize(
    ("sides", "fitted"),
    [
        ('width="1200" height="800"', 'width="560"'),
        ('height="800" width="1200"', 'width="560"'),
        ('width="400" height="300"', 'width="400"'),
        ('width="280" height="9000"', 'width="280" height="9000"'),
        ('height="9000"', 'height="9000"'),
    ],
)
def test_no_picture_is_wider_than_the_column(sides: str, fitted: str) -> None:
    """What is wider is told so; what a phone shows smaller has no height that Yahoo would keep; words
    that look like an attribute stay (rule D5).
    """
    html = '<img src="x" alt=" width=9999 > " {}><code>&lt;img width="9999"&gt;</code>'
    assert fit_pictures(html.format(sides), 560) == html.format(fitted)
