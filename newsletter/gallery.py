"""Pictures of the site's own: logo, portrait, cover, icon, and a preview picture for each issue without one.

Each is drawn when somebody first asks for it, in a process of its own (newsletter/drawing/artist.py,
newsletter/drawing/poster.py), one at a time, and kept in memory within bounds.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from newsletter.config import LOGO_PLACE, Config, SitePicture
from newsletter.drawing import POSTER, draw_file, run_program
from storage.model import palette_of

_KEPT: Final = 30_000_000
"""Octets of pictures in memory."""
_STYLE: Final = "1"
"""Raised when the same picture would be drawn otherwise: part of its fingerprint."""
_ENVELOPE: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="{ground}"/>'
    '<path d="M7 10h18v12H7zM7 11l9 7 9-7" fill="none" stroke="{ink}" stroke-width="2" '
    'stroke-linejoin="round"/></svg>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a page shows a picture: its size is known before it is drawn."""

    name: str
    """As its address names it: `portrait.jpg`."""
    fingerprint: str
    """Changes when the picture does."""
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as it is served."""

    content: bytes
    media_type: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """What a picture of the author's is shown as: twice as large as its place, for fine screens."""

    name: str
    width: int
    height: int
    kind: str
    crop: bool = False


LOGO: Final = _Use(name="logo.png", width=LOGO_PLACE[0], height=LOGO_PLACE[1], kind="png")
PORTRAIT: Final = _Use(name="portrait.jpg", width=88, height=88, kind="jpeg", crop=True)
COVER: Final = _Use(name="cover.jpg", width=640, height=400, kind="jpeg")
_ICON: Final = _Use(name="icon.png", width=180, height=180, kind="png")
_FAVICON: Final = _Use(name="favicon.ico", width=48, height=48, kind="ico")


class Gallery:
    """The pictures of one newsletter. Safe to share among threads."""

    def __init__(self, config: Config) -> None:
        self._identity = config.identity
        self._site = config.site
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self.icon_svg = self._envelope()
        """The icon where the author has none: an envelope in the accent."""
        logo = config.site.logo
        self._icon = logo if logo and 0.75 <= logo.width / logo.height <= 4 / 3 else None

    @property
    def icon_fingerprint(self) -> str | None:
        """Of the author's logo as an icon; None where there is none, or it is no square."""
        return _fingerprint(self._icon.digest, _ICON.name) if self._icon else None

    def shown(self) -> Mapping[str, Shown]:
        """Logo, portrait and cover, as far as the author has them."""
        uses = (
            ("logo", self._site.logo, LOGO),
            ("portrait", self._site.portrait, PORTRAIT),
            ("cover", self._site.cover, COVER),
        )
        return MappingProxyType(
            {
                name: Shown(
                    name=use.name,
                    fingerprint=_fingerprint(picture.digest, use.name),
                    width=(size := picture.within(use.width, use.height, crop=use.crop))[0],
                    height=size[1],
                )
                for name, picture, use in uses
                if picture is not None
            }
        )

    def paths(self) -> list[str]:
        """Where on the site there are pictures, and the texts that programs look for."""
        found = [f"/static/{one.name}" for one in self.shown().values()]
        found += [f"/static/{_ICON.name}"] if self._icon else []
        found += ["/favicon.ico", "/apple-touch-icon.png"]
        found += ["/humans.txt"] if self._site.humans else []
        found += ["/.well-known/security.txt"] if self._site.security_contact else []
        return found

    def picture(self, name: str) -> Picture | None:
        """`logo.png`, `portrait.jpg`, `cover.jpg`, `icon.png`, `favicon.ico`; None for others, and for
        what cannot be drawn.
        """
        sources: Mapping[str, tuple[SitePicture | None, _Use]] = {
            LOGO.name: (self._site.logo, LOGO),
            PORTRAIT.name: (self._site.portrait, PORTRAIT),
            COVER.name: (self._site.cover, COVER),
            _ICON.name: (self._icon, _ICON),
            _FAVICON.name: (self._icon, _FAVICON),
        }
        if name not in sources:
            return None
        source, use = sources[name]
        if source is None and use not in (_ICON, _FAVICON):
            return None
        key = _fingerprint(source.digest if source else self.icon_svg, name)
        content = self._once(key, partial(_draw, source.file if source else self.icon_svg, use))
        kinds = {"png": "image/png", "jpeg": "image/jpeg", "ico": "image/x-icon"}
        return _picture(content, kinds[use.kind], key)

    def card_fingerprint(self, title: str, language: str, direction: str) -> str:
        """What is in the address of an issue's preview picture."""
        return _fingerprint(self._asked(title, language, direction))

    def card(self, title: str, language: str, direction: str) -> Picture | None:
        """The preview picture of an issue of this title, as PNG; None where it cannot be drawn."""
        asked = self._asked(title, language, direction)
        key = _fingerprint(asked)
        return _picture(self._once(key, partial(_draw_card, asked)), "image/png", key)

    def _asked(self, title: str, language: str, direction: str) -> str:
        colours = palette_of(self._identity.look.accent).light
        return json.dumps(
            {
                "title": title[:300],
                "name": self._identity.title,
                "language": language or self._identity.language,
                "direction": direction or self._identity.direction,
                "ink": colours["on-accent"],
                "ground": colours["accent"],
            }
        )

    def _envelope(self) -> str:
        colours = palette_of(self._identity.look.accent).light
        return _ENVELOPE.format(ground=colours["accent"], ink=colours["on-accent"])

    def _once(self, key: str, draw: Callable[[], bytes]) -> bytes:
        with self._lock:  # one at a time: each may take a processor and much memory
            if (made := self._kept.get(key)) is None:
                made = self._kept[key] = draw()
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(map(len, self._kept.values())) > _KEPT:
                self._kept.popitem(last=False)
            return made


def _draw(source: Path | str, use: _Use) -> bytes:
    scale = 1 if use in (_ICON, _FAVICON) else 2
    how = ["fit", str(use.width * scale), str(use.height * scale), use.kind]
    how += ["crop"] if use.crop else []
    if isinstance(source, Path):
        return draw_file(source, how)
    with tempfile.NamedTemporaryFile(suffix=".svg") as file:
        file.write(source.encode())
        file.flush()
        return draw_file(Path(file.name), how)


def _draw_card(asked: str) -> bytes:
    with tempfile.TemporaryFile() as given:
        given.write(asked.encode())
        given.seek(0)
        return run_program(POSTER, (), given, "preview")


def _picture(content: bytes, media_type: str, fingerprint: str) -> Picture | None:
    if not content:
        return None
    return Picture(content=content, media_type=media_type, fingerprint=fingerprint)


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join((_STYLE, *parts)).encode()).hexdigest()[:16]
