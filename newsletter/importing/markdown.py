"""HTML of a post → Markdown of a note. Pure.

What Markdown has no words for, players and folded parts, stays HTML, which a note may hold. Text that
would be Markdown, a template or a formula by chance is escaped, so that it reads as it did.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Final

from bs4 import Tag
from bs4.element import NavigableString
from markdownify import ATX, BACKSLASH, MarkdownConverter

from newsletter.importing.cleaning import Cleaned, address_of_frame, is_markdown

_MARKUP: Final = re.compile(
    r"<%+|[\\`<$~|^&\[]|==|%%|\{\{%*|\{%+|\{(?=[#:.\w \t-])|:(?=[\w+-]+:)|!(?=\[)"
)
_ASIDE: Final = re.compile(r"\[(?!TOC\])[\w ,.;’-]{2,80}\](?=[\s.,;)])", re.IGNORECASE)
"""Brackets that nothing could take for a link, a footnote, a task, a reference: `[sic]`."""
_LEADS: Final = re.compile(
    r"(?m)^(\s*)(>|:{2,}|!{3}|\?{3}|(?::-+:?|-+:)(?=\s*$)|(?:[#+=-]+|:|\d{1,9}[.)])(?=\s|$))"
)
_BAR: Final = re.compile(r"(?<!\\)\|")
_MOST_COLUMNS: Final = 1_000
_BLANK: Final = re.compile(r"\n{3,}")
_TRAILING: Final = re.compile(r"[ \t]+(?=\n|\Z)")
_LANGUAGE: Final = re.compile(r"(?:lang(?:uage)?|brush:\s*|highlight-source)-?([\w+#.-]{1,30})")
_OPTIONS: Final[dict[str, object]] = {
    "heading_style": ATX,
    "newline_style": BACKSLASH,
    "bullets": "-",
    "strip_pre": None,
    "table_infer_header": True,
}
_PIXELS: Final = re.compile(r"[1-9][0-9]{0,3}")
_TOO_DEEP: Final = "its elements are nested too deeply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A post's content as Markdown."""

    markdown: str
    merges: int = 0
    """Merge fields of the old system that were taken out."""
    fault: str = ""
    """Why its text alone was taken, where the rest could not be."""


def convert(html: str, base: str = "") -> Converted:
    """Markdown that reads as the HTML did; addresses that are relative are so to `base`, if there is one."""
    try:
        cleaned = Cleaned(html, base)
        for table in cleaned.soup.find_all("table"):
            _widen(table)
        text = _Converter(**_OPTIONS).convert_soup(cleaned.soup)
    except RecursionError:
        return Converted(markdown=_words(html), fault=_TOO_DEEP)
    return Converted(markdown=_tidy(str(text)), merges=cleaned.merges)


def _tidy(text: str) -> str:
    text = _TRAILING.sub("", text.replace("\xa0", " "))
    return _BLANK.sub("\n\n", text).strip()


def _words(html: str) -> str:
    """What is left without any tags."""
    return escape(re.sub(r"<[^>]{0,2000}>", " ", html), quote=False).strip()


