"""The arguments of a shortcode or tag: `src="a.png" caption='x' 300`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Final

from feeds.markdown.dialects.words import unmark

_ARGUMENT: Final = re.compile(
    r"(?:([\w-]{1,60})\s*(?:=|:(?!//))\s*)?(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|`([^`]*)`|([^\s\"'`,=]+))"
)


_MARKED: Final = re.compile(r"[*_`<&]|\]\(")


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a shortcode was given."""

    named: dict[str, str]
    positional: tuple[str, ...]

    def get(self, *names: str, at: int | None = None) -> str:
        """The first of these that is there, else the one at a position; empty without it."""
        for name in names:
            if name in self.named:
                return self.named[name]
        return self.positional[at] if at is not None and at < len(self.positional) else ""


def parse_arguments(text: str) -> Arguments:
    """Reads them; what cannot be read is passed over."""
    named: dict[str, str] = {}
    positional: list[str] = []
    for found in _ARGUMENT.finditer(text[:4000]):
        value = next((part for part in found.groups()[1:] if part is not None), "")
        value = re.sub(r"\\(.)", r"\1", value)
        if found[1]:
            named.setdefault(found[1].lower(), value)
        else:
            positional.append(value)
    return Arguments(named, tuple(positional))


def link(url: str, label: str) -> str:
    """A link of Markdown, whatever the label holds."""
    return f'<a href="{escape(url)}">{escape(label)}</a>'


def figure(src: str, *, alt: str = "", caption: str = "", href: str = "") -> str:
    """A picture with its caption, as a block of HTML of its own; a caption may be Markdown."""
    picture = f'<img src="{escape(src)}" alt="{escape(unmark(alt or caption))}">'
    picture = f'<a href="{escape(href)}">{picture}</a>' if href else picture
    if caption and _MARKED.search(caption):
        return f"\n\n<figure>{picture}<figcaption>\n\n{caption}\n\n</figcaption></figure>\n\n"
    words = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"\n\n<figure>{picture}{words}</figure>\n\n"
