"""The site as files: build."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import Json, plain, print_json, remark, say
from scripts.context import JsonOption, open_newsletter
from storage.model import NotesFolderError

if TYPE_CHECKING:
    from newsletter.app import Newsletter
    from newsletter.showing import BuildReport

_SHOWN = 20
"""Dead links that are printed; `--json` has them all."""


def build(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to; empty, or of an earlier build.")
    ],
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and build again whenever something changes.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write site, archive, feeds and pictures as files for a web server.

    Looks at the notes first and publishes what is due, as `send` does, but mails nobody. Rewrites only what changed, each file at once, and removes what is gone. The exit code is 1 when a link leads nowhere on the site.

    Example: newsletter build public
    """
    if watch and as_json:
        raise typer.BadParameter("--json prints one document; leave --watch out")
    with open_newsletter(context) as newsletter:
        report = _build(newsletter, directory)
        if as_json:
            print_json(_document(report))
        else:
            _tell(report)
        if watch:
            _watch(newsletter, directory)
    if not report.is_sound:
        raise typer.Exit(1)


def _build(newsletter: Newsletter, directory: Path) -> BuildReport:
    try:
        newsletter.poll()
    except NotesFolderError as error:
        remark(f"warning: {error}")  # the archive can still be built
    return newsletter.build(directory)


def _watch(newsletter: Newsletter, directory: Path) -> None:
    """Until Ctrl-C."""
    from web.building import Sight  # loads the site

    remark("watching; Ctrl-C ends it")
    sight = Sight(newsletter)
    known = sight.mark()
    every = min(newsletter.config.notes.poll.total_seconds(), 2.0)
    try:
        while True:
            time.sleep(every)
            try:
                newsletter.poll()
            except NotesFolderError as error:
                remark(f"warning: {error}")
            if (found := sight.mark()) != known:
                known = found
                _tell(newsletter.build(directory))
    except KeyboardInterrupt:
        return


def _tell(report: BuildReport) -> None:
    for problem in report.problems:
        remark(plain(problem))
    for dead in report.dead[:_SHOWN]:
        remark(plain(f"{dead.page}: nothing is at {dead.link}"))
    if len(report.dead) > _SHOWN:
        remark(f"… and {len(report.dead) - _SHOWN} more links that lead nowhere")
    same = report.files - report.written
    say(
        f"{report.files} files: {report.written} written, {same} as they were, {report.removed} removed"
    )


def _document(report: BuildReport) -> Json:
    return {
        "files": report.files,
        "written": report.written,
        "removed": report.removed,
        "dead": [{"page": dead.page, "link": dead.link} for dead in report.dead],
        "problems": list(report.problems),
    }
