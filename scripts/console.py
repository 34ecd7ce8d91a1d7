"""Owns what a person sees: tables, JSON documents, progress, and where the log goes.

Results go to standard output, everything else to standard error, so that a pipe gets results only.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TextIO, TypeAlias

from scripts.streams import NO_ROOM, silence_output
from scripts.tables import lay_out
from storage.model import NewsletterError, count, prepare_log, show, show_json
from storage.model import columns as columns_of

if TYPE_CHECKING:
    import structlog

_LONG_MINUTES: Final = 14 * 24 * 60
"""Of a span of which nobody wants to know the hours."""
_WEEKDAYS: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
PAGE: Final = 500
"""Rows of a table that are held at once."""

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"


class LogForm(StrEnum):
    """How log lines look."""

    AUTO = "auto"
    """For reading on a terminal, logfmt elsewhere."""
    LOGFMT = "logfmt"
    JSON = "json"


def configure_logging(level: int, form: LogForm = LogForm.AUTO) -> None:
    """Log lines on standard error, our own and those of libraries in the same form."""
    prepare_log(level, partial(_configure, level, form))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Form(form))
    # Libraries speak up only when something is wrong: below that they repeat addresses (rule A37).
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def prepare_logging() -> None:
    """For a program that goes on for months: what its log needs is loaded before it is needed."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Form):
            handler.formatter.prepare()


def _configure(level: int, form: LogForm) -> None:
    import structlog

    first, last = _processors(form)
    structlog.configure(
        processors=[*first, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


class _Form(logging.Formatter):
    """Lines of libraries, in the form of ours; structlog is loaded with the first of them."""

    def __init__(self, form: LogForm) -> None:
        super().__init__()
        self._form = form

    def prepare(self) -> None:
        """Load structlog now: when something is wrong there may be no file to be opened any more."""
        _ = self._formatter

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        return self._formatter.format(record)

    @cached_property
    def _formatter(self) -> logging.Formatter:
        import structlog

        first, last = _processors(self._form)
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*first, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )


def _processors(
    form: LogForm,
) -> tuple[list[structlog.typing.Processor], list[structlog.typing.Processor]]:
    """What each line goes through, before and after a library's is told from ours."""
    import structlog

    is_read = form is LogForm.AUTO and sys.stderr.isatty()
    keys = ["timestamp", "level", "event"]
    renderer: structlog.typing.Processor
    if is_read:
        renderer = structlog.dev.ConsoleRenderer()
    elif form is LogForm.JSON:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.processors.LogfmtRenderer(key_order=keys)
    first: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if is_read else "iso", utc=not is_read),
    ]
    # The console renderer shows a traceback itself, and better.
    tracebacks = [] if is_read else [structlog.processors.format_exc_info]
    return first, [*tracebacks, _show_values, renderer]


