"""Tags of generators that have a beginning and an end: code, boxes, quotations, what nobody reads. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from feeds.markdown.dialects.arguments import parse_arguments
from feeds.markdown.dialects.callouts import KINDS
from feeds.markdown.dialects.masks import Masks
from feeds.markdown.dialects.spans import Span, replace_spans
from feeds.markdown.speech import name_box

_DEEPEST: Final = 4
"""Pairs within pairs; what lies deeper is read as single tags."""
_BOXES: Final = (
    "note|notice|alert|message|callout|admonition|hint|tip|info|warning|danger|caution|important"
)
_KINDS: Final = frozenset(
    {"note", "tip", "info", "warning", "danger", "caution", "important", "hint"}
)
"""Names that say by themselves which box it is."""
_FOLDED: Final = "details|expand|collapse|spoiler"
_UNREAD: Final = "css|js|javascript|script|style|stylesheet|schema"
_DRAWN: Final = "mermaid|plantuml|graphviz|dot|ditaa|goat|kroki|d2|chart|chartjs|echarts|flowchart|vega|vega-lite|wavedrom|nomnoml"
"""Drawings, which are shown by their source."""
_COMPUTED: Final = "for|capture|macro|tablerow|cache"
"""What is in these is nothing without the program that runs it."""


def read_pairs(text: str, masks: Masks, depth: int = _DEEPEST) -> str:
    """The text with what is within a pair as what readers see of it."""
    if not depth or ("{%" not in text and "{{" not in text):
        return text

    def within(inside: str) -> str:
        lines = read_pairs(inside, masks, depth - 1).strip("\n").split("\n")
        return "\n".join(masks.shift(line, "> ") for line in lines)

    return replace_spans(text, _kinds(masks, within))


def _kinds(masks: Masks, within: Callable[[str], str]) -> tuple[Span, ...]:
    def code(opening: re.Match[str], inside: str) -> str:
        words = opening.groups()[0].split()
        language = words[0].strip("\"'").removeprefix("lang:") if words else ""
        body = inside.strip("\n").rstrip()
        if (piece := masks.single(body.strip())) is not None and piece.startswith(("```", "~~~")):
            return f"\n\n{body}\n\n"  # GitBook's, around code that is one already
        longest = max((len(run) for run in re.findall("`+", body)), default=0)
        fence = "`" * max(3, longest + 1)
        return "\n\n" + masks.put(f"{fence}{language}\n{body}\n{fence}") + "\n\n"

    def drawn(opening: re.Match[str], inside: str) -> str:
        fence = f"```{opening[1]}\n{inside.strip(chr(10)).rstrip()}\n```"
        return f"\n\n{masks.put(fence)}\n\n"

    def tabled(_opening: re.Match[str], inside: str) -> str:
        return "\n\n" + _table(inside) + "\n\n"

    def literal(_opening: re.Match[str], inside: str) -> str:
        return masks.put(inside) if "\n" in inside.strip("\n") or "{" in inside else inside

    def folded(opening: re.Match[str], inside: str) -> str:
        given = parse_arguments(_bare(opening[2]))
        title = (
            given.get("summary", "title", "text")
            or " ".join(given.positional).removesuffix(" open")
            or name_box("details")
        )
        return f"\n\n> [!details] {title}\n{within(inside)}\n\n"

    def noticed(opening: re.Match[str], inside: str) -> str:
        given = parse_arguments(_bare(opening[2]))
        first = given.get(at=0)
        says_kind = opening[1] not in _KINDS or first.lower() in KINDS
        kind = given.get("type", "kind", "style", at=0 if says_kind else None) or opening[1]
        title = given.get("title", at=1 if says_kind else 0)
        kind = kind.lower() if kind.lower() in KINDS else "note"
        return f"\n\n{f'> [!{kind}] {title}'.rstrip()}\n{within(inside)}\n\n"

    def cited(opening: re.Match[str], inside: str) -> str:
        """Hexo's and Zola's quotations, with who is quoted below."""
        words = _bare(opening[2])
        author = _cited(words) if _NAMED.match(words) else _credit(words)
        by = f"\n>\n> — {author}" if author else ""
        return f"\n\n{within(inside)}{by}\n\n"

    return (
        _liquid("raw|verbatim", literal, before="()"),
        _liquid("highlight|codeblock|code", code),
        _hugo("highlight|code", code),
        _liquid(_FOLDED, folded, before=f"({_FOLDED})", end=True),
        _hugo(_FOLDED, folded, before=f"({_FOLDED})"),
        _liquid(_BOXES, noticed, before=f"({_BOXES})", end=True),
        _hugo(_BOXES, noticed, before=f"({_BOXES})"),
        _liquid("blockquote|quote|pullquote|centerquote|cq", cited,
                before="(blockquote|quote|pullquote|centerquote|cq)", end=True),
        _hugo("blockquote|quote|pullquote", cited, before="(blockquote|quote|pullquote)"),
        _liquid(_DRAWN, drawn, before=f"({_DRAWN})"),
        _hugo(_DRAWN, drawn, before=f"({_DRAWN})"),
        _span(r"\{%-?\s*table\b[^%\n]{0,300}%\}", r"\{%-?\s*/\s*table\s*-?%\}", tabled),
        _liquid(_UNREAD, lambda _opening, _inside: ""),
        _hugo("comment", lambda _opening, _inside: ""),
        _liquid(_COMPUTED, lambda opening, _inside: opening[0]),  # which is told
        _span(r"\{%-?\s*(?:else|elsif|elif|elseif|when)\b[^%\n]{0,300}?-?%\}",
              r"\{%-?\s*(?:end(?:if|unless|case)|/\s*if)\s*-?%\}", lambda _opening, _inside: ""),
    )  # fmt: skip


def _table(inside: str) -> str:
    """Markdoc's table, whose rows stand between lines and have a list of cells each."""
    rows: list[list[str]] = [[]]
    for line in inside.split("\n"):
        if _ROW_END.fullmatch(line):
            rows.append([])
        elif (cell := _CELL.match(line)) is not None:
            rows[-1].append(line[cell.end() :].strip())
        elif line.strip() and rows[-1]:
            rows[-1][-1] += " " + line.strip()
    rows = [row for row in rows if row]
    if len(rows) < 2:
        return inside
    widest = max(map(len, rows))
    lines = [
        "| "
        + " | ".join(one.replace("|", "\\|") for one in (*row, *[""] * (widest - len(row))))
        + " |"
        for row in rows
    ]
    return "\n".join([lines[0], f"|{'---|' * widest}", *lines[1:]])


