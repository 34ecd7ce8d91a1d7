"""What plays, is drawn or is filled in in a page: as a link that every reader can open, or told. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from html import escape, unescape
from typing import Final
from urllib.parse import urlsplit

from feeds.markdown.dialects.masks import Masks
from feeds.markdown.dialects.spans import Span, replace_spans
from feeds.markdown.speech import say
from words import to_say

_ATTRIBUTE: Final = re.compile(
    r"\b([a-z-]{1,30})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE
)
_SOURCE: Final = re.compile(r"<source\b([^>]{0,2000})>", re.IGNORECASE)
_ANNOTATION: Final = re.compile(r"<annotation\b[^<>]{0,200}>([^<]{1,2000})<", re.IGNORECASE)
_ANY_TAG: Final = re.compile(r"<[^<>]*>")
_SVG_TITLE: Final = re.compile(r"<title[^>]{0,200}>([^<]{1,300})</title>", re.IGNORECASE)
_YOUTUBE: Final = re.compile(
    r"(?:https?:)?//(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]{1,64})"
)
_VIMEO: Final = re.compile(r"(?:https?:)?//player\.vimeo\.com/video/(\d{1,20})")
_WATCH: Final = "https://www.youtube.com/watch?v="
_VIMEO_PAGE: Final = "https://vimeo.com/"
_FILM: Final = re.compile(
    r"`[ ]?(?:(?:youtube|vimeo|video):[ ]*(https://(?:www\.)?(?:youtube\.com/watch\?|youtu\.be/|vimeo\.com/\d)[^\s`]{0,200})"
    r"|youtube:[ ]*([\w-]{11})|vimeo:[ ]*(\d{5,20}))[ ]?`"
)
_ALONE: Final = re.compile(r"(?:(?<=\n\n)|\A)[ ]{0,3}\ufdd0(\d+)\ufdd1[ \t]*(?=\n[ \t]*\n|\n?\Z)")
"""Code that is a paragraph of its own, under its mask."""
_VIDEO: Final = to_say("Video on {place}")
_SOUND: Final = to_say("Sound on {place}")
_PAGE: Final = to_say("Embedded page")
POST: Final = to_say("Post")
_NAMES: Final = {
    "youtube.com": (_VIDEO, "YouTube"), "youtu.be": (_VIDEO, "YouTube"), "vimeo.com": (_VIDEO, "Vimeo"),
    "soundcloud.com": (_SOUND, "SoundCloud"), "spotify.com": (_SOUND, "Spotify"),
    "codepen.io": ("CodePen", ""), "google.com": (_PAGE, ""), "twitter.com": (POST, ""), "x.com": (POST, ""),
}  # fmt: skip


def link_players(text: str, met: Callable[[str], None] = lambda _tag: None) -> str:
    """The text with frames, videos, sounds and drawings as links or as their titles.

    `met` is told the tag of each frame, video, sound and drawing.
    """
    text = _link_named(text, met)
    if "github" in text:
        text = _GIST.sub(lambda found: _shown(found[1], "Gist on GitHub", _PAGE), text)
    if "data-" in text or "srcset" in text:
        text = _LAZY.sub(_shown_at_once, text)
    if not _ANY.search(text):
        return text
    text = _CLOSED_AT_ONCE.sub(lambda found: f"{found[0][:-2]}></{found[1]}>", text)

    def told(kind: Span) -> Span:
        def replace(opening: re.Match[str], inside: str) -> str:
            met(opening[0])
            return kind.replace(opening, inside)

        return Span(opening=kind.opening, closing=kind.closing, replace=replace)

    if "<embed" in text.lower():
        text = _EMBED.sub(lambda found: f"<object {found[1]}></object>", text)
    *players, canvas, drawing, formula = _PLAYERS
    kinds = tuple(map(told, players))
    text = replace_spans(text, (*kinds, told(canvas), told(drawing), formula))
    for kind in kinds:  # what is never closed
        text = kind.opening.sub(partial(_alone, kind), text)
    return text


def find_controls(text: str) -> Iterator[str]:
    """The tags of what a reader would fill in or press: forms, fields and buttons outside of them, and elements that
    only a script makes a link. Their text stays, and nothing comes of it.
    """
    in_form = False
    for found in _CONTROL.finditer(text):
        name = found[1].lower()
        if name == "/form":
            in_form = False
        elif not in_form and not (name == "input" and _HIDDEN.search(found[0])):
            in_form = name == "form"
            yield found[0]


def read_films(text: str, masks: Masks) -> str:
    """Gatsby's films, which are written as code that is a paragraph of its own, as Hashnode's."""

    def watched(found: re.Match[str]) -> str:
        film = _FILM.fullmatch(masks.pieces[int(found[1])])
        if film is None:
            return found[0]
        whole, youtube, vimeo = film.groups()
        return f"%[{whole or (_WATCH + youtube if youtube else _VIMEO_PAGE + vimeo)}]"

    if not any(map(_FILM.fullmatch, masks.pieces)):
        return text
    return _ALONE.sub(watched, text)


def _alone(kind: Span, opening: re.Match[str]) -> str:
    """A tag that is never closed; one without a word in it is what is talked of."""
    return kind.replace(opening, "") if "=" in opening[0] else opening[0]


def _shown_at_once(found: re.Match[str]) -> str:
    """A picture that a script would fetch when it is scrolled to, or one of several sizes."""
    given = _attributes(found[0])
    if given.get("src", "data:").startswith("data:"):
        sizes = given.get("data-srcset", "") or given.get("srcset", "")
        source = (
            given.get("data-src")
            or given.get("data-original")
            or sizes.strip().partition(" ")[0].rstrip(",")
        )
        if source:
            bare = _OTHER_SOURCES.sub("", found[0])
            return f'<img src="{escape(source)}"{bare[4:]}'
    return found[0]


def _linked(found: re.Match[str], met: Callable[[str], None]) -> str:
    """Obsidian's film or post, written as a picture."""
    met(found[0])
    return f'<a href="{escape(found[2])}">{escape(found[1] or _host_name(found[2]))}</a>'


