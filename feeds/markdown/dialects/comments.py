"""What in a note is not for readers: comments, block ids, attributes, imports. Pure."""

from __future__ import annotations

import re
from typing import Final

from feeds.markdown.dialects.masks import Masks, Report, tell
from feeds.markdown.dialects.spans import Span, replace_spans, same_lines

_COMMENTS: Final = tuple(
    Span(opening=re.compile(opening, re.MULTILINE), closing=re.compile(closing), replace=same_lines)
    for opening, closing in (
        (r"(?<!(?<!\\)\\)<!--", r"-->"),  # but for one that is written to be read: `\<!-- -->`
        (r"<!\[(?=if\b|endif\b)", r"\]>"),  # Word's, around what others are to see
        (r"%%", r"%%"),  # Obsidian's, within a line or over several
        (r"\{::comment\}", r"\{:/(?:comment)?\}"),  # kramdown's
        (r"<%(?:#|--)", r"%>"),  # ERB's, EJS's and JSP's
        (r"#\+(?:BEGIN_COMMENT|begin_comment)\b", r"#\+(?:END_COMMENT|end_comment)\b"),  # Org's
        (
            r"\{%(?<!\{\{%)-?\s*(?:comment|doc)\b[^%\n]{0,200}%\}",
            r"\{%-?\s*(?:end|/\s*)(?:comment|doc)\s*-?%\}",
        ),  # Liquid's, Django's and Markdoc's;
        (r"\{%(?<!\{\{%)-?\s*#\s", r"%\}"),  # and Liquid's within a tag
        (r"\{#(?=-?\s|[^{}\n#]{1,200}#\})", r"#\}"),  # Jinja's and Nunjucks'
        (r"\{\{~?!--", r"--~?\}\}"),  # Handlebars', and
        (r"\{\{~?!", r"\}\}"),  # Mustache's
        (r"\{>>", r"<<\}"),  # CriticMarkup's, as are the changes below
        (r"\{\{-?[ \t]*/\*(?!\s*[\w:.]+\s*\()", r"\*/[ \t]*-?\}\}"),  # Go's; Zola shows a call so
        (r"\{(?<!\{\{)/\*", r"\*/\}"),  # MDX's; Zola shows a shortcode so, with two braces
    )
)
_PLAIN: Final = tuple(one for one in _COMMENTS if "{" not in one.opening.pattern)
"""Those that may stand where no brace does."""
_CHANGES: Final = tuple(
    Span(opening=re.compile(opening), closing=re.compile(closing), replace=replace)
    for opening, closing, replace in (
        (r"\{\+\+", r"\+\+\}", lambda _opening, inside: inside),
        (r"\{--(?!-)", r"--\}", lambda _opening, inside: "\n" * inside.count("\n")),
        (r"\{~~", r"~~\}", lambda _opening, inside: inside.partition("~>")[2] or f"~~{inside}~~"),
        (r"\{==", r"==\}", lambda _opening, inside: f"=={inside.strip()}=="),
    )
)
"""Proposed in a text: what is added stays, what is taken out goes."""
_HIDDEN: Final = re.compile(
    r"<([A-Za-z][A-Za-z0-9]{0,20})(?=\s)(?=[^<>]{0,1000}?\s(?:hidden(?=[\s=>/])|style\s*=\s*[\"'][^\"'<>]{0,300}?"
    r"(?:display\s*:\s*none|visibility\s*:\s*hidden)))[^<>]{0,2000}>"
)
"""An element that a page does not show."""
_VOID: Final = frozenset({"img", "br", "hr", "input", "source", "wbr", "meta", "link"})
_OPEN_COMMENT: Final = re.compile(
    r"^[ \t>]*(?:%%|<!--)[\s\S]*|(?<=\s)(?:%%(?=[ \t]*\S)|<!--)(?:(?!\n[ \t]*\n)[\s\S])*",
    re.MULTILINE,
)
"""One that is never closed: the rest of the note (CommonMark 4.6 of HTML's), or of the paragraph within which it
begins."""
_BLOCK_ID: Final = re.compile(
    r"(?:(?<=[^\s>])[ \t]+\^(?=[\w-]*[A-Za-z])[A-Za-z0-9-]{2,40}|(?<=[.!?…。！？])[ \t]+\^[A-Za-z]|^((?:[ \t]*>){0,8})[ \t]*\^[A-Za-z0-9-]{1,40})[ \t]*$",
    re.MULTILINE,
)
_ANY_BLOCK_ID: Final = re.compile(r"\^(?<![^ \t\n>]\^)[A-Za-z0-9-]")
"""How each block id begins: quick to look for before the whole is."""
_ATTRIBUTES: Final = re.compile(
    r"^[ \t]*\{(?::[^{}\n]{0,300}|[ ]*[.#][A-Za-z][^{}\n]{0,200})\}[ \t]*$"  # on a line of their own
    r"|(?<=[\w)\]`*\"”’.!?>\ufdd1])\{:?[ \t]*(?:[.#][\w-]+|[\w-]+=(?:\"[^\"\n]*\"|[\w.%-]+))"
    r"(?:[ \t]+(?:[.#][\w-]+|[\w-]+=(?:\"[^\"\n]*\"|[\w.%-]+))){0,9}[ \t]*\}"
    r"|(?<=[^\s{}:`~|])[ \t]{1,9}\{[.#][A-Za-z][\w:-]*"  # at the end of a line
    r"(?:[ \t]+(?:[.#][\w:-]+|[\w-]+=(?:\"[^\"\n]*\"|[\w.%-]+))){0,9}[ \t]*\}[ \t]*$",
    re.MULTILINE,
)
_OPTIONS: Final = re.compile(r"\{(?<!\\\{)(?:::[a-z]{1,20}[^{}\n]{0,300}|:/[a-z]{0,20})\}")
"""kramdown's extensions, whose content stays; a backslash says that none is meant."""
_HEADING_ID: Final = re.compile(
    r"^(#{1,6}[ \t]+[^\n]*?)[ \t]*\{:?[ \t]*(?:#([\w.:-]{1,100}))?[^{}\n]{0,200}\}[ \t]*#*[ \t]*$",
    re.MULTILINE,
)
_ANCHORED: Final = re.compile(
    r"^<a (?:name|id)=[\"']([\w.:-]{1,100})[\"'][ ]*(?:/>|></a>)[ \t]*\n(?:[ \t]*\n)?(#{1,6}[ \t]+[^\n]*)$"
    r"|^(#{1,6}[ \t]+[^\n<]*)<a (?:name|id)=[\"']([\w.:-]{1,100})[\"'][ ]*(?:/>|></a>)([^\n]*)$",
    re.MULTILINE,
)
_RAW_HEADING: Final = re.compile(
    r"^<h([1-6])[ ](?:[^<>\n]{0,200}[ ])?id=[\"']([\w.:-]{1,100})[\"'][^<>\n]{0,200}>([^<>\n]{1,300})</h\1>[ \t]*$",
    re.MULTILINE,
)
"""Headings with an address of their own, in HTML."""
_IMPORT: Final = re.compile(
    r"^(?:import\s+(?:[\w$*{},\s]{1,300}?\s+from\s+)?['\"][^'\"\n]{1,300}['\"];?[ \t]*"
    r"|export\s+(?:const|let|var|default|function|\{)[^\n]{0,2000})$",
    re.MULTILINE,
)
_GENERATED: Final = re.compile(
    r"^\[//begin\]: #[^\n]*\n(?:(?!\[//)[^\n]*\n){0,1000}\[//end\]: #[^\n]*$", re.MULTILINE
)
"""Foam's definitions of wiki links, for programs that know none."""
_MEMBERS: Final = re.compile(r"<!--[ \t]{0,3}members-only[ \t]{0,3}-->[\s\S]*")
"""Behind Ghost's mark of what everybody may read, only members read on."""
_TAB: Final = re.compile(
    r"^[ \t]*<!--[ ]{0,3}tab(?:[ ]{1,3}([^\s@<>*-](?:[^\n@<>*]{0,98}[^\s@<>*-])?))?[ ]{0,3}(?:@[^\n<>]{0,60}?)?[ ]{0,3}-->[ \t]*$",
    re.MULTILINE,
)
"""What it stands for; a name of an icon may follow."""
_MORE: Final = re.compile(r"^[ \t]*(?:\{\{<!--more-->\}\}|\[//\]:\s*#[^\n]*)[ \t]*$", re.MULTILINE)


