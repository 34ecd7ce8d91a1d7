"""A note in plain text: all of it as a mail's first part has it, and in a line or two. Pure."""

from feeds.markdown.plain.summary import find_summary, summarise
from feeds.markdown.plain.text import build_text

__all__ = ["build_text", "find_summary", "summarise"]
