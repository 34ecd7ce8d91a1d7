"""What tags of generators show that many of them know by the same name: pictures, films, posts, buttons. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Final

from feeds.markdown.dialects.arguments import Arguments, figure, link, parse_arguments
from feeds.markdown.dialects.callouts import KINDS
from feeds.markdown.dialects.players import POST
from feeds.markdown.links import is_picture
from feeds.markdown.speech import say

_VIDEO: Final = {
    "youtube": ("https://www.youtube.com/watch?v={}", "YouTube"),
    "youtube-nocookie": ("https://www.youtube.com/watch?v={}", "YouTube"),
    "vimeo": ("https://vimeo.com/{}", "Vimeo"),
}
_ID: Final = re.compile(r"[\w-]{1,64}")
_POSTS: Final = frozenset({"tweet", "twitter", "twitter_simple", "x", "x_simple", "instagram"})

_SILENT: Final = frozenset(
    f"{end}{name}"
    for end in ("", "/")
    for name in (
        "pagebreak", "clear", "clearfix", "more", "rawhtml", "raw-html", "html", "unsafe", "math", "katex",
        "latex", "lead", "center", "wide", "tabs", "tabpane", "steps", "columns", "column", "expand", "gallery", "badge",
    )
) | {"/tab", "endtab", "endtabs", "endcolumns", "endcolumn", "endsteps"}  # fmt: skip
"""What only lays out what is in it."""
SHOWING: Final = frozenset(
    {"include", "include_relative", "include_cached", "render", "figure", "img", "image", "picture",
     "responsive_image"}
)  # fmt: skip
_BOXES: Final = frozenset({"alert", "callout", "notice", "admonition"})
_TOC: Final = "\n\n[TOC]\n\n"
_WORDS: Final = re.compile(r"(?!-)(?=.*[^\W\d])")
"""What may say what a picture shows."""
_SIZES: Final = re.compile(r"\d(?:vw|px|r?em|%)")
_POST_ADDRESS: Final = re.compile(
    r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/(\w{1,30})/status(?:es)?/(\d{1,30})"
)
_WATCHED: Final = re.compile(
    r"https?://(?:www\.|m\.)?(?:youtube(?:-nocookie)?\.com/(?:watch\?v=|embed/|shorts/)|youtu\.be/)([\w-]{1,64})"
)


def show(name: str, given: Arguments) -> str | None:
    """What a shortcode of this name shows, whatever the generator; None if it is not known."""
    if name in _SILENT:
        return ""
    if name in _VIDEO:
        return _video(name, given.get("id", at=0))
    if name in _POSTS:
        return _post(name, given)
    reader = _SHOWN.get(name)
    return reader(given) if reader is not None else None


def _gist(given: Arguments) -> str | None:
    user, number = given.get("user", at=0), given.get("id", at=1)
    path = f"{user}/{number}" if number else user
    return link(f"https://gist.github.com/{path}", "Gist on GitHub") if path else None


def _player(kind: str) -> Show:
    def play(given: Arguments) -> str | None:
        source = given.get("src", "mp4", "webm", "url", at=0)
        title = escape(given.get("title", "caption"))
        return (
            f'\n\n<{kind} src="{escape(source)}" title="{title}"></{kind}>\n\n' if source else None
        )

    return play


def _tab(given: Arguments) -> str:
    """What one of several stands for is said in bold."""
    label = given.get("header", "name", "title", "label", at=0)
    return f"\n\n**{label}**\n\n" if label else ""


def _button(given: Arguments) -> str | None:
    href = given.get("href", "link", "url", "relref")
    return f'<a href="{escape(href)}">' if href else None


def _keys(given: Arguments) -> str | None:
    return "+".join(f"<kbd>{escape(key)}</kbd>" for key in given.positional) or None


def _text(text: str) -> Show:
    return lambda _given: text


def _hugo_figure(given: Arguments) -> str | None:
    """Hugo's, whose title is the beginning of its caption, and who made it the end."""
    source = given.get("src", "link", "url", at=0)
    if not source:
        return None
    title, caption, by = given.get("title"), given.get("caption"), given.get("attr")
    at = given.get("attrlink")
    by = f"[{by}]({at})" if by and at else by
    parts = (title and f"**{title}**" if caption or by else title, caption, by)
    return figure(
        source,
        alt=given.get("alt") or caption or title,
        caption=" ".join(filter(None, parts)),
        href=given.get("link", "href"),
    )


