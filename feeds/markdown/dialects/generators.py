"""The languages of site generators in a note: Liquid, Hugo's and Zola's shortcodes, JSX. Pure.

Known forms become Markdown or HTML. What is unknown is taken out and named, so that nobody is mailed a
generator's source (`template`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Final

from feeds.markdown.dialects.arguments import Arguments, figure, link, parse_arguments
from feeds.markdown.dialects.masks import Masks, line_of
from feeds.markdown.dialects.pairs import read_pairs
from feeds.markdown.dialects.players import POST
from feeds.markdown.dialects.spans import replace_tags
from feeds.markdown.speech import say
from storage.model import FIELD

_VIDEO: Final = {
    "youtube": ("https://www.youtube.com/watch?v={}", "YouTube"),
    "youtube-nocookie": ("https://www.youtube.com/watch?v={}", "YouTube"),
    "vimeo": ("https://vimeo.com/{}", "Vimeo"),
}
_ID: Final = re.compile(r"[\w-]{1,64}")
_POSTS: Final = frozenset({"tweet", "twitter", "twitter_simple", "x", "x_simple", "instagram"})

_LIQUID: Final = re.compile(r"\{%-?\s*(/?\w[\w-]*)?(.*?)-?%\}", re.DOTALL)
_SHORTCODE: Final = re.compile(r"\{\{[<%]\s*(/?\s*[\w./-]*)(.*?)/?\s*[>%]\}\}", re.DOTALL)
_ESCAPED: Final = re.compile(r"\{\{([<%])/\*\s?(.*?)\s?\*/([>%])\}\}", re.DOTALL)
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
_EMPTIED: Final = re.compile(r"^#{1,6}[ \t]*$", re.MULTILINE)
"""A heading of which nothing is left."""
_SILENT: Final = frozenset({"pagebreak", "clear", "clearfix", "more"})
"""What only lays a page out."""
_COMPONENT: Final = re.compile(r"</?[A-Z][\w.]{0,60}(?:\s(?:[^<>\n]|\n(?!\s*\n)){0,1000})?/?>")

MOST_UNKNOWN: Final = 20
"""How many unknown tags of one note are named; a line is dear to find."""

Report = list[tuple[int, str]]
"""The line and the source of each tag that is not known."""


def translate(text: str, masks: Masks, report: Report, *, jsx: bool) -> str:
    """The text with the languages of generators translated or taken out."""
    if "{{" not in text and "{%" not in text and "<%" not in text and not jsx:
        return text
    known = len(report)
    text = read_pairs(text, masks)
    for opening, closing, read in (
        ("{{<", ">}}", _shortcode),
        ("{{%", "%}}", _shortcode),
        ("{%", "%}", _liquid),
        ("{{", "}}", _output),
        ("<%", "%>", _unknown),
    ):
        text = replace_tags(text, opening, closing, _Reader(text, masks, report, read).take)
    if jsx:
        reader = _Reader(text, masks, report, _unknown)
        text = _COMPONENT.sub(lambda found: reader.take(found[0], found.start()), text)
    return _EMPTIED.sub("", text) if len(report) > known else text


class _Reader:
    """Reads the tags of one pass, and keeps the line of what is not known."""

    def __init__(
        self, text: str, masks: Masks, report: Report, read: Callable[[str, Masks], str | None]
    ) -> None:
        self._text, self._masks, self._report, self._read = text, masks, report, read

    def take(self, tag: str, position: int) -> str:
        """What stands there instead of a tag."""
        result = self._read(tag, self._masks)
        if result is None and len(self._report) < MOST_UNKNOWN:
            self._report.append((line_of(self._text, position, self._masks), tag))
        return result or ""


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
        return _video_at(first)
    return _known(name, parse_arguments(found[2]))


def _liquid(tag: str, masks: Masks) -> str | None:
    """Jekyll's and Eleventy's tags; None for what is not known."""
    if (escaped := _HTML_ESCAPED.fullmatch(tag)) is not None:
        return masks.put(f"{escaped[1]} {escaped[2]} {escaped[3]}")
    found = _LIQUID.fullmatch(tag)
    if found is None:
        return None
    name, rest = found[1] or "", found[2].strip()
    if name == "post_link" and rest:
        target, _, title = rest.partition(" ")
        return link(f"/{target.strip('/')}", title.strip().strip("\"'") or target)
    if name in {"asset_img", "asset_link"} and rest:
        given = parse_arguments(rest)
        words = given.positional[-1] if len(given.positional) > 1 else ""
        source = next((one for one in given.positional if "." in one), "")
        if name == "asset_link":
            return link(source, words or source) if source else None
        return figure(source, alt=words) if source else None
    if name == "asset_path" and rest:
        return rest.split()[0].strip("\"'")
    if name in {"post_url", "link"} and rest:
        return "/" + rest.split()[0].strip("\"'").lstrip("/")
    if name in {"include", "include_relative", "render", "figure", "img", "image"}:
        return _include(name, rest)
    if name == "endraw":
        return ""
    return _known(name, parse_arguments(rest))


def _include(name: str, rest: str) -> str | None:
    file, _, more = (
        rest.partition(" ") if name.startswith(("include", "render")) else ("figure", "", rest)
    )
    given = parse_arguments(more)
    source = given.get("src", "url", "image_path", "image", "path", "file", "filename")
    if re.search(r"fig|image|img|picture|photo", file, re.IGNORECASE) and source:
        return figure(source, alt=given.get("alt"), caption=given.get("caption", "title"))
    for service in _VIDEO:
        if service in file.lower():
            return _video(service, given.get("id", "video_id"))
    return None


def _output(tag: str, masks: Masks) -> str | None:
    """`{{ … }}` that is no merge field; None for what is not known."""
    found = _OUTPUT.fullmatch(tag)
    if (escaped := _HTML_ESCAPED.fullmatch(tag)) is not None:
        return masks.put(f"{escaped[1]} {escaped[2]} {escaped[3]}")
    if _FILTERED.fullmatch(tag) is not None:
        return None
    if found is None or FIELD.fullmatch(tag):
        return tag
    inside = found[1].strip()
    if _SITE.fullmatch(inside.partition("|")[0].strip()):
        return ""
    if (pathed := _PATHED.fullmatch(inside)) is not None:
        return next(filter(None, pathed.groups()), "")
    if (call := _CALL.fullmatch(inside)) is not None:
        return _known(call[1].rpartition("::")[2], parse_arguments(call[2]))
    return None if re.search(r"[.(\"'$]", inside.partition("|")[0]) else tag


def _known(name: str, given: Arguments) -> str | None:
    """What a shortcode of this name shows, whatever the generator; None if it is not known."""
    if name in _VIDEO:
        return _video(name, given.get("id", at=0))
    if name in {"figure", "img", "image"}:
        source = given.get("src", "link", "url", at=0)
        title = given.get("caption", "title")
        if not source:
            return None
        return figure(source, alt=given.get("alt"), caption=title, href=given.get("href"))
    if name == "gist":
        user, number = given.get("user", at=0), given.get("id", at=1)
        path = f"{user}/{number}" if number else user
        return link(f"https://gist.github.com/{path}", "Gist on GitHub") if path else None
    if name in {"ref", "relref"}:
        return given.get("path", at=0) or None
    if name in _POSTS:
        return _post(name, given)
    if name == "kbd" and given.positional:
        return "+".join(f"<kbd>{escape(key)}</kbd>" for key in given.positional)
    if name in _SILENT:
        return ""
    return {"br": "<br>", "nbsp": " ", "toc": "[TOC]"}.get(name)


def _post(name: str, given: Arguments) -> str | None:
    """Somebody's post elsewhere, which is a link."""
    user, number = given.get("user"), given.get("id", at=0)
    if name == "instagram":
        url = f"https://www.instagram.com/p/{number}/"
    else:
        url = f"https://x.com/{user or 'i'}/status/{number}"
    if not (_ID.fullmatch(number) and _ID.fullmatch(user or "i")):
        return None
    return "\n\n" + link(url, f"{say(POST)}: {user}" if user else say(POST)) + "\n\n"


def _video(service: str, number: str) -> str | None:
    pattern, title = _VIDEO[service]
    if number.startswith("https://"):
        return "\n\n" + link(number, f"Video on {title}") + "\n\n"
    return (
        "\n\n" + link(pattern.format(number), f"Video on {title}") + "\n\n"
        if _ID.fullmatch(number)
        else None
    )


def _video_at(url: str) -> str:
    """A film or sound at an address, as a frame would show it."""
    return f'\n\n<iframe src="{escape(url)}"></iframe>\n\n'


def _unknown(_tag: str, _masks: Masks) -> str | None:
    return None
