"""Pictures, drawn by programs in processes of their own: for mail, for the site, for whoever shares an issue."""

from newsletter.drawing.drawings import (
    DRAWN_SUFFIX,
    POSTER,
    Drawing,
    Drawings,
    draw_file,
    drawn_from,
    run_program,
)

__all__ = [
    "DRAWN_SUFFIX",
    "POSTER",
    "Drawing",
    "Drawings",
    "draw_file",
    "drawn_from",
    "run_program",
]