class _Converter(MarkdownConverter):  # type: ignore[misc]
    def process_text(self, el: NavigableString, parent_tags: set[str] | None = None) -> str:
        return str(el) if is_markdown(el) else str(super().process_text(el, parent_tags))

    def escape(self, text: str, parent_tags: set[str]) -> str:
        plain = str(super().escape(text, parent_tags))
        # The library has put its own before `*` and `_`.
        parts = re.split(r"(\\[*_])", plain)
        return "".join(
            part if index % 2 else _LEADS.sub(_escape_lead, _MARKUP.sub(_escape, part))
            for index, part in enumerate(parts)
        )

    def convert_figure(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A picture with its caption below, in italics: what every reader shows."""
        caption = el.find("figcaption")
        if not isinstance(caption, Tag) or el.find("img") is None:
            return f"\n\n{text.strip()}\n\n"
        inner = self.process_tag(caption.extract(), parent_tags=set(parent_tags)).strip()
        picture = self.process_tag(el, parent_tags=set(parent_tags) | {"_figure"}).strip()
        words = " ".join(inner.split())
        return f"\n\n{picture}\n\n_{words}_\n\n" if words else f"\n\n{picture}\n\n"

    def convert_figcaption(self, _el: Tag, text: str, parent_tags: set[str]) -> str:
        words = text.strip()
        return f"\n\n{words}\n\n" if words else ""

    def convert_img(self, el: Tag, _text: str, parent_tags: set[str]) -> str:
        source = str(el.get("src") or el.get("data-src") or "").strip()
        if not source or source.startswith("data:"):
            return ""
        alt = " ".join(str(el.get("alt") or "").split())
        label = re.sub(r"([|\\])", r"\\\1", alt).replace("[", "&#91;").replace("]", "&#93;")
        return f"![{label}{_size(el)}]({_target(source)})"

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A link around a picture that leads to the same picture is the system's, not the author's."""
        href = str(el.get("href") or "").strip()
        words = text.strip()
        if (
            "_noformat" in parent_tags
            or not href
            or href.lower().startswith(("javascript:", "data:"))
        ):
            return text
        if words.startswith("![") and (el.get("class") or _is_picture(href)):
            return text
        if not words:
            return ""
        before, after = (" " if text[:1].isspace() else ""), (" " if text[-1:].isspace() else "")
        return f"{before}[{' '.join(words.split())}]({_target(href)}){after}"

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """In a cell a bar parts cells, in code as well."""
        return str(super().convert_td(el, _BAR.sub(r"\\|", text), parent_tags))

    def convert_th(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return str(super().convert_th(el, _BAR.sub(r"\\|", text), parent_tags))

    def convert_iframe(self, el: Tag, _text: str, parent_tags: set[str]) -> str:
        source = address_of_frame(el)
        if not source.startswith(("https://", "http://", "//")):
            return ""
        title = str(el.get("title") or "")
        named = f' title="{escape(title)}"' if title else ""
        return f'\n\n<iframe src="{escape(source)}"{named}></iframe>\n\n'

    def convert_video(self, el: Tag, _text: str, parent_tags: set[str]) -> str:
        return _player(el)

    def convert_audio(self, el: Tag, _text: str, parent_tags: set[str]) -> str:
        return _player(el)

    def convert_details(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return f"\n\n<details>\n{text.strip()}\n\n</details>\n\n"

    def convert_summary(self, el: Tag, _text: str, parent_tags: set[str]) -> str:
        return f"<summary>{escape(el.get_text(' ', strip=True), quote=False)}</summary>\n\n"

    def convert_mark(self, _el: Tag, text: str, parent_tags: set[str]) -> str:
        words = text.strip()
        return f"=={words}==" if words and "_noformat" not in parent_tags else text

    def convert_sub(self, _el: Tag, text: str, parent_tags: set[str]) -> str:
        return f"<sub>{text.strip()}</sub>" if text.strip() else ""

    def convert_sup(self, _el: Tag, text: str, parent_tags: set[str]) -> str:
        return f"<sup>{text.strip()}</sup>" if text.strip() else ""

    def convert_div(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        number = str(el.get("data-footnote") or "")
        words = text.strip()
        if not number or not words:
            return f"\n\n{words}\n\n" if words else ""
        lines = words.split("\n")
        rest = "".join(f"\n    {line}" if line else "\n" for line in lines[1:])
        return f"\n\n[^{number}]: {lines[0]}{rest}\n\n"

    def convert_pre(self, el: Tag, _text: str, parent_tags: set[str]) -> str:
        """Code as it was written, below a fence that is longer than any in it."""
        for line_end in el.find_all("br"):
            line_end.replace_with("\n")
        code = el.get_text().strip("\n")
        if not code.strip():
            return ""
        longest = max((len(run) for run in re.findall(r"`{3,}", code)), default=2)
        fence = "`" * (longest + 1)
        return f"\n\n{fence}{_language(el)}\n{code}\n{fence}\n\n"


def _widen(table: Tag) -> None:
    """Gives the first row as many cells as the widest has: what it has no place for would be lost."""
    rows = [
        row.find_all(["td", "th"], recursive=False)
        for row in table.find_all("tr")
        if row.find_parent("table") is table
    ]
    widths = [sum(map(_columns_of, row)) for row in rows]
    if not widths or not widths[0]:
        return
    for _ in range(min(max(widths), _MOST_COLUMNS) - widths[0]):
        rows[0][-1].insert_after(Tag(name=rows[0][-1].name))


def _columns_of(cell: Tag) -> int:
    """As the library reads it."""
    written = str(cell.get("colspan", ""))
    return max(1, min(_MOST_COLUMNS, int(written))) if written.isdigit() else 1


def _escape(found: re.Match[str]) -> str:
    if found[0] == "[":  # with a backslash before it, it would begin a formula
        return "[" if _ASIDE.match(found.string, found.start()) else "&#91;"
    if found[0] == ":":
        return "&#58;"
    return "".join(f"\\{character}" for character in found[0])


def _escape_lead(found: re.Match[str]) -> str:
    mark = found[2]
    if mark.startswith("::"):  # one alone at the end would leave a shorter one before it
        return found[1] + "".join(f"\\{character}" for character in mark)
    return f"{found[1]}{mark[:-1]}\\{mark[-1]}"


def _target(address: str) -> str:
    """An address as the target of a link: what would end it early is written as octets."""
    for character, octets in (
        (" ", "%20"),
        ("(", "%28"),
        (")", "%29"),
        ("<", "%3C"),
        (">", "%3E"),
        ("\\", "%5C"),
    ):
        address = address.replace(character, octets)
    return re.sub(r"\s", "", address)


def _is_picture(address: str) -> bool:
    return (
        re.search(r"\.(?:png|jpe?g|gif|webp|avif|svg)(?:[?#/]|\Z|%3F)", address, re.IGNORECASE)
        is not None
    )


def _size(el: Tag) -> str:
    """`|600` or `|600x400`, where the picture says in pixels how wide it is."""
    width, height = (str(el.get(side) or "").removesuffix("px") for side in ("width", "height"))
    if not _PIXELS.fullmatch(width):
        return ""
    return f"|{width}x{height}" if _PIXELS.fullmatch(height) else f"|{width}"


def _player(el: Tag) -> str:
    inner = el.find("source")
    source = str(el.get("src") or (inner.get("src") if isinstance(inner, Tag) else "") or "")
    return f'\n\n<{el.name} controls src="{escape(source)}"></{el.name}>\n\n' if source else ""


def _language(pre: Tag) -> str:
    """`language-python`, `lang-py`, `brush: sql`, of the block or the code in it."""
    code = pre.find("code")
    for tag in (pre, code):
        if not isinstance(tag, Tag):
            continue
        named = str(tag.get("data-code-block-lang") or tag.get("data-language") or "")
        if re.fullmatch(r"[\w+#.-]{1,30}", named):
            return named
        found = _LANGUAGE.search(" ".join(str(one) for one in tag.get_attribute_list("class")))
        if found is not None:
            return found[1]
    return ""
