"""What generators and programs of notes add to Markdown, translated to what everybody reads. Pure."""

from feeds.markdown.dialects.comments import drop_comments
from feeds.markdown.dialects.masks import Masks, hide_formulas
from feeds.markdown.dialects.translation import Translated, translate_dialects
from feeds.markdown.dialects.words import bare_words, plain_line

__all__ = [
    "Masks",
    "Translated",
    "bare_words",
    "drop_comments",
    "hide_formulas",
    "plain_line",
    "translate_dialects",
]
