"""Owns the sentences about what is wrong in a section: where it is, and what to write instead. Pure."""

from __future__ import annotations

from typing import Final

from newsletter.config.source import Keys
from newsletter.config.values import nearest


class SectionProblems(ValueError):
    """What is wrong with a document, one sentence for each."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(*sentences)
        self.sentences = sentences


_HINTS: Final = {
    "title": "what readers call it",
    "url": 'where readers find the site, like "https://notes.example.com"',
    "sender": 'the From of every mail, like "Working Notes <notes@example.com>"',
}


def tell_problem(kind: str, location: tuple[int | str, ...], message: str, known: Keys) -> str:
    """A sentence that names section and key, from a complaint of pydantic's."""
    section, *rest = location
    keys = [part for part in rest if isinstance(part, str)]
    if kind == "extra_forbidden" and not keys:
        return f"[{section}]: unknown section{nearest(str(section), known)}"
    where = " ".join([_heading(location), *keys[:1]])
    if kind == "extra_forbidden":
        return f"{where}: unknown key{nearest(keys[0], known[str(section)])}"
    if kind == "missing":
        return f"{where}: missing: {_HINTS[keys[0]]}"
    if kind in {"model_type", "tuple_type"} and not keys:
        return f"{where}: must be a section"
    plain = message.removeprefix("Value error, ").replace("Input should be", "must be")
    plain = plain.partition(", unable to parse")[0].replace("a valid integer", "a whole number")
    plain = plain.replace("a valid number", "a number")
    return f"{where}: {plain[:1].lower()}{plain[1:]}"


def _heading(location: tuple[int | str, ...]) -> str:
    """`[web]`, or `[[smtp]] 2` for the second relay."""
    match location:
        case ("smtp", int(index), *_) if index:
            return f"[[smtp]] {index + 1}"
        case _:
            return f"[{location[0]}]"