def drop_comments(text: str) -> str:
    """Without comments of any kind; lines stay where they are, but for Hexo's that name a tab, which is shown."""
    if "<!-- endtab" in text:
        text = _TAB.sub(lambda found: f"\n**{found[1]}**\n" if found[1] else "", text)
    if "members-only" in text:
        text = _MEMBERS.sub(_keep_lines, text)
    text = replace_spans(text, _COMMENTS if "{" in text else _PLAIN)
    if "{" in text and any(mark in text for mark in ("{++", "{--", "{~~", "{==")):
        text = replace_spans(text, _CHANGES)
    if "hidden" in text or "display" in text:
        text = _drop_hidden(text)
    if "[//begin]:" in text:
        text = _GENERATED.sub(_keep_lines, text)
    return _MORE.sub("", text) if "[//]:" in text or "<!--more-->" in text else text


def tell_what_members_read(text: str, masks: Masks, report: Report) -> None:
    """Tells the author of what `drop_comments` leaves out for the sake of Ghost's mark."""
    if "members-only" in text and (found := _MEMBERS.search(text)) is not None:
        tell(report, found, masks)


def cut_open_comment(text: str, masks: Masks, report: Report) -> str:
    """Without what stands behind a `%%` or `<!--` that nothing closes; its author is told."""
    if "%%" not in text and "<!--" not in text:
        return text

    def cut(found: re.Match[str]) -> str:
        tell(report, found, masks)
        return "\n" * found[0].count("\n")

    return _OPEN_COMMENT.sub(cut, text, count=1)


