"""The parser's rules: what they may cost, chosen and written quickly."""

from feeds.markdown.rules.choosing import hurry
from feeds.markdown.rules.cost import MAX_MARKS, count_marks, find_excess
from feeds.markdown.rules.tokens import new_token
from feeds.markdown.rules.writing import QuickRenderer

__all__ = ["MAX_MARKS", "QuickRenderer", "count_marks", "find_excess", "hurry", "new_token"]