def _link_named(text: str, met: Callable[[str], None]) -> str:
    """What names its film or page without being a player of HTML."""
    if "![" in text:
        text = _PICTURED.sub(lambda found: _linked(found, met), text)
    if "%[" in text or "@[" in text:
        text = _NAMED.sub(_named, text)
    if "-youtube" in text:
        text = _LITE.sub(lambda found: _shown(f"{_WATCH}{found[1]}", "", _PAGE), text)
    return text


def _named(found: re.Match[str]) -> str:
    """Hashnode's address that is shown as what it leads to, and the film of Markdown-it's plug-ins."""
    return _shown(found[1] or f"{_WATCH}{found[2]}", "", _PAGE)


def _attributes(text: str) -> dict[str, str]:
    """Of the first 4,000 characters, which is more than any such tag needs."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text[:4000]):
        value = next((part for part in match.groups()[1:] if part is not None), "")
        found.setdefault(match[1].lower(), unescape(value))
    return found


def _frame(opening: re.Match[str], _inside: str) -> str:
    given = _attributes(opening[0])
    url = given.get("src", "") or given.get("data-src", "") or given.get("data", "")
    for pattern, page in (
        (_YOUTUBE, "https://www.youtube.com/watch?v={}"),
        (_VIMEO, "https://vimeo.com/{}"),
    ):
        if (found := pattern.match(url)) is not None:
            url = page.format(found[1])
    return _shown(url, given.get("title", "") or given.get("alt", ""), _PAGE)


def _player(kind: str) -> Callable[[re.Match[str], str], str]:
    def replace(opening: re.Match[str], inside: str) -> str:
        given = _attributes(opening[0])
        source = given.get("src", "")
        if not source and (nested := _SOURCE.search(inside)) is not None:
            source = _attributes(nested[1]).get("src", "")
        return _shown(source, given.get("title", "") or given.get("aria-label", ""), kind)

    return replace


def _formula(opening: re.Match[str], inside: str) -> str:
    """MathML as its author calls it, else as the letters that are in it."""
    found = _ANNOTATION.search(inside)
    words = (
        _attributes(opening[0]).get("alttext") or (unescape(found[1]) if found else "")
    ) or unescape(_ANY_TAG.sub("", inside))
    return escape(" ".join(words.split()), quote=False)


def _unscripted(_opening: re.Match[str], inside: str) -> str:
    """What stands there for who has no scripts."""
    return inside


def _drawing(_opening: re.Match[str], inside: str) -> str:
    found = _SVG_TITLE.search(inside)
    return escape(unescape(found[1]).strip()) if found else ""


def _shown(url: str, title: str, kind: str) -> str:
    """A link on a line of its own, so that no words around it are glued to it."""
    if not url:
        return f" {escape(title)} "
    label = title or _host_name(url) or say(kind)
    return f'\n\n<p><a href="{escape(url)}">{escape(label)}</a></p>\n\n'


def _host_name(url: str) -> str:
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
    for end, (sentence, place) in _NAMES.items():
        if host == end or host.endswith(f".{end}"):
            return say(sentence, place=place)
    return host


def _kind(tag: str, replace: Callable[[re.Match[str], str], str]) -> Span:
    return Span(
        opening=re.compile(rf"<{tag}\b[^>]{{0,4000}}>", re.IGNORECASE),
        closing=re.compile(rf"</{tag}\s*>", re.IGNORECASE),
        replace=replace,
    )


_GIST: Final = re.compile(
    r"<script\b[^<>]{0,200}?\bsrc=[\"'](https://gist\.github\.com/[\w./-]{1,100}?)\.js(?:\?[^\"'<>]{0,100})?[\"'][^<>]{0,200}>[ \t]*</script>",
    re.IGNORECASE,
)
_EMBED: Final = re.compile(r"<embed\b([^<>]{0,2000}?)/?>", re.IGNORECASE)
_PICTURED: Final = re.compile(
    r"!\[([^\[\]\n]{0,300})\]\((https?://(?:(?:www|m|mobile)\.)?(?:youtube\.com/(?:watch\?|embed/|shorts/)|youtu\.be/"
    r"|vimeo\.com/\d|(?:twitter|x)\.com/\w{1,30}/status)[^()\s]{0,300}"
    r"|https?://[^()\s]{1,300}\.(?:mp4|m4v|mov|webm|mp3|m4a|ogg)(?:[?#][^()\s]{0,300})?)\)",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(
    r"^[ \t]*(?:%\[(https?://[^\s\[\]]{1,500})\]|@\[youtube\]\(([\w-]{1,64})\))[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_LITE: Final = re.compile(
    r"<(?:lite|amp)-youtube\b[^<>]{0,1000}?\b(?:data-)?videoid=[\"']([\w-]{1,64})[\"'][^<>]{0,1000}>"
    r"(?:[^<>]{0,200}</(?:lite|amp)-youtube>)?",
    re.IGNORECASE,
)
_LAZY: Final = re.compile(
    r"<img(?=\s)(?=[^<>]{0,4000}\s(?:data-src|data-original|data-srcset|srcset)\s*=)[^<>]{0,4000}>",
    re.IGNORECASE,
)
_CONTROL: Final = re.compile(
    r"<(/?form(?=[\s>])|(?:input|select|textarea|button|progress|meter)(?=[\s/>])"
    r"|[a-z][a-z0-9]{0,15}(?=\s[^<>]{0,2000}?(?<=\s)(?:data-href|formaction|onclick)\s?=))[^<>]{0,2000}>"
)
_HIDDEN: Final = re.compile(r"\stype\s?=\s?[\"']?hidden\b", re.IGNORECASE)
_OTHER_SOURCES: Final = re.compile(
    r"\s(?:data-)?(?:src|srcset|original)\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+)", re.IGNORECASE
)
_CLOSED_AT_ONCE: Final = re.compile(r"<(iframe|video|audio|object)\b[^<>]{0,4000}/>", re.IGNORECASE)
_ANY: Final = re.compile(
    r"<(?:[iI][fF]|[eE][mM][bB]|[oO][bB]|[vV][iI]|[aA][uU]|[sS][vV]|[mM][aA][tT]|[mM][oO][dD]|[cC][aA][nN])"
)
"""What a player begins with, quick to look for."""
_PLAYERS: Final = (
    _kind("iframe", _frame),
    _kind("object", _frame),
    _kind("video", _player(to_say("Video"))),
    _kind("audio", _player(to_say("Sound"))),
    _kind("model-viewer", _frame),
    _kind("canvas", _unscripted),
    _kind("svg", _drawing),
    _kind("math", _formula),
)
