"""What programs of notes and documents write that only they can read: Logseq, Obsidian, Notion, WordPress. Pure.

code masked | read_fences        blocks that a program would run
text        | read_programs      properties, references, addresses in braces

Pandoc's language is in pandoc.py, MyST's in myst.py, MDX in mdx.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Final

from feeds.markdown.dialects.arguments import parse_arguments
from feeds.markdown.dialects.callouts import box_fence
from feeds.markdown.dialects.masks import Masks, line_of
from feeds.markdown.dialects.myst import read_roles, read_sheet
from feeds.markdown.dialects.players import read_films
from feeds.markdown.dialects.shown import show_at

_QUERY: Final = re.compile(
    r"(?:`{3,}|~{3,})[ \t]*(dataview(?:js)?|tasks|query|button|meta-bind[\w-]*|leaflet|tracker|chartsview|base|todoist"
    r"|excalidraw|timeline|mapview|kanban)\b"
    r"|`(?:\$=|=[ \t]*(?:this|dv)\.)"
)
"""What an Obsidian plug-in makes something of, in a fence or within a line."""
_AD: Final = re.compile(r"(?:`{3,}|~{3,})[ \t]*ad-([a-z]{1,20})[ \t]*\n")
_AD_OPTION: Final = re.compile(r"(title|collapse|icon|color):[ \t]*([^\n]{0,200}?)[ \t]*(?:\n|\Z)")
"""The box of Obsidian's Admonition plug-in, and what it begins with."""
_MDX_BLOCK: Final = re.compile(r"(?:`{3,}|~{3,})[ \t]*mdx-code-block[ \t]*\n")
"""Docusaurus's: what other programs shall show as code."""
_CELL: Final = re.compile(r"([ \t]*(?:`{3,}|~{3,})[ \t]*)\{([A-Za-z]\w*)[^}\n]{0,300}\}[^\n]*\n")
_RAW: Final = re.compile(r"(?:`{3,}|~{3,})[ \t]*\{=(\w{1,20})\}[ \t]*\n")
"""Pandoc's: what stands in it is of that language already."""
_DIRECTIVE: Final = re.compile(r"(?:`{3,}|~{3,}|:{3,})[ \t]*(\{[A-Za-z][\w-]*\}[^\n]*)\n")
_OPTION: Final = re.compile(r"[ \t]*(?:#|//|--|%%)\|[^\n]*(?:\n|\Z)")
_UNSEEN: Final = re.compile(r"\b(?:include|echo)[ \t]*=[ \t]*(?:FALSE|F|false)\b")
"""R Markdown's, in a cell's first line."""
_HIDDEN: Final = re.compile(r"\|[ \t]*(?:include|echo)[ \t]*:[ \t]*false\b")

_PROPERTY: Final = re.compile(
    r"^([ \t]*)(?:([-*+])[ \t]+)?(?:(?:id|collapsed|heading|background-color|public|query-\w[\w-]*|"
    r"card-[\w-]+|logseq\.[\w.-]+)::[^\n]*|(?:SCHEDULED|DEADLINE):[ \t]*<[^>\n]*>[ \t]*|"
    r"#\+(?:BEGIN|END)_\w+[^\n]*|:LOGBOOK:|:END:|CLOCK:[ \t]*\[[^\n]*)$\n?",
    re.MULTILINE,
)
_GOES_ON: Final = re.compile(r"[ \t]+(?![-*+][ \t]|#\+|:[A-Z]+:|[\w-]+::)\S")
_PRIORITY: Final = re.compile(
    r"^([ \t]*[-*+][ \t]+(?:\[[ x]\][ \t]+)?)\[#[A-C]\][ \t]+", re.MULTILINE
)
_INLINE_FIELD: Final = re.compile(r"\[([^\[\]:\n(]{1,60})::[ \t]*([^\[\]\n]{1,300})\](?![(\[:])")
_SILENT_FIELD: Final = re.compile(r"(?<![\w(])\(([A-Za-z][\w -]{0,60})::[ \t]+([^()\n]{1,300})\)")
"""Dataview's within a line: a key and its value, and one whose key is not shown."""
_ASIDE: Final = re.compile(
    r"^<aside>[ \t]*\n((?:(?!</?aside)[^\n]*\n){1,200}?)[ \t]*</aside>[ \t]*$", re.MULTILINE
)
"""Notion's box, whose content is Markdown."""
_MARKER: Final = re.compile(
    r"^([ \t]*[-*+][ \t]+)(TODO|DOING|LATER|NOW|WAITING|DONE)[ \t]+(?=\S)", re.MULTILINE
)
_STATES: Final = ("TODO ", "DOING ", "LATER ", "NOW ", "WAITING ", "DONE ", "\t")
_BLOCK: Final = re.compile(r"\(\([0-9a-f]{8}-[0-9a-f-]{4,40}\)\)")
_MACRO: Final = re.compile(r"\{\{(\w+)[ \t]+((?:\[\[|\(\(|https?://)[^{}\n]{1,1000})\}\}")
_SIZED: Final = re.compile(r"(?<=\))\{:[^{}\n]{0,200}\}")
_PROMPT: Final = re.compile(
    r"^((?:>[^\n]*\n){1,60})\{:[ ]*\.prompt-(tip|info|warning|danger)[ ]*\}[ \t]*$", re.MULTILINE
)
_NOTICE: Final = re.compile(
    r"^((?:(?![>#`|{\s-])[^\n]+\n){1,40})\{:[ ]*\.notice(?:--([a-z]{1,20}))?[ ]*\}[ \t]*$",
    re.MULTILINE,
)
"""Boxes of Chirpy and Minimal Mistakes, themes of Jekyll, whose mark stands below them;"""
_ABOVE: Final = re.compile(
    r"(?:\A|(?<=\n\n))\{:[ ]*\.(note|tip|important|warning|caution|danger)[ ]*\}[ \t]*\n((?:[^\n]+(?:\n|\Z)){1,40})"
)
"""and of Just the Docs, above them."""
_CARETS: Final = re.compile(r"\^\^(?=\S)([^\n^]{1,500}?)(?<=\S)\^\^")

