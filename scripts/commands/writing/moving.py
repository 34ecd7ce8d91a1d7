"""Moving in: posts of another system become notes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import Json, print_json, print_table, progress_bar, remark, say
from scripts.context import JsonOption, settings_of
from storage.model import count

if TYPE_CHECKING:
    from newsletter.importing import PostImport

app = typer.Typer(help="Move in from another system.", no_args_is_help=True)

_NAMES = "substack, ghost, buttondown, medium, wordpress, beehiiv, mailchimp, kit or mailman"


@app.callback()
def group() -> None:
    """Move in from another system."""


@app.command()
def posts(
    context: typer.Context,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FROM", help="What that system exported: a zip, a folder or a file."
        ),
    ],
    target: Annotated[
        Path,
        typer.Option(
            "--to", metavar="DIR", help="The folder for the notes; made if it is missing."
        ),
    ],
    system: Annotated[
        str | None, typer.Option("--system", metavar="NAME", help=f"Whose export it is: {_NAMES}.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of it, and write nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a note of each post that another system exported.

    With its date, tags, summary, old address and those pictures that the export has. Nothing is mailed, and no file is overwritten; what readers could not see stays a draft.

    Example: newsletter import posts export.zip --to notes
    """
    settings_of(context)
    from newsletter.importing import SYSTEMS, import_posts

    if system is not None and system not in SYSTEMS:
        raise typer.BadParameter(f"no system that is known; there are {', '.join(SYSTEMS)}")
    with progress_bar("posts") as update:
        done = import_posts(source, target, system=system, dry_run=dry_run, progress=update)
    if as_json:
        print_json(_document(done, dry_run=dry_run))
    else:
        _tell(done, target, dry_run=dry_run)


def _document(done: PostImport, *, dry_run: bool) -> Json:
    return {
        "system": done.system,
        "dry_run": dry_run,
        "posts": [
            {
                "name": one.name,
                "note": one.path,
                "title": one.title,
                "draft": one.draft,
                "pictures": one.pictures,
                "remarks": list(one.remarks),
            }
            for one in done.posts
        ],
        "left_out": [{"name": one.name, "reason": one.reason} for one in done.left_out],
    }


def _tell(done: PostImport, target: Path, *, dry_run: bool) -> None:
    told = [(one.path, remark_) for one in done.posts for remark_ in one.remarks]
    if told:
        print_table(("note", "look at"), told)
        say()
    if done.left_out:
        print_table(("left out", "why"), [(one.name, one.reason) for one in done.left_out])
        say()
    drafts = sum(one.draft for one in done.posts)
    pictures = sum(one.pictures for one in done.posts)
    verb = "would be made" if dry_run else "is there" if len(done.posts) == 1 else "are there"
    say(
        f"{done.system}: {count(len(done.posts), 'note')} {verb} in {target}, {_drafts(drafts)}, "
        f"with {count(pictures, 'picture')}; {len(done.left_out)} left out"
    )
    if not dry_run and done.posts:
        remark("nothing of it is mailed; `newsletter check --all` tells what will be published")


def _drafts(number: int) -> str:
    return "1 of them a draft" if number == 1 else f"{number} of them drafts"
