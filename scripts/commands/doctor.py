"""Whether mail will arrive and readers can leave: doctor."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from scripts.console import busy, plain, print_json, say
from scripts.context import JsonOption, open_newsletter
from storage.model import count

if TYPE_CHECKING:
    from newsletter.doctor import Diagnosis

_STYLES: Final = {"ok": "green", "warning": "yellow", "error": "bold red", "skipped": "dim"}
_WORD: Final = max(map(len, _STYLES)) + 2
_NARROWEST: Final = 40
"""Columns for a sentence; a terminal that leaves fewer is written beyond its edge."""


class _Line(NamedTuple):
    """A line to show, and how where there are colours."""

    text: str
    style: str = ""


def doctor(
    context: typer.Context,
    signed: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            readable=True,
            help="A message of yours as it arrived somewhere: look at what became of it on its way.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Look at everything between this machine and a reader.

    Relay, TLS, login, DNS records, the public site, clock, disk. Sends no mail and changes nothing. The exit code is 1 when there are errors.

    Example: newsletter doctor
    """
    with open_newsletter(context) as newsletter, busy("Looking; a silent network takes a minute …"):
        found = newsletter.doctor(None if signed is None else signed.read_bytes())
    if as_json:
        print_json(
            [
                {
                    "area": one.area.value,
                    "name": one.name,
                    "verdict": one.health.value,
                    "message": one.message,
                    "advice": one.advice,
                    "record": one.record,
                }
                for one in found
            ]
        )
    else:
        _show([*_describe(found), *_sum_up(found)])
    if any(one.health.value == "error" for one in found):
        raise typer.Exit(1)


def _show(lines: Iterable[_Line]) -> None:
    if not sys.stdout.isatty():
        for line in lines:
            say(line.text)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text(line.text, style=line.style))


# ── the report ───────────────────────────────────────────────────────────────────────────────


def _describe(found: Sequence[Diagnosis]) -> Iterator[_Line]:
    """Each area below its heading, what was not looked at for the same reason in one line."""
    rows = [row for group in _areas(found) for row in group]
    width = max((len(_names(row)) for row in rows if len(row) == 1), default=0)
    for number, group in enumerate(_areas(found)):
        if number:
            yield _Line("")
        yield _Line(group[0][0].area.value, "bold")
        for row in group:
            yield from _tell(row, width)


def _areas(found: Sequence[Diagnosis]) -> Iterator[list[list[Diagnosis]]]:
    order = list(dict.fromkeys(one.area for one in found))
    for _, area in groupby(sorted(found, key=lambda one: order.index(one.area)), _area):
        yield [list(row) for _, row in groupby(area, _reason)]


def _area(one: Diagnosis) -> str:
    return one.area.value


def _reason(one: Diagnosis) -> tuple[str, ...]:
    """Equal for neighbours that are told together."""
    is_skipped = one.health.value == "skipped"
    return ("", one.message, one.advice) if is_skipped else (one.name, one.message, one.advice)


def _names(row: Sequence[Diagnosis]) -> str:
    return ", ".join(one.name for one in row)


def _tell(row: Sequence[Diagnosis], width: int) -> Iterator[_Line]:
    first = row[0]
    verdict = first.health.value
    head = f"  {verdict:<{_WORD}}{_names(row):<{width}}  "
    indent = " " * (2 + _WORD + width + 2)
    if len(head) > len(indent):  # several names together are longer than the column
        yield _Line(plain(head).rstrip(), _STYLES[verdict])
        head = indent
    for text in _wrap(first.message, head, indent):
        yield _Line(text, _STYLES[verdict] if verdict != "ok" else "")
    if first.advice:
        yield from map(_Line, _wrap(first.advice, f"{indent}→ ", f"{indent}  "))
    if first.record:  # on one line, to be copied
        yield _Line(plain(f"{indent}    {first.record}"))


def _wrap(text: str, first: str, others: str) -> list[str]:
    """Lines that fit a terminal; elsewhere one line, for grep."""
    if not sys.stdout.isatty():
        return [plain(first + text)]
    columns = max(shutil.get_terminal_size().columns, len(others) + _NARROWEST)
    return textwrap.wrap(
        plain(text),
        columns - 1,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _sum_up(found: Sequence[Diagnosis]) -> Iterator[_Line]:
    """How many, which, and what that means."""
    errors = [one.name for one in found if one.health.value == "error"]
    warnings = [one.name for one in found if one.health.value == "warning"]
    yield _Line("")
    if errors:
        which = "this" if len(errors) == 1 else "these"
        text = f"{_count(errors, 'error')}. Mend {which} first: until then mail does not arrive, or readers cannot leave."
        yield from (_Line(line, _STYLES["error"]) for line in _wrap(text, "", ""))
    if warnings:
        works = "This works" if len(warnings) == 1 else "These work"
        text = f"{_count(warnings, 'warning')}. {works}, and could work better or longer."
        yield from (_Line(line, _STYLES["warning"]) for line in _wrap(text, "", ""))
    if not errors and not warnings:
        yield _Line("Nothing to complain about.", _STYLES["ok"])


def _count(names: Sequence[str], word: str) -> str:
    return f"{count(len(names), word)}: {', '.join(names)}"
