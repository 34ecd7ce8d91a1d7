"""What a note's parts show together."""

from __future__ import annotations

import re

from feeds.markdown import render_markdown
from tests.unit.feeds.markdown.test_render import Published


def test_the_parts_of_a_part_are_listed_within_it() -> None:
    """On page, in mail and in the text; a part without one above it stands beside those that have their own."""
    headings = "### Alone\n\n## One\n\n### Within\n\n### And this\n\n## Two\n\nend"
    rendered = render_markdown(headings, path="a.md", links=Published(), toc=True)
    contents = re.sub(r"<a [^>]*>|</a>", "", rendered.html.partition("<h3")[0])
    assert contents == (
        '<ul class="contents"><li>Alone</li><li>One<ul><li>Within</li><li>And this</li></ul></li><li>Two</li></ul>'
    )
    assert rendered.text.startswith("- Alone\n- One\n  - Within\n  - And this\n- Two\n")
