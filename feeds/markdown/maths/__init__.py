"""Formulas in a note: found before Markdown is read, shown as MathML, as Unicode or as they are. Pure."""

from feeds.markdown.maths.finding import Formula, find_formulas
from feeds.markdown.maths.formulas import Formulas

__all__ = ["Formula", "Formulas", "find_formulas"]
