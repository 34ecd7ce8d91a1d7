"""Where a link in the text leads: read as a whole where it is plain. Pure.

What comes out is what the library's own reading gives, which goes from character to character.
"""

from __future__ import annotations

import re
from types import ModuleType, SimpleNamespace
from typing import Final, cast

from markdown_it import helpers
from markdown_it.helpers.parse_link_destination import _Result

_PLAIN: Final = re.compile(r"(?!<)[!-%'*-\[\]-~]+(?=[) ])")
"""ASCII without brackets, backslashes and references to characters, up to what ends it."""


def _read_destination(string: str, pos: int, maximum: int) -> _Result:
    found = _PLAIN.match(string, pos, maximum)
    if found is None:
        return helpers.parseLinkDestination(string, pos, maximum)
    result = _Result()
    result.ok, result.pos, result.str = True, found.end(), found[0]
    return result


QUICK_HELPERS: Final = cast(
    "ModuleType",
    SimpleNamespace(
        parseLinkLabel=helpers.parseLinkLabel,
        parseLinkTitle=helpers.parseLinkTitle,
        parseLinkDestination=_read_destination,
    ),
)
"""What the parser's rules call."""
