"""Boxes in all their spellings, as Obsidian's `> [!note] Title`. Pure.

`:::note Title`, `:::{.callout-tip title="x"}`, `::: warning` and `:::{tip} Title` of Docusaurus, VuePress,
Quarto, pandoc and MyST; `!!! note "Title"`, `??? note` and `/// note | Title` of Python-Markdown, and its tabs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from feeds.markdown.dialects.masks import Masks
from feeds.markdown.dialects.myst import say_change
from storage.model import names_in

KINDS: Final = frozenset(
    [
        "abstract",
        "attention",
        "bug",
        "caution",
        "check",
        "cite",
        "danger",
        "details",
        "done",
        "error",
        "example",
        "fail",
        "failure",
        "faq",
        "help",
        "hint",
        "important",
        "info",
        "missing",
        "note",
        "question",
        "quote",
        "seealso",
        "success",
        "summary",
        "tip",
        "tldr",
        "todo",
        "warning",
    ]
)

_COLONS: Final = re.compile(r"([ \t]*)(:{3,})[ \t]*(.*?)[ \t]*")
_ADMONITION: Final = re.compile(
    r"([ \t]*)(?:(?P<mark>!!!|\?\?\?\+?)[ \t]*(?P<kind>[A-Za-z][\w-]*)"
    r"(?P<sides>(?:[ \t]+(?:inline|end|left|right|annotate))*(?:(?:[ \t]+[a-z][\w-]{0,30}){1,4}(?=[ \t]+\"))?)"
    r"|===[!+]?(?=[ \t]+\"))(?:[ \t]+(?:\"(?P<title>[^\"\n]*)\"|(?P<bare>[^\"\n]{1,200}?)))?[ \t]*"
)
"""Python-Markdown's box, and its tab, `=== "Title"`."""
_BLOCK: Final = re.compile(
    r"^([ \t]*)(/{3,})[ \t]*([a-z-]+)[ \t]*(?:\|[ \t]*([^\n]*))?$\n(?:[ \t]+[\w-]+:[^\n]*\n){0,9}",
    re.MULTILINE,
)
_HOLDING: Final = frozenset({"caption", "figure-caption", "table-caption", "html", "define", "tab"})
"""PyMdown's blocks that only hold what is in them."""
_BLOCK_END: Final = re.compile(r"^([ \t]*)(/{3,})[ \t]*$", re.MULTILINE)
_OPTION: Final = re.compile(r"[ \t]*:[a-z][\w-]{0,30}:(?:[ \t]|\Z)")
"""MyST's, at the beginning of a box."""
_HIDDEN: Final = re.compile(
    r"\{[^}]*\.(?:content-hidden\b(?![^}]*unless-format=\"?html)|content-hidden\b(?=[^}]*when-format=\"?html)"
    r"|content-visible\b(?=[^}]*(?:when-format=(?!\"?html)|unless-format=\"?html))|hidden\b|notes\b)[^}]*\}|notes\Z"
)
"""Quarto's and pandoc's, for other forms than a page, and for whoever gives a talk."""
_CLASS: Final = re.compile(r"\.(?:callout-)?([A-Za-z]+)")
_TITLE: Final = re.compile(r"title=(?:\"([^\"]*)\"|'([^']*)')")
_TITLED: Final = re.compile(
    r"^([ \t]*:{3,}[ \t]*\{(?![^}\n]*title=)[^}\n]{0,200})(\})[ \t]*\n(?:[ \t]*\n){0,3}[ \t]*(#{1,6})[ \t]+([^\n\"]{1,200}?)[ \t]*$\n?",
    re.MULTILINE,
)
_ATTRIBUTES: Final = re.compile(r"(?<![ \t])[ \t]+\{[^{}\n]{0,200}\}\Z")
"""VitePress's, behind a title: `::: details More {open}`."""
_NAMED: Final = re.compile(r"\{([A-Za-z][\w:-]{0,30})\}[ \t]*([^\n]{0,300}?)[ \t]*")
"""MyST's directive and its title."""
_KIND_OF_BOX: Final = re.compile(r"\.callout-")
_DIRECTIVE: Final = re.compile(
    r"([A-Za-z][\w-]{0,40})[ ]?(?:\[([^\n]{0,300}?)\])?[ ]?(?:\{([^{}\n]{0,300})\})?"
)
"""Remark's: `tip[Title]{title="or here"}`."""
_TITLED_WITHIN: Final = re.compile(
    r"^([ \t]*:{3,}[ \t]*[A-Za-z][\w-]{0,40}[ ]?\[[^\[\]\n]{0,300}\])[ ]?\{[^{}\n]{0,300}\}[ \t]*$",
    re.MULTILINE,
)
_NAMED_WITHIN: Final = re.compile(
    r"^([ \t]*:{3,}[ \t]*[A-Za-z][\w-]{0,40})[ ]?\{[^{}\n]{0,200}?\btitle=(?:\"([^\"\n]{0,300})\"|'([^'\n]{0,300})')[^{}\n]{0,200}\}[ \t]*$",
    re.MULTILINE,
)
_GIVEN_ELSE: Final = names_in(
    """grid code code-block code-cell sourcecode figure figure-md image include literalinclude math iframe embed toctree
    list-table csv-table table raw only ifconfig tab-set div container class bibliography grid-item"""
)
"""MyST's directives, behind whose names stands no title."""
_WORDS: Final = re.compile(r"(?=.*[^\W\d_])(?![\w./-]*/)")
_FIGURE: Final = re.compile(
    r"^([ \t]*:{3,})[ \t]*\{(?:figure|image)\}[ \t]*([^\s()]{1,500})[ \t]*\n((?:[ \t]*:[a-z-]{1,30}:[^\n]{0,500}\n){0,9})",
    re.MULTILINE,
)
_CHANGE: Final = re.compile(
    r"^([ \t]*:{3,})[ \t]*\{(versionadded|versionchanged|versionremoved|deprecated)\}([^\n]{0,300})\n",
    re.MULTILINE,
)
_ALT: Final = re.compile(r":alt:[ \t]*([^\n]{1,300})")
_CARD: Final = re.compile(
    r"^([ \t]*:{3,}[ \t]*\{(?:card|grid-item-card)\})[ \t]*([^\n\[\]]{1,300}?)[ \t]*\n"
    r"((?:[ \t]*:(?!link:)[a-z-]{1,30}:[^\n]{0,500}\n){0,9})[ \t]*:link:[ \t]*([^\s()]{1,500})[ \t]*$",
    re.MULTILINE,
)
_DEEPEST: Final = 8


