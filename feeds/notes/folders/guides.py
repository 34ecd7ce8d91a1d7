"""A file that speaks for whole folders → what it says, and of which notes. Pure.

    Hugo      `cascade` of `_index.md` and of the site; its `ignoreFiles` and mounts; `headless` of a bundle
    Zola      `draft` of a section
    Jekyll    `defaults` and `exclude` of `_config.yml`
    Eleventy  `posts/posts.json` and its like; `.eleventyignore` and what else it does not read
    Quarto    `_metadata.yml`; `drafts` and `render` of `_quarto.yml`
    Nikola    the keys of a note in `x.meta`
    Obsidian  the folders that Publish leaves out

Of patterns that are not understood it is taken that they fit: what may be hidden is not shown.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import PurePosixPath
from typing import Final

from feeds.notes.fields import Field, fields_of, list_field, text_field
from feeds.notes.folders.choices import Choice, is_left_out, read_mounts, read_render
from feeds.notes.folders.ignores import is_ignored, read_lines, read_program
from feeds.notes.folders.places import (
    BUNDLE,
    ELEVENTY,
    ELEVENTY_IGNORES,
    GITIGNORE,
    HUGO,
    HUGO_MODULE,
    JEKYLL,
    NIKOLA,
    OBSIDIAN,
    PROGRAMS,
    QUARTO,
    Place,
    fits,
)
from feeds.notes.frontmatter import parse_front_matter
from storage.model import NoteError

_DEPTH: Final = 3
"""Of keys within keys; what hides a note lies no deeper."""
_MOST: Final = 500
"""Keys of a table, and rules of a guide, that are read; of a list, its first hundred words."""
_HEADER: Final = re.compile(
    r"(?:\s|<!--(?:(?!-->).)*-->)*(---|\+\+\+)[ \t]*\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE
)
_HIDING: Final = re.compile(
    r"\b(drafts?|published|hidden|private|unlisted|cascade|permalink|headless|render|"
    r"eleventyExcludeFromCollections|expiryDate|(?:ignore|exclude|include)Files|mounts|excluded?|status)\b"
)
"""What a file that cannot be read may hide notes with."""
_DRAFT: Final = {"draft": text_field("draft", "true", 0)}
_UNPUBLISHED: Final = {"published": text_field("published", "false", 0)}
_OF_A_BUNDLE: Final = ("headless", "build", "_build")

Fields = Mapping[str, Field]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Keys that a guide gives to notes, and to which."""

    fields: Fields
    path: str = ""
    """Hugo's pattern of the note's path; empty for any."""
    language: str = ""
    begins: str | None = None
    """Jekyll's: with what the note's path begins, or its pattern."""
    kind: str = ""
    """Jekyll's name of a collection."""
    ignored: str = ""
    """Hugo's expression for the file's own path."""
    choices: tuple[Choice, ...] = ()
    """What Hugo and Quarto take; it is about the rest."""
    unless: str = ""
    """The key of a note itself by which it is not one of them."""

    def is_about(self, place: Place, own: Container[str] = ()) -> bool:
        """Whether the note there, with keys of its own, is one of them."""
        if self.unless in own or (
            self.ignored and not is_ignored(self.ignored, f"{place.root}/{place.path}")
        ):
            return False
        if self.choices and not is_left_out(self.choices, place.path):
            return False
        if self.path and not any(fits(self.path, one) for one in place.logical):
            return False
        if self.language and not fits(self.language, place.language.lower()):
            return False
        if self.begins is not None and not _begins(self.begins, place.path):
            return False
        return not self.kind or _is_of_kind(self.kind, PurePosixPath(place.path).parts[:-1])


@lru_cache(maxsize=200)
def read_guide(guide: str, source: bytes) -> tuple[Said, ...]:
    """What it says. Raises NoteError, with the guide's path, for one that cannot be read and may hide notes."""
    if guide.endswith(PROGRAMS):
        return ()
    if guide in (ELEVENTY_IGNORES, GITIGNORE, *ELEVENTY):
        text = source.decode("utf-8-sig", "replace")
        lines = read_program(text) if guide in ELEVENTY else read_lines(text)
        return tuple(Said(fields=_DRAFT, begins=line) for line in lines)
    if guide.endswith(NIKOLA):
        return (Said(fields=_read_header(guide, source.decode("utf-8-sig", "replace"))),)
    values = _load(guide, source)
    return tuple(islice(_read(guide, values), _MOST))


def find_hint(guide: str, source: bytes) -> str:
    """The word by which a program may hide notes; empty for none, and for what is no program."""
    found = _HIDING.search(source.decode("utf-8", "replace")) if guide.endswith(PROGRAMS) else None
    return found[1] if found else ""


def _read(guide: str, values: Mapping[str, object]) -> Iterator[Said]:
    name = PurePosixPath(guide).name
    if guide in JEKYLL:
        yield from _read_jekyll(values)
    elif guide in QUARTO:
        yield from _read_quarto(values)
    elif guide in HUGO:
        yield from _read_cascade(values)
        given = next((value for key, value in values.items() if key.lower() == "ignorefiles"), [])
        yield from (Said(fields=_DRAFT, ignored=one) for one in _words(given))
        yield from _read_mounts(values.get("module"))
    elif guide in HUGO_MODULE:
        yield from _read_mounts(values)
    elif guide == OBSIDIAN:
        folders = filter(None, _words(values.get("excluded", [])))
        yield from (Said(fields=_UNPUBLISHED, begins=one, unless="publish") for one in folders)
    elif name.startswith("_index."):
        yield Said(fields=_only(values, ("draft",)))
        yield from _read_cascade(values)
    elif name == BUNDLE:
        yield Said(fields=_only(values, _OF_A_BUNDLE))
    else:
        yield Said(fields=_fields_of(values))


