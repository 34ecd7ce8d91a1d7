"""Reports that come back: bounces and complaints, from files, Maildir folders or standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from scripts.console import Json, print_json, print_table, remark
from scripts.context import JsonOption, open_newsletter

if TYPE_CHECKING:
    from newsletter.inbound import ReportResult

_STDIN = "-"


class _Source(NamedTuple):
    """One message, and the file that it is in."""

    name: str
    raw: bytes


def bounce(
    context: typer.Context,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Messages, mbox files or Maildir folders; standard input without any, or for -.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Classify only; change nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take bounces and complaints, and act on those about our mail.

    Example: newsletter bounce --dry-run returned.eml
    """
    unreadable: list[str] = []
    envelope_to = _envelope_recipient(os.environ) if not files else ""
    rows: list[tuple[str, ReportResult]] = []
    with open_newsletter(context) as newsletter:
        for source in _sources(files or [_STDIN], unreadable):
            done = newsletter.report_desk.process(
                source.raw, envelope_to=envelope_to, dry_run=dry_run
            )
            rows.append((source.name, done))
    if as_json:
        print_json([_as_json(name, result) for name, result in rows])
    else:
        print_table(
            ("file", "kind", "status", "subscriber", "action"),
            [_as_row(name, result) for name, result in rows],
            empty="no reports",
        )
    for reason in unreadable:
        remark(f"newsletter: {reason}")
    if unreadable:
        raise typer.Exit(1)


def _envelope_recipient(environ: Mapping[str, str]) -> str:
    """Whom a message on standard input was delivered to: Postfix and qmail tell their programs."""
    return environ.get("ORIGINAL_RECIPIENT") or environ.get("RECIPIENT") or ""


def _sources(files: list[str], unreadable: list[str]) -> Iterator[_Source]:
    """Every message, file by file; what cannot be read is remembered, and the others are read."""
    from mailer.inbound import split_messages

    for name in files:
        for path in _expand(name, unreadable):
            try:
                raw = sys.stdin.buffer.read() if path == _STDIN else Path(path).read_bytes()
            except OSError as error:
                unreadable.append(f"{path} cannot be read: {error.strerror}")
                continue
            yield from (_Source(path, one) for one in split_messages(raw))


def _expand(name: str, unreadable: list[str]) -> list[str]:
    """The files of a folder, or the file itself."""
    from mailer.inbound import find_messages

    if name == _STDIN or not Path(name).is_dir():
        return [name]
    try:
        return [str(path) for path in find_messages(Path(name))]
    except OSError as error:
        unreadable.append(f"{name} cannot be read: {error.strerror}")
        return []


def _as_json(name: str, result: ReportResult) -> dict[str, Json]:
    return {
        "file": name,
        "kind": result.kind.value,
        "status": result.status,
        "recipients": list(result.recipients),
        "subscriber": result.subscriber.address if result.subscriber else None,
        "action": result.action.value,
    }


def _as_row(name: str, result: ReportResult) -> tuple[str, str, str, str, str]:
    reader = result.subscriber.address if result.subscriber else ""
    return name, result.kind.value, result.status, reader, result.action.value
