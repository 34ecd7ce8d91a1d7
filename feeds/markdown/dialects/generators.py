"""The languages of site generators in a note: Liquid, Hugo's and Zola's shortcodes, JSX. Pure.

Known forms become Markdown or HTML. What is unknown is taken out and named, so that nobody is mailed a
generator's source (`template`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from feeds.markdown.dialects.arguments import figure, link, parse_arguments
from feeds.markdown.dialects.masks import MOST_UNKNOWN, Masks, Report, line_of
from feeds.markdown.dialects.pairs import read_pairs
from feeds.markdown.dialects.shown import SHOWING, offer, show, show_at, show_included
from feeds.markdown.dialects.spans import replace_tags
from storage.model import FIELD

_LIQUID: Final = re.compile(r"\{%-?\s*(/?\w[\w-]*)?(.*?)-?%\}", re.DOTALL)
_SHORTCODE: Final = re.compile(r"\{\{[<%]\s*(/?\s*[\w./-]*)(.*?)/?\s*[>%]\}\}", re.DOTALL)
_ESCAPED: Final = re.compile(r"\{\{([<%])/\*\s?(.*?)\s?\*/([>%])\}\}", re.DOTALL)
_ANY_TAG: Final = re.compile(
    r"(?:\{\{?[<%]?|<(?!%))-?\s*(/?[A-Za-z][\w./-]{0,60})(?:[\s(](.*?))?\s*/?\)?\s*-?(?:[>%]?\}?\}|>)",
    re.DOTALL,
)
"""The name of a tag of any kind, and what it was given."""
_OUTPUT: Final = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
"""Each is matched with a whole tag, of bounded length, never with a note."""
_CALL: Final = re.compile(r"([\w.:]+)\s*\((.{0,500})\)", re.DOTALL)
_SITE: Final = re.compile(
    r"(?:site|config|\$?page\.site)\.(?:baseurl|base_url|baseURL|url|root)", re.IGNORECASE
)
_PATHED: Final = re.compile(
    r"(?:\"([^\"]*)\"|'([^']*)')\s*\|\s*(?:relative_url|absolute_url|url|prepend:.{0,60}|relURL|absURL)"
    r"(?:\s*\|.{0,60})?|(?:relURL|absURL|relref|ref)\s+\"([^\"]*)\"",
    re.DOTALL,
)
_HTML_ESCAPED: Final = re.compile(r"(\{[{%])/\*\s?(.*?)\s?\*/([%}]\})", re.DOTALL)
"""Zola's way to show a tag."""
_FILTERED: Final = re.compile(
    r"\{\{\s*\w+\s*\|\s*(?:markdownify|markdown|strip_html|strip_newlines|escape|safe|safeHTML|jsonify|upcase|downcase|"
    r"capitalize|slugify|number_of_words|xml_escape|smartify|size|first|last|reverse|dump)\s*\}\}"
)
"""What looks like a merge field with its default, and is a filter of Liquid's or its kin."""
_UNCLOSED: Final = re.compile(
    r"\{\{([<%])(?=\s*/?\s*[A-Za-z])(?:(?:(?!\{\{)[\s\S]){0,300}?\1?[>%]\}\}|[^\n]*)"
    r"|\{%(?=-?\s*[A-Za-z])(?:(?:(?!\{[{%])[\s\S]){0,300}?[\s-]%\}|[^\n]*)"
    r"|\{\{-?\s*(?:\$?[A-Za-z]\w*)?\.\w[^\n]*|<%(?:[-=_]|\s*tp\.)[^\n]*"
)
"""What begins as a tag and is none, for it has no end, or one behind a blank line: that far, else its line."""
_VARIABLES: Final = frozenset(
    {"title", "date", "time", "now", "content", "contents", "body", "page", "post", "toc", "layout", "excerpt",
     "children", "slot", "else", "end", "endif", "endfor", "slug", "permalink", "url", "author", "description", "summary", "tags", "footer", "header"}
)  # fmt: skip
"""What templates call what they are filled with; a single word otherwise is a merge field, or a slip of one."""
_RAW_OUTPUT: Final = re.compile(r"\{\{\{(?!\{)[^{}\n]{1,300}\}\}\}")
_BLOCK: Final = re.compile(
    r"[#/^>&=]|[a-z-]{2,20}:\s|(?:renderer|youtube-timestamp|embed|query|namespace|function|partial|include|import|yield|outlet)(?=[\s:]|\Z)"
    r"|(?:if|else|elseif|for|each|with|range|set|define|template|block|layout|export)\s"
)
"""What a tag of Handlebars', Mustache's, Vento's or Go's begins with, and a macro of Logseq's."""
_COMPUTED: Final = re.compile(r"[.(\"'$\[]|\s(?:[-+*/%?<>]|[=!<>]=|&&)\s")
"""What a program works out: calls, members, texts, sums."""
_CLOZE: Final = re.compile(r"cloze\s+(.{1,500})", re.DOTALL)
_KATEX: Final = re.compile(
    r"\{[{%][<%]?-?\s*(?:katexmm|katex|math|latex|tex)\b([^{}\n]{0,100}?)[>%]\}{1,2}((?:(?!\{[{%][<%\s])[\s\S]){1,2000}?)"
    r"\{[{%][<%]?-?\s*(?:/\s*|end)(?:katexmm|katex|math|latex|tex)\s*-?[>%]\}{1,2}"
)
_TEX_GIVEN: Final = re.compile(
    r"\{\{[<%]\s*(?:katex|math|latex|tex)\s+\"((?:[^\"\n]){1,500})\"\s*/?[>%]\}\}"
)
_POSTED: Final = re.compile(
    r"\$latex[ ]((?:[^$\n]){1,1000})\$|\[(?:latex|math|tex)\]((?:(?!\[/)[^\n]){1,1000})\[/(?:latex|math|tex)\]"
)
"""WordPress's formulas."""
_ANNOTATION: Final = re.compile(
    r"\{%\s*((?:[#.][\w:-]+|[\w-]+=(?:\"[^\"\n]*\"|[\w.-]+))(?:\s+(?:[#.][\w:-]+|[\w-]+=(?:\"[^\"\n]*\"|[\w.-]+))){0,9})\s*%\}"
)
"""Markdoc's, of a heading, a paragraph or a link."""
_ID_GIVEN: Final = re.compile(r"#[\w:-]+")
_ASSIGNED: Final = re.compile(
    r"\{%-?[ \t]*(?:assign|set)[ \t]+(\w{1,60})[ \t]*=[ \t]*(?:([\"'])([^\"'\n{}%]{0,300})\2|(-?\d{1,20}(?:\.\d{1,20})?))[ \t]*-?%\}"
)
_NAMED_VALUE: Final = re.compile(r"\{\{-?[ \t]*(\w{1,60})[ \t]*-?\}\}")
_TABS: Final = re.compile(
    r"(\{\{[<%]\s*tabs\s+[^{}\n]{0,100}?items=\"([^\"\n]{1,500})\"[^{}\n]{0,100}[>%]\}\})((?:(?!\{\{[<%]\s*/\s*tabs)[\s\S]){0,20000})"
)
_TAB: Final = re.compile(r"(\{\{[<%]\s*tab)\s*([>%]\}\})")
_EMPTIED: Final = re.compile(r"^#{1,6}[ \t]*$", re.MULTILINE)
"""A heading of which nothing is left."""
_EMPTIED_ITEM: Final = re.compile(r"^([ \t]*)[-*+][ \t]+(?:\n(?!\1[ \t]+\S)|\Z)", re.MULTILINE)
"""The same of a list, with nothing below it either."""

