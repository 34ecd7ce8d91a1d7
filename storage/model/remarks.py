"""What a part of the program has to say to the author without refusing anything. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that is allowed, and that its author should know.

    Whoever passes it on goes by the code and shows the sentence; how bad it is, is theirs to judge.
    """

    code: str
    """A lasting name of this kind of remark, such as `clipped`."""
    sentence: str
    """For a person. It names the thing that it is about."""
    line: int | None = None
    """Where it is, from 1; None when it is about the whole. In the file, once a note's front matter
    is counted in."""

    def __str__(self) -> str:
        return self.sentence if self.line is None else f"line {self.line}: {self.sentence}"
