"""Whether mail will arrive and readers can leave: doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from scripts.console import plain, print_json, say
from scripts.context import JsonOption, open_newsletter

if TYPE_CHECKING:
    from newsletter.domaincheck import Diagnosis


def register(app: typer.Typer) -> None:
    """Add this group's command to the application."""
    app.command()(doctor)


def doctor(context: typer.Context, as_json: JsonOption = False) -> None:
    """Look at everything between this machine and a reader.

    Relay, TLS, login, DNS records, the public site, clock, disk. Sends no mail and changes nothing. The exit code is 1 when there are errors.

    Example: newsletter doctor
    """
    with open_newsletter(context) as newsletter:
        found = newsletter.doctor()
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "verdict": one.verdict.value,
                    "message": one.message,
                    "advice": one.advice,
                }
                for one in found
            ]
        )
    else:
        for one in found:
            _tell(one)
    if any(one.verdict.value == "error" for one in found):
        raise typer.Exit(1)


def _tell(found: Diagnosis) -> None:
    say(plain(f"{found.verdict.value:<8} {found.name:<14} {found.message}"))
    if found.advice:
        say(plain(f"{'':<23} {found.advice}"))
