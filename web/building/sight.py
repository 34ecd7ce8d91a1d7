"""Whether a build would bring something else into the folder than the last one did, told without building."""

from __future__ import annotations

from pathlib import Path

from newsletter import Newsletter
from web.building.places import find_media
from web.pages import theme_mark


class Sight:
    """Looks at one newsletter again and again."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._publication = newsletter.publication
        self._theme = newsletter.config.site.theme
        self._known: object = None
        self._shown: dict[str, Path | None] = {}

    def mark(self) -> object:
        """Another one after each change that readers could see: of an issue, the theme, a picture under its name."""
        known = self._publication.mark()
        if known != self._known:
            # Which pictures are shown is read from all issues, and only after something was published.
            issues = tuple(self._publication.live())
            self._shown = dict.fromkeys(find_media(self._publication, issues))
            self._known = known
        return known, theme_mark(self._theme), [self._stamp(path) for path in self._shown]

    def _stamp(self, path: str) -> object:
        """What a copy of the file is compared by; None for one that is not there."""
        file = self._shown[path]
        if file is None:  # not asked for yet, or missed so far
            found = self._publication.media(path)
            if found is None:
                return None
            file = self._shown[path] = found.file
        try:
            seen = file.stat()
        except OSError:
            return None
        return seen.st_size, seen.st_mtime_ns
