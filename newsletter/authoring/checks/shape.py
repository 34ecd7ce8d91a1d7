"""What a mail looks like: its pictures, colours, tables, headings, code and footnotes. Pure."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

from feeds.markdown import clean_text, find_lost_cells
from newsletter.authoring.checks.rendered import Seen
from newsletter.authoring.findings import Finding, Proof, body_offset, line_matching, line_of, warn
from storage.model import contrast

MANY_COLUMNS: Final = 6
LONG_WORD: Final = 60
LONG_CODE: Final = 100
LONG_ALT: Final = 250
HEAVY: Final = 5_000_000
FEW_WORDS: Final = 5
"""To each picture: with fewer it is mostly pictures."""
CONTRAST: Final = 3.0
"""Below this ratio large text cannot be read either (WCAG 2.2, 1.4.3)."""
_FILE_NAME: Final = re.compile(
    r"\S+\.(?:jpe?g|png|gif|webp|avif|svg)|(?:img|dsc|dscn|pxl|screenshot|image|photo)[-_ ]?\d*",
    re.IGNORECASE,
)
_COLOUR: Final = re.compile(
    r"(?:^|;)\s*(?P<what>color|background(?:-color)?)\s*:\s*(?P<value>[^;]+)"
)
_NAMED: Final = {
    "black": "#000000", "white": "#ffffff", "red": "#ff0000", "green": "#008000", "blue": "#0000ff",
    "navy": "#000080", "gray": "#808080", "grey": "#808080", "yellow": "#ffff00", "maroon": "#800000",
    "purple": "#800080", "teal": "#008080", "silver": "#c0c0c0", "darkblue": "#00008b",
}  # fmt: skip
_PAPERS: Final = {"light": "#ffffff", "dark": "#121212"}
_FOOTNOTE: Final = re.compile(r"(?<!\\)\[\^(?P<name>[^\]\s]+)\](?P<colon>:)?")
_FENCE: Final = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})(?P<rest>.*)$")


def check_shape(proof: Proof, seen: Seen) -> Iterator[Finding]:
    """All of that."""
    yield from _check_pictures(proof, seen)
    yield from _check_colours(proof, seen)
    yield from _check_width(proof, seen)
    yield from _check_rows(proof)
    yield from _check_source(proof)


def _check_pictures(proof: Proof, seen: Seen) -> Iterator[Finding]:
    for alt in dict.fromkeys(seen.alts):
        if alt and _FILE_NAME.fullmatch(alt.strip()):
            yield warn(
                "alt-file",
                f"The alternative text {alt!r} is a file's name; say what is seen.",
                line_of(proof, alt),
            )
        elif len(alt) > LONG_ALT:
            yield warn(
                "long-alt",
                f"An alternative text has {len(alt)} characters; say it in the text.",
                line_of(proof, alt[:40]),
            )
    for path in sorted(proof.placed):
        name = PurePosixPath(path).name
        yield warn(
            "place",
            f"The picture `{path}` tells everybody where it was taken; take that out of it, as with "
            f"`exiftool -gps:all= -xmp:geotag= {shlex.quote(name)}`.",
            line_of(proof, name) or line_of(proof, quote(name)),
        )
    weight = sum(size or 0 for size in proof.pictures.values())
    if weight > HEAVY:
        yield warn(
            "heavy",
            f"The pictures have {weight / 1e6:.0f} MB together; readers on the road wait for them.",
        )
    words = len(" ".join(seen.words).split())
    if len(seen.alts) > 4 and 0 < words < FEW_WORDS * len(seen.alts):
        yield warn(
            "few-words",
            f"There are pictures and only {words} words; filters take such mail for spam.",
        )


# ── colours ──────────────────────────────────────────────────────────────────────────────────


def _check_colours(proof: Proof, seen: Seen) -> Iterator[Finding]:
    for style in dict.fromkeys(seen.styles):
        found = {one["what"][:10]: _colour(one["value"]) for one in _COLOUR.finditer(style.lower())}
        colour, behind = found.get("color"), found.get("background")
        papers = {"own": behind} if behind else _PAPERS
        for paper, back in papers.items():
            if colour and back and (ratio := contrast(colour, back)) < CONTRAST:
                code = "dark-contrast" if paper == "dark" else "contrast"
                where = "in dark mode" if paper == "dark" else "on its background"
                yield warn(
                    code,
                    f"The colour {colour} can hardly be read {where} (contrast {ratio:.1f} to 1); "
                    "leave colours to the reader's program.",
                    line_of(proof, colour)
                    or line_matching(proof.source, re.compile("style=", re.IGNORECASE)),
                )


def _colour(value: str) -> str | None:
    word = value.replace("!important", "").strip()
    if re.fullmatch("#[0-9a-f]{6}", word):
        return word
    if re.fullmatch("#[0-9a-f]{3}", word):
        return "#" + "".join(2 * one for one in word[1:])
    if found := re.fullmatch(r"rgb\(\s*(\d{1,3})[,\s]+(\d{1,3})[,\s]+(\d{1,3})\s*\)", word):
        return "#" + "".join(f"{min(int(one), 255):02x}" for one in found.groups())
    return _NAMED.get(word)


# ── its shape ────────────────────────────────────────────────────────────────────────────────


def _check_width(proof: Proof, seen: Seen) -> Iterator[Finding]:
    if seen.columns > MANY_COLUMNS:
        yield warn(
            "wide-table",
            f"A table has {seen.columns} columns; on a phone few more than four can be read.",
        )
    for word in dict.fromkeys(" ".join(seen.words).split()):
        if len(word) > LONG_WORD and word.isalnum() and word.isascii():
            yield warn(
                "long-word",
                f"A word of {len(word)} letters pushes the mail wider than a phone.",
                line_of(proof, word),
            )
    longest = max((len(line) for text in seen.code for line in text.splitlines()), default=0)
    if longest > LONG_CODE:
        yield warn(
            "wide-code", f"Code has lines of {longest} characters; mail programs wrap or cut them."
        )
    if any(not heading for heading in seen.headings):
        yield warn("empty-heading", "A heading has no words.")
    twice = [heading for heading, count in Counter(seen.headings).items() if count > 1 and heading]
    for heading in twice:
        yield warn(
            "same-heading",
            f"The heading {heading!r} stands there more than once.",
            line_of(proof, heading),
        )


def _check_rows(proof: Proof) -> Iterator[Finding]:
    offset = body_offset(proof)
    for line, count in find_lost_cells(proof.note.body):
        cells = "a cell" if count == 1 else f"{count} cells"
        yield warn(
            "lost-cells",
            f"This row of a table has {cells} more than its head, which readers do not see; a bar that parts "
            "no cells is written `\\|`.",
            offset + line,
        )


def _check_source(proof: Proof) -> Iterator[Finding]:
    """What the Markdown itself tells: notes without a foot, feet without a note, an open fence."""
    text = clean_text(proof.source)
    opened: tuple[str, int] | None = None
    asked: dict[str, int] = {}
    given: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if fence and opened is None:
            opened = (fence["mark"], number)
        elif fence and opened and fence["mark"].startswith(opened[0]) and not fence["rest"].strip():
            opened = None
        if opened is None:
            for found in _FOOTNOTE.finditer(re.sub(r"`[^`]*`", "", line)):
                at_start = found["colon"] and not line[: found.start()].strip("> \t")
                if at_start:
                    given.setdefault(found["name"], []).append(number)
                else:
                    asked.setdefault(found["name"], number)
    if opened is not None:
        yield warn(
            "open-fence",
            "A block of code is begun and never ended; all after it is code.",
            opened[1],
        )
        return
    yield from _check_footnotes(asked, given)


def _check_footnotes(asked: dict[str, int], given: dict[str, list[int]]) -> Iterator[Finding]:
    """By their names the line on which each is called, and the lines of its texts."""
    for name in asked.keys() - given.keys():
        yield warn("no-footnote", f"The footnote [^{name}] has no text.", asked[name])
    for name, lines in given.items():
        if name not in asked:
            yield warn(
                "idle-footnote",
                f"Nothing refers to the footnote [^{name}], so nobody sees it.",
                lines[0],
            )
        elif len(lines) > 1:
            yield warn(
                "footnote-twice",
                f"The footnote [^{name}] has more than one text; readers see the last.",
                lines[-1],
            )
