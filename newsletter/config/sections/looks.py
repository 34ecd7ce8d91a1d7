"""Owns `[site]`: how the site and the mail look, and which words they use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from newsletter.config.fields import OptionalPath, Section


def _usable_words(folder: Path | None) -> Path | None:
    from words import CatalogueError, check_own  # only who has words of their own needs it loaded

    if folder is None:
        return None
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    try:
        faults = check_own(folder)
    except CatalogueError as error:
        faults = [str(error)]
    if faults:
        raise ValueError(f"holds what cannot be used: {'; '.join(faults[:5])}")
    return folder


class SiteSection(Section):
    """`[site]`: looks and words."""

    words: Annotated[OptionalPath, AfterValidator(_usable_words)] = None
    """A folder of the author's own catalogues, `sv.po`, over the words of the product."""