_GONE: Final = "\ufdd5"
"""Where a tag was: blanks behind it at a line's beginning are no indentation, which would make code of it."""
_LEADING: Final = re.compile(rf"^([ \t]*)(?:{_GONE}[ \t]*)+", re.MULTILINE)


def translate(text: str, masks: Masks, report: Report) -> str:
    """The text with the languages of generators translated or taken out."""
    if "{{" not in text and "{%" not in text and "<%" not in text:
        return text
    known = len(report)
    if "items=" in text:
        text = _TABS.sub(_name_tabs, text)
    text = _fill_in(read_pairs(text, masks))
    if "{{{" in text:
        reader = _Reader(text, masks, report, _unknown)
        text = _RAW_OUTPUT.sub(lambda found: reader.take(found[0], found.start()), text)
    for opening, closing, read in (
        ("{{<", ">}}", _shortcode),
        ("{{%", "%}}", _shortcode),
        ("{%", "%}", _liquid),
        ("{{", "}}", _output),
        ("<%", "%>", _unknown),
    ):
        text = replace_tags(text, opening, closing, _Reader(text, masks, report, read).take)
    if "{{" in text or "{%" in text or "<%" in text:
        reader = _Reader(text, masks, report, _unknown)
        text = _UNCLOSED.sub(lambda found: reader.take(found[0], found.start()), text)
    if _GONE in text:
        text = _LEADING.sub(r"\1", text).replace(_GONE, "")
    if len(report) > known:
        text = _EMPTIED_ITEM.sub("", _EMPTIED.sub("", text))
    return text


