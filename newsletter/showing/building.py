"""The site as files: the verb, and what a build tells."""

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


class Builder(Protocol):
    """Brings a folder up to what the site is now."""

    def __call__(
        self, newsletter: object, directory: Path, *, is_stopped: Callable[[], bool]
    ) -> BuildReport:
        """`newsletter` is the one with the verbs."""
        ...


class Building:
    """The verb `Newsletter.build`.

    The pages are made by `web`, which stands above the verbs: it is loaded when one asks for it.
    """

    def __init__(self, newsletter: object) -> None:
        self._newsletter = newsletter

    def __call__(
        self, directory: str | Path, *, is_stopped: Callable[[], bool] = lambda: False
    ) -> BuildReport:
        """Have site, archive, feeds and media as files in a folder; only what changed is rewritten.

        What was of an earlier build and is gone is removed. Reads the archive, not the notes: `poll`
        first. Raises Conflict for a folder with files of others, NewsletterError or StorageError.
        """
        builder = cast("Builder", import_module("web.building").build)
        return builder(self._newsletter, Path(directory), is_stopped=is_stopped)
