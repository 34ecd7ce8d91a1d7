"""What a note has from its folders: why it is kept, and keys that hold it back. Pure.

Only what keeps a note from readers, or its mail from some, is taken from there. What a note says itself wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from feeds.notes.fields import Field
from feeds.notes.folders.guides import find_hint, read_guide
from feeds.notes.folders.ignores import GitIgnore
from feeds.notes.folders.places import Place, name_guides
from feeds.notes.keys import Keys
from feeds.notes.timing import EARLIEST_KEYS, EXPIRY_KEYS, find_hidden
from storage.model import NoteError, Remark

FOLDER_PROGRAM: Final = "folder-program"
"""The code of the remark that a program speaks for the note's folder, and is not run."""
_TAKEN: Final = frozenset({*EARLIEST_KEYS, *EXPIRY_KEYS, "email", "audience"})

ReadGuides = Callable[[Iterable[str]], Iterable[tuple[str, bytes]]]
"""Which of these files are there, in that order, and what they hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """What a note has from its folders."""

    kept: str = ""
    """Why it is never published as it stands, as the end of a sentence; empty if it may be."""
    fields: Mapping[str, Field] = field(default_factory=dict)
    """Times between which it may be shown, and who is mailed."""
    remarks: tuple[Remark, ...] = ()


def inherit(own: Mapping[str, Field], place: Place, read: ReadGuides) -> Inherited:
    """What the note at `place`, whose own keys are given, has from the guides that `read` finds.

    Raises NoteError for a guide that cannot be read and may hide it.
    """
    given: dict[str, tuple[str, Field]] = {}
    remarks = []
    gitignore = GitIgnore()
    try:
        for guide, source in read(name_guides(place)):
            if gitignore.passes_over(guide, source):
                continue
            if word := find_hint(guide, source):
                remarks.append(_tell_program(guide, word))
            said = [one.fields for one in read_guide(guide, source) if one.is_about(place, own)]
            given |= {name: (guide, found) for fields in said for name, found in fields.items()}
    except NoteError as error:
        raise NoteError(place.path, f"`{error.path}`: {error.fault}") from error
    left = {name: found for name, found in given.items() if name not in own}
    return Inherited(
        kept=_why_kept(left, place.path),
        fields={name: found for name, (_guide, found) in left.items() if name in _TAKEN},
        remarks=tuple(remarks),
    )


def _why_kept(given: Mapping[str, tuple[str, Field]], path: str) -> str:
    for guide in dict.fromkeys(guide for guide, _found in given.values()):
        fields = {name: found for name, (other, found) in given.items() if other == guide}
        for why in find_hidden(Keys(fields, path)):
            return f"{why}, as `{guide}` has it"
    return ""


def _tell_program(guide: str, word: str) -> Remark:
    return Remark(
        code=FOLDER_PROGRAM,
        sentence=f"`{guide}` is a program, which is not run, and names `{word}`; if it hides this note, "
        "write `draft: true` into it",
    )
