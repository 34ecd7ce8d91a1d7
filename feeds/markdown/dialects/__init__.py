"""What generators and programs of notes add to Markdown, translated to what everybody reads. Pure."""

from feeds.markdown.dialects.translation import Translated, hide_formulas, translate_dialects

__all__ = ["Translated", "hide_formulas", "translate_dialects"]