_COLONS: Final = re.compile(
    r"::(?<![\w:]::)(?=[^\W_])([^:\n\[\](){}<>`\ufdd0]{1,200}?)(?<=[^\s,;/|])::(?![\w:])"
)
"""Bear's mark; what belongs to a program has no such pair of colons with words alone between."""
_BADGE: Final = re.compile(
    r"<Badge\b(?:[^<>\n]{0,200}?\s)?(?:text|label)=[\"']([^\"'<>\n]{1,100})[\"'][^<>\n]{0,200}?(?:/>|>[ ]*</Badge>)"
)
"""VitePress's and Starlight's, whose words stand in an attribute."""
_TOC: Final = re.compile(
    r"^[ \t]*(?:[-*+]|\d\.)[ \t]+[^\n]{1,80}\n[ \t]*\{:[ \t]*toc[^}\n]*\}[ \t]*$", re.MULTILINE
)
_PLACE: Final = re.compile(r"(?<=[\](\"'(])(?:\{(?:static|filename|attach)\}|\|filename\|)")
_LISTED: Final = re.compile(
    r"\[([^\[\]\n]{1,300})\]\(\{(?:tag|category|author|index|archives)\}[^)\n]{0,300}\)"
)
_SPAN: Final = re.compile(r"(?<![\]!\\])\[([^\[\]\n]{1,500})\]\{[.#][^{}\n]{0,200}\}")

