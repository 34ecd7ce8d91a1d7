"""What is code in a note, put out of the way while the rest is translated. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
"""Noncharacters: no cleaned text holds them, so nobody can write a mask (feeds/markdown/characters.py)."""
_MASK: Final = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_FENCE: Final = re.compile(r"[ >\t]*(?:[-*+]|\d{1,9}[.)])?[ \t]*(`{3,}|~{3,})([^\n]*)")
_SPAN: Final = re.compile(
    r"(?<!`)(`{1,16})(?!`)(?=[^`])((?:(?!\n[ \t]*\n).){1,4000}?)(?<!`)\1(?!`)", re.DOTALL
)


@dataclass(slots=True)
class Masks:
    """Pieces of text that stand under a mask until they are put back."""

    pieces: list[str] = field(default_factory=list)

    def put(self, piece: str) -> str:
        """The mask for a piece."""
        self.pieces.append(piece)
        return f"{_OPEN}{len(self.pieces) - 1}{_CLOSE}"

    def restore(self, text: str) -> str:
        """The text with everything put back, also what stands in what is put back."""
        for _depth in range(8):
            text, count = _MASK.subn(lambda found: self.pieces[int(found[1])], text)
            if not count:
                break
        return text

    def hide_code(self, text: str) -> str:
        """Masks fenced code, line by line, and code within a line."""
        return _SPAN.sub(lambda found: self.put(found[0]), "".join(self._hide_fences(text)))

    def _hide_fences(self, text: str) -> Iterator[str]:
        lines = text.splitlines(keepends=True)
        at = 0
        while at < len(lines):
            found = _FENCE.match(lines[at])
            if found is None or ("`" in found[1] and "`" in found[2]):
                yield lines[at]
                at += 1
                continue
            end = _find_end(lines, at + 1, found[1])
            block = "".join(lines[at:end])
            newline = "\n" if block.endswith("\n") else ""
            yield self.put(block.removesuffix("\n")) + newline
            at = end


def _find_end(lines: list[str], start: int, fence: str) -> int:
    """The line after the one that closes the fence; an open one ends with the note."""
    for at in range(start, len(lines)):
        bare = lines[at].strip(" \t\n>")
        if len(bare) >= len(fence) and bare == fence[0] * len(bare):
            return at + 1
    return len(lines)


def line_of(text: str, position: int, masks: Masks) -> int:
    """The line, from 1, in the text as it was before masking."""
    return masks.restore(text[:position]).count("\n") + 1
