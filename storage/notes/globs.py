"""Patterns of paths, as `[notes] include` and `exclude` take them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable


def compile_globs(patterns: Iterable[str]) -> re.Pattern[str] | None:
    """What fits a POSIX path if one of `patterns` fits it or a folder that it lies in; None without
    a pattern.

    `*` and `?` stay within a folder, `**` crosses them, `[ab]` is one of these. A pattern without a
    slash fits a name in any folder, one with a slash counts from the notes folder.
    """
    forms = [_translate(pattern) for pattern in patterns if pattern.strip("/ ")]
    return re.compile(rf"(?:{'|'.join(forms)})(?:/.*)?\Z", re.DOTALL) if forms else None


def _translate(pattern: str) -> str:
    plain = pattern.strip().removesuffix("/")
    anywhere = "" if "/" in plain else "(?:.*/)?"
    parts = [part for part in plain.removeprefix("./").split("/") if part]
    # What stands below a folder that fits, fits as well.
    while len(parts) > 1 and parts[-1] == "**":
        parts.pop()
    return anywhere + "/".join(map(_translate_part, parts)).replace(_DEEP + "/", "(?:.*/)?")


_DEEP = "(?:.*)"


def _translate_part(part: str) -> str:
    if part == "**":
        return _DEEP
    return re.sub(r"\*+|\?|\[!?[^\]/]+\]|[^*?\[]+|\[", _translate_piece, part)


def _translate_piece(found: re.Match[str]) -> str:
    piece = found[0]
    if piece.startswith("*"):
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if len(piece) > 2 and piece.startswith("[") and piece.endswith("]"):
        inner = piece[1:-1]
        negated = "^/" if inner.startswith("!") else ""
        form = f"[{negated}{re.escape(inner.removeprefix('!')).replace(chr(92) + '-', '-')}]"
        return form if _is_form(form) else re.escape(piece)
    return re.escape(piece)


def _is_form(form: str) -> bool:
    """Whether it can be looked for: a range that runs backwards, `[?-.]`, cannot."""
    try:
        re.compile(form)
    except re.error:
        return False
    return True