def _show_values(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """What others named or wrote steers no terminal on which a log is read."""
    return {key: show(value) if isinstance(value, str) else value for key, value in event.items()}


# ── results ──────────────────────────────────────────────────────────────────────────────────


def say(line: str = "") -> None:
    """One line of result."""
    print(show(line))


def tell(sentence: str, colours: Mapping[str, str] = MappingProxyType({})) -> None:
    """One sentence of result: whole on a line, or broken between words where a terminal is narrower.

    `colours` are words in it that a terminal shows in a colour of ANSI, by its number.
    """
    lines = _broken(show(sentence), sys.stdout)
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        for word, colour in colours.items():
            lines = lines.replace(word, f"\x1b[{colour}m{word}\x1b[0m", 1)
    print(lines)


def remark(line: str) -> None:
    """One line beside the result, on standard error, broken as by `tell`; lost where a full disk takes none."""
    with suppress(OSError):
        print(_broken(show(line), sys.stderr), file=sys.stderr)


def step(line: str) -> None:
    """What a long start is at, on standard error while it is a terminal; a log has its own lines."""
    if sys.stderr.isatty():
        print(_broken(show(line), sys.stderr), file=sys.stderr, flush=True)


def _broken(text: str, stream: TextIO) -> str:
    """What is wider than a terminal goes on below, a little further in. No word is broken, so that
    addresses and commands can be copied.
    """
    if not stream.isatty():
        return text
    width = shutil.get_terminal_size().columns
    return "\n".join(part for line in text.split("\n") for part in break_line(line, width))


def break_line(line: str, width: int) -> Iterator[str]:
    """A line in parts of at most so many columns, if its words allow that."""
    rest = len(line) - len(line.lstrip(" "))
    part = line[:rest]
    for word in line[rest:].split(" "):
        if part.strip() and columns_of(part) + columns_of(word) > width:
            yield part.rstrip(" ")
            part = " " * (rest + 2)
        part += f"{word} "
    yield part.rstrip(" ")


def agree(question: str) -> bool:
    """Whether whoever sits at the terminal says yes; False where nobody does."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print(f"{show(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def say_if_possible(line: str) -> None:
    """One line that is there to help: where there is no room for it, as in a log on a full disk, all goes on."""
    try:
        print(show(line), flush=True)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        silence_output()


def print_json(document: Json) -> None:
    """One JSON document, and nothing else on standard output."""
    print(_write_json(document))


def print_json_list(items: Iterable[Json]) -> None:
    """One JSON document, a list, written as its items come: it may be longer than memory."""
    before = "[\n"
    for item in items:
        text = _write_json(item)
        sys.stdout.write(f"{before}  " + text.replace("\n", "\n  "))  # none is within a string
        before = ",\n"
    say("[]" if before == "[\n" else "\n]")


def _write_json(item: Json) -> str:
    is_any = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    return show_json(json.dumps(item, ensure_ascii=not is_any, indent=2))


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str = "nothing"
) -> None:
    """Rows below their headings: a table on a terminal, aligned text elsewhere."""
    if not rows:
        remark(empty)
    elif sys.stdout.isatty():
        _print_laid_out(columns, rows)
    else:
        _print_plain(columns, rows)


def print_long_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str = "nothing"
) -> None:
    """The same as its rows come, for there may be more of them than memory holds: as pages of
    PAGE rows, each below the headings.
    """
    left = iter(rows)
    page = list(islice(left, PAGE))
    print_table(columns, page, empty=empty)
    while page := list(islice(left, PAGE)):
        say()
        print_table(columns, page)


def _print_laid_out(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    width = shutil.get_terminal_size().columns
    bold, end = ("", "") if os.environ.get("NO_COLOR") else ("\x1b[1m", "\x1b[0m")
    cells = [[plain(cell) for cell in row] for row in rows]
    for is_heading, line in lay_out(columns, cells, width):
        print(f"{bold}{show(line)}{end}" if is_heading else show(line))


def _print_plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [
        [column.upper() for column in columns],
        *([plain(cell) for cell in row] for row in rows),
    ]
    widths = [max(map(columns_of, cells)) for cells in zip(*lines, strict=True)]
    for line in lines:
        padded = (
            cell + " " * (width - columns_of(cell))
            for cell, width in zip(line, widths, strict=True)
        )
        say("  ".join(padded).rstrip())


def plain(cell: str) -> str:
    """A cell on one line: what others wrote can neither move the cursor nor colour the screen."""
    if cell.isprintable():  # nothing of that in it, and no white space but blanks
        return cell
    return "".join(
        " " if character.isspace() else character
        for character in cell
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )


def local(at: datetime | None, zone: str) -> str:
    """A time for a person, in the newsletter's zone, to the minute."""
    from zoneinfo import ZoneInfo

    return "" if at is None else at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %Z")


def spell_time(at: datetime, zone: str) -> str:
    """A time with its weekday: `Tuesday 2026-12-01 at 09:00 CET (Europe/Berlin)`; `… UTC` says it all."""
    from zoneinfo import ZoneInfo

    there = at.astimezone(ZoneInfo(zone))
    seconds = f":{there:%S}" if there.second else ""
    where = f" ({zone})" if zone != f"{there:%Z}" else ""
    return (
        f"{_WEEKDAYS[there.weekday()]} {there:%Y-%m-%d} at {there:%H:%M}{seconds} {there:%Z}{where}"
    )


def tell_span(span: timedelta) -> str:
    """A span in its two largest units: `3 days and 4 hours`."""
    minutes = int(span.total_seconds() // 60)
    parts = [
        (minutes // 1440, "day"),
        (minutes % 1440 // 60, "hour"),
        (minutes % 60, "minute"),
    ]
    if minutes >= _LONG_MINUTES:
        parts = parts[:1]
    told = [count(number, what) for number, what in parts if number]
    return " and ".join(told[:2]) or "less than a minute"


def write_file(path: Path, content: bytes, what: str, *, quietly: bool = False) -> None:
    """A result in a file, whole or not at all; `-` is standard output. Raises NewsletterError.

    `quietly` does not say so, where standard output has a document.
    """
    if str(path) == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        raise NewsletterError(f"{path} cannot be written: {error.strerror}") from error
    if not quietly:
        say(f"{what} written to {path}")


# ── progress ─────────────────────────────────────────────────────────────────────────────────


@contextmanager
def progress_bar(
    label: str, total: int | None = None
) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on standard error while it is a terminal; told (done so far, total if known)."""
    if not sys.stderr.isatty():
        yield _say_nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=total)

        def update(done: int, total: int | None) -> None:
            progress.update(task, completed=done, total=total)

        yield update


@contextmanager
def busy(label: str) -> Iterator[None]:
    """A sign of life on standard error while it is a terminal, for work without a measure."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(label):
        yield


def _say_nothing(done: int, total: int | None) -> None:
    """For a log file, in which a bar would be noise."""
    del done, total
