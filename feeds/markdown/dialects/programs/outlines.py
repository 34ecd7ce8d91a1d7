"""What programs of outlines, Logseq above all, keep with a block: properties, states, what it is made of. Pure."""

from __future__ import annotations

import re
from typing import Final

from feeds.markdown.dialects.masks import Masks, Report, tell

_PROPERTY: Final = re.compile(
    r"^([ \t]*)(?:([-*+])[ \t]+)?(?:(?:id|collapsed|heading|background-color|public|query-\w[\w-]*|"
    r"card-[\w-]+|logseq\.[\w.-]+)::[^\n]*|(?:SCHEDULED|DEADLINE):[ \t]*<[^>\n]*>[ \t]*|"
    r"#\+(?:BEGIN|END)_\w+[^\n]*|:LOGBOOK:|:END:|CLOCK:[ \t]*\[[^\n]*)$\n?",
    re.MULTILINE,
)
_GOES_ON: Final = re.compile(r"[ \t]+(?![-*+][ \t]|#\+|:[A-Z]+:|[\w-]+::)\S")
_MARKER: Final = re.compile(
    r"^([ \t]*[-*+][ \t]+)(TODO|DOING|LATER|NOW|WAITING|DONE)[ \t]+(?=\S)", re.MULTILINE
)
STATES: Final = ("TODO ", "DOING ", "LATER ", "NOW ", "WAITING ", "DONE ", "\t")
"""What a block with a state has, quick to tell."""
_MACRO: Final = re.compile(r"\{\{(\w+)[ \t]+((?:\[\[|\(\(|https?://)[^{}\n]{1,1000})\}\}")

_LINKED: Final = frozenset({"video", "youtube", "vimeo", "tweet", "twitter", "pdf"})


_ROAM: Final = re.compile(
    r"\{\{\[\[([A-Za-z][\w -]{0,40})\]\]((?:[^{}\n]|\{[^{}\n]{0,500}\}){0,2000})\}\}"
)
_ROAM_STATE: Final = re.compile(
    r"^([ \t]*[-*+][ \t]+)\{\{\[\[(TODO|DONE)\]\]\}\}[ \t]*", re.MULTILINE
)
_ADDRESS: Final = re.compile(r"https?://[^\s{}\[\]]{1,1000}")


def read_blocks(text: str, masks: Masks, report: Report) -> str:
    """Roam's: a state is a task, what plays is a link, all else is told."""

    def replace(found: re.Match[str]) -> str:
        if (url := _ADDRESS.search(found[2])) is not None:
            return f"<{url[0]}>"
        tell(report, found, masks)
        return ""

    text = _ROAM_STATE.sub(lambda found: f"{found[1]}[{'x' if found[2] == 'DONE' else ' '}] ", text)
    return _ROAM.sub(replace, text)


def read_properties(text: str, _masks: Masks, _report: Report) -> str:
    """A block that begins with what is not for readers keeps its place in the list, if words follow in it."""

    def taken(found: re.Match[str]) -> str:
        goes_on = found[2] and _GOES_ON.match(found.string, found.end())
        return f"{found[1]}{found[2]}\n" if goes_on else ""

    return _PROPERTY.sub(taken, text)


def read_states(text: str, _masks: Masks, _report: Report) -> str:
    """A block with a state is a task, done or not."""
    return _MARKER.sub(lambda found: f"{found[1]}[{'x' if found[2] == 'DONE' else ' '}] ", text)


def read_macros(text: str, masks: Masks, report: Report) -> str:
    """Logseq's: a video is a link, what it embeds is Obsidian's embed, all else is told."""

    def replace(found: re.Match[str]) -> str:
        name, rest = found[1].lower(), found[2].strip()
        if rest.startswith("http") and name in _LINKED:
            return f"<{rest}>"
        if name == "embed" and rest.startswith("[["):
            return f"!{rest}"
        tell(report, found, masks)
        return ""

    return _MACRO.sub(replace, text)
