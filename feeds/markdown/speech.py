"""What a note's parts are called where their author gave them no name: boxes, pictures, players. Pure.

The language is a note's own, and is set while the note is rendered.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

from words import Words, to_say, words_of

_SPOKEN: Final[ContextVar[Words | None]] = ContextVar("spoken", default=None)

_KINDS: Final = MappingProxyType(
    {
        "abstract": to_say("Abstract"), "attention": to_say("Attention"), "bug": to_say("Bug"),
        "caution": to_say("Caution"), "check": to_say("Check"), "cite": to_say("Cite"),
        "danger": to_say("Danger"), "details": to_say("Details"), "done": to_say("Done"),
        "error": to_say("Error"), "example": to_say("Example"), "fail": to_say("Fail"),
        "failure": to_say("Failure"), "faq": to_say("FAQ"), "help": to_say("Help"),
        "hint": to_say("Hint"), "important": to_say("Important"), "info": to_say("Info"),
        "missing": to_say("Missing"), "note": to_say("Note"), "question": to_say("Question"),
        "quote": to_say("Quote"), "seealso": to_say("See also"), "success": to_say("Success"),
        "summary": to_say("Summary"), "tip": to_say("Tip"), "tldr": to_say("TL;DR"),
        "todo": to_say("To do"), "warning": to_say("Warning"),
    }
)  # fmt: skip


@contextmanager
def speaking(words: Words) -> Iterator[None]:
    """What is rendered within is said in these words."""
    before = _SPOKEN.set(words)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def say(sentence: str, /, **values: object) -> str:
    """A sentence in the language of the note that is being rendered; English outside of that."""
    return (_SPOKEN.get() or words_of("en")).say(sentence, **values)


def name_box(kind: str) -> str:
    """The title of a box that was given none; a kind that is the author's own stays as it is."""
    known = _KINDS.get(kind)
    return say(known) if known is not None else kind.capitalize()


def name_image(alt: str) -> str:
    """What stands for a picture where none can be shown."""
    return say("[Image: {alt}]", alt=alt) if alt else say("[Image]")
