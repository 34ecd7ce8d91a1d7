"""The parser's rules: what they may cost, chosen and written quickly; and what is code before they are asked."""

from feeds.markdown.rules.choosing import hurry
from feeds.markdown.rules.cost import MAX_MARKS, find_excess
from feeds.markdown.rules.definitions import define_more
from feeds.markdown.rules.ends import end_lines
from feeds.markdown.rules.tokens import new_token
from feeds.markdown.rules.verbatim import find_indented
from feeds.markdown.rules.writing import QuickRenderer, escape_text

__all__ = [
    "MAX_MARKS",
    "QuickRenderer",
    "define_more",
    "end_lines",
    "escape_text",
    "find_excess",
    "find_indented",
    "hurry",
    "new_token",
]
