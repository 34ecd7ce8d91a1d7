"""What stands in square brackets, or as a path on a line, and only its program reads: BBCode of forums, and what
HedgeDoc, Bear and iA Writer have of it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Final

from feeds.markdown.dialects.arguments import figure, link
from feeds.markdown.dialects.masks import Masks, Report, tell

_PAIR: Final = re.compile(
    r"\[(?<![\\!\[\w]\[)([A-Za-z][\w-]{1,20}|[bBiIuUsS])((?:=|[ ])[^\[\]\n]{1,200})?\](?![(:])"
    r"((?:(?!\[/?\1\b)[\s\S]){0,4000}?)\[/\1\]"
)
_PLAIN: Final = frozenset(
    {
        "center",
        "left",
        "right",
        "size",
        "color",
        "colour",
        "font",
        "justify",
        "indent",
        "list",
        "wrap",
    }
)
_SIGNED: Final = re.compile(r"\[(name|time|color)=([^\[\]\n]{1,100})\](?![(:])")
_RUBY: Final = re.compile(r"\{ruby[ ]([^{}|\n]{1,100})\|([^{}|\n]{1,100})\}")
_KEPT: Final = re.compile(r"\[(image|file):([^\[\]\n]{1,300})\](?![(:])")
_BLOCK: Final = re.compile(
    r"^/([^\s\"'<>|\ufdd0]{1,300}\.(?:png|jpe?g|gif|webp|avif|svg))(?:[ \t]+[\"'(]([^\n]{1,300}?)[\"')])?[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
"""iA Writer's picture, with its caption."""


_BEGUN: Final = re.compile(r"\[(?:/|name=|time=|color=|image:|file:)")


def read_brackets(text: str, masks: Masks, report: Report) -> str:
    """All of them, if there may be one."""
    if "{ruby " in text:
        text = _RUBY.sub(r"\1 (\2)", text)
    if _BEGUN.search(text) is None:
        return text
    text = _KEPT.sub(_kept, _SIGNED.sub(_signed, text))
    return _read_pairs(text, masks, report) if "[/" in text else text


def _read_pairs(text: str, masks: Masks, report: Report) -> str:
    """BBCode, as Discourse and old forums have it; a pair that is not known loses its tags and is told."""

    def replace(found: re.Match[str]) -> str:
        name, given, inside = found[1].lower(), (found[2] or "")[1:].strip(" \"'"), found[3]
        if name in _BECOMES:
            return _BECOMES[name](given, inside)
        if name in {"quote", "details", "spoiler"}:
            lines = [masks.shift(line, "> ") for line in inside.strip("\n").split("\n")]
            by = given.partition(",")[0].strip(" \"'")
            head = [] if name == "quote" else [f"> [!details] {given}".rstrip()]
            foot = [">", f"> — {by}"] if name == "quote" and by else []
            return "\n".join(["", "", *head, *lines, *foot, "", ""])
        if name == "code":
            return (
                "\n\n" + masks.put(f"```{given}\n{inside.strip(chr(10))}\n```") + "\n\n"
                if "\n" in inside
                else masks.put(f"`{inside}`")
            )
        if name not in _PLAIN:
            tell(report, found, masks)
        return inside

    for _depth in range(4):
        read = _PAIR.sub(replace, text)
        if read == text:
            break
        text = read
    return text


def _addressed(given: str, inside: str) -> str:
    url = given or inside.strip()
    return link(url, inside) if url.startswith(("http://", "https://", "/")) else inside


_BECOMES: Final[dict[str, Callable[[str, str], str]]] = {
    "b": lambda _given, inside: f"**{inside.strip()}**",
    "i": lambda _given, inside: f"*{inside.strip()}*",
    "s": lambda _given, inside: f"~~{inside.strip()}~~",
    "u": lambda _given, inside: f"<u>{inside}</u>",
    "url": _addressed,
    "link": _addressed,
    "email": lambda given, inside: f"[{inside}](mailto:{given or inside})",
    "img": lambda _given, inside: f'<img src="{escape(inside.strip())}" alt="">',
}


def _signed(found: re.Match[str]) -> str:
    """HedgeDoc's quotation: who and when stand below, a colour is none of the words."""
    if found[1] == "color":
        return ""
    return f"— {found[2]}" if found[1] == "name" else f"({found[2]})"


def _kept(found: re.Match[str]) -> str:
    """Bear's pictures and files of its older exports."""
    name = found[2].rpartition("/")[2]
    return f"![](<{found[2]}>)" if found[1] == "image" else f"[{name}](<{found[2]}>)"


def read_blocks_of_content(text: str, _masks: Masks, _report: Report) -> str:
    """A picture that stands as a path on a line of its own."""
    return _BLOCK.sub(lambda found: figure(f"/{found[1]}", caption=found[2] or ""), text)
