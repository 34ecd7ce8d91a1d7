"""What only pandoc reads, of Quarto's and R Markdown's documents: references, captions, drawn tables. Pure."""

from __future__ import annotations

import re
from typing import Final

from feeds.markdown.dialects.masks import Masks

_CROSS: Final = re.compile(
    r"\[@((?:fig|tbl|sec|eq|lst|thm)-[\w-]{1,100})\](?![(\[{:])|(?<![\w@\\/])@((?:fig|tbl|sec|eq|lst|thm)-[\w-]{1,100})"
)
_NAMED_PART: Final = re.compile(
    r"^#{1,6}[ \t]+([^\n{]{1,300}+)\{#(sec-[\w-]{1,100})[^}\n]{0,200}\}", re.MULTILINE
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
_BREAK: Final = re.compile(
    r"^[ \t]*\\(?:newpage|pagebreak|clearpage|bigskip|medskip|smallskip|noindent)\b[ \t]*$",
    re.MULTILINE,
)
_GRID: Final = re.compile(
    r"^(\+[-=:+]{2,300}\+[ \t]*\n)((?:[+|][^\n]{0,500}\n){1,500}?)(?=(?!\+|\|)|\Z)", re.MULTILINE
)


def read_pandoc(text: str, masks: Masks) -> str:
    """The text with what pandoc alone knows as what everybody reads."""
    if "{" in text:
        text = _RAW_WORDS.sub(lambda found: _raw(found, masks), text)
        text = _NAMED_FORMULA.sub("", text)
    text = _read_references(text)
    text = _CAPTION.sub(r"\1\n*\2*", text)
    if "\n+--" in text or text.startswith("+--"):
        text = _GRID.sub(lambda found: masks.put(f"```\n{found[0].rstrip()}\n```") + "\n", text)
    return _BREAK.sub("", text) if "\\" in text else text


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
