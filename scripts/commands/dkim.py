"""Keys for signing mail: new."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import print_json, remark, say
from scripts.context import JsonOption, settings_of

if TYPE_CHECKING:
    from newsletter.founding import NewKey

app = typer.Typer(help="Keys for signing mail (DKIM).", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keys for signing mail (DKIM)."""


@app.command()
def new(
    context: typer.Context,
    selector: Annotated[
        str, typer.Argument(metavar="SELECTOR", help="A name for the key, like s1 or 2026-12.")
    ],
    kind: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="rsa (2048 bits), or ed25519 beside it.")
    ] = "rsa",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Where to; else dkim-SELECTOR.pem by the configuration."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key, and show the DNS record to publish and what to write into the configuration.

    The key is readable by you only; a file that is there is never overwritten.

    Example: newsletter dkim new s1
    """
    settings = settings_of(context)
    from newsletter.config import parse_selector
    from newsletter.founding import Founding

    if kind not in {"rsa", "ed25519"}:
        raise typer.BadParameter("must be rsa or ed25519", param_hint="--type")
    try:
        parse_selector(selector)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="SELECTOR") from error
    made = Founding.new_key(selector, config=settings.config, kind=kind, out=out)
    if as_json:
        _print_document(made)
    else:
        _explain(made)


def _print_document(made: NewKey) -> None:
    print_json(
        {
            "file": str(made.file),
            "type": made.key.private.type.value,
            "domain": made.key.domain,
            "selector": made.key.selector,
            "name": made.key.record_name,
            "value": "".join(made.strings),
            "strings": made.strings,
            "record": made.zone_line(),
            "config": made.settings,
        }
    )


def _explain(made: NewKey) -> None:
    """What a person does next, in order."""
    remark(f"{made.file} is the private key: keep it, back it up, and show it to nobody\n")
    remark("1. Publish this TXT record. If your DNS host asks for a name and a value:\n")
    say(f"name:  {made.key.record_name}")
    say(f"value: {''.join(made.strings)}")
    remark("\n   As a line of a zone file:\n")
    say(made.zone_line())
    remark("\n2. When it can be looked up, put this into the configuration:\n")
    say(made.settings)
