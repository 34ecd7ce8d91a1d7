"""What a rendered note consists of, as far as checks look at it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Seen(HTMLParser):
    """What the rendered note consists of."""

    links: list[tuple[str, str]] = field(default_factory=list)
    """(address, words), pictures in them counted as their alternative text."""
    alts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    columns: int = 0
    words: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    _link: list[str] | None = None
    _heading: list[str] | None = None
    _address: str = ""
    _row: int = 0
    _pre: bool = False

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        given = {name: value or "" for name, value in attrs}
        if style := given.get("style"):
            self.styles.append(style)
        if tag == "font" and given.get("color"):
            self.styles.append(f"color: {given['color']}")
        if tag == "a" and given.get("href"):
            self._link, self._address = [], given["href"]
        elif tag == "img":
            self.alts.append(given.get("alt", ""))
            if self._link is not None:
                self._link.append(given.get("alt", ""))
        elif tag == "tr":
            self._row = 0
        elif tag in {"td", "th"}:
            self._row += 1
            self.columns = max(self.columns, self._row)
        elif tag == "pre":
            self._pre = True
        elif re.fullmatch("h[1-6]", tag):
            self._heading = []

    def handle_endtag(self, tag: str) -> None:
        """It ends."""
        if tag == "a" and self._link is not None:
            self.links.append((self._address, " ".join("".join(self._link).split())))
            self._link = None
        elif tag == "pre":
            self._pre = False
        elif self._heading is not None and re.fullmatch("h[1-6]", tag):
            self.headings.append(" ".join("".join(self._heading).split()))
            self._heading = None

    def handle_data(self, data: str) -> None:
        """Text within it."""
        for kept in (self._link, self._heading):
            if kept is not None:
                kept.append(data)
        (self.code if self._pre else self.words).append(data)


def look_at(html: str) -> Seen:
    """What is in a note's HTML."""
    seen = Seen()
    seen.feed(html)
    seen.close()
    return seen


def find_outward(html: str) -> list[str]:
    """Addresses of links to other places, each once."""
    outward = (one for one, _ in look_at(html).links if one.startswith(("http://", "https://")))
    return list(dict.fromkeys(outward))
