"""What a note may cite: the works in its front matter, and those of the files that it names. Pure.

`bibliography: refs.bib` (a list, too; BibTeX, or CSL as JSON or YAML) and `references:`, as pandoc has them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Final

from feeds.markdown.citations import Bibliography, Work
from feeds.notes.keys import Keys
from storage.model import NoteError

_BIBTEX: Final = frozenset({".bib", ".bibtex"})
_YAML: Final = frozenset({".yaml", ".yml"})
_SUFFIXES: Final = frozenset({*_BIBTEX, *_YAML, ".json"})
_MOST_FILES: Final = 20

Read = Callable[[str], bytes]
"""A file below the notes folder; raises NoteError for one that is not there."""


def name_bibliographies(keys: Keys) -> tuple[str, ...]:
    """The files, as their author names them."""
    named = keys.lines("bibliography")
    return tuple(one for one in named if PurePosixPath(one).suffix.lower() in _SUFFIXES)[
        :_MOST_FILES
    ]


def read_references(keys: Keys, header: str) -> Mapping[str, Work]:
    """The works that the front matter itself holds."""
    found = keys.find("references")
    return _read_works(".yaml", header) if found is not None and header else {}


def gather_bibliography(
    named: tuple[str, ...], works: Mapping[str, Work], path: str, read: Read | None
) -> Bibliography | None:
    """What the note at `path` may cite: `works` of its own, and what the files have that it names; None without
    either. A file is looked for beside the note, then in the notes folder.
    """
    if not named and not works:
        return None
    found = dict(works)
    missing: list[str] = []
    for one in named:
        held = _read_file(one, path, read) if read is not None else None
        if held is None:
            missing.append(one)
        for key, work in (held or {}).items():
            found.setdefault(key, work)
    return Bibliography(works=found, missing=tuple(missing))


def place_bibliographies(named: tuple[str, ...], path: str) -> tuple[str, ...]:
    """Where the files are looked for that the note at `path` names, found or not."""
    return tuple(dict.fromkeys(place for one in named for place in _places(one, path)))


def _read_file(named: str, path: str, read: Read) -> Mapping[str, Work] | None:
    for place in _places(named, path):
        try:
            text = read(place).decode("utf-8-sig")
        except (NoteError, UnicodeDecodeError):
            continue
        return _read_works(PurePosixPath(named).suffix.lower(), text) or None
    return None


def _places(named: str, path: str) -> Iterator[str]:
    for folder in (str(PurePosixPath(path).parent), "."):
        place = normpath(f"{folder}/{named.lstrip('/')}")
        if not place.startswith(".."):
            yield place


def _read_works(suffix: str, text: str) -> Mapping[str, Work]:
    from feeds.markdown.citations import read_bibtex, read_csl  # few notes cite anything

    if suffix in _BIBTEX:
        return read_bibtex(text)
    if suffix in _YAML:
        from feeds.notes.yamlheader import load_yaml

        return read_csl(load_yaml(text))
    try:
        return read_csl(json.loads(text))
    except (ValueError, RecursionError):
        return {}