def _drop_hidden(text: str) -> str:
    """Without elements that say that they are hidden, and all they hold; of one that is never closed its tag."""
    pieces: list[str] = []
    lost: set[str] = set()
    at = 0
    while (found := _HIDDEN.search(text, at)) is not None:
        tag = found[1].lower()
        end = found.end()
        if tag not in _VOID | lost:
            end = _end_of(tag, text, found.end())
            if end < 0:
                lost.add(tag)
                end = found.end()
        pieces += (text[at : found.start()], "\n" * text.count("\n", found.start(), end))
        at = end
    return "".join(pieces) + text[at:]


def _end_of(tag: str, text: str, start: int) -> int:
    """Behind the end tag of an element whose content begins at `start`; -1 if there is none."""
    depth = 1
    for found in re.compile(rf"<(/?){tag}\b[^<>]{{0,2000}}>", re.IGNORECASE).finditer(text, start):
        depth += -1 if found[1] else 1
        if not depth:
            return found.end()
    return -1


def drop_marks(text: str) -> str:
    """Without block ids, attribute lists and the imports of MDX; a heading keeps its own id as
    `{#id}` for the parser.
    """
    if "<a " in text or "<h" in text:
        text = _ANCHORED.sub(_give_id, text)
        text = _RAW_HEADING.sub(
            lambda found: f"{'#' * int(found[1])} {found[3]} {{#{found[2]}}}", text
        )
    if "import" in text or "export" in text:
        text = _IMPORT.sub(_keep_lines, text)
    if "{" in text:
        text = _OPTIONS.sub("", text)
        text = _HEADING_ID.sub(
            lambda found: found[1] + (f" {{#{found[2]}}}" if found[2] else ""), text
        )
        text = _ATTRIBUTES.sub(_keep_heading_id, text)
    if _ANY_BLOCK_ID.search(text):
        text = _BLOCK_ID.sub(lambda found: found[1] or "", text)
    return text


def _give_id(found: re.Match[str]) -> str:
    name, heading = found[1] or found[4], found[2] or f"{found[3]}{found[5]}"
    lines = "\n" * found[0].count("\n")
    return f"{lines}{heading.rstrip()}" + ("" if "{" in heading else f" {{#{name}}}")


def _keep_heading_id(found: re.Match[str]) -> str:
    start = found.string.rfind("\n", 0, found.start()) + 1
    return found[0] if found.string.startswith("#", start) else ""


def _keep_lines(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")