def name_containers(text: str) -> str:
    """The text with the title of remark's container in brackets, where no attributes are taken off."""
    if ":::" not in text:
        return text
    text = _TITLED_WITHIN.sub(r"\1", text)
    return _NAMED_WITHIN.sub(lambda found: f"{found[1]}[{found[2] or found[3]}]", text)


def unify_callouts(text: str, masks: Masks) -> str:
    """The text with boxes as quotations that begin with `[!kind]`, and the code in them with it."""
    if "///" in text:
        text = _unify_blocks(text)
    if ":::" in text:
        text = _lead_cards(_FIGURE.sub(_show_figure, _CHANGE.sub(_show_change, text)))
        text = "\n".join(_read_colons(_TITLED.sub(_move_title, text).split("\n"), masks))
    if "!!!" in text or "???" in text or '=== "' in text:
        text = "\n".join(_read_admonitions(text.split("\n"), masks, _DEEPEST))
    return text


def _show_figure(found: re.Match[str]) -> str:
    """MyST's picture within colons, whose caption follows."""
    alt = _ALT.search(found[3])
    return f"{found[1]} figure\n\n![{alt[1] if alt else ''}]({found[2]})\n\n"


def _show_change(found: re.Match[str]) -> str:
    """MyST's word of a version within colons, which begins what follows."""
    return f"{found[1]} figure\n\n{say_change(found[2], found[3])} "


def _lead_cards(text: str) -> str:
    """MyST's card that leads somewhere: its title does."""
    if ":link:" not in text:
        return text
    return _CARD.sub(lambda found: f"{found[1]} [{found[2]}]({found[4]})\n{found[3]}", text)


def _unify_blocks(text: str) -> str:
    """`/// note | Title` as `:::note Title`."""
    met: list[str] = []

    def replace(found: re.Match[str]) -> str:
        if found[3] not in KINDS | _HOLDING | {"admonition"}:
            return found[0]
        met.append(found[2])
        if found[3] in _HOLDING:
            title = f"\n**{found[4]}**\n" if found[4] and found[3] == "tab" else ""
            return f"{found[1]}{':' * len(found[2])} {found[3]}\n{title}"
        kind = "note" if found[3] == "admonition" else found[3]
        return f"{found[1]}{':' * len(found[2])}{kind} {found[4] or ''}".rstrip() + "\n"

    text = _BLOCK.sub(replace, text)
    return _BLOCK_END.sub(lambda one: one[1] + ":" * len(one[2]), text) if met else text


def _move_title(found: re.Match[str]) -> str:
    """Quarto's title of a box, a heading that it begins with, as the others write it."""
    return (
        f'{found[1]} title="{found[4]}"{found[2]}\n' if _KIND_OF_BOX.search(found[1]) else found[0]
    )


