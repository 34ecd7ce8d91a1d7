"""What programs of notes and documents write that only they can read: Logseq, Obsidian, Notion, WordPress. Pure.

code masked | read_fences        blocks that a program would run
text        | read_programs      properties, references, boxes, marks, shortcodes
            | mend_addresses     blanks and sizes in them

Pandoc's language is in pandoc.py, MyST's in myst.py, MDX in mdx.py.
"""

from feeds.markdown.dialects.programs.addresses import mend_addresses
from feeds.markdown.dialects.programs.fences import read_fences
from feeds.markdown.dialects.programs.steps import read_programs

__all__ = ["mend_addresses", "read_fences", "read_programs"]
