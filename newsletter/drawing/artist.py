"""A program that draws one picture: `artist.py svg|picture < file > PNG or JPEG` for mail, and
`artist.py fit WIDTH HEIGHT png|jpeg|ico [crop] < file` for the site.

It is run in a process of its own (newsletter/drawing/drawings.py), bounded in memory and processor time, and ends
with 1 for what it does not draw. It imports nothing of this project: it is started by its path. The only
user of resvg for authors' files, and of Pillow.
"""

from __future__ import annotations

import re
import sys
import warnings
from io import BytesIO
from typing import Final

MOST_WIDE: Final = 1120
"""Pixels: twice the column of a mail."""
MOST_HIGH: Final = 4480
MOST_PIXELS: Final = 40_000_000
"""Of a picture that is read; a camera's have fewer."""
MOST_OCTETS: Final = 20_000_000
MOST_SVG: Final = 2_000_000
MEMORY: Final = 1_500_000_000
SECONDS: Final = 10

_ROOT: Final = re.compile(r"<svg\b(?:[^>\"']|\"[^\"]*\"|'[^']*'){0,10000}>")
_SIDE: Final = re.compile(r"\s(width|height)\s*=\s*[\"']\s*([0-9.]{1,9})\s*(?:px)?\s*[\"']")
_BOX: Final = re.compile(
    r"\sviewBox\s*=\s*[\"']\s*[-0-9.e]+[\s,]+[-0-9.e]+[\s,]+([0-9.]{1,9})[\s,]+([0-9.]{1,9})\s*[\"']"
)
_HREF: Final = re.compile(
    r"((?:[\w.-]{1,50}:)?href\s*=\s*)(\"(?!#|data:image/(?:png|jpeg|gif|webp)[;,])[^\"]*\""
    r"|'(?!#|data:image/(?:png|jpeg|gif|webp)[;,])[^']*')",
    re.IGNORECASE,
)


def draw_svg(source: bytes, at_least: int = 0) -> bytes:
    """A PNG of the drawing, twice as large as it is shown or larger. Raises ValueError."""
    from resvg_py import svg_to_bytes

    if len(source) > MOST_SVG:
        raise ValueError("too large")
    text = source.decode("utf-8-sig")
    if re.search(r"<!ENTITY", text, re.IGNORECASE):
        raise ValueError("it defines entities")
    text = _HREF.sub(r'\1"#"', text)
    width, height = read_sides(text)
    scale = min(max(2.0, at_least / width), MOST_WIDE / width, MOST_HIGH / height)
    if height * scale < 1 or width * scale < 1:
        raise ValueError("too narrow")
    return bytes(svg_to_bytes(svg_string=text, width=max(1, round(width * scale))))


def read_sides(text: str) -> tuple[float, float]:
    """The size that the drawing says it has. Raises ValueError for one without."""
    root = _ROOT.search(text)
    sides = dict(_SIDE.findall(root[0])) if root else {}
    box = _BOX.search(root[0]) if root else None
    wide, high = (float(box[1]), float(box[2])) if box else (0.0, 0.0)
    width, height = float(sides.get("width", 0)), float(sides.get("height", 0))
    if wide and high:
        ratio = high / wide
        width = width or (height / ratio if height else wide)
        height = height or width * ratio
    if not (width > 0 and height > 0):
        raise ValueError("it says no size")
    return width, height


def convert(source: bytes) -> bytes:
    """A WebP or AVIF as PNG where it is transparent, else as JPEG. Raises what Pillow raises."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    with Image.open(BytesIO(source), formats=("WEBP", "AVIF")) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise ValueError("too large")
        picture = ImageOps.exif_transpose(opened)
        picture.thumbnail((MOST_WIDE, MOST_HIGH))
        see_through = picture.has_transparency_data
        made = BytesIO()
        if see_through and picture.convert("RGBA").getchannel("A").getextrema() != (255, 255):
            picture.convert("RGBA").save(made, "PNG", optimize=True)
        else:
            picture.convert("RGB").save(made, "JPEG", quality=85, optimize=True)
    return made.getvalue()


def fit(source: bytes, width: int, height: int, kind: str, *, crop: bool) -> bytes:
    """A picture no larger than that; cropped to just that shape where asked. Raises what Pillow raises."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    if source.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        source = draw_svg(source, at_least=max(width, height))
    with Image.open(BytesIO(source), formats=("PNG", "JPEG", "GIF", "WEBP", "AVIF")) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise ValueError("too large")
        picture = ImageOps.exif_transpose(opened).convert("RGBA")
    if crop:
        scale = min(1.0, picture.width / width, picture.height / height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
    else:
        picture.thumbnail((width, height), Image.Resampling.LANCZOS)
    made = BytesIO()
    if kind == "jpeg":
        ground = Image.new("RGBA", picture.size, "#fcfbf8")
        ground.alpha_composite(picture)
        ground.convert("RGB").save(made, "JPEG", quality=82, optimize=True, progressive=True)
    elif kind == "ico":
        square = ImageOps.pad(picture, (width, width), color=(0, 0, 0, 0))
        square.save(made, "ICO", sizes=[(16, 16), (32, 32), (width, width)])
    else:
        picture.save(made, "PNG", optimize=True)
    return made.getvalue()


def _bound() -> None:
    """Bounds the memory and the processor time of this process: a picture may be made to cost any amount."""
    try:
        import resource
    except ImportError:  # not on Windows; whoever started us stops us
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _made(source: bytes, how: list[str]) -> bytes:
    match how:
        case ["svg"]:
            return draw_svg(source)
        case ["fit", width, height, kind, *crop]:
            return fit(source, int(width), int(height), kind, crop=bool(crop))
        case _:
            return convert(source)


def main() -> None:
    """Draws what comes in."""
    _bound()
    source = sys.stdin.buffer.read(MOST_OCTETS)  # what is cut off is damaged then
    try:
        made = _made(source, sys.argv[1:])
    except Exception as error:  # noqa: BLE001 - of two decoders; told in one line
        sys.exit(f"{type(error).__name__}: {error}"[:200])
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
