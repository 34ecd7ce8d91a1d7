"""A program that draws the preview picture of an issue: `poster.py < JSON > PNG`.

Run in a process of its own, like newsletter/drawing/artist.py, and importing nothing of this project. Its letters are
those of fonts that come with libraries here (STIX Two for Latin, Greek and Cyrillic, DejaVu for Arabic and
Hebrew), else of the machine's. Emoji that no font has are left out. Where no font has a title's letters, or they
cannot be joined as their script joins them, the newsletter's name stands there.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont, features

WIDE, HIGH = 1200, 630
"""Pixels: what Open Graph previews are shown in (1.91:1)."""
MOST: Final = 20_000
"""Octets that are read."""
TITLE: Final = 200
"""Characters of a title; what is longer is cut."""

_STEPS: Final = 64
"""From the ground to the ink, which are the picture's colours."""
_EDGE: Final = 90
_SIZES: Final = (88, 76, 66, 56, 48)
_LINES: Final = 4
_HEIGHT: Final = 330
"""Pixels that a title may take."""
_NAME: Final = 34
_BUNDLED: Final = (
    ("ziamath", "fonts/STIXTwoMath-Regular.ttf"),
    ("ziafont", "fonts/DejaVuSans.ttf"),
)
_FOLDERS: Final = (
    *("/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts"),
    *("C:/Windows/Fonts", "~/.local/share/fonts", "~/.fonts"),
)
_WANTED: Final = (
    *("NotoSerifCJK-Bold", "NotoSansCJK-Bold", "NotoSerifCJK", "NotoSansCJK", "SourceHanSerif"),
    *("SourceHanSans", "Hiragino", "PingFang", "YuGoth", "Meiryo", "msyh", "msjh", "wqy", "ipaexm"),
    *("ipag", "TakaoPGothic", "DroidSansFallback", "NotoNaskhArabic", "NotoSerif", "NotoSans"),
    *("Arial Unicode", "GeezaPro", "Arial", "FreeSerif", "LiberationSerif"),
)
"""Families in which letters are looked for, the first that has them; by the beginning of a file's name."""
_FACES: Final = {"ja": 0, "ko": 1, "zh": 2}
"""The face of a collection of Noto CJK that is drawn as the language writes."""
_MOST_FILES: Final = 8_000
_JOINED: Final = ("ARABIC", "HEBREW", "SYRIAC", "THAANA", "DEVANAGARI", "BENGALI", "TAMIL", "THAI")
"""Scripts that are wrong letter by letter."""
_PICTURES: Final = frozenset({"So", "Sk"})
"""Categories of emoji, flags and tones of skin."""
_PICTURED: Final = frozenset("\ufe0e\ufe0f\u20e3")
"""What has the character before it drawn as a picture or not as one (UTS 51)."""
_JOINER: Final = "\u200d"
"""Makes one picture of two; between letters it belongs to their script."""
_NO_BEGINNING: Final = frozenset(
    "、。，．・：；？！）」』】〉》ー々…ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
"""What begins no line of Japanese or Chinese."""

Font = ImageFont.FreeTypeFont


def draw(title: str, name: str, *, ink: str, ground: str, is_rtl: bool, language: str) -> bytes:
    """The picture, as a PNG. Raises what Pillow raises.

    It is drawn as shares of the ink, of which it has nothing but: to look for its colours among a million pixels would
    take as long as all the rest.
    """
    picture = Image.new("L", (WIDE, HIGH), 0)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, WIDE, 14), fill=_share(0.35))
    edge = WIDE - _EDGE if is_rtl else _EDGE
    anchor = "r" if is_rtl else "l"
    direction = ("rtl" if is_rtl else "ltr") if features.check("raqm") else None
    bottom = HIGH - 150
    title, name = (drawable(text, language) for text in (title, name))
    if not title:
        title, name = name, ""
    if title and (path := find_font(title, language)) is not None:
        font, lines = lay_out(title[:TITLE], path, language)
        step = round(font.size * 1.22)
        for number, line in enumerate(lines):
            y = bottom - 40 - step * (len(lines) - 1 - number)
            pen.text(
                (edge, y), line, fill=_share(1), font=font, anchor=f"{anchor}s", direction=direction
            )
    rule = (edge - 90, bottom + 8) if is_rtl else (edge, bottom + 8)
    pen.rectangle((*rule, rule[0] + 90, rule[1] + 4), fill=_share(0.6))
    if name and (path := find_font(name, language)) is not None:
        font = _open(path, _NAME, language)
        line = _cut(name, font)
        fill = _share(0.85)
        pen.text(
            (edge, HIGH - 76), line, fill=fill, font=font, anchor=f"{anchor}s", direction=direction
        )
    steps = picture.point([round(share * (_STEPS - 1) / 255) for share in range(256)])
    steps.putpalette(b"".join(_mixed(ink, ground, step / (_STEPS - 1)) for step in range(_STEPS)))
    made = BytesIO()
    steps.save(made, "PNG")
    return made.getvalue()


