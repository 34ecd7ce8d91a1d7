"""What a note's HTML may hold, whatever stood in the note."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from feeds.markdown.html import TAGS
from feeds.markdown.maths.mathml import _TAGS
from feeds.markdown.render import Rendered

ATTRIBUTES = {
    *("href", "title", "rel", "src", "alt", "width", "height", "id", "class", "scope", "start"),
    *("value", "lang", "dir", "colspan", "rowspan", "abbr", "datetime"),
}
MATHS = _TAGS | {"math", "semantics", "annotation"}
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


class Reader(HTMLParser):
    """Reads HTML as a browser would and refuses what must never be there."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Checks one element."""
        if tag in MATHS:
            assert not {name for name, _value in attrs} & {"href", "src", "style", "class", "id"}
            return
        assert tag in TAGS - {"h1"}
        for name, value in attrs:
            assert name in ATTRIBUTES
            if name in {"href", "src"}:
                assert re.match(r"https?://[^/ ]|mailto:.", value or "", re.IGNORECASE)
            if name == "href":
                self.links.append(value or "")
        assert tag != "img" or {"src", "alt"} <= dict(attrs).keys()


def check(rendered: Rendered) -> None:
    """The promises about any note: allow-list, clean characters, every address in the text."""
    reader = Reader()
    reader.feed(rendered.html)
    reader.close()
    for text in (rendered.html, rendered.text, rendered.summary):
        assert not FORBIDDEN.search(text)
    for link in reader.links:
        assert link in rendered.text
