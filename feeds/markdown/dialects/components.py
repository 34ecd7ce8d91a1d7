"""Components, elements whose names begin with a capital: what they show without the program that draws them. Pure.

In MDX, and in the Markdown of VitePress, Docusaurus, Starlight, Nuxt and others, whose notes end with `.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from textwrap import dedent
from typing import Final

from feeds.markdown.dialects.arguments import Arguments, figure
from feeds.markdown.dialects.masks import Masks, Report, indent_of
from feeds.markdown.dialects.shown import offer, show, show_or_tell
from feeds.markdown.elements import ELEMENTS
from storage.model import names_in

_TAG: Final = re.compile(
    r"<(?<!\\<)(?<!\]\(<)(?<!\]: <)(/?)([A-Z][\w.]{0,60})((?:\s(?:\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'|\{(?:[^{}\n]|\{[^{}\n]{0,200}\}){0,500}\}"
    r"|[^<>\"'{}\n]|\n(?!\s*\n)){0,300})?)(/?)>"
)
_DEEPEST: Final = 40
"""Components within each other whose content is moved out."""
_GIVEN: Final = re.compile(
    r"(?<=\s)([A-Za-z][\w-]{0,40})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'"
    r"|\{\s*(?:\"([^\"{}]*)\"|'([^'{}]*)'|`([^`{}$]*)`)\s*\})"
)
"""What a component is given as words; what a program would work out is none."""
_ANY: Final = re.compile("<[A-Z]")
_CLOSED: Final = re.compile(r"</([A-Za-z][\w.-]{0,60})[ \t]*>")
_BARE: Final = re.compile(
    r"<(?<!\\<)(?<!\]\(<)(?<!\]: <)(?:([A-Za-z][A-Za-z0-9-]{0,40})|([a-z][A-Za-z0-9-]{0,40})((?:[ ][A-Za-z0-9][\w.,'/-]{0,40}){1,8}))>"
)
"""A name in angles, or some words that begin as one: `<path to the file>`."""
_COMPARED: Final = re.compile(r"<(?<=[\w)]<)([abipqsu])(?:[ ][A-Za-z0-9]{1,20}){1,8}>")
"""Two signs of a comparison, `a<b and c>d`, which would be the tag of an element that nothing closes."""
_LINKS: Final = names_in(
    "link nextlink gatsbylink navlink routerlink anchor linkbutton buttonlink button cta"
)
_WORDS: Final = names_in("badge tag pill chip label kbd key")
"""Whose words may stand in an attribute."""
_LAYOUT: Final = names_in(
    """tabs tab tabitem steps step cardgrid cards filetree fragment clientonly suspense provider bleed stack hstack vstack
    flex main center article columns column codeblock code paramfield responsefield highlight text heading toc splitter
    group split splitcontent image2col list listitem"""
)
_WRAPPER: Final = re.compile(
    r"^[ \t]*<(/?)(Tabs|TabItem|TabPanel|Tab|Steps|Step|CardGrid|Cards|FileTree|Fragment)\b(?!\.)([^<>\n]{0,500})>[ \t]*$",
    re.MULTILINE,
)
"""Components that only lay out what is in them."""
_BOX: Final = re.compile(
    r"^[ \t]*<(Callout|Aside|Admonition|Alert|Notice|Note|Tip|Hint|Info|Success|Check|Question|Warning|Caution|Danger|Error"
    r"|Important|Details|Expandable|Collapse|Collapsible|Accordion|AccordionItem|Spoiler|Toggle|Quote|BlockQuote"
    r"|Blockquote|PullQuote|TLDR)\b([^<>\n]{0,300})>"
    r"(?:[ \t]*\n((?:(?!^[ \t]*</\1>)[^\n]*\n){1,400}?)[ \t]*|((?:(?!</\1>)[^\n]){1,1000}))</\1>[ \t]*$",
    re.MULTILINE,
)
_FOLDED: Final = names_in(
    "expandable collapse collapsible accordion accordionitem spoiler toggle details"
)
_QUOTES: Final = names_in("quote blockquote pullquote")
_PICTURE: Final = re.compile(
    r"<(?:Image|Picture|Figure|Img|img)\b((?:[^<>{}\n]|\{[^{}\n]{0,300}\}|\n(?![ \t]*\n)){0,1000}?)/?>"
)
_HELD: Final = re.compile(
    r"\bsrc=(?:\{[ \t]*(?:require\([\"']([^\"'\n]{1,300})[\"']\)|(\w{1,60}))(?:\.\w+)?[ \t]*\}|[\"']([^\"'\n]{1,500})[\"'])"
)
_SAID: Final = re.compile(
    r"\b(alt|title|label|value|caption)=(?:\"([^\"\n]*)\"|'([^'\n]*)'|\{[\"']([^\"'\n]*)[\"']\})"
)
_EXPLAINED: Final = re.compile(
    r"<(Tooltip|Abbr|Term|Popover|Hint)\s[^<>\n]{0,200}?\b(?:tip|text|content|title|definition|description)=[\"']([^\"'<>\n]{1,300})[\"']"
    r"[^<>\n]{0,200}>([^<>\n]{1,200})</\1>"
)


def read_components(text: str, masks: Masks, report: Report, *, jsx: bool) -> str:
    """The text with components as what they show; what is not known is left out and told, but for its title, its
    pictures and where it leads. Without `jsx` a name in angles that nothing closes is a word, as `Vec<T>`.
    """
    if "<" not in text:
        return text
    if not jsx:
        text = _keep_words(text)
    if _ANY.search(text) is None:
        return text
    if not jsx:
        text = unwrap(show_boxes(move_out(text, masks), masks))
        text = _PICTURE.sub(
            lambda one: one[0] if one[0][1] == "i" else _show_picture(one, {}), text
        )
    text = _EXPLAINED.sub(lambda one: f'<abbr title="{escape(one[2])}">{one[3]}</abbr>', text)
    opened: list[str] = []

    def read(found: re.Match[str]) -> str:
        name = found[2].lower()
        is_element = not jsx and name in ELEMENTS and (found[2].isupper() or len(name) < 3)
        return found[0] if is_element else _read(found, masks, report, opened)

    return _TAG.sub(read, text)


def _keep_words(text: str) -> str:
    """What is no element of HTML and is never closed is meant as it looks."""
    if _BARE.search(text) is None and _COMPARED.search(text) is None:
        return text
    closed = frozenset(_CLOSED.findall(text))

    def kept(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        is_tag = name.lower() in ELEMENTS or name in closed
        return found[0] if is_tag else f"&lt;{name}{found[3] or ''}&gt;"

    text = _BARE.sub(kept, text)
    if _COMPARED.search(text) is None:
        return text
    return _COMPARED.sub(lambda one: one[0] if one[1] in closed else f"&lt;{one[0][1:]}", text)


def move_out(text: str, masks: Masks) -> str:
    """What stands within components where they stand: its indentation is neatness, and would make code of it."""
    tags = [found for found in _TAG.finditer(text) if not found[4] and not found[3].endswith("/")]
    closed = {found[2] for found in tags if found[1]}
    if not closed:
        return text
    lines = text.split("\n")
    tags.reverse()
    around: list[_Around] = []
    end = -1
    for number, line in enumerate(lines):
        start, end = end + 1, end + 1 + len(line)
        if around and line.strip():
            lines[number] = around[-1].place(line, masks)
        while tags and tags[-1].end() <= end:
            found = tags.pop()
            if found[1]:
                if around and around[-1].name == found[2]:
                    around.pop()
            elif found[2] in closed and len(around) < _DEEPEST:
                begins = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
                column = indent_of(lines[number]) if found.start() >= start else indent_of(begins)
                around.append(_Around(found[2], column, is_alone=not begins.strip()))
    return "\n".join(lines)


@dataclass(slots=True)
class _Around:
    """A component that is open."""

    name: str
    column: int
    """Where it begins, as it is laid out."""
    is_alone: bool
    """Whether nothing stands before it on its line."""
    first: int | None = None
    """The column of its first line, which tells by how much its content is moved in."""

    def place(self, line: str, masks: Masks) -> str:
        """A line of its content."""
        if not self.is_alone:
            return line
        if self.first is None:
            self.first = max(indent_of(line), self.column)
        cut = min(indent_of(line), self.first) - self.column
        return masks.shift(line, "", cut) if cut > 0 else line


def _read(found: re.Match[str], masks: Masks, report: Report, opened: list[str]) -> str:
    """What stands there instead of one tag. `opened` are links that wait for their end."""
    name = found[2].lower()
    name = name.replace(".", "/") if name.startswith("filetree.") else name.rpartition(".")[2]
    if found[1]:
        if opened and opened[-1] == name:
            opened.pop()
            return "</a>"
        return ""
    given = _given(masks.restore(found[3]))
    is_whole = found[3].endswith("/") or bool(found[4])
    if name in _LINKS:
        href = given.get("href", "to", "link", "url", "cta_link")
        words = given.get("text", "label", "title", "children")
        if not is_whole and href:
            opened.append(name)
            return f'<a href="{escape(href)}">'
        if href or words:
            return show("link", given) or "" if href else escape(words)
    if name in _WORDS:
        return escape(given.get("text", "label", "title", "value", "keys"))
    if name not in _LAYOUT:
        return show_or_tell(name, given, found, masks, report)
    if not given.get("title", "label"):
        return ""
    shown = show(name, given)
    return offer(name, given)[0] if shown is None else shown


def _given(text: str) -> Arguments:
    named: dict[str, str] = {}
    for found in _GIVEN.finditer(text):
        value = next((part for part in found.groups()[1:] if part is not None), "")
        named.setdefault(found[1].lower(), value)
    return Arguments(named, ())


def show_pictures(text: str, pictures: Mapping[str, str]) -> str:
    """The text with pictures of components as HTML's; `pictures` are those that were imported, by name."""
    return _PICTURE.sub(lambda found: _show_picture(found, pictures), text)


