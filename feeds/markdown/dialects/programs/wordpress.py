"""Shortcodes that posts of WordPress have kept. Pure."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from feeds.markdown.dialects.arguments import parse_arguments
from feeds.markdown.dialects.masks import Masks, Report, tell
from feeds.markdown.dialects.shown import show_at

_WORDPRESS: Final = re.compile(
    r"\[(?<![\\!\[\w]\[)((?:wp_)?caption|gallery|embed|youtube|vimeo|soundcloud|tweet|video|audio|playlist|contact-form-7)"
    r"((?:[ =](?=[^\[\]\n]*(?:=|https://))[^\[\]\n]{1,500})?)\](?![(:])(?:((?:(?!\[/?\1)[^\n]){0,2000}?)\[/\1\])?"
)
_CAPTIONED: Final = re.compile(
    r"((?:<a\b[^<>]{0,500}>[ ]*)?<img\b[^<>]{0,1000}>(?:[ ]*</a>)?|\[?!\[[^\[\]\n]{0,300}\]\([^()\n]{1,500}\)(?:\]\([^()\n]{1,500}\))?)"
    r"(.{0,1000})",
    re.DOTALL,
)


def read_wordpress(text: str, masks: Masks, report: Report) -> str:
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
        tell(report, found, masks)
        return inside or ""

    return _WORDPRESS.sub(replace, text)