_SHEBANG: Final = re.compile(r"(`{1,2})(?:#!|:::)[a-z][\w+-]{0,20}[ ]+(?=[^`])")
"""PyMdown's language of code within a line."""
_SNIPPET: Final = re.compile(r"^<<<[ \t]+[@./\w][^\n]{0,300}$", re.MULTILINE)
"""VitePress's: a file that stands there when the site is made."""
_CODE_MARK: Final = re.compile(
    r"(?<![ \t])[ \t]*(?://|#|--|%|;|/\*|<!--)[ \t]*\[!code [^\]\n]{1,60}\][ \t]*(?:\*/|-->)?[ \t]*$",
    re.MULTILINE,
)
"""VitePress's and Shiki's, which colour a line."""
_CODE_LINE: Final = re.compile(
    r"^[ \t>]*(?://|#|--|%|;|/\*|<!--|\{/\*)[ \t]*highlight-(?:next-line|start|end)[ \t]*(?:\*/\}?|-->)?[ \t]*\n",
    re.MULTILINE,
)
"""Docusaurus's, on a line of its own."""
_LANGUAGE_LINE: Final = re.compile(r"\A(?::::|#!)[a-z][\w+-]{0,20}[ \t]*\n[ \t>]*(?=\S)")
"""CodeHilite's, above indented code: a path behind `#!` is the program's own."""
Report = list[tuple[int, str]]
_BREAK: Final = re.compile(
    r"^[ \t]*\\(?:newpage|pagebreak|clearpage|bigskip|medskip|smallskip|noindent|(tableofcontents))\b[ \t]*$"
    r"|^<--->[ \t]*$",
    re.MULTILINE,
)
"""Pandoc's for what is printed, and where Hugo's columns end."""
_CONTENTS: Final = re.compile(r"^(?:@\[toc\]|\{\{TOC\}\})[ \t]*$", re.MULTILINE | re.IGNORECASE)
"""MultiMarkdown's place for the list of parts, and that of Chinese blogs."""
_MARKDOWN_WITHIN: Final = re.compile(
    r"^[ \t]*<(div|section|details|aside|article|figure|figcaption|blockquote)\b([^<>\n]{0,300}?)[ \t]+markdown"
    r"(?:=[\"']?(?:1|block|span|true)[\"']?)?((?:[ \t][^<>\n]{0,300})?)>[ \t]*$",
    re.MULTILINE,
)
"""kramdown's and Python-Markdown's: what is within is Markdown, as it is behind a blank line."""
_SIZED_PICTURE: Final = re.compile(
    r"!\[([^\[\]\n]{0,300})\]\(([^()\s<>]{1,500})[ ]+=(\d{1,4}(?:x\d{1,4})?)x?([ ]+\"[^\"\n]{0,300}\")?\)"
)
"""HackMD's, and of many plug-ins."""
_BLANKS: Final = re.compile(
    r"\]\((?![<\s])((?:https?://|/)?[^()<>\n\"'\s][^()<>\n\"']{0,300}[ ][^()<>\n\"']{0,300}?"
    r"(?:(?<=[^\s.])\.[A-Za-z][A-Za-z0-9]{1,4}(?:#[^()<>\n\"']{0,100})?))([ ]+\"[^\"\n]{0,300}\")?[ ]*\)"
)
"""What ends as a file's name does; words in brackets are no address."""
_MOST: Final = 20
_WORDPRESS: Final = re.compile(
    r"\[(?<![\\!\[\w]\[)((?:wp_)?caption|gallery|embed|youtube|vimeo|soundcloud|tweet|video|audio|playlist|contact-form-7)"
    r"((?:[ =](?=[^\[\]\n]*(?:=|https://))[^\[\]\n]{1,500})?)\](?![(:])(?:((?:(?!\[/?\1)[^\n]){0,2000}?)\[/\1\])?"
)
_CAPTIONED: Final = re.compile(
    r"((?:<a\b[^<>]{0,500}>[ ]*)?<img\b[^<>]{0,1000}>(?:[ ]*</a>)?|\[?!\[[^\[\]\n]{0,300}\]\([^()\n]{1,500}\)(?:\]\([^()\n]{1,500}\))?)"
    r"(.{0,1000})",
    re.DOTALL,
)
_ICON: Final = re.compile(
    r":(?:octicons|material|fontawesome|simple)-[a-z0-9-]{1,60}:(?:\{[^{}\n]{0,100}\})?"
)
_KEYS: Final = re.compile(
    r"(?<![\w+])\+\+([a-z0-9][a-z0-9-]{0,20}(?:\+[a-z0-9][a-z0-9-]{0,20}){0,5})\+\+(?![\w+])"
)
_INCLUDED: Final = re.compile(r"^[ \t]*-{1,2}8<-{1,2}[ \t]*\"[^\"\n]{1,300}\"[ \t]*$", re.MULTILINE)
"""Material's icons, PyMdown's keys to press, and a file that stands there when the site is made."""
_LEAF: Final = re.compile(
    r"^[ \t]*(?:::[a-z][\w-]{0,40}(?:\[[^\[\]\n]{0,300}\])?\{[^{}\n]{0,300}\}|\{![^{}!\n]{1,300}!\}"
    r"|!include[ \t][^\n]{1,300})[ \t]*$",
    re.MULTILINE,
)
"""Remark's directive that has no body, and the includes of Markdown-Include and others."""
Step = Callable[[str, Masks, Report], str]


def read_fences(text: str, masks: Masks, report: Report) -> str:
    """A text whose code is masked without blocks that a program would run and show the result of (an
    Obsidian query is told), and without the options of a document's cells.
    """
    for at, piece in enumerate(masks.pieces):
        if _QUERY.match(piece.lstrip()) is not None:
            masks.pieces[at] = ""
            report.append((1 + text.count("\n", 0, max(text.find(f"\ufdd0{at}\ufdd1"), 0)), piece))
        elif _MDX_BLOCK.match(piece) is not None:
            masks.pieces[at] = _body_of(piece)
        elif (ad := _AD.match(piece)) is not None:
            masks.pieces[at] = _read_ad(ad[1], _body_of(piece))
        elif (raw := _RAW.match(piece)) is not None:
            masks.pieces[at] = _body_of(piece) if raw[1].startswith("html") else ""
        elif (box := _DIRECTIVE.match(piece)) is not None and (
            boxed := box_fence(box[1].strip(), _body_of(piece))
        ):
            masks.pieces[at] = boxed
        elif (shown := read_sheet(piece, _body_of(piece))) is not None:
            masks.pieces[at] = shown
            if not shown:
                report.append(
                    (1 + text.count("\n", 0, max(text.find(f"\ufdd0{at}\ufdd1"), 0)), piece)
                )
        else:
            masks.pieces[at] = _read_code(piece)
    return read_roles(read_films(text, masks), masks)