def _name_tabs(found: re.Match[str]) -> str:
    """Hugo's tabs whose names stand all in the tag around them, each with its own."""
    names = iter([one.strip() for one in found[2].split(",")])
    return found[1] + _TAB.sub(lambda tab: f'{tab[1]} name="{next(names, "")}" {tab[2]}', found[3])


def _fill_in(text: str) -> str:
    """The text with what its author gave a name: Liquid's `assign` and Nunjucks' `set` of a word or a number."""
    if "{%" not in text or _ASSIGNED.search(text) is None:
        return text
    values = {found[1]: found[3] or found[4] for found in _ASSIGNED.finditer(text)}
    text = _ASSIGNED.sub(_GONE, text)
    return _NAMED_VALUE.sub(lambda found: values.get(found[1], found[0]), text)


def mark_formulas(text: str) -> str:
    """The text with dollars around formulas that stand in a shortcode."""
    if "latex" in text or "[math]" in text or "[tex]" in text:
        text = _POSTED.sub(lambda found: f"${(found[1] or found[2]).strip()}$", text)
    if "}}" not in text and "%}" not in text:
        return text

    def marked(found: re.Match[str]) -> str:
        tex = found[2]
        if "$" in tex or "\\(" in tex or "\\[" in tex:
            return tex
        sign = "$$" if "display" in found[1] or "\n" in tex else "$"
        return f"{sign}{tex.strip() if sign == '$' else tex}{sign}"

    return _TEX_GIVEN.sub(lambda found: f"${found[1]}$", _KATEX.sub(marked, text))


class _Reader:
    """Reads the tags of one pass, and keeps the line of what is not known."""

    def __init__(
        self, text: str, masks: Masks, report: Report, read: Callable[[str, Masks], str | None]
    ) -> None:
        self._text, self._masks, self._report, self._read = text, masks, report, read

    def take(self, tag: str, position: int) -> str:
        """What stands there instead of a tag."""
        result = self._read(tag, self._masks)
        if result is None:
            result, is_all = self._offer(tag)
            if not is_all and len(self._report) < MOST_UNKNOWN:
                self._report.append((line_of(self._text, position, self._masks), tag))
        return result or _GONE

    def _offer(self, tag: str) -> tuple[str, bool]:
        """What a reader can use of a tag that is not known, and whether nothing of it is missing."""
        found = _ANY_TAG.fullmatch(tag) if self._read is not _unknown else None
        if found is None:
            return "", False
        return offer(found[1].lower(), parse_arguments(self._masks.restore(found[2] or "")))


# ── single tags ──────────────────────────────────────────────────────────────────────────────


