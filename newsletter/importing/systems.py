"""The systems whose exports are understood, and which of them an export is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from newsletter.importing import readers
from newsletter.importing.export import Export
from newsletter.importing.posts import Found
from storage.model import PostsFileError

_TABLE: Final[dict[str, tuple[Callable[[Export], bool], Callable[[Export], Found]]]] = {
    "substack": (readers.is_substack, readers.read_substack),
    "ghost": (readers.is_ghost, readers.read_ghost),
    "buttondown": (readers.is_buttondown, readers.read_buttondown),
    "medium": (readers.is_medium, readers.read_medium),
    "wordpress": (readers.is_wordpress, readers.read_wordpress),
    "beehiiv": (readers.is_beehiiv, readers.read_beehiiv),
    "mailchimp": (readers.is_mailchimp, readers.read_mailchimp),
    "kit": (readers.is_kit, readers.read_kit),
    "mailman": (readers.is_mailman, readers.read_mailman),
}

SYSTEMS: Final = tuple(_TABLE)
"""By the name that `--system` takes."""


def read_posts(export: Export, system: str | None) -> tuple[str, Found]:
    """The posts of an export, and whose it is. Raises PostsFileError."""
    if system is None:
        system = next((name for name, (matches, _) in _TABLE.items() if matches(export)), None)
        if system is None:
            raise PostsFileError(
                f"{export.label}: no export that is known ({', '.join(SYSTEMS)}); name its system with --system"
            )
    if system not in _TABLE:
        raise PostsFileError(f"{system}: no system that is known; there are {', '.join(SYSTEMS)}")
    found = _TABLE[system][1](export)
    if not found.posts and not found.left_out:
        raise PostsFileError(f"{export.label}: there are no posts of {system} in it")
    return system, found