def _read_code(piece: str) -> str:
    """Code without what is said of it to a program."""
    if (cell := _CELL.match(piece)) is not None:
        return _read_cell(cell, piece)
    if (shebang := _SHEBANG.match(piece)) is not None:
        return f"{shebang[1]}{piece[shebang.end() :]}"
    if piece[:1] not in "`~":
        return _LANGUAGE_LINE.sub("", piece)
    if "[!code " in piece:
        piece = _CODE_MARK.sub("", piece)
    return _CODE_LINE.sub("", piece) if "highlight-" in piece else piece


def _body_of(piece: str) -> str:
    """What stands within a fence that is closed."""
    return "\n".join(piece.split("\n")[1:-1])


def _read_ad(kind: str, body: str) -> str:
    title = ""
    while (option := _AD_OPTION.match(body)) is not None:
        title = option[2] if option[1] == "title" else title
        body = body[option.end() :]
    return (
        box_fence(f"{{{kind}}} {title}".rstrip(), body)
        or box_fence(f"{{note}} {title}".rstrip(), body)
        or body
    )


def _read_cell(cell: re.Match[str], piece: str) -> str:
    body, options = piece[cell.end() :], []
    while (option := _OPTION.match(body)) is not None and option.end():
        options.append(option[0])
        body = body[option.end() :]
    if any(_HIDDEN.search(option) for option in options) or _UNSEEN.search(cell[0]):
        return ""
    return f"{cell[1]}{cell[2]}\n{body}"


def read_programs(text: str, masks: Masks, report: Report) -> str:
    """The text without what only its program reads; what would have shown something is told."""
    for marks, read in _STEPS:
        for mark in marks:  # no generator: most notes have none of them, and there are many
            if mark in text:
                text = read(text, masks, report)
                break
    return text


def _replaced(*steps: tuple[re.Pattern[str], str]) -> Step:
    def read(text: str, _masks: Masks, _report: Report) -> str:
        for pattern, becomes in steps:
            text = pattern.sub(becomes, text)
        return text

    return read


def _taken_out(pattern: re.Pattern[str]) -> Step:
    return lambda text, masks, report: take_out(text, pattern, masks, report)


def _read_properties(text: str, _masks: Masks, _report: Report) -> str:
    """A block that begins with what is not for readers keeps its place in the list, if words follow in it."""

    def taken(found: re.Match[str]) -> str:
        goes_on = found[2] and _GOES_ON.match(found.string, found.end())
        return f"{found[1]}{found[2]}\n" if goes_on else ""

    return _PROPERTY.sub(taken, text)


def _read_states(text: str, _masks: Masks, _report: Report) -> str:
    return _MARKER.sub(lambda found: f"{found[1]}[{'x' if found[2] == 'DONE' else ' '}] ", text)


def _read_notices(text: str, masks: Masks, _report: Report) -> str:
    text = _PROMPT.sub(lambda found: f"> [!{found[2]}]\n{found[1]}", text)

    def boxed(kind: str, words: str) -> str:
        lines = words.rstrip("\n").split("\n")
        within = lines if words.startswith(">") else [masks.shift(line, "> ") for line in lines]
        return "\n".join((f"> [!{kind}]", *within))

    text = _ABOVE.sub(lambda found: f"{boxed(found[1], found[2])}\n", text)
    return _NOTICE.sub(lambda found: boxed(found[2] or "note", found[1]), text)


def _read_breaks(text: str, _masks: Masks, _report: Report) -> str:
    return _BREAK.sub(lambda found: "[TOC]" if found[1] else "", text)


def _read_asides(text: str, masks: Masks, _report: Report) -> str:
    return _ASIDE.sub(lambda found: _quoted(found[1], masks), text)