def drawable(text: str, language: str) -> str:
    """The text, without its pictures where no font has them; empty where there is none for its letters."""
    if find_font(text, language) is not None:
        return text
    kept, is_in_picture = "", False
    for letter in text:
        is_joiner = is_in_picture and letter == _JOINER
        is_picture = letter in _PICTURED or unicodedata.category(letter) in _PICTURES
        is_in_picture = is_picture or is_joiner
        kept += "" if is_in_picture else letter
    rest = " ".join(kept.split())
    return rest if rest and find_font(rest, language) is not None else ""


def find_font(text: str, language: str) -> str | None:
    """The first font that has every letter of the text, and draws its script rightly; None without."""
    joined = any(unicodedata.name(letter, "").startswith(_JOINED) for letter in text)
    if joined and not (features.check("raqm") and features.check("fribidi")):
        return None
    return next((path for path in _fonts() if _has(path, text, language)), None)


def lay_out(title: str, path: str, language: str) -> tuple[Font, list[str]]:
    """The largest letters in which the title fits, and its lines; cut where none are small enough."""
    for size in _SIZES:
        font = _open(path, size, language)
        lines = list(_broken(title, font))
        if len(lines) <= _LINES and len(lines) * size * 1.22 <= _HEIGHT:
            return font, lines
    last = _cut(" ".join(lines[_LINES - 1 :]), font)
    return font, [*lines[: _LINES - 1], last]


def _broken(text: str, font: Font) -> Iterator[str]:
    """Lines that are not too wide, broken at blanks, and between the letters of scripts without them."""
    line = ""
    for piece in _pieces(text):
        if line and font.getlength((line + piece).rstrip()) > WIDE - 2 * _EDGE:
            yield line.rstrip()
            line = ""
        line += piece if line else piece.lstrip()
    if line.strip():
        yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """What stays together: a word with the blank after it; a wide letter with what may not begin a line."""
    piece = ""
    for letter in text:
        is_wide = unicodedata.east_asian_width(letter) in {"W", "F"}
        ends = piece[-1:] == " " or (is_wide and letter not in _NO_BEGINNING)
        after_wide = piece and unicodedata.east_asian_width(piece[-1]) in {"W", "F"}
        if piece and (ends or (after_wide and letter not in _NO_BEGINNING and letter != " ")):
            yield piece
            piece = ""
        piece += letter
    yield piece


def _cut(text: str, font: Font) -> str:
    """The beginning of a text that is too wide for a line, with an ellipsis."""
    if font.getlength(text) <= WIDE - 2 * _EDGE:
        return text
    while text and font.getlength(f"{text}…") > WIDE - 2 * _EDGE:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _fonts() -> Iterator[str]:
    """Fonts in the order in which they are asked; the machine's are looked for only where none of ours will do."""
    yield from _bundled()
    yield from _installed()


@lru_cache(maxsize=1)
def _bundled() -> list[str]:
    bundled = []
    for package, file in _BUNDLED:
        spec = find_spec(package)
        places = spec.submodule_search_locations if spec is not None else None
        bundled += [Path(place) / file for place in places or ()]
    return [str(path) for path in bundled if path.is_file()]


@lru_cache(maxsize=1)
def _installed() -> list[str]:
    there = {file.name: str(file) for file in _files()}
    found = [there[name] for want in _WANTED for name in sorted(there) if name.startswith(want)]
    return [path for path in dict.fromkeys(found) if Path(path).is_file()]


def _files() -> Iterator[Path]:
    seen = 0
    for folder in _FOLDERS:
        for file in Path(folder).expanduser().rglob("*"):
            seen += 1
            if seen > _MOST_FILES:
                return
            if file.suffix.lower() in {".ttf", ".otf", ".ttc"}:
                yield file


@lru_cache(maxsize=64)
def _open(path: str, size: int, language: str) -> Font:
    face = _FACES.get(language.partition("-")[0].lower(), 0) if "CJK" in path else 0
    return ImageFont.truetype(path, size, index=face)


def _has(path: str, text: str, language: str) -> bool:
    """Whether no letter of the text is drawn as the one for letters that are missing."""
    face = _FACES.get(language.partition("-")[0].lower(), 0) if "CJK" in path else 0
    try:
        font = ImageFont.truetype(path, 20, index=face, layout_engine=ImageFont.Layout.BASIC)
        missing = bytes(font.getmask("\uffff"))
        letters = {one for one in text if not (one.isspace() or unicodedata.category(one) == "Cf")}
        return all(bytes(font.getmask(letter)) != missing for letter in letters)
    except OSError:
        return False


def _share(share: float) -> int:
    return round(share * 255)


def _mixed(ink: str, ground: str, share: float) -> bytes:
    """A share of the ink on the ground: red, green and blue."""
    one, other = ([int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in (ink, ground))
    return bytes(round(a * share + b * (1 - share)) for a, b in zip(one, other, strict=True))


def main() -> None:
    """Draws what comes in."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
    except ImportError:  # not on Windows; whoever started us stops us
        pass
    asked = json.loads(sys.stdin.buffer.read(MOST))
    made = draw(
        " ".join(asked["title"].split()),
        " ".join(asked["name"].split()),
        ink=asked["ink"],
        ground=asked["ground"],
        is_rtl=asked["direction"] == "rtl",
        language=asked["language"],
    )
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
