"""Pictures that say where they were taken, as Pillow writes them."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, features

from newsletter.authoring.checks.places import tells_place
from tests.worlds.rows import each

NORTH = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
NOWHERE = {0: b"\x02\x03\x00\x00", 1: "N", 2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)}


def picture(kind: str, gps: dict[int, object], order: str = "<") -> bytes:
    """A small picture with Exif data."""
    exif = Image.Exif()
    exif.endian = order
    exif[0x010F] = "A camera"
    if gps:
        exif.get_ifd(0x8825).update(gps)
    made = BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, kind, exif=exif)
    return made.getvalue()


KINDS = ["JPEG", "PNG", "WEBP", *(["AVIF"] if features.check("avif") else [])]


@each("order", ["<", ">"])
@each("kind", KINDS)
def test_exif_data_of_any_kind_of_picture_is_read(kind: str, order: str) -> None:
    """A place is found; the name of a camera, or a place of zeros, which is none, is not."""
    assert tells_place(picture(kind, NORTH, order))
    assert not tells_place(picture(kind, NOWHERE, order))
    assert not tells_place(picture(kind, {}, order))


@each(
    ("content", "tells"),
    [
        (b'<rdf:Description exif:GPSLatitude="52,31.2N"/>', True),
        (b"<exif:GPSLongitude>13,24.3E</exif:GPSLongitude>", True),
        (b'<rdf:Description exif:GPSVersionID="2.3"/>', False),
        (b"", False),
        (b"II*\0" * 5_000, False),
        (b"MM\0*\xff\xff\xff\xff", False),
        (b"II*\0\x08\0\0\0\x01\0\x25\x88\x04\0\x01\0\0\0\xff\xff\xff\xff", False),
    ],
)
def test_xmp_is_read_and_what_is_damaged_is_nothing(content: bytes, tells: bool) -> None:
    """Whatever there is leads to an answer."""
    assert tells_place(content) is tells


def test_half_of_a_picture_tells_nothing_or_its_place() -> None:
    """Wherever it is cut off."""
    whole = picture("JPEG", NORTH)
    assert {tells_place(whole[:end]) for end in range(len(whole))} == {True, False}