def _shortcode(tag: str, masks: Masks) -> str | None:
    """Hugo's and Quarto's; None for what is not known."""
    if (escaped := _ESCAPED.fullmatch(tag)) is not None:
        return masks.put(f"{{{{{escaped[1]} {escaped[2]} {escaped[3]}}}}}")
    found = _SHORTCODE.fullmatch(tag)
    if found is None:
        return None
    name = found[1].replace(" ", "")
    first = next(iter(found[2].split()), "").strip("\"'")
    if name in {"video", "audio"} and first.startswith("https://"):
        return show_at(first)
    return show(name.lower(), parse_arguments(found[2]))


def _liquid(tag: str, masks: Masks) -> str | None:
    """Jekyll's and Eleventy's tags; None for what is not known."""
    if (escaped := _HTML_ESCAPED.fullmatch(tag)) is not None:
        return masks.put(f"{escaped[1]} {escaped[2]} {escaped[3]}")
    if (annotated := _ANNOTATION.fullmatch(tag)) is not None:
        return f"{{{own[0]}}}" if (own := _ID_GIVEN.search(annotated[1])) else ""
    found = _LIQUID.fullmatch(tag)
    if found is None:
        return None
    name, rest = found[1] or "", found[2].strip()
    reader = _NAMED.get(name)
    return reader(name, rest) if reader is not None else show(name.lower(), parse_arguments(rest))


def _post_link(_name: str, rest: str) -> str | None:
    target, _, title = rest.partition(" ")
    return link(f"/{target.strip('/')}", title.strip().strip("\"'") or target) if target else None


def _asset(name: str, rest: str) -> str | None:
    """Hexo's, of the folder that a note has beside it."""
    given = parse_arguments(rest)
    words = given.positional[-1] if len(given.positional) > 1 else ""
    source = next((one for one in given.positional if "." in one), "")
    if not source:
        return None
    return link(source, words or source) if name == "asset_link" else figure(source, alt=words)


def _address(name: str, rest: str) -> str | None:
    if not rest:
        return None
    target = rest.split(maxsplit=1)[0].strip("\"'")
    return target if name == "asset_path" else "/" + target.lstrip("/")


def _aside(name: str, rest: str) -> str | None:
    """Tufte's notes in the margin."""
    words = parse_arguments(rest).positional
    if name == "newthought":
        return words[0] if words else None
    return f" ({words[1]})" if len(words) > 1 else None


_NAMED: Final[Mapping[str, Callable[[str, str], str | None]]] = {
    "post_link": _post_link,
    **dict.fromkeys(["asset_img", "asset_link"], _asset),
    **dict.fromkeys(["asset_path", "post_url", "link"], _address),
    **dict.fromkeys(["newthought", "sidenote", "marginnote"], _aside),
    **dict.fromkeys(SHOWING, show_included),
    "endraw": lambda _name, _rest: "",
}


def _output(tag: str, masks: Masks) -> str | None:
    """`{{ … }}` that is no merge field; None for what is not known."""
    found = _OUTPUT.fullmatch(tag)
    if (escaped := _HTML_ESCAPED.fullmatch(tag)) is not None:
        return masks.put(f"{escaped[1]} {escaped[2]} {escaped[3]}")
    if _FILTERED.fullmatch(tag) is not None:
        return None
    field = FIELD.fullmatch(tag)
    if found is None or field is not None:
        return None if field is not None and field[1].lower() in _VARIABLES else tag
    inside = found[1].strip()
    if _BLOCK.match(inside):
        return None
    if (cloze := _CLOZE.fullmatch(inside)) is not None:
        return cloze[1]
    if _SITE.fullmatch(inside.partition("|")[0].strip()):
        return ""
    if (pathed := _PATHED.fullmatch(inside)) is not None:
        return next(filter(None, pathed.groups()), "")
    if (call := _CALL.fullmatch(inside)) is not None:
        return show(call[1].rpartition("::")[2], parse_arguments(call[2]))
    return None if _COMPUTED.search(inside.partition("|")[0]) else tag


def _unknown(_tag: str, _masks: Masks) -> str | None:
    return None