def _read_cascade(values: Mapping[str, object]) -> Iterator[Said]:
    """Hugo's, of one table or of several, each with its target."""
    given = values.get("cascade")
    for table in given if isinstance(given, list) else [given]:
        if not isinstance(table, Mapping):
            continue
        target = table.get("target", table.get("_target"))
        target = target if isinstance(target, Mapping) else {}
        is_page = fits(str(target.get("kind", "*")), "page")
        if is_page and fits(str(target.get("environment", "*")), "production"):
            yield Said(
                fields=_fields_of(table),
                path=str(target.get("path", "")),
                language=str(target.get("lang", "")),
            )


def _read_mounts(module: object) -> Iterator[Said]:
    """What Hugo's content is made of leaves out."""
    choices = tuple(read_mounts(module.get("mounts"))) if isinstance(module, Mapping) else ()
    if choices:
        yield Said(fields=_DRAFT, choices=choices)


def _read_jekyll(values: Mapping[str, object]) -> Iterator[Said]:
    given = values.get("defaults")
    for rule in given if isinstance(given, list) else ():
        scope, fields = (
            (rule.get("scope"), rule.get("values")) if isinstance(rule, Mapping) else ({}, {})
        )
        scope = scope if isinstance(scope, Mapping) else {}
        if isinstance(fields, Mapping):
            yield Said(
                fields=_fields_of(fields),
                begins=str(scope.get("path", "")),
                kind=str(scope.get("type", "")),
            )
    yield from (Said(fields=_DRAFT, begins=one) for one in _words(values.get("exclude")))


def _read_quarto(values: Mapping[str, object]) -> Iterator[Said]:
    site, project = values.get("website"), values.get("project")
    drafts = _words(site.get("drafts")) if isinstance(site, Mapping) else []
    yield from (Said(fields=_DRAFT, begins=one) for one in drafts)
    if isinstance(project, Mapping) and project.get("render"):
        yield Said(fields=_DRAFT, choices=(read_render(project["render"]),))


# ── which notes ──────────────────────────────────────────────────────────────────────────────


def _begins(scope: str, path: str) -> bool:
    plain = scope.strip().strip("/").removeprefix("./")
    if any(mark in plain for mark in "*?{"):
        return any(fits(f"{plain}{end}", path.lower()) for end in ("", "/**"))
    return not plain or path == plain or path.startswith(f"{plain}/")


def _is_of_kind(kind: str, folders: Sequence[str]) -> bool:
    if kind == "pages":
        return not any(folder.startswith("_") for folder in folders)
    return f"_{kind}" in folders


# ── values ───────────────────────────────────────────────────────────────────────────────────


def _load(guide: str, source: bytes) -> Mapping[str, object]:
    """The table that a guide is, or has as its front matter; empty where it holds none."""
    text = source.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    form, body = PurePosixPath(guide).suffix.lower(), text
    if form == ".md":
        found = _HEADER.match(text)
        form, body = (
            (".toml" if found[1] == "+++" else ".yml", found[2]) if found else (".json", text)
        )
        if found is None and not text.lstrip().startswith("{"):
            return {}
    try:
        values = _parse(form, body)
    except (ValueError, RecursionError) as error:
        _refuse_hiding(guide, body, error)
        return {}
    return values if isinstance(values, Mapping) else {}


def _read_header(guide: str, text: str) -> Fields:
    """The keys of a note that stand in a file of their own, as they might above it."""
    try:
        return parse_front_matter(text.replace("\r\n", "\n"), guide).fields
    except NoteError as error:
        _refuse_hiding(guide, text, error)
        return {}


def _refuse_hiding(guide: str, text: str, error: Exception) -> None:
    """Raises NoteError where a file that cannot be read may hide notes."""
    if (word := _HIDING.search(text)) is not None:
        raise NoteError(
            guide, f"it names `{word[1]}` for its folder and cannot be read; mend it"
        ) from error


def _parse(form: str, text: str) -> object:
    """Raises ValueError or RecursionError."""
    if form == ".toml":
        return tomllib.loads(text)
    if form == ".json":
        return json.JSONDecoder(strict=False).raw_decode(text.lstrip())[0]
    from feeds.notes.yamlheader import load_yaml  # its library takes long to load

    values = load_yaml(text)
    if values is None and re.search(r"^[^#\s-]", text, re.MULTILINE):
        raise ValueError(form)
    return values


def _only(values: Mapping[str, object], names: Sequence[str]) -> Fields:
    return _fields_of({name: values[name] for name in names if name in values})


def _fields_of(values: Mapping[str, object]) -> Fields:
    found = islice(_flatten(values, "", _DEPTH), _MOST)
    return {field.key.casefold(): field for field in found}


def _flatten(values: Mapping[str, object], within: str, depth: int) -> Iterator[Field]:
    """Not without end: YAML can name a value within itself a thousand times. What is nested comes last."""
    for name, value in islice(values.items(), _MOST):
        key = f"{within}{name}"
        if isinstance(value, list):
            yield list_field(key, _words(value), 0)
        elif not isinstance(value, Mapping):
            yield from fields_of(key, value, 0)
    for name, value in islice(values.items(), _MOST if depth else 0):
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{within}{name}.", depth - 1)


def _words(value: object) -> list[str]:
    """The words of a list, or a word alone; at most a hundred."""
    given = value if isinstance(value, list) else [value]
    return [str(one) for one in given[:100] if isinstance(one, str | int)]
