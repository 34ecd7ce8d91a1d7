"""Owns the sentences about what is wrong in a section: where it is, and what to write instead. Pure."""

from __future__ import annotations

from collections.abc import Mapping
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


_WORDS: Final = {
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_type": "must be text in quotes",
    "string_pattern_mismatch": 'must be the end of a file\'s name, like ".md"',
    "too_short": "must hold one at least",
    "tuple_type": "must be a list",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}
"""What to write, by the kind of pydantic's complaint, with what it says of its bounds."""


def tell_problem(
    kind: str,
    location: tuple[int | str, ...],
    message: str,
    bounds: Mapping[str, object],
    known: Keys,
) -> str:
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
    if kind in _WORDS:
        return f"{where}: {_WORDS[kind].format(**bounds)}"
    plain = message.removeprefix("Value error, ").replace("Input should be", "must be")
    return f"{where}: {plain}"


def _heading(location: tuple[int | str, ...]) -> str:
    """`[web]`, or `[[smtp]] 2` for the second relay."""
    match location:
        case ("smtp", int(index), *_) if index:
            return f"[[smtp]] {index + 1}"
        case _:
            return f"[{location[0]}]"
