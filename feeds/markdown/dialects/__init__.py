"""What generators and programs of notes add to Markdown, translated to what everybody reads. Pure."""

from feeds.markdown.dialects.comments import drop_comments
from feeds.markdown.dialects.masks import Masks
from feeds.markdown.dialects.translation import Translated, hide_formulas, translate_dialects

__all__ = ["Masks", "Translated", "drop_comments", "hide_formulas", "translate_dialects"]
