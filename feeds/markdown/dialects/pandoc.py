"""What only pandoc reads, of Quarto's and R Markdown's documents: references, captions, drawn tables. Pure."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from feeds.markdown.dialects.masks import MOST_UNKNOWN, Masks, Report, line_of

_CROSS: Final = re.compile(
    r"\[-?@((?:fig|tbl|sec|eq|lst|thm)-[\w-]{1,100})\](?![(\[{:])|(?<![\w@\\/])@((?:fig|tbl|sec|eq|lst|thm)-[\w-]{1,100})"
)
_NAMED_PART: Final = re.compile(
    r"^#{1,6}[ \t]+([^\n{]{1,300}?)[ \t]*\{#(sec-[\w-]{1,100})[^}\n]{0,200}\}", re.MULTILINE
)
_NAMED_FIGURE: Final = re.compile(
    r"!\[([^\]\n]{1,300})\]\([^)\n]{1,500}\)\{#(fig-[\w-]{1,100})[^}\n]{0,300}\}"
)
_NAMED_TABLE: Final = re.compile(
    r"^:[ \t]+([^\n{]{1,300}?)[ \t]*\{#(tbl-[\w-]{1,100})[^}\n]{0,200}\}", re.MULTILINE
)
_CAPTION: Final = re.compile(
    r"^(\|[^\n]*\n)(?:[ \t]*\n)?(?::|Table:)[ \t]+([^\n{]{1,300}?)[ \t]*(?:\{[^{}\n]{0,300}\})?[ \t]*$",
    re.MULTILINE,
)
_NAMED_FORMULA: Final = re.compile(r"(?<![ \t])[ \t]*\{#eq-[\w-]{1,100}[^{}\n]{0,100}\}")
_RAW_WORDS: Final = re.compile(r"\ufdd0(\d+)\ufdd1\{=(\w{1,20})\}")
_ATTRIBUTED: Final = re.compile(r"!\[([^\[\]\n]{0,300})\]\(([^()\n]{1,500})\)\{([^{}\n]{1,300})\}")
_ALT: Final = re.compile(r"\bfig-alt=(?:\"([^\"\n]{1,300})\"|'([^'\n]{1,300})')")
_WIDTH: Final = re.compile(r"\bwidth=\"?(\d{1,4})(?:px)?\"?(?![\w%.])")
_LOOSE_SPAN: Final = re.compile(
    r"(?<![\]!\\])\[([^\[\]\n]{1,500})\]\{[a-z][\w-]{0,30}=[^{}\n]{1,200}\}"
)
_TEX: Final = re.compile(
    r"\\(?:begin|end)\{(?:center|flushleft|flushright|landscape|figure\*?|table\*?|minipage)\}(?:\[[^\]\n]{0,30}\])?(?:\{[^{}\n]{0,30}\})?"
    r"|\\(?:[vh]space\*?\{[^{}\n]{0,30}\}|(?:centering|hfill|vfill|noindent|small|normalsize)\b)"
)
"""What lays out a printed page, and nothing else."""
_LINE_BLOCK: Final = re.compile(
    r"(?:^\|(?: [^|\n]{0,500}|)(?:\n|\Z)(?:[ ]+[^|\n \ufdd0][^|\n]{0,500}(?:\n|\Z)){0,9}){1,200}",
    re.MULTILINE,
)
_GOES_ON: Final = re.compile(r"\n[ ]+(?=[^ |])")
_EXAMPLE: Final = re.compile(r"^([ \t]*)\(@([\w-]{0,60})\)(?=[ \t])", re.MULTILINE)
_EXAMPLES: Final = re.compile(r"\(@([\w-]{1,60})\)")
_NUMBERED: Final = re.compile(r"^([ \t]*)#\.(?=[ \t])", re.MULTILINE)
_SIMPLE_TABLE: Final = re.compile(
    r"^(?=[^\n]*\S)([^\n|]{3,300})\n([ ]*-{2,}(?:[ ]+-{2,}){1,20})[ ]*\n((?:(?=[^\n]*\S)[^\n]{1,500}(?:\n|\Z)){1,300})",
    re.MULTILINE,
)
_MULTILINE_TABLE: Final = re.compile(
    r"^[ ]{0,3}-{10,200}[ ]*\n((?:[^\n-][^\n]{0,500}\n){1,9})([ ]*-{2,200}(?:[ ]+-{2,200}){1,20})[ ]*\n"
    r"((?:(?![ ]{0,3}-{10,200}[ ]*$)[^\n]{0,500}\n){1,300})[ ]{0,3}-{10,200}[ ]*$",
    re.MULTILINE,
)
_DASHES: Final = re.compile(r"\n[ ]*-{2,200}[ ]+--")
_VERSES: Final = re.compile(
    r"\|[ ](?:(?<=\n\|[ ])|(?<=\A\|[ ]))[^|\n]{0,500}\n(?:[ ]+[^|\n]{1,500}\n)?\|(?=[ \n])"
)
"""What a table with dashes and verses have and what is seldom else: quick to look for."""
_ITEM: Final = re.compile(r"[-*+][ ]|\d{1,3}[.)][ ]")
_RUN: Final = re.compile(r"`(?:\{(?:r|python|julia|ojs)\}|r)[ \t]")
"""Code within a line that is run, and what it gives is shown."""
_GRID: Final = re.compile(
    r"^(\+[-=:+]{2,300}\+[ \t]*\n)((?:[+|][^\n]{0,500}(?:\n|\Z)){1,500})",
    re.MULTILINE,
)


def read_pandoc(text: str, masks: Masks, report: Report) -> str:
    """The text with what pandoc alone knows as what everybody reads."""
    _take_out_runs(text, masks, report)
    if "{" in text:
        text = _NAMED_FORMULA.sub("", text)
    text = _CAPTION.sub(r"\1\n*\2*", read_drawn(_read_references(text), masks))
    if "{" in text:
        text = _LOOSE_SPAN.sub(r"\1", _ATTRIBUTED.sub(_picture, text))
    text = _NUMBERED.sub(r"\g<1>1.", text)
    return text.replace("\\ ", "\u00a0") if "\\" in text else text


def read_drawn(text: str, masks: Masks) -> str:
    """The text with what is meant in any note that has it: tables that are drawn, verses, numbered examples, what is
    of HTML or TeX already, what lays out a printed page.
    """
    if "}" in text and "{=" in text:
        text = _RAW_WORDS.sub(lambda found: _raw(found, masks), text)
    text = _number_examples(text)
    if "+-" in text:
        text = _GRID.sub(lambda found: _grid_table(found, masks), text)
    if "-- " in text and _DASHES.search(text) is not None:
        text = _SIMPLE_TABLE.sub(_pipe_table, _MULTILINE_TABLE.sub(_wide_table, text))
    if "| " in text and _VERSES.search(text) is not None:
        text = _LINE_BLOCK.sub(_line_block, text)
    return _TEX.sub("", text) if "\\" in text else text


def _take_out_runs(text: str, masks: Masks, report: Report) -> None:
    for at, piece in enumerate(masks.pieces):
        if _RUN.match(piece) is not None:
            if len(report) < MOST_UNKNOWN:
                place = max(text.find(f"\ufdd0{at}\ufdd1"), 0)
                report.append((line_of(text, place, masks), piece))
            masks.pieces[at] = ""


def _number_examples(text: str) -> str:
    """Pandoc's numbered examples, `(@name)`, and what refers to them."""
    if "(@" not in text:
        return text
    numbers: dict[str, int] = {}
    count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        numbers.setdefault(found[2], count)
        return f"{found[1]}{count})"

    text = _EXAMPLE.sub(number, text)
    return _EXAMPLES.sub(lambda one: f"({numbers[one[1]]})" if one[1] in numbers else one[0], text)


