"""The site as files: what a build tells, and the way up to the room that makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLink:
    """A link of a page to an address of this site at which nothing is."""

    page: str
    """The path of the page."""
    link: str
    """As it stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What became of the folder."""

    files: int
    """All that belong to the site now, the packed copies of pages and feeds included."""
    written: int
    removed: int
    dead: tuple[DeadLink, ...] = ()
    problems: tuple[str, ...] = ()
    """What could not be made, in a sentence each."""

    @property
    def is_sound(self) -> bool:
        """Whether everything is there and leads somewhere."""
        return not self.dead and not self.problems


class Build(Protocol):
    """Brings a folder up to what the site is now."""

    def __call__(
        self,
        newsletter: object,
        directory: Path,
        *,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> BuildReport:
        """`newsletter` is the one with the verbs. Raises Conflict for a folder with files of others, StorageError."""
        ...


def load_build() -> Build:
    """The pages are made by `web`, which stands above the verbs: it is loaded when one asks for it."""
    return cast("Build", import_module("web.building").build)
