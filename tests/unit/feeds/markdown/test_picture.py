"""How large pictures are: read from their files, written into the HTML, fitted to the column."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.markdown.html import size_pictures
from feeds.markdown.picture import MAX_OCTETS, MAX_STEPS, Size, read_size
from mailer.compose.fragment import fit_pictures
from tests.worlds.rows import each

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


def webp(kind: bytes, content: bytes) -> bytes:
    """The head of a WebP, of one chunk (RFC 9649 2.4 to 2.7)."""
    chunk = kind + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def lossy(width: int, height: int) -> bytes:
    """A simple WebP: a key frame of VP8 (RFC 6386 9.1)."""
    return webp(b"VP8 ", b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(9))


def lossless(width: int, height: int) -> bytes:
    """A lossless WebP: fourteen bits for each side, less one."""
    return webp(b"VP8L", b"\x2f" + struct.pack("<I", width - 1 | height - 1 << 14) + bytes(9))


def extended(width: int, height: int) -> bytes:
    """An extended WebP, as those with transparency are: 24 bits for each side, less one."""
    sides = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return webp(b"VP8X", bytes(4) + sides + bytes(9))


def box(kind: bytes, content: bytes) -> bytes:
    """A box (ISO/IEC 14496-12 4.2)."""
    return struct.pack(">I", len(content) + 8) + kind + content


def avif(width: int, height: int, *turned: int, before: bytes = b"") -> bytes:
    """An AVIF without its picture: its one item has a size and may be turned by quarters."""
    properties = box(b"ispe", struct.pack(">III", 0, width, height))
    properties += b"".join(box(b"irot", bytes([quarters])) for quarters in turned)
    links = bytes([1, *range(1, len(turned) + 2)])
    links = struct.pack(">IIHB", 0, 1, 1, len(turned) + 1) + links[1:]
    meta = box(b"pitm", struct.pack(">IH", 0, 1))
    meta += box(b"iprp", box(b"ipco", properties) + box(b"ipma", links))
    kinds = box(b"ftyp", b"avif" + bytes(4) + b"avifmif1")
    return kinds + before + box(b"meta", bytes(4) + meta)


def measured(content: bytes) -> Size | None:
    """What a file of this content says."""
    return read_size(BytesIO(content))


@each(
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
        (jpeg(640, 480, b"no segment"), (640, 480)),
        (lossy(640, 480), (640, 480)),
        (lossless(640, 480), (640, 480)),
        (extended(640, 480), (640, 480)),
        (avif(640, 480), (640, 480)),
        (avif(640, 480, before=box(b"mdat", bytes(MAX_OCTETS + 1))), (640, 480)),
    ],
)
def test_a_picture_says_how_large_it_is_shown(head: bytes, shown: tuple[int, int]) -> None:
    """All that is served is understood, and a photograph taken on its side is upright (rule D5).

    What decoders pass over is passed over here, too.
    """
    size = measured(head)
    assert size is not None
    assert (size.width, size.height) == shown


@each(
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
        jpeg(640, 480, segment(0xE2, b"") * MAX_STEPS),
        jpeg(640, 480, bytes(2 * MAX_STEPS)),
        jpeg(640, 480, segment(0xE1, bytes(60_000)) * 10),
        jpeg(640, 480, b"\xff" * MAX_STEPS),
        webp(b"VP8?", bytes(30)),
        extended(640, 480)[:28],
        extended(65_537, 480),
        avif(640, 0),
        avif(640, 480)[:-20],
        avif(640, 480, 1),  # imagesize cannot read how it is turned, and then says nothing
        avif(640, 480, before=box(b"free", b"") * MAX_STEPS),
        box(b"ftyp", b"mp42" + bytes(8)) + avif(640, 480)[32:],
        b"P6 640 480 255 ",
        b'<svg width="64%" height="480"/>',
        b"<html><body>640 480</body></html>",
        b"BM" + bytes(16) + struct.pack("<ii", 640, 480) + bytes(30),
    ],
)
def test_what_does_not_say_has_no_size(head: bytes) -> None:
    """A file that is cut off, empty, damaged or of another kind is taken for no picture."""
    assert measured(head) is None


HEADS = st.sampled_from(
    [
        *(png(9, 9), gif(9, 9), jpeg(9, 9, exif(6)), jpeg(9, 9, exif(6, "<"))),
        *(lossy(9, 9), lossless(9, 9), extended(9, 9), avif(9, 9, 1)),
    ]
)


@given(HEADS, st.lists(st.tuples(st.integers(0, 160), st.binary(max_size=6)), max_size=6))
def test_no_bytes_raise_anything(head: bytes, changes: list[tuple[int, bytes]]) -> None:
    """Whatever a file holds, the answer is a size of at least a pixel, or none."""
    for at, octets in changes:
        head = head[:at] + octets + head[at + len(octets) :]
    size = measured(head)
    assert size is None or min(size.width, size.height) > 0


@given(st.binary(max_size=200))
def test_no_jpeg_raises_anything(rest: bytes) -> None:
    """What follows the mark of a JPEG may be anything."""
    measured(b"\xff\xd8\xff" + rest)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"meta", b"iprp", b"ipco", b"ipma", b"iinf", b"iloc"]),
            st.binary(max_size=40),
        ),
        max_size=8,
    )
)
def test_no_avif_raises_anything(boxes: list[tuple[bytes, bytes]]) -> None:
    """Nor may what its boxes hold, nor how they are nested."""
    content = b""
    for kind, octets in boxes:
        content = box(kind, octets + content)
    measured(box(b"ftyp", b"avif" + bytes(4)) + content)


class _Counting(BytesIO):
    """A file that counts what is done with it."""

    reads = 0
    octets = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.reads, self.octets = self.reads + 1, self.octets + len(found)
        return found


@each(
    "content",
    [
        b"\xff\xd8" + segment(0xE2, b"") * 300_000,
        b"\xff\xd8" + bytes(2_000_000),
        b"\xff\xd8" + segment(0xE1, b"Exif\0\0" + bytes(65_000)) * 40,
        avif(9, 9, before=box(b"free", b"") * 100_000),
        box(b"ftyp", b"none" + bytes(2_000_000)),
    ],
)
def test_no_file_takes_long(content: bytes) -> None:
    """Of a file made to loop only so much is read, and in so many steps."""
    file = _Counting(content)
    assert read_size(file) is None
    assert file.reads <= MAX_STEPS + 1
    assert file.octets <= MAX_OCTETS + 12


def test_a_disk_that_fails_is_no_picture_without_a_size() -> None:
    """What cannot be read is told apart from what does not say how large it is."""

    class Failing(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 0:
                raise OSError("the disk fails")
            return super().read(size)

    with pytest.raises(OSError, match="the disk fails"):
        read_size(Failing(jpeg(9, 9, segment(0xE2, bytes(900)))))


@each(
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


@each(
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