def _picture(found: re.Match[str]) -> str:
    """A picture with its own words for whoever does not see it, and its size; a caption that is another is below it."""
    alt, width = _ALT.search(found[3]), _WIDTH.search(found[3])
    words = (alt[1] or alt[2]) if alt else found[1]
    size = f"|{width[1]}" if width else ""
    title = found[1].replace('"', "'")
    caption = f' "{title}"' if alt and found[1] and '"' not in found[2] else ""
    return f"![{words}{size}]({found[2]}{caption})"


def _grid_table(found: re.Match[str], masks: Masks) -> str:
    """A table that is drawn with lines as everybody's; one whose cells span others stays as it is drawn."""
    lines = found[0].rstrip().split("\n")
    edges = [at for at, sign in enumerate(lines[0].rstrip()) if sign == "+"]
    rows: list[list[str]] = [[""] * (len(edges) - 1)]
    headed = 0
    for line in (one.rstrip() for one in lines[1:]):
        if (
            line.startswith("+")
            and set(line) <= set("+-=:")
            and all(line[at : at + 1] == "+" for at in edges)
        ):
            headed = len(rows) if "=" in line and not headed else headed
            rows.append([""] * (len(edges) - 1))
        elif line.startswith("|") and all(line[at : at + 1] == "|" for at in edges):
            for number, (start, end) in enumerate(pairwise(edges)):
                rows[-1][number] = _joined(rows[-1][number], line[start + 1 : end].strip())
        else:
            return masks.put(f"```\n{found[0].rstrip()}\n```") + "\n"
    rows = [row for row in rows if any(row)]
    if not rows:
        return found[0]
    return _piped(rows if headed else [[""] * len(rows[0]), *rows], len(edges) - 1)


