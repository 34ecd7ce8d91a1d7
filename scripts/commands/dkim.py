"""Keys for signing mail: new."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import print_json, remark, say
from scripts.context import JsonOption, settings_of
from storage.model import Conflict, NewsletterError

if TYPE_CHECKING:
    from mailer.authentication import SigningKey

app = typer.Typer(help="Keys for signing mail (DKIM).", no_args_is_help=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A new key, and what is to be done with it."""

    file: Path
    key: SigningKey
    strings: tuple[str, ...]
    settings: str
    """The lines for the configuration."""

    def zone_line(self) -> str:
        """The record as a zone file has it (RFC 1035 5.1)."""
        strings = " ".join(f'"{string}"' for string in self.strings)
        return f"{self.key.record_name}. IN TXT ( {strings} )"


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
    made = _make(settings_of(context).config, selector, kind, out)
    if as_json:
        _print_document(made)
    else:
        _explain(made)


def _make(config_file: Path, selector: str, kind: str, out: Path | None) -> _Made:
    from mailer.authentication import KeyType, SigningKey, make_key
    from newsletter.config import load_config, parse_selector

    if kind not in set(KeyType):
        raise typer.BadParameter("must be rsa or ed25519", param_hint="--type")
    try:
        selector = parse_selector(selector)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="SELECTOR") from error
    config = load_config(config_file, os.environ, signing=False)
    folder = config.source.parent
    file = (out or folder / f"dkim-{selector}.pem").absolute()
    pem = make_key(KeyType(kind))
    _write_new(file, pem)
    key = SigningKey.load(pem, domain=config.signing_domain, selector=selector)
    shown = file.relative_to(folder) if file.is_relative_to(folder) else file
    lines = [
        "[dkim]",
        f"domain = {json.dumps(key.domain)}",
        f"selector = {json.dumps(selector)}",
        f"key = {json.dumps(str(shown), ensure_ascii=False)}",
    ]
    return _Made(file=file, key=key, strings=key.record_strings(), settings="\n".join(lines))


def _write_new(file: Path, pem: bytes) -> None:
    """Stores a key for its owner only. Raises Conflict when the file is there."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(
            f"{file} exists; a new key needs a new selector, or another --out"
        ) from error
    except OSError as error:
        raise NewsletterError(f"{file} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())


def _print_document(made: _Made) -> None:
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


def _explain(made: _Made) -> None:
    """What a person does next, in order."""
    remark(f"{made.file} is the private key: keep it, back it up, and show it to nobody\n")
    remark("1. Publish this TXT record. If your DNS host asks for a name and a value:\n")
    say(f"name:  {made.key.record_name}")
    say(f"value: {''.join(made.strings)}")
    remark("\n   As a line of a zone file:\n")
    say(made.zone_line())
    remark("\n2. When it can be looked up, put this into the configuration:\n")
    say(made.settings)