def _read_colons(lines: list[str], masks: Masks) -> Iterator[str]:
    """A container ends at its colons, or with the text; one that is no box leaves its content."""
    boxes: list[str] = []
    within = dict.fromkeys((_BOX, _HIDE, ""), 0)
    base = ""
    fresh = False
    for line in lines:
        found = _COLONS.fullmatch(line)
        depth = within[_BOX]
        prefix = base + "> " * depth
        options, fresh = fresh, False
        if found is not None and found[3]:
            opening = _opening(found[3])
            kind = (
                _HIDE if _HIDDEN.match(found[3]) else _BOX if opening and depth < _DEEPEST else ""
            )
            base = found[1] if not boxes else base
            boxes.append(kind)
            within[kind] += 1
            yield prefix.rstrip()
            if kind == _BOX and not within[_HIDE]:
                yield f"{base}{'> ' * (depth + 1)}{opening}"
            elif not within[_HIDE] and (title := _title_of(found[3])):
                yield f"{prefix}**{title}**"
                yield prefix.rstrip()
            fresh = found[3].startswith("{")
        elif found is not None and boxes:
            within[boxes.pop()] -= 1
            yield (base + "> " * within[_BOX]).rstrip()
        elif within[_HIDE] or (options and _OPTION.match(line)):
            fresh = options
            yield prefix.rstrip()
        else:
            yield masks.shift(line, prefix, _width(base)) if depth else line


_BOX, _HIDE = "box", "hidden"
"""Kinds of containers; one that is neither only holds its content."""


def _title_of(words: str) -> str:
    """What a container that is no box is called; empty if it is not."""
    if (named := _NAMED.fullmatch(words)) is not None:
        return "" if named[1] in _GIVEN_ELSE or not _WORDS.match(named[2]) else named[2]
    if words.startswith("{"):
        return ""
    directive = _DIRECTIVE.fullmatch(words)
    return (directive[2] or _title_in(directive[3])) if directive else ""


def _title_in(attributes: str | None) -> str:
    found = _TITLE.search(attributes or "")
    return (found[1] or found[2] or "") if found else ""


def _opening(words: str) -> str | None:
    """`[!kind] Title` of what stands after the colons; None for what is no box."""
    if (named := _NAMED.fullmatch(words)) is not None:
        kind = named[1].lower()
        kind = {"admonition": "note", "dropdown": "details"}.get(kind, kind)
        return f"[!{kind}] {named[2]}".rstrip() if kind in KINDS else None
    if words.startswith("{"):
        kinds = [name.lower() for name in _CLASS.findall(words)]
        kind = next((name for name in kinds if name in KINDS), "")
        title = _TITLE.search(words)
        return f"[!{kind}] {(title[1] or title[2]) if title else ''}".rstrip() if kind else None
    if (directive := _DIRECTIVE.fullmatch(words)) is not None:
        words = f"{directive[1]} {directive[2] or _title_in(directive[3])}"
    words = _ATTRIBUTES.sub("", words)
    name, _, rest = words.replace("[", " ", 1).removesuffix("]").partition(" ")
    kind = name.lower().removeprefix("callout-")
    kind = "details" if kind == "spoiler" else kind
    return f"[!{kind}] {rest.strip()}".rstrip() if kind in KINDS else None


def box_fence(words: str, body: str) -> str | None:
    """MyST's box that is written as a fence, `{note} Title`; None for what is none."""
    opening = _opening(words) if _NAMED.fullmatch(words) else None
    if opening is None:
        return None
    lines = [line for line in body.split("\n") if not _OPTION.match(line)]
    return "\n".join([f"> {opening}", *(f"> {line}".rstrip() for line in lines)])


def _read_admonitions(lines: list[str], masks: Masks, depth: int) -> Iterator[str]:
    """The box goes on as long as lines are indented by four; so does a tab."""
    at = 0
    while at < len(lines):
        found = _ADMONITION.fullmatch(lines[at])
        if found is None or not depth or not _is_meant(found):
            yield lines[at]
            at += 1
            continue
        indent = _width(found[1])
        inside: list[str] = []
        at += 1
        while at < len(lines) and (not lines[at].strip() or _indent(lines[at]) >= indent + 4):
            if not lines[at].strip() and not _goes_on(lines, at, indent + 4):
                break
            inside.append(masks.shift(lines[at], "", indent + 4))
            at += 1
        yield ""
        yield from _boxed(found, _read_admonitions(inside, masks, depth - 1), masks)
        yield ""


def _is_meant(found: re.Match[str]) -> bool:
    """Whether it is a box: a title without quotes is one only behind a kind that is known."""
    return found["bare"] is None or (found["kind"] or "").lower() in KINDS


def _boxed(found: re.Match[str], inside: Iterator[str], masks: Masks) -> Iterator[str]:
    title = found["title"] or found["bare"] or ""
    if found["mark"] is None:  # a tab: what it stands for is said in bold
        yield f"{found[1]}**{title}**"
        yield ""
        yield from (masks.shift(line, found[1]) for line in inside)
        return
    kind = found["kind"].lower()
    yield f"{found[1]}> [!{kind if kind in KINDS else 'note'}] {title}".rstrip()
    yield from (masks.shift(line, f"{found[1]}> ") for line in inside)


def _width(indent: str) -> int:
    return len(indent.expandtabs(4))


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def _goes_on(lines: list[str], at: int, indent: int) -> bool:
    """Whether the next line that is not blank still belongs to the box."""
    for line in lines[at : at + 50]:
        if line.strip():
            return _indent(line) >= indent
    return False