_ROW_END: Final = re.compile(r"[ \t]*-{3,}[ \t]*")
_CELL: Final = re.compile(r"[ \t]*[-*+][ \t]+")


def _credit(words: str) -> str:
    """Who is quoted and from where, as Hexo and Octopress write it: `Ada, A book https://… its title`."""
    found = _CREDIT.fullmatch(words.strip())
    if found is None:
        return "" if "=" in words else words.strip()
    named, url, title = found[1].strip(), found[2], found[3].strip()
    if title:
        return f"{named} [{title}]({url})".strip()
    return f"[{named}]({url})" if named else f"<{url}>"


def _cited(words: str) -> str:
    """Who is quoted, from named arguments."""
    given = parse_arguments(words)
    by = given.get("author", "by", "name", "cite", "who")
    source, url = given.get("source", "from", "title", "book"), given.get("url", "link", "href")
    said = f"[{source or by}]({url})" if url and (source or by) else source
    return ", ".join(filter(None, (by if said != by and (source or not url) else "", said)))


def _bare(words: str) -> str:
    """Arguments as Zola has them, in brackets, and as all others have."""
    return words.strip().removeprefix("(").removesuffix(")")


_NAMED: Final = re.compile(r"[A-Za-z]{1,20}[ ]?=")
_CREDIT = re.compile(r"([^\n]{0,300}?)(https?://[^\s()<>\"]{1,500})([^\n]{0,300})")
Replace = Callable[[re.Match[str], str], str]


def _span(opening: str, closing: str, replace: Replace) -> Span:
    return Span(opening=re.compile(opening), closing=re.compile(closing), replace=replace)


def _liquid(names: str, replace: Replace, *, before: str = "", end: bool = False) -> Span:
    """`{% name … %}` up to `{% endname %}`, and where `end` says so, Zola's `{% end %}`."""
    named, rest = before or f"(?:{names})", r"\b([^%\n]{0,300}?)"
    if before == "()":
        named, rest = f"(?:{names})()", r"\s*"
    return _span(
        rf"\{{%-?\s*{named}{rest}-?%\}}",
        rf"\{{%-?\s*(?:end(?:{names}){'?' if end else ''}|/\s*(?:{names}))\s*-?%\}}",
        replace,
    )


def _hugo(names: str, replace: Replace, *, before: str = "") -> Span:
    return _span(
        rf"\{{\{{[<%]\s*{before or f'(?:{names})'}\b(?!/)([^\n>]{{0,300}}?)(?<!/)[>%]\}}\}}",
        rf"\{{\{{[<%]\s*/\s*(?:{names})\s*[>%]\}}\}}",
        replace,
    )
