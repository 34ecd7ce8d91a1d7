"""What a link says and where it leads: read as a whole where that is plain. Pure.

What comes out is what the library's own reading gives, which goes from character to character.
"""

from __future__ import annotations

import re
from types import ModuleType, SimpleNamespace
from typing import Final, cast

from markdown_it import helpers
from markdown_it.helpers.parse_link_destination import _Result
from markdown_it.rules_inline import StateInline

from feeds.markdown.rules.lines import QuickInline

_PLAIN: Final = re.compile(r"(?!<)[!-%'*-\[\]-~]+(?=[) ])")
"""ASCII without brackets, backslashes and references to characters, up to what ends it."""


def _read_destination(string: str, pos: int, maximum: int) -> _Result:
    found = _PLAIN.match(string, pos, maximum)
    if found is None:
        return helpers.parseLinkDestination(string, pos, maximum)
    result = _Result()
    result.ok, result.pos, result.str = True, found.end(), found[0]
    return result


def _end_label(state: StateInline, start: int, disableNested: bool = False) -> int:  # noqa: N803 - the library's name
    """Where the label that begins here ends, also if nothing else begins in it."""
    inline, pos = state.md.inline, start + 1
    is_shallow = state.level < state.md.options["maxNesting"]
    if is_shallow and pos not in state.cache and isinstance(inline, QuickInline):
        met = inline.find_mark(state, pos)
        if met < state.posMax and state.src[met] == "]":
            if met > pos:
                state.cache[pos] = met  # as the library has it, which asks again from deeper within
            return met
    return helpers.parseLinkLabel(state, start, disableNested)


QUICK_HELPERS: Final = cast(
    "ModuleType",
    SimpleNamespace(
        parseLinkLabel=_end_label,
        parseLinkTitle=helpers.parseLinkTitle,
        parseLinkDestination=_read_destination,
    ),
)
"""What the parser's rules call."""
