"""Templates and files of the site, the author's over ours, file by file.

A theme is a folder. A template in it stands in for ours of the same name, and may begin with
`{% extends "ours/base.html" %}`; so does a style sheet; `theme.css` is added to ours; pictures and fonts are
served beside them. What is broken in a theme is told with its file and line, and ours is used.
"""

from __future__ import annotations

import hashlib
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)

from storage.model import Log, Palette

_log = Log()

_HERE: Final = Path(__file__).parent
_TYPES: Final = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png",
        ".jpg": "image/jpeg", ".webp": "image/webp", ".avif": "image/avif", ".gif": "image/gif",
        ".ico": "image/x-icon", ".woff2": "font/woff2", ".woff": "font/woff",
    }
)  # fmt: skip
_TEMPLATES: Final = frozenset({".html", ".xml"})
_MOST_FILES: Final = 200
_ADDED: Final = "theme.css"
"""The style sheet of a theme that is added to ours."""
_MOST_OCTETS: Final = 2_000_000
"""Of one file of a theme."""
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file of the site's own, kept in memory."""

    body: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, body: bytes, media_type: str) -> Asset:
        """With the hash of its content for a validator."""
        digest = hashlib.sha256(body).hexdigest()[:32]
        return cls(body=body, media_type=media_type, etag=f'"{digest}"')


class Theme:
    """Renders templates and holds the site's files. Safe to share among threads."""

    def __init__(self, folder: Path | None, palette: Palette, own: Mapping[str, Asset]) -> None:
        """`own` are files that are made rather than read, such as the icon in the author's accent."""
        self._folder = folder
        self._told: set[str] = set()
        self._ours = _environment(FileSystemLoader(_HERE / "templates"))
        self._theirs = self._themed() if folder is not None else self._ours
        theirs = self._own_files(palette)
        self.own = frozenset(theirs)
        """Names of the files that are the author's."""
        self._tell_idle()
        assets = {**own, **_read(_HERE / "static", palette), **theirs}
        if (added := assets.pop(_ADDED, None)) is not None:
            whole = assets["site.css"].body + b"\n" + added.body
            assets["site.css"] = Asset.of(whole, _TYPES[".css"])
        self.assets: Mapping[str, Asset] = MappingProxyType(assets)

    def equip(
        self, values: Mapping[str, object], filters: Mapping[str, Callable[..., object]]
    ) -> None:
        """What every template may say, and how."""
        for environment in {id(one): one for one in (self._ours, self._theirs)}.values():
            environment.globals |= values
            environment.filters |= filters

    def render(self, template: str, context: Mapping[str, object]) -> str:
        """A template of the author's, or ours where theirs fails."""
        if self._folder is not None:
            try:
                return self._theirs.get_template(template).render(context)
            except Exception as error:  # noqa: BLE001 - a theme is somebody else's program
                self._tell_broken(error, str(self._folder / template))
        return self._ours.get_template(template).render(context)

    def _themed(self) -> Environment:
        assert self._folder is not None  # noqa: S101 - asked by whoever has one
        ours = FileSystemLoader(_HERE / "templates")
        theirs = FileSystemLoader(self._folder)
        environment = _environment(ChoiceLoader([theirs, ours, PrefixLoader({"ours": ours})]))
        for file in _files(self._folder):
            if file.suffix in _TEMPLATES:
                try:
                    environment.get_template(file.name)
                except Exception as error:  # noqa: BLE001
                    self._tell_broken(error, str(file))
        return environment

    def _own_files(self, palette: Palette) -> dict[str, Asset]:
        return _read(self._folder, palette) if self._folder is not None else {}

    def _tell_idle(self) -> None:
        """A style sheet by another name changes nothing, and its author would look for the fault in it."""
        if self._folder is None:
            return
        ours = {path.name for path in (*_files(_HERE / "templates"), *_files(_HERE / "static"))}
        if not {path.name for path in _files(self._folder)} & {*ours, _ADDED}:
            _log.warning(
                "theme.idle", folder=str(self._folder), wants=f"{_ADDED}, or a name of ours"
            )

    def _tell_broken(self, error: Exception, asked: str = "") -> None:
        """Once for each fault, with the author's file and line; that was asked for where the error names none."""
        file, line = self._place(error)
        file = file or asked
        reason = f"{type(error).__name__}: {error}"[:300]
        if (fault := f"{file}:{line}: {reason}") not in self._told and len(self._told) < 1000:
            self._told.add(fault)
            _log.error("theme.broken", file=file, line=line, reason=reason, instead="ours")

    def _place(self, error: Exception) -> tuple[str, int]:
        """Where in the theme it happened."""
        if isinstance(error, TemplateSyntaxError):
            return error.filename or error.name or "", error.lineno
        frames = traceback.extract_tb(error.__traceback__)
        inside = [frame for frame in frames if frame.filename.startswith(str(self._folder))]
        if inside:
            return inside[-1].filename, inside[-1].lineno or 0
        return (getattr(error, "name", None) or "" if isinstance(error, TemplateError) else ""), 0


def theme_mark(folder: Path | None) -> object:
    """Another one after each change of a theme's files."""
    if folder is None:
        return None
    with suppress(OSError):
        found = [(file.name, file.stat()) for file in _files(folder)]
        return [(name, seen.st_size, seen.st_mtime_ns, seen.st_ino) for name, seen in found]
    return None  # one went between the two looks: the next look tells


def _environment(loader: BaseLoader) -> Environment:
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _files(folder: Path) -> Iterator[Path]:
    """The files that may stand in for ours or be served: right in the folder, and not too large."""
    try:
        for file in sorted(folder.iterdir())[:_MOST_FILES]:
            if not _NAME.fullmatch(file.name) or not file.is_file():
                continue
            if file.stat().st_size > _MOST_OCTETS:
                _log.warning("theme.large", file=str(file), most=_MOST_OCTETS)
                continue
            yield file
    except OSError as error:
        _log.warning("theme.unreadable", folder=str(folder), reason=type(error).__name__)


def _read(folder: Path, palette: Palette) -> dict[str, Asset]:
    """The files of a folder; the style sheet begins with the colours."""
    files = {file.name: file for file in _files(folder) if file.suffix in _TYPES}
    assets = {}
    for name, file in files.items():
        body = file.read_bytes()
        if name == "site.css":
            body = _colours(palette).encode() + body
        assets[name] = Asset.of(body, _TYPES[file.suffix])
    return assets


def _colours(palette: Palette) -> str:
    """The palette as custom properties: `--accent` and the others."""
    light, dark = (
        "".join(f"--{name}:{colour};" for name, colour in scheme.items())
        for scheme in (palette.light, palette.dark)
    )
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )
