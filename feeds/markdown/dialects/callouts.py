"""Boxes in all their spellings, as Obsidian's `> [!note] Title`. Pure.

`:::note Title`, `:::{.callout-tip title="x"}` and `::: warning` of Docusaurus, VuePress, Quarto and
pandoc; `!!! note "Title"` and `??? note` of Python-Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

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
    r"([ \t]*)(?:!!!|\?\?\?\+?)[ \t]+([A-Za-z][\w-]*(?:[ \t]+(?:inline|end|left|right))*)(?:[ \t]+\"([^\"\n]*)\")?[ \t]*"
)
_CLASS: Final = re.compile(r"\.(?:callout-)?([A-Za-z]+)")
_TITLE: Final = re.compile(r"title=(?:\"([^\"]*)\"|'([^']*)')")
_TITLED: Final = re.compile(
    r"^([ \t]*:{3,}[ \t]*\{(?![^}\n]*title=)[^}\n]{0,200})(\})[ \t]*\n(?:[ \t]*\n){0,3}[ \t]*(#{1,6})[ \t]+([^\n\"]{1,200}?)[ \t]*$\n?",
    re.MULTILINE,
)
_ATTRIBUTES: Final = re.compile(r"(?<![ \t])[ \t]+\{[^{}\n]{0,200}\}\Z")
"""VitePress's, behind a title: `::: details More {open}`."""
_KIND_OF_BOX: Final = re.compile(r"\.callout-")
_DEEPEST: Final = 8


def unify_callouts(text: str) -> str:
    """The text with boxes as quotations that begin with `[!kind]`."""
    if ":::" in text:
        text = "\n".join(_read_colons(_TITLED.sub(_move_title, text).split("\n")))
    if "!!!" in text or "???" in text:
        text = "\n".join(_read_admonitions(text.split("\n")))
    return text


def _move_title(found: re.Match[str]) -> str:
    """Quarto's title of a box, a heading that it begins with, as the others write it."""
    return (
        f'{found[1]} title="{found[4]}"{found[2]}\n' if _KIND_OF_BOX.search(found[1]) else found[0]
    )


def _read_colons(lines: list[str]) -> Iterator[str]:
    """A container ends at its colons, or with the text; one that is no box leaves its content."""
    boxes: list[bool] = []
    depth = 0
    for line in lines:
        found = _COLONS.fullmatch(line)
        prefix = "> " * depth
        if found is None or (not found[3] and not boxes):
            yield (prefix + line).rstrip() if prefix else line
        elif not found[3]:
            depth -= boxes.pop()
            yield "> " * depth
        else:
            opening = _opening(found[3])
            boxes.append(opening is not None and depth < _DEEPEST)
            yield prefix.rstrip()
            if boxes[-1] and opening is not None:
                depth += 1
                yield f"{prefix}> {opening}"


def _opening(words: str) -> str | None:
    """`[!kind] Title` of what stands after the colons; None for what is no box."""
    if words.startswith("{"):
        kinds = [name.lower() for name in _CLASS.findall(words)]
        kind = next((name for name in kinds if name in KINDS), "")
        title = _TITLE.search(words)
        return f"[!{kind}] {(title[1] or title[2]) if title else ''}".rstrip() if kind else None
    words = _ATTRIBUTES.sub("", words)
    name, _, rest = words.replace("[", " ", 1).removesuffix("]").partition(" ")
    kind = name.lower().removeprefix("callout-")
    return f"[!{kind}] {rest.strip()}".rstrip() if kind in KINDS else None


def _read_admonitions(lines: list[str]) -> Iterator[str]:
    """The box goes on as long as lines are indented by four."""
    at = 0
    while at < len(lines):
        found = _ADMONITION.fullmatch(lines[at])
        if found is None:
            yield lines[at]
            at += 1
            continue
        indent = len(found[1].expandtabs(4))
        kind = found[2].split()[0].lower()
        title = found[3] if found[3] is not None else ""
        yield ""
        yield f"{found[1]}> [!{kind if kind in KINDS else 'note'}] {title}".rstrip()
        at += 1
        while at < len(lines) and (not lines[at].strip() or _indent(lines[at]) >= indent + 4):
            if not lines[at].strip() and not _goes_on(lines, at, indent + 4):
                break
            yield f"{found[1]}> {lines[at].expandtabs(4)[indent + 4 :]}".rstrip()
            at += 1
        yield ""


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def _goes_on(lines: list[str], at: int, indent: int) -> bool:
    """Whether the next line that is not blank still belongs to the box."""
    for line in lines[at : at + 50]:
        if line.strip():
            return _indent(line) >= indent
    return False
