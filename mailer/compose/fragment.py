"""An issue's HTML looked at as text: tokens, blocks, code and links. Pure.

It works on sanitised HTML only, whose tags are balanced and whose attributes are quoted, so a
pattern that reads tags is exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from typing import Final

from storage.model import CODE, guard
from words import Words

_TOKEN: Final = re.compile(
    r"""<!--.*?(?:-->|\Z)|</?[a-zA-Z](?:[^<>"']|"[^"]*"|'[^']*')*+>|[^<]+|<""", re.DOTALL
)
_NAME: Final = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_DETAILS: Final = re.compile(r"<details(?: [^>]*)?>")
_SUMMARY: Final = re.compile(r"<summary(?: [^>]*)?>([\s\S]*?)</summary>")
_LOCAL_LINK: Final = re.compile(
    r"""<a(?:\s+[\w-]+=(?:"[^"]*"|'[^']*'))*?\s+href=["']#""", re.IGNORECASE
)
_PICTURE: Final = re.compile(r"<img\s(?:[^<>\"]|\"[^\"]*\")*>")
_SOURCE: Final = re.compile(r' src="([^"]*)"')
_ALT: Final = re.compile(r' alt="([^"]*)"')
_SIDE: Final = re.compile(r"\s(width|height)=\"(\d+)\"")
_PHONE: Final = 280
"""Pixels of the column on the narrowest phone."""
_BACK_LINK: Final = re.compile(r"↩|↑")
_BLANKS: Final = re.compile(r"\s+")
_WORD: Final = re.compile(r"\s*\S+\s*")
_VOID: Final = frozenset({"area", "br", "col", "hr", "img", "input", "source", "track", "wbr"})
_INLINE: Final = frozenset(
    {"a", "abbr", "b", "code", "del", "em", "i", "kbd", "mark", "s", "span", "strong", "sub", "sup"}
)


def tokens(html: str) -> Iterator[str]:
    """The tags, comments and stretches of text, which together are the HTML again."""
    return (match[0] for match in _TOKEN.finditer(html))


def tag_name(token: str) -> str:
    """The element that a tag opens or closes, in lower case; empty for text and comments."""
    match = _NAME.match(token)
    return match[1].lower() if match else ""


def map_prose(html: str, change: Callable[[str], str]) -> str:
    """The HTML with every text outside code put through `change`."""
    return "".join(
        change(token) if prose and not tag_name(token) else token for token, prose in _walk(html)
    )


def visible_text(html: str) -> str:
    """What a reader sees, on one line."""
    words = (
        token if not (name := tag_name(token)) else "" if name in _INLINE else " "
        for token in tokens(html)
        if not token.startswith("<!--")
    )
    return _BLANKS.sub(" ", unescape("".join(words))).strip()


def unlink_local(html: str) -> str:
    """The HTML without links into itself: mail programs do not follow them (rule D19).

    The number of a footnote stays; the arrow back from it goes with its link.
    """
    kept: list[str] = []
    opened: int | None = None
    for token in tokens(html):
        if _LOCAL_LINK.match(token):
            opened = len(kept)
        elif opened is not None and tag_name(token) == "a":
            if _BACK_LINK.search("".join(kept[opened:])):
                del kept[opened:]
            opened = None
        else:
            kept.append(token)
    return "".join(kept)


def unfold(html: str) -> str:
    """The HTML with what can be folded open: most mail programs know no `details`. What it is called
    stands above it in bold, for a heading might be of the wrong level there.
    """
    if "<summary" in html:
        html = _SUMMARY.sub(_title, html)
    html = _DETAILS.sub("<div>", html)
    return html.replace("</details>", "</div>")


def _title(found: re.Match[str]) -> str:
    words = found[1].strip()
    is_line = not re.search(r"<(?:h\d|p|div|ul|ol|table|pre|blockquote|figure)\b", words)
    return f"<p><strong>{words}</strong></p>" if is_line else f"<div>{words}</div>"


DRAWN: Final = frozenset({".svg", ".webp", ".avif"})
"""Pictures that mail programs do not show, or not all of them (rule D5): the site has a drawing of its own
at the same address and `.png`."""


def draw_pictures(html: str, site_url: str) -> str:
    """The HTML with the newsletter's own pictures as they are drawn for mail."""

    def point(found: re.Match[str]) -> str:
        url = unescape(found[1])
        own = url.startswith(f"{site_url}/media/") and url.lower().endswith(tuple(DRAWN))
        return f' src="{found[1]}.png"' if own else found[0]

    return _PICTURE.sub(lambda picture: _SOURCE.sub(point, picture[0]), html)


def show_pictures(html: str, site_url: str, words: Words) -> str:
    """The HTML with a link in the place of what a mail cannot show, and drawings of what is drawn."""
    return draw_pictures(link_pictures(html, site_url, words), site_url)


def is_shown(url: str, site_url: str) -> bool:
    """Whether a mail may show the picture at this address: no SVG, and only by https (rule D5).

    The newsletter's own are shown as its site is reached, which may be by http on one machine, and
    drawn where they must be (draw_pictures).
    """
    path = url.partition("?")[0].partition("#")[0].lower()
    secure = url.startswith(("https://", f"{site_url}/"))
    if url.startswith(f"{site_url}/media/"):
        return True
    return secure and not path.endswith((".svg", ".svgz"))


def link_pictures(html: str, site_url: str, words: Words) -> str:
    """The HTML with a link in the place of each picture that a mail cannot show, as in its text.

    Within a link, which leads where the author wants, it leaves its words.
    """
    kept: list[str] = []
    inside = False
    for token in tokens(html):
        name = tag_name(token)
        source = _SOURCE.search(token) if name == "img" else None
        if name == "a":
            inside = not token.startswith("</")
        if source is None or is_shown(unescape(source[1]), site_url):
            kept.append(token)
            continue
        alt = _ALT.search(token)
        named = words.say("[Image: {alt}]", alt=alt[1]) if alt and alt[1] else words.say("[Image]")
        shown = guard(named)
        kept.append(shown if inside else f'<a href="{source[1]}" rel="noopener">{shown}</a>')
    return "".join(kept)


def fit_pictures(html: str, column: int) -> str:
    """The HTML with no picture wider than the column, where its width is known (rule D5).

    Outlook on Windows takes the `width` attribute and nothing else for how wide a picture is. One
    that a phone shows smaller loses its `height`: Yahoo knows no `height: auto` and would squash it.
    """
    return _PICTURE.sub(lambda found: _fit(found[0], column), html)


def _fit(picture: str, column: int) -> str:
    sides = {name: int(value) for name, value in _SIDE.findall(picture)}
    width = sides.get("width", 0)
    if width <= _PHONE:
        return picture
    return _SIDE.sub("", picture)[:-1] + f' width="{min(width, column)}">'


def blocks(html: str) -> list[str]:
    """The outermost elements and texts, which together are the HTML again."""
    found: list[str] = []
    depth, block = 0, ""
    for token in tokens(html):
        block += token
        name = tag_name(token)
        if name and name not in _VOID:
            depth += -1 if token.startswith("</") else 1
        if depth <= 0 and block.strip():
            found.append(block)
            depth, block = 0, ""
    return [*found, block] if block else found


def cut(html: str, size: Callable[[str], int], limit: int) -> str:
    """The beginning of the HTML, its tags closed, with which a page's `size` is within `limit`.

    It ends between two of the outermost elements, unless that leaves more than half of the room
    empty: then between two items, rows or lines of the next one, and at last between two words.
    """
    found, kept, closing, rest = "", "", "", blocks(html)
    while rest:
        fit = _count_fitting(kept, rest, closing, size, limit)
        kept += "".join(rest[:fit])
        if fit:
            found = kept + closing
        if fit == len(rest) or 2 * size(found) > limit:
            break
        opening, rest, end = _open(rest[fit])
        kept, closing = kept + opening, end + closing
    return found


def _count_fitting(
    kept: str, parts: Sequence[str], closing: str, size: Callable[[str], int], limit: int
) -> int:
    """How many of the parts fit after what is kept, found by halving."""
    fit, too_many = 0, len(parts) + 1
    while too_many - fit > 1:
        middle = (fit + too_many) // 2
        if size(kept + "".join(parts[:middle]) + closing) <= limit:
            fit = middle
        else:
            too_many = middle
    return fit


def _open(block: str) -> tuple[str, list[str], str]:
    """A block as its opening tag, the parts in it and its closing tag; no parts if it has none."""
    bare = block.lstrip()
    name = tag_name(bare)
    if not name:
        lines = block.splitlines(keepends=True)
        words = lines if len(lines) > 1 else _WORD.findall(block)
        return "", words if len(words) > 1 else [], ""
    end = f"</{name}>"
    if name in _VOID or not block.endswith(end):
        return "", [], ""
    opening = block[: len(block) - len(bare)] + next(tokens(bare))
    return opening, blocks(block[len(opening) : -len(end)]), end


def _walk(html: str) -> Iterator[tuple[str, bool]]:
    """Each token, and whether it stands outside code."""
    depth = 0
    for token in tokens(html):
        if tag_name(token) in CODE:
            depth += -1 if token.startswith("</") else 1
        yield token, depth <= 0
