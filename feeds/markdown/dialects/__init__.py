"""What generators and programs of notes add to Markdown, translated to what everybody reads. Pure."""

from feeds.markdown.dialects.translation import Translated, translate_dialects

__all__ = ["Translated", "translate_dialects"]
