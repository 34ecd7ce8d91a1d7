"""Addresses that are never mailed: list, add, lift."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from scripts.console import local, print_json, print_table, say
from scripts.context import Address, JsonOption, open_newsletter
from storage.model import NotFound, stamp

_UNITS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}

app = typer.Typer(help="Addresses that are never mailed.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the addresses never mailed, with reason and evidence.

    Example: newsletter suppressions list
    """
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        found = newsletter.subscribers.suppressions()
    if as_json:
        print_json(
            [
                {
                    "address": one.address or None,
                    "reason": one.reason.value,
                    "evidence": one.evidence,
                    "created_at": stamp(one.created_at),
                }
                for one in found
            ]
        )
        return
    rows = [
        (one.address or "(erased)", one.reason.value, local(one.created_at, zone), one.evidence)
        for one in found
    ]
    print_table(("address", "reason", "since", "evidence"), rows, empty="no address is suppressed")


@app.command()
def add(
    context: typer.Context,
    address: Address,
    evidence: Annotated[
        str, typer.Option("--evidence", metavar="TEXT", help="Why, for your own records.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Never mail an address again, also not what is queued for it.

    Example: newsletter suppressions add ada@example.com --evidence "asked by letter"
    """
    with open_newsletter(context) as newsletter:
        added = newsletter.subscriptions.suppress(address, evidence)
    if as_json:
        print_json({"address": address, "added": added})
    else:
        say(f"{address} is never mailed again" if added else f"{address} was suppressed already")


@app.command()
def lift(
    context: typer.Context,
    address: Annotated[
        str, typer.Argument(metavar="[ADDRESS]", help="An e-mail address.", show_default=False)
    ] = "",
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="What bounced since: 1d, 12h or ISO.")
    ] = "",
    domain: Annotated[
        str, typer.Option("--domain", metavar="DOMAIN", help="Of the addresses of this domain.")
    ] = "",
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help="Of any domain, as this host reported.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Let an address be mailed again, or all that bounced of late at a domain or a host.

    Whether they are subscribed stays as it was. Complaints, and what was suppressed by hand, stay.

    Example: newsletter suppressions lift --since 1d --domain example.org
    """
    if [bool(address), bool(domain), bool(host)].count(True) != 1 or bool(since) == bool(address):
        raise typer.BadParameter(
            "name an address, or --since WHEN together with --domain DOMAIN or --host HOST"
        )
    domain = domain.strip().lstrip("@").lower()
    with open_newsletter(context) as newsletter:
        if domain:
            start = parse_since(since, datetime.now(UTC))
            count = newsletter.report_desk.lift_since(start, domain)
            whose = f"{_addresses(count)} at {domain}"
        elif host:
            count = newsletter.report_desk.lift_host(parse_since(since, datetime.now(UTC)), host)
            whose = f"{_addresses(count)} that {host} reported"
        elif newsletter.subscriptions.lift(address):
            count, whose = 1, address
        else:
            raise NotFound("suppression of", address)
    if as_json:
        print_json({"lifted": count})
    else:
        say(f"{whose} may be mailed again")


def _addresses(count: int) -> str:
    return f"{count} {'address' if count == 1 else 'addresses'}"


def parse_since(text: str, now: datetime) -> datetime:
    """`12h`, `1d`, or a date and time of ISO 8601, which is of UTC unless it says otherwise."""
    try:
        if match := re.fullmatch(r"([0-9]{1,6})([mhdw])", text.strip()):
            return now - timedelta(seconds=int(match[1]) * _UNITS[match[2]])
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"--since {text} is no time; say 1d, 12h or 2026-11-22") from None