def _show_picture(found: re.Match[str], pictures: Mapping[str, str]) -> str:
    """A picture that was imported; what shows none that is known stays as it is."""
    held = _HELD.search(found[1])
    source = (held[1] or held[3] or pictures.get(held[2], "")) if held else ""
    if not source:
        return found[0]
    said = {name: a or b or c for name, a, b, c in _SAID.findall(found[1])}
    if caption := said.get("caption"):
        return figure(source, alt=said.get("alt", ""), caption=caption)
    return f'<img src="{escape(source)}" alt="{escape(said.get("alt", ""))}">'


def show_boxes(text: str, masks: Masks) -> str:
    """The text with boxes and quotations of components as callouts."""
    if "</" not in text:
        return text
    return _BOX.sub(lambda found: _box(found, masks), text)


def _box(found: re.Match[str], masks: Masks) -> str:
    given = _given(f" {found[2]}")
    name = found[1].lower()
    inside = found[3] if found[3] is not None else found[4]
    lines = dedent(inside.strip("\n")).split("\n")
    inside = "\n".join(masks.shift(line, "> ") for line in lines)
    if name in _QUOTES:
        by = given.get("author", "by", "name", "cite", "source")
        return f"\n\n{inside}\n" + (f">\n> — {by}\n\n" if by else "\n")
    kind = given.get("type", "kind", "variant") or name
    kind = kind.lower() if re.fullmatch(r"[A-Za-z]{1,20}", kind) else "note"
    kind = (
        "note" if kind in {"callout", "aside", "admonition", "alert", "notice", "default"} else kind
    )
    kind = "details" if kind in _FOLDED else kind
    title = given.get("title", "summary", "label", "header", "question", "text")
    return f"\n> [!{kind}] {title}".rstrip() + f"\n{inside}\n"


def unwrap(text: str) -> str:
    """The text without what only lays out; what one of several stands for is said in bold."""
    return _WRAPPER.sub(_unwrap, text)


def _unwrap(found: re.Match[str]) -> str:
    said = {name: a or b or c for name, a, b, c in _SAID.findall(found[3])}
    label = said.get("label") or said.get("title") or said.get("value") or ""
    return f"\n**{label}**\n" if label and not found[1] and found[2] != "Tabs" else ""