def _post(name: str, given: Arguments) -> str | None:
    """Somebody's post elsewhere, which is a link."""
    user, number = given.get("user"), given.get("id", at=0)
    if (found := _POST_ADDRESS.match(number)) is not None:
        user, number = found[1], found[2]
    if name == "instagram":
        url = f"https://www.instagram.com/p/{number}/"
    else:
        url = f"https://x.com/{user or 'i'}/status/{number}"
    if not (_ID.fullmatch(number) and _ID.fullmatch(user or "i")):
        return None
    return "\n\n" + link(url, f"{say(POST)}: {user}" if user else say(POST)) + "\n\n"


def _video(service: str, number: str) -> str | None:
    pattern, title = _VIDEO[service]
    if (found := _WATCHED.match(number)) is not None:
        number = found[1]
    if number.startswith("https://"):
        return "\n\n" + link(number, f"Video on {title}") + "\n\n"
    return (
        "\n\n" + link(pattern.format(number), f"Video on {title}") + "\n\n"
        if _ID.fullmatch(number)
        else None
    )


def show_at(url: str) -> str:
    """A film or sound at an address, as a frame would show it."""
    return f'\n\n<iframe src="{escape(url)}"></iframe>\n\n'


def show_included(name: str, rest: str) -> str | None:
    """What a tag or an included file shows, by its name: a picture, a film, a box, a list of parts."""
    if not name.startswith(("include", "render")):
        return _picture(parse_arguments(rest))
    file, _, more = rest.partition(" ")
    file = file.lower().rpartition("/")[2].partition(".")[0].strip("\"'")
    given = parse_arguments(more)
    if re.search(r"fig|image|img|picture|photo", file) and (shown := _picture(given)):
        return shown
    service = next((one for one in _VIDEO if one in file), given.get("provider").lower())
    if service in _VIDEO:
        return _video(service, given.get("id", "video_id"))
    if file == "toc":
        return _TOC
    if file in KINDS | _BOXES and (words := given.get("content", "text")):
        kind = given.get("type").lower() or file
        kind = kind if kind in KINDS else "note"
        first = f"> [!{kind}] {given.get('title')}".rstrip()
        return f"\n\n{first}\n> {words}\n\n"
    return None


def _picture(given: Arguments) -> str | None:
    """A picture with its words, named or in order: `"./a.png", "A bridge"`, `a.png 300 "Title" "A bridge"`."""
    sources = [one for one in given.positional if is_picture(one.partition("?")[0])]
    source = given.get("src", "url", "image_path", "image", "path", "file", "filename", "link")
    source = source or next(iter(sources), "")
    if not source:
        return None
    behind = given.positional.index(source) + 1 if source in given.positional else 0
    words = [
        one for one in given.positional[behind:] if _WORDS.match(one) and not _SIZES.search(one)
    ]
    return figure(
        source,
        alt=given.get("alt") or (words[-1] if len(words) > 1 else next(iter(words), "")),
        caption=given.get("caption", "title", "description"),
        href=given.get("href", "linkto"),
    )


Show = Callable[[Arguments], str | None]
_SHOWN: Final[Mapping[str, Show]] = {
    **dict.fromkeys(["figure", "img", "image"], _hugo_figure),
    **dict.fromkeys(["ref", "relref"], lambda given: given.get("path", at=0) or None),
    "gist": _gist,
    "embed": lambda given: (
        show_at(url) if (url := given.get("url", at=0)).startswith("https://") else None
    ),
    "video": _player("video"),
    "audio": _player("audio"),
    "tab": _tab,
    "button": _button,
    "/button": _text("</a>"),
    "kbd": _keys,
    "br": _text("<br>"),
    "nbsp": _text("\u00a0"),
    "toc": _text(_TOC),
}
