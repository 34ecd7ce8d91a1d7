"""Which files a generator takes of a folder, by lists of patterns of what is in and what is not. Pure.

Hugo      `includeFiles`, `excludeFiles` and `files` of a module mount of its content
Quarto    `render` of a project
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from feeds.notes.folders.places import LONGEST, fits

_CLASS: Final = re.compile(r"\[[^\]\n]*\]")
_CONTENT: Final = "content"


@dataclass(frozen=True, slots=True)
class Choice:
    """Of the files below a folder."""

    folder: str = ""
    """From which patterns count; empty for all."""
    taken: tuple[str, ...] = ()
    """Patterns of those that are taken; empty for all."""
    left_out: tuple[str, ...] = ()
    """Patterns of those that are not, whatever else they fit."""

    def covers(self, path: str) -> bool:
        """Whether it is below that folder."""
        return not self.folder or path.startswith(f"{self.folder}/")

    def takes(self, path: str) -> bool:
        """Whether a file that it covers is taken."""
        within = path.removeprefix(f"{self.folder}/" if self.folder else "").lower()
        return not _fit(self.left_out, within) and (not self.taken or _fit(self.taken, within))


def is_left_out(choices: Sequence[Choice], path: str) -> bool:
    """Whether no one takes a file of those that cover it, of which there is one."""
    covering = [one for one in choices if one.covers(path)]
    return bool(covering) and not any(one.takes(path) for one in covering)


def _fit(patterns: Sequence[str], path: str) -> bool:
    """A pattern of a folder is one of all that is in it."""
    return any(fits(f"{one}{end}", path) for one in patterns for end in ("", "/**"))


# ── Hugo ─────────────────────────────────────────────────────────────────────────────────────


def read_mounts(given: object) -> Iterator[Choice]:
    """Those that mount content. Their patterns count from the folder that is mounted, and cross no folder but by `**`."""
    for table in given if isinstance(given, list) else ():
        if not isinstance(table, Mapping):
            continue
        mount = {str(name).lower(): value for name, value in table.items()}
        if _plain(str(mount.get("target", ""))).split("/")[0] != _CONTENT:
            continue
        taken, left_out = _split(mount.get("files"))
        yield Choice(
            _plain(str(mount.get("source", ""))),
            (*taken, *map(_plain, _words(mount.get("includefiles")))),
            (*left_out, *map(_plain, _words(mount.get("excludefiles")))),
        )


# ── Quarto ───────────────────────────────────────────────────────────────────────────────────


def read_render(given: object) -> Choice:
    """A pattern counts at any depth, unless it begins with a slash."""
    taken, left_out = _split(given, deep=True)
    return Choice(taken=tuple(taken), left_out=tuple(left_out))


# ── both ─────────────────────────────────────────────────────────────────────────────────────


def _split(given: object, *, deep: bool = False) -> tuple[list[str], list[str]]:
    """The patterns of what is taken, and those with `!` of what is not; as they are, and if `deep` at any depth."""
    taken, left_out = list[str](), list[str]()
    for one in _words(given):
        plain = one.removeprefix("!").strip()
        forms = [_plain(plain)]
        if deep and not plain.startswith("/"):
            forms.append(f"**/{forms[0]}")
        (left_out if one.startswith("!") else taken).extend(forms)
    return taken, left_out


def _plain(pattern: str) -> str:
    """Without what says that it counts from here; a choice among letters is any of them."""
    plain = pattern.strip().removeprefix("./").strip("/")
    return _CLASS.sub("?", plain) if len(plain) <= LONGEST else plain


def _words(value: object) -> list[str]:
    """The words of a list, or a word alone; at most a hundred."""
    given = value if isinstance(value, list) else [value]
    return [one for one in given[:100] if isinstance(one, str) and one.strip()]