def _read_wordpress(text: str, masks: Masks, report: Report) -> str:
    """Shortcodes that posts have kept: a caption, a film, a sound; all else is told."""

    def replace(found: re.Match[str]) -> str:
        name, inside = found[1].removeprefix("wp_"), found[3]
        if not found[2] and inside is None:
            return found[0]  # a word in brackets
        given = parse_arguments(found[2].lstrip("="))
        first = next(
            (one for one in (found[2].strip(" ="), inside or "") if one.startswith("http")), ""
        )
        source = given.get("src", "mp4", "mp3", "url", "id")
        if name == "caption" and (picture := _CAPTIONED.fullmatch((inside or "").strip())):
            words = picture[2].strip() or given.get("caption")
            return f"\n\n<figure>\n\n{picture[1]}\n\n<figcaption>{words}</figcaption></figure>\n\n"
        if name in {"embed", "youtube", "vimeo", "soundcloud", "tweet", "video", "audio"}:
            if first.startswith("https://"):
                return show_at(first.split()[0])
            if name in {"video", "audio"} and source:
                return f'\n\n<{name} src="{escape(source)}"></{name}>\n\n'
        if len(report) < _MOST:
            report.append((line_of(found.string, found.start(), masks), found[0]))
        return inside or ""

    return _WORDPRESS.sub(replace, text)


def _quoted(inside: str, masks: Masks) -> str:
    lines = [masks.shift(line, "> ") for line in inside.strip("\n").split("\n")]
    return "\n".join(["", "> [!note]", *lines, ""])


def _read_macros(text: str, masks: Masks, report: Report) -> str:
    """Logseq's: a video is a link, what it embeds is Obsidian's embed, all else is told."""

    def replace(found: re.Match[str]) -> str:
        name, rest = found[1].lower(), found[2].strip()
        if rest.startswith("http") and name in {
            "video",
            "youtube",
            "vimeo",
            "tweet",
            "twitter",
            "pdf",
        }:
            return f"<{rest}>"
        if name == "embed" and rest.startswith("[["):
            return f"!{rest}"
        if len(report) < _MOST:
            report.append((line_of(text, found.start(), masks), found[0]))
        return ""

    return _MACRO.sub(replace, text)


def mend_addresses(text: str) -> str:
    """The text with addresses that only some programs read as everybody does: `[a](my note.md)` with its
    blank, `![a](b.png =300x200)` with a size.
    """
    if "](" not in text:
        return text
    if "=" in text:
        text = _SIZED_PICTURE.sub(r"![\1|\3](\2\4)", text)
    return _BLANKS.sub(r"](<\1>\2)", text)


def take_out(text: str, pattern: re.Pattern[str], masks: Masks, report: Report) -> str:
    """The text without what fits, each told with its line, twenty at most."""

    def replace(found: re.Match[str]) -> str:
        if len(report) < _MOST:
            report.append((line_of(text, found.start(), masks), found[0]))
        return ""

    return pattern.sub(replace, text)


def _show_keys(text: str, _masks: Masks, _report: Report) -> str:
    return _KEYS.sub(
        lambda found: "+".join(f"<kbd>{key}</kbd>" for key in found[1].split("+")), text
    )


_STEPS: Final[tuple[tuple[tuple[str, ...], Step], ...]] = (
    (("::", "{!", "!include"), _taken_out(_LEAF)),
    (("::", "#+", "SCHEDULED:", "DEADLINE:", ":LOGBOOK:"), _read_properties),
    ((":: ",), _replaced((_INLINE_FIELD, r"\1: \2"), (_SILENT_FIELD, r"\2"))),
    (("<aside>",), _read_asides),
    (_STATES, _read_states),
    (("[#",), _replaced((_PRIORITY, r"\1"))),
    (("((",), _taken_out(_BLOCK)),
    (("<<<",), _taken_out(_SNIPPET)),
    (("\\", "<--->"), _read_breaks),
    (("8<",), _taken_out(_INCLUDED)),
    ((":",), _replaced((_ICON, ""))),
    (("++",), _show_keys),
    (("@[", "{{TOC"), _replaced((_CONTENTS, "[TOC]"))),
    (("{{",), _read_macros),
    (("{:",), _read_notices),
    (("{:",), _replaced((_SIZED, ""), (_TOC, "\n[TOC]\n"))),
    (("markdown",), _replaced((_MARKDOWN_WITHIN, r"\n<\1\2\3>\n"))),
    (("<Badge",), _replaced((_BADGE, r"\1"))),
    (("::",), _replaced((_COLONS, r"<mark>\1</mark>"))),
    (("^^",), _replaced((_CARETS, r"<mark>\1</mark>"))),
    (("{", "|filename|"), _replaced((_SPAN, r"\1"), (_LISTED, r"\1"), (_PLACE, ""))),
    (("[",), _read_wordpress),
)  # fmt: skip
"""What each step looks for, quick to tell, and the step, in order."""
