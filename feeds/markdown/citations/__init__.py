"""Works that a note cites: read from bibliographies, named by author and year, listed at its end. Pure."""

from feeds.markdown.citations.bibtex import read_bibtex
from feeds.markdown.citations.citing import Citing, mend_tex
from feeds.markdown.citations.csl import read_csl
from feeds.markdown.citations.works import Bibliography, Work

__all__ = ["Bibliography", "Citing", "Work", "mend_tex", "read_bibtex", "read_csl"]