def _joined(before: str, more: str) -> str:
    """Lines of a cell in one; those of a list stay apart."""
    if not more or not before:
        return before + more
    return f"{before}<br>{more}" if _ITEM.match(more) else f"{before} {more}"


def _wide_table(found: re.Match[str]) -> str:
    """A table whose cells have several lines: its columns are where the dashes are, a blank line ends a row."""
    starts = [one.start() for one in re.finditer("-+", found[2])]
    rows: list[list[str]] = [[""] * len(starts)]
    for line in (*found[1].rstrip("\n").split("\n"), "", *found[3].rstrip("\n").split("\n")):
        if not line.strip():
            rows.append([""] * len(starts))
            continue
        for number, (start, end) in enumerate(pairwise((*starts, len(line) + 1))):
            rows[-1][number] = _joined(rows[-1][number], line[start:end].strip())
    rows = [row for row in rows if any(row)]
    return _piped(rows, len(starts)) if rows else found[0]


def _piped(rows: list[list[str]], columns: int) -> str:
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'---|' * columns}", *lines[1:]]) + "\n"


def _pipe_table(found: re.Match[str]) -> str:
    """A simple table as everybody's: its columns are where the dashes are."""
    columns = [(one.start(), one.end()) for one in re.finditer("-+", found[2])]
    if len(columns) < 2:
        return found[0]
    starts = [0, *(start for start, _end in columns[1:])]
    rows = [
        _cells(line, starts, columns) for line in (found[1], *found[3].rstrip("\n").split("\n"))
    ]
    rows = [row for row in rows if not all(set(cell) <= {"-"} for cell in row)]
    if not rows:
        return found[0]
    return _piped(rows, len(columns))


def _cells(line: str, starts: list[int], columns: list[tuple[int, int]]) -> list[str]:
    """The words of a row; one that stands right of its dashes begins where the column before it ends."""
    edges = [0, *(end for _start, end in columns[:-1]), len(line)]
    if all(line[start - 1 : start] in {"", " "} for start in starts[1:]):
        edges = [*starts, len(line)]
    return [line[start:end].strip() for start, end in pairwise(edges)]


def _line_block(found: re.Match[str]) -> str:
    """Verses: each line on one of its own, its indentation kept."""
    whole = _GOES_ON.sub(" ", found[0].rstrip("\n"))
    lines = [line[2:].rstrip() for line in whole.split("\n")]
    if len(lines) < 2:
        return found[0]
    bare = (line.lstrip(" ") for line in lines)
    shown = (
        "\u00a0" * (len(line) - len(words)) + words for line, words in zip(lines, bare, strict=True)
    )
    return "\\\n".join(shown) + "\n"


def _raw(found: re.Match[str], masks: Masks) -> str:
    """`` `<b>`{=html} ``: of that language already."""
    piece = masks.pieces[int(found[1])]
    return piece.strip("`") if found[2].startswith("html") else ""


def _read_references(text: str) -> str:
    """References to figures, tables and parts by their names."""
    if "@" not in text:
        return text
    names = {
        name: words
        for words, name in (
            *_NAMED_PART.findall(text),
            *_NAMED_FIGURE.findall(text),
            *_NAMED_TABLE.findall(text),
        )
    }

    def refer(found: re.Match[str]) -> str:
        key = found[1] or found[2]
        words = names.get(key, key.partition("-")[2].replace("-", " "))
        return f"[{words}](#{key})" if key.startswith("sec-") and key in names else words

    return _CROSS.sub(refer, text)
