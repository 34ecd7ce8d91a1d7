"""What a note may cite: where its files are looked for, and in which forms."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from feeds.notes.bibliography import gather_bibliography
from feeds.notes.note import parse_note
from storage.model.errors import NoteError
from tests.worlds.rows import each

FILES = {
    "sub/refs.bib": b"@book{near, title={Near}}",
    "refs.bib": b"@book{far, title={Far}}",
    "more.json": b'[{"id": "json", "title": "J"}]',
    "more.yaml": b"references:\n- id: yaml\n  title: Y\n",
    "broken.json": b"{",
    "latin.bib": b"\xff",
    "deep.json": b"[" * 100_000,
    "deep.yaml": b"[" * 3_000,
}


def read(path: str) -> bytes:
    """These files, and no others."""
    if path not in FILES:
        raise NoteError(path, "the file does not exist")
    return FILES[path]


@each(
    ("keys", "path", "works", "missing"),
    [
        ("bibliography: refs.bib", "sub/a.md", {"near"}, ()),
        ("bibliography: refs.bib", "other/a.md", {"far"}, ()),
        ("bibliography: ../refs.bib", "sub/a.md", {"far"}, ()),
        ("bibliography: /refs.bib", "other/a.qmd", {"far"}, ()),
        ("bibliography: [more.json, more.yaml]", "a.md", {"json", "yaml"}, ()),
        ("bibliography: ../../etc/x.bib", "a.md", set(), ("../../etc/x.bib",)),
        *(
            (f"bibliography: {name}", "a.md", set(), (name,))
            for name in ("gone.bib", "broken.json", "latin.bib", "deep.json", "deep.yaml")
        ),
        ("references:\\n- id: own\\n  title: O", "a.md", {"own"}, ()),
        ("references: [{id: own}]\\nbibliography: refs.bib", "a.md", {"own", "far"}, ()),
    ],
)
def test_works_are_found(keys: str, path: str, works: set[str], missing: tuple[str, ...]) -> None:
    """Beside the note, then in the notes folder, never out of it; what cannot be read is named."""
    source = f"---\n{keys}\n---\nWords.".replace("\\n", "\n")
    note = parse_note(source.encode(), path, zone=ZoneInfo("UTC"))
    found = gather_bibliography(note.bibliography, note.references, path, read)
    assert found is not None
    assert (set(found.works), found.missing) == (works, missing)


@each("keys", ["title: T", "bibliography: A list of my books", "references: none"])
def test_a_note_that_names_none_cites_nothing(keys: str) -> None:
    """Words in such a key are its author's own; `@name` is somebody's name then."""
    note = parse_note(f"---\n{keys}\n---\nHi @ada".encode(), "a.md", zone=ZoneInfo("UTC"))
    assert gather_bibliography(note.bibliography, note.references, "a.md", read) is None
