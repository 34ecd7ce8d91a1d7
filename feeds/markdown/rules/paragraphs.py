"""A paragraph, which is what most of a note is, taken quickly. Pure.

What comes out is what the library's own rule gives.
"""

from __future__ import annotations

from markdown_it.common.utils import mdTrim
from markdown_it.rules_block import StateBlock


def take_paragraph(state: StateBlock, start: int, _end: int, _silent: bool) -> bool:
    """Lines up to a blank one, or to one on which something begins that may end a paragraph."""
    end, line = state.lineMax, start + 1
    begins, shifts, ends, columns = state.bMarks, state.tShift, state.eMarks, state.sCount
    ending = state.md.block.ruler.getRules("paragraph")
    outer, state.parentType = state.parentType, "paragraph"
    while line < end and begins[line] + shifts[line] < ends[line]:
        # What is indented deep is no code here; what is left of the page belongs to a quotation.
        is_looked_at = 0 <= columns[line] <= state.blkIndent + 3
        if is_looked_at and any(rule(state, line, end, True) for rule in ending):
            break
        line += 1
    content = mdTrim(state.getLines(start, line, state.blkIndent, False))
    state.line = line
    state.push("paragraph_open", "p", 1).map = [start, line]
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = content, [start, line], []
    state.push("paragraph_close", "p", -1)
    state.parentType = outer
    return True
